"""Stage 5: a lake and a config -> the bundle that is served, the bundle that was judged, and the report.

1. Behaviour models of several generations, each knowing only what happened before its day (`parts.Generation`).
2. Rankers on the train campaigns, stopped early on the validation campaigns; the stack learns from their scores
   on validation, which they have not learnt from.
3. Rankers again on train + validation for as many epochs, judged on the test campaigns by the report.
4. With `split.refit`, everything again on all campaigns for the live model, whose stack learns from validation and
   test, each scored by rankers of earlier campaigns only.

Returns, never saves.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.base import EpochReport, OnEpoch
from recommender.estimators.bundle import Bundle
from recommender.estimators.stacker import CalibratedStack
from recommender.pipeline.evaluation import MAIN, Scored, best_thresholds, evaluate
from recommender.pipeline.explanation import feature_code
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.lake import Lake
from recommender.pipeline.parts import (
    PART_NAMES,
    Catalog,
    Chosen,
    Generation,
    Rankers,
    als_scale,
    fit_catalog,
    fit_generation,
    fit_rankers,
    interest_table,
    part_scores,
    write_model_features,
)
from recommender.pipeline.preparation import Prepared, clean_and_teach, read_features
from recommender.pipeline.scoring import CONTENT_SHARE, SYSTEMS, coupon_vectors
from recommender.pipeline.splits import Part, Split, day_to_date
from recommender.pipeline.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class StageReport:
    """Progress of the run: a stage that begins (seconds is None) or has ended."""

    stage: str
    number: int
    stages: int
    seconds: float | None


OnProgress = Callable[[StageReport], None]
"""May raise to cancel the run."""

STAGES = ("cleaning", "features", "encoder", "interest", "tuning", "stack", "fitting", "evaluation", "refit")


@dataclass(frozen=True)
class TrainingResult:
    """What a run made."""

    bundle: Bundle
    """The live model: fitted on everything with `split.refit`, else the judged one."""
    judged: Bundle
    """The model that the report is about: it knows nothing of the test campaigns."""
    report: dict[str, Any]
    """JSON-able: cleaning, split, seconds by stage, learning curves, metrics on validation and test."""
    validation: Scored
    test: Scored


@dataclass
class _Clock:
    """Times the stages and tells who listens."""

    on_progress: OnProgress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._tell(name, None)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self._tell(name, self.seconds[name])

    def _tell(self, name: str, seconds: float | None) -> None:
        if self.on_progress:
            self.on_progress(StageReport(name, STAGES.index(name) + 1, len(STAGES), seconds))


@dataclass
class _Curves:
    """Keeps every epoch's report: learning curves, and the lengths that early stopping chose."""

    on_epoch: OnEpoch | None
    phase: str = ""
    reports: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, report: EpochReport) -> None:
        row = {
            "phase": self.phase,
            "estimator": report.estimator,
            "epoch": report.epoch,
            "epochs": report.epochs,
            "loss": report.loss,
            "val_loss": report.val_loss,
            "metrics": report.metrics,
            "seconds": round(report.seconds, 3),
        }
        self.reports.append(row)
        if self.on_epoch:
            named = f"{report.estimator} {self.phase}".strip()
            self.on_epoch(replace(report, estimator=named))

    def chosen(self, rankers: Rankers) -> Chosen:
        """Epochs of least validation loss of the fusions, and the trees that the boosting kept."""
        best: dict[str, int] = {}
        for name in {row["estimator"] for row in self.reports if row["phase"] == "tuning"}:
            rows = [row for row in self.reports if row["phase"] == "tuning" and row["estimator"] == name]
            judged = [row for row in rows if row["val_loss"] is not None]
            if name.startswith("fusion") and judged:
                best[name] = int(min(judged, key=lambda row: float(row["val_loss"]))["epoch"])
        if rankers.boosting is not None:
            best["boosting"] = rankers.boosting.rounds
        return Chosen(best)


def train(
    lake: Lake,
    config: TrainingConfig,
    on_progress: OnProgress | None = None,
    on_epoch: OnEpoch | None = None,
) -> TrainingResult:
    """Train on a lake. SplitError when it has too few campaigns; what a callback raises ends the run."""
    run = _Run(config, _Clock(on_progress), _Curves(on_epoch))
    with run.clock.stage("cleaning"):
        cleaning, taught = clean_and_teach(lake, config)
    with run.clock.stage("features"):
        prepared = read_features(config, cleaning, taught)
    result = run.train(prepared)
    taught.lake.wake()
    return result


def train_prepared(prepared: Prepared, config: TrainingConfig, on_epoch: OnEpoch | None = None) -> TrainingResult:
    """Train on what `preparation` read before with the same settings of cleaning, split and features."""
    return _Run(config, _Clock(None), _Curves(on_epoch)).train(prepared)


@dataclass
class _Run:
    """The state of one training."""

    config: TrainingConfig
    clock: _Clock
    curves: _Curves

    def train(self, prepared: Prepared) -> TrainingResult:
        config, clock = self.config, self.clock
        inputs, vocabulary, split = prepared.inputs, prepared.vocabulary, prepared.split
        with clock.stage("encoder"):
            catalog = fit_catalog(inputs, vocabulary, config, on_epoch=self.curves)
        with clock.stage("interest"):
            generations = []
            for cut in _cuts(prepared.first_day, split):
                self.curves.phase = f"to {day_to_date(cut)}"
                generations.append(fit_generation(inputs, vocabulary, config, cut=cut, on_epoch=self.curves))
            interest = interest_table(inputs, vocabulary, config, generations)
            write_model_features(inputs, catalog, interest, generations)
            scale = als_scale(inputs, _learnable(inputs, split.train, prepared.first_day))
        judge = _Judge(config, inputs, catalog, interest, scale, prepared.first_day, self.curves)
        with clock.stage("tuning"):
            self.curves.phase = "tuning"
            tuned = judge.fit(split.train, held_out=split.validation)
            chosen = self.curves.chosen(tuned)
        with clock.stage("stack"):
            on_validation = judge.scores(tuned, split.validation)
            stack = _fit_stack(config, on_validation)
        with clock.stage("fitting"):
            self.curves.phase = "fitting"
            fitted = judge.fit(split.train_all, chosen=chosen)
        with clock.stage("evaluation"):
            on_test = judge.scores(fitted, split.test)
            validation, test = on_validation.scored(stack), on_test.scored(stack)
            thresholds = best_thresholds(validation)
            metrics = evaluate(test, thresholds, vectors=coupon_vectors(inputs, test))
            importance = _importance(inputs, fitted, inputs.frame.rows(split.test))
            facts = {
                "als_scale": scale,
                "thresholds": np.array([thresholds[name] for name in SYSTEMS]),
                "test_from": np.array(split.test_from),
                "validation_from": np.array(split.validation_from),
            }
        judged = _bundle(
            config=config,
            vocabulary=vocabulary,
            catalog=catalog,
            generation=generations[-1],
            rankers=fitted,
            stack=stack,
            facts=facts,
        )
        live = judged
        with clock.stage("refit"):
            if config.split.refit:
                self.curves.phase = "refit"
                live = self._refit(
                    judge=judge,
                    prepared=prepared,
                    chosen=chosen,
                    unseen=[on_validation, on_test],
                    facts=facts,
                )
        report = {
            "cleaning": prepared.cleaning,
            "split": split.to_dict(),
            "learnt_from": prepared.learnt_from,
            "generations": [day_to_date(generation.cut).isoformat() for generation in generations],
            "candidates": len(inputs.frame),
            "features": list(inputs.frame.names),
            "chosen": chosen.epochs,
            "refit": config.split.refit,
            "stack": stack.coefficients,
            "test": metrics,
            "importance": importance,
            "learning_curves": self.curves.reports,
            "seconds": clock.seconds,
            "peak_memory_mb": _peak_memory_mb(),
        }
        return TrainingResult(live, judged, report, validation, test)

    def _refit(
        self,
        *,
        judge: "_Judge",
        prepared: Prepared,
        chosen: Chosen,
        unseen: list["_PartScores"],
        facts: dict[str, NDArray[Any]],
    ) -> Bundle:
        """The live bundle: rankers on all campaigns, behaviour models on everything up to the snapshot."""
        config = self.config
        stack = _fit_stack(config, _joined(unseen))
        rankers = judge.fit(prepared.split.everything, chosen=chosen)
        newest = fit_generation(
            prepared.inputs, prepared.vocabulary, config, cut=prepared.last_day + 1, on_epoch=self.curves
        )
        return _bundle(
            config=config,
            vocabulary=prepared.vocabulary,
            catalog=judge.catalog,
            generation=newest,
            rankers=rankers,
            stack=stack,
            facts=facts,
        )


@dataclass(frozen=True)
class _PartScores:
    """Candidates of a part, their labels and the scores of the stack's parts (n, parts)."""

    shopper: Ints
    campaign: Ints
    coupon: Ints
    y: Floats
    parts: Doubles
    content_share: Doubles

    def scored(self, stack: CalibratedStack) -> Scored:
        scores = {name: self.parts[:, column] for column, name in enumerate(PART_NAMES)}
        scores = {MAIN: stack.predict(self.parts), **scores, CONTENT_SHARE: self.content_share}
        kept = {name: np.nan_to_num(score, nan=0.0) for name, score in scores.items()}
        return Scored(self.shopper, self.campaign, self.coupon, self.y, kept)


@dataclass(frozen=True)
class _Judge:
    """Fits rankers on a part and scores another; holds what both need."""

    config: TrainingConfig
    inputs: Inputs
    catalog: Catalog
    interest: Floats
    scale: Doubles
    first_day: int
    curves: _Curves

    def fit(self, part: Part, *, held_out: Part | None = None, chosen: Chosen | None = None) -> Rankers:
        rows = _learnable(self.inputs, part, self.first_day)
        validation = None
        if held_out is not None:
            held = self.inputs.frame.rows(held_out)
            validation = held, self.inputs.frame.labels(held_out)[held]
        return fit_rankers(
            self.inputs,
            self.catalog,
            self.interest,
            self.config,
            rows=rows,
            y=self.inputs.frame.labels(part)[rows],
            validation=validation,
            chosen=chosen or Chosen(),
            on_epoch=self.curves,
        )

    def scores(self, rankers: Rankers, part: Part) -> _PartScores:
        frame = self.inputs.frame
        rows = frame.rows(part)
        return _PartScores(
            shopper=frame.shopper[rows],
            campaign=frame.campaign[rows],
            coupon=frame.coupon[rows],
            y=frame.labels(part)[rows],
            parts=part_scores(rankers, self.inputs, self.catalog, self.interest, als_scale=self.scale, rows=rows),
            content_share=np.nan_to_num(frame.column("product_share")[rows]).astype(np.float64),
        )


LEAST_HISTORY = 28
"""Days of events before a campaign's start without which nothing can be learnt from it."""


def _learnable(inputs: Inputs, part: Part, first_day: int) -> Ints:
    """Rows of a part whose campaigns have a history to learn from (all rows where none has)."""
    rows = inputs.frame.rows(part)
    with_history = rows[inputs.frame.as_of[rows] >= first_day + LEAST_HISTORY]
    has_positive = inputs.frame.labels(part)[with_history].any()
    return with_history if has_positive else rows


def _cuts(first_day: int, split: Split) -> list[int]:
    """Days of the generations: half-way to validation, so that train campaigns have honest scores, and validation."""
    middle = (first_day + split.validation_from) // 2
    return sorted({max(middle, first_day + 1), split.validation_from})


def _fit_stack(config: TrainingConfig, unseen: _PartScores) -> CalibratedStack:
    return CalibratedStack(config.stack, names=PART_NAMES).fit(unseen.parts, unseen.y)


def _joined(scores: list[_PartScores]) -> _PartScores:
    return _PartScores(
        **{
            name: np.concatenate([getattr(part, name) for part in scores])
            for name in ("shopper", "campaign", "coupon", "y", "parts", "content_share")
        }
    )


def _bundle(
    *,
    config: TrainingConfig,
    vocabulary: Vocabulary,
    catalog: Catalog,
    generation: Generation,
    rankers: Rankers,
    stack: CalibratedStack,
    facts: dict[str, NDArray[Any]],
) -> Bundle:
    return Bundle(
        config=config,
        vocabulary=vocabulary,
        interest=generation.interest,
        encoder=catalog.encoder,
        fusions=rankers.fusions,
        boosting=rankers.boosting,
        linear=rankers.linear,
        als=generation.als,
        content=catalog.content,
        popularity=rankers.popularity,
        stack=stack,
        arrays={**facts, "behaviour_until": np.array(generation.cut)},
    )


EXPLAINED = 5000
"""Test candidates whose SHAP values are averaged."""


def _importance(inputs: Inputs, rankers: Rankers, rows: Ints) -> list[dict[str, Any]]:
    """[{feature, says, gain, shap}] of the boosted trees, strongest first; SHAP: mean |value| on the test."""
    if rankers.boosting is None:
        return []
    gain = rankers.boosting.importance()
    sample = rows[:: max(1, len(rows) // EXPLAINED)]
    shap = np.abs(rankers.boosting.contributions(inputs.frame.values[sample])[:, :-1]).mean(axis=0)
    found = [
        {"feature": name, "says": feature_code(name), "gain": gain[name], "shap": float(value)}
        for name, value in zip(inputs.frame.names, shap, strict=True)
    ]
    return sorted(found, key=lambda row: -row["shap"])


def _peak_memory_mb() -> int:
    """Most resident memory of this process so far (the kernel counts in KB, on macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (1024 * 1024 if sys.platform == "darwin" else 1024))


def quick_config(config: TrainingConfig) -> TrainingConfig:
    """The same run, short: few epochs and trees. For a first look and for tests, not for a live model."""
    return replace(
        config,
        interest=replace(config.interest, epochs=1),
        encoder=replace(config.encoder, epochs=1),
        fusion=replace(config.fusion, epochs=1),
        classic=replace(config.classic, boosting_rounds=20, als_iterations=2, als_factors=8),
    )
