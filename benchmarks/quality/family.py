"""The stack and its ablations with one seed, in one run: an ablation fits only what it changes (`pipeline.fitted`)."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.quality.ablations import ABLATIONS
from benchmarks.quality.hidden import hidden_history
from benchmarks.quality.journey import (
    Journey,
    candidates_alone,
    part_rows,
    peak_memory_mb,
    protocol_config,
    read_journey,
)
from benchmarks.quality.systems import FIRST_SEED, HIDDEN, PARTS, Cost, Outcome
from recommender.estimators.bundle import Bundle
from recommender.pipeline.evaluation import MAIN
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.preparation import Prepared
from recommender.pipeline.rankers import stack_of
from recommender.pipeline.scoring import score_parts
from recommender.pipeline.training import train_prepared, unseen_scores


def run_family(names: Sequence[str], seed: int, journey: Callable[[], Journey]) -> Iterator[tuple[str, Outcome]]:
    """The stack and ablations with one seed, each as it is done; the stack first, for its cost."""
    fitted = Fitted()
    prepared = None
    if "stack" in names and seed == FIRST_SEED:
        prepared, outcome = _stack_from_the_lake(fitted)
        yield "stack", outcome
    if prepared is None:
        prepared = journey().prepared
    for name in names:
        if name == "stack" and seed == FIRST_SEED:
            continue
        config = protocol_config().with_overrides(f"seed={seed}", *ABLATIONS.get(name, ()))
        validation, test = unseen_scores(prepared, config, fitted)
        parts = {part: (validation.scores[part], test.scores[part]) for part in PARTS} if name == "stack" else {}
        yield name, Outcome(validation.scores[MAIN], test.scores[MAIN], parts=parts)


def _stack_from_the_lake(fitted: Fitted) -> tuple[Prepared, Outcome]:
    """As the demo does it, from the events to the live model; then every test candidate scored once more."""
    started = time.perf_counter()
    config = protocol_config()
    journey = read_journey()
    result = train_prepared(journey.prepared, config, fitted=fitted)
    fit_seconds, peak = time.perf_counter() - started, peak_memory_mb()
    validation, test = result.validation.scores, result.test.scores
    kept = ("seconds", "chosen", "stack", "learning_curves", "features", "peak_memory_mb")
    outcome = Outcome(
        validation=validation[MAIN],
        test=test[MAIN],
        cost=Cost(fit_seconds, _score_seconds(result.judged, journey.prepared), journey.seconds, peak),
        parts={name: (validation[name], test[name]) for name in PARTS},
        facts={name: result.report[name] for name in kept},
    )
    outcome.parts[HIDDEN] = validation[MAIN], hidden_history(result.judged, journey.prepared)
    return journey.prepared, outcome


def _score_seconds(bundle: Bundle, prepared: Prepared) -> float:
    """What a precompute of all test candidates takes once their features are read: every model, and the stack."""
    inputs = candidates_alone(prepared.inputs, part_rows(prepared, prepared.split.test))
    started = time.perf_counter()
    parts, _, _ = score_parts(bundle, inputs, np.arange(len(inputs.frame)))
    stack_of(bundle).predict(parts)
    return time.perf_counter() - started
