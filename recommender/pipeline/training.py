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
from recommender.pipeline.evaluation import Scored, best_thresholds, evaluate
from recommender.pipeline.explanation import feature_code
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.judge import Judge, PartScores, fit_stack, joined, learnable
from recommender.pipeline.lake import Lake
from recommender.pipeline.parts import (
    Catalog,
    Generation,
    fit_catalog,
    fit_generation,
    interest_table,
    write_model_features,
)
from recommender.pipeline.preparation import Prepared, clean_and_teach, read_features
from recommender.pipeline.rankers import Chosen, Rankers, als_scale
from recommender.pipeline.scoring import SYSTEMS, coupon_vectors
from recommender.pipeline.splits import Split, day_to_date
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


def train_prepared(
    prepared: Prepared, config: TrainingConfig, on_epoch: OnEpoch | None = None, fitted: Fitted | None = None
) -> TrainingResult:
    """Train on what `preparation` read before with the same settings of cleaning, split and features.

    `fitted` keeps this training's models for others on the same `prepared`, and gives theirs to this one.
    """
    return _Run(config, _Clock(None), _Curves(on_epoch), fitted or Fitted()).train(prepared)


def unseen_scores(prepared: Prepared, config: TrainingConfig, fitted: Fitted) -> tuple[Scored, Scored]:
    """What `train_prepared` would score the validation and the test candidates, without report and live model."""
    learnt = _Run(config, _Clock(None), _Curves(None), fitted).learn(prepared)
    on_test = learnt.judge.scores(learnt.rankers, prepared.split.test)
    return learnt.on_validation.scored(learnt.stack), on_test.scored(learnt.stack)


@dataclass(frozen=True)
class _Learnt:
    """A training up to its rankers of train + validation, and the stack of those before."""

    judge: Judge
    generations: list[Generation]
    chosen: Chosen
    on_validation: PartScores
    stack: CalibratedStack
    rankers: Rankers


@dataclass
class _Run:
    """The state of one training."""

    config: TrainingConfig
    clock: _Clock
    curves: _Curves
    fitted: Fitted = field(default_factory=Fitted)

    def learn(self, prepared: Prepared) -> "_Learnt":
        """Everything up to the rankers of train + validation."""
        config, clock, split = self.config, self.clock, prepared.split
        inputs, vocabulary = prepared.inputs, prepared.vocabulary
        with clock.stage("encoder"):
            catalog = fit_catalog(inputs, vocabulary, config, fitted=self.fitted, on_epoch=self.curves)
        with clock.stage("interest"):
            generations = []
            newest = int(inputs.frame.as_of[inputs.frame.rows(split.train)].max())
            for cut in _cuts(prepared.first_day, split, newest):
                self.curves.phase = f"to {day_to_date(cut)}"
                generations.append(self._generation(prepared, cut))
            interest = interest_table(inputs, vocabulary, config, generations)
            write_model_features(inputs, catalog, interest, generations)
            scale = als_scale(inputs, learnable(inputs, split.train, prepared.first_day))
        judge = Judge(config, inputs, catalog, interest, scale, prepared.first_day, self.fitted, self.curves)
        with clock.stage("tuning"):
            self.curves.phase = "tuning"
            tuned = judge.fit(split.train, held_out=split.validation)
            chosen = self.curves.chosen(tuned)
        with clock.stage("stack"):
            on_validation = judge.scores(tuned, split.validation)
            stack = fit_stack(config, on_validation)
        with clock.stage("fitting"):
            self.curves.phase = "fitting"
            rankers = judge.fit(split.train_all, chosen=chosen)
        return _Learnt(judge, generations, chosen, on_validation, stack, rankers)

    def train(self, prepared: Prepared) -> TrainingResult:
        config, clock, split = self.config, self.clock, prepared.split
        inputs = prepared.inputs
        learnt = self.learn(prepared)
        judge, stack, on_validation = learnt.judge, learnt.stack, learnt.on_validation
        with clock.stage("evaluation"):
            on_test = judge.scores(learnt.rankers, split.test)
            validation, test = on_validation.scored(stack), on_test.scored(stack)
            thresholds = best_thresholds(validation)
            metrics = evaluate(test, thresholds, vectors=coupon_vectors(inputs, test))
            importance = _importance(inputs, learnt.rankers, inputs.frame.rows(split.test))
            facts = {
                "als_scale": judge.scale,
                "thresholds": np.array([thresholds[name] for name in SYSTEMS]),
                "test_from": np.array(split.test_from),
                "validation_from": np.array(split.validation_from),
            }
        judged = _bundle(
            config=config,
            vocabulary=prepared.vocabulary,
            catalog=judge.catalog,
            generation=learnt.generations[-1],
            rankers=learnt.rankers,
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
                    chosen=learnt.chosen,
                    unseen=[on_validation, on_test],
                    facts=facts,
                )
        report = {
            "cleaning": prepared.cleaning,
            "split": split.to_dict(),
            "learnt_from": prepared.learnt_from,
            "generations": [day_to_date(generation.cut).isoformat() for generation in learnt.generations],
            "candidates": len(inputs.frame),
            "features": list(inputs.frame.names),
            "chosen": learnt.chosen.epochs,
            "refit": config.split.refit,
            "stack": stack.coefficients,
            "test": metrics,
            "importance": importance,
            "learning_curves": self.curves.reports,
            "seconds": clock.seconds,
            "peak_memory_mb": _peak_memory_mb(),
        }
        return TrainingResult(live, judged, report, validation, test)

    def _generation(self, prepared: Prepared, cut: int) -> Generation:
        return fit_generation(
            prepared.inputs,
            prepared.vocabulary,
            self.config,
            cut=cut,
            fitted=self.fitted,
            on_epoch=self.curves,
        )

    def _refit(
        self,
        *,
        judge: "Judge",
        prepared: Prepared,
        chosen: Chosen,
        unseen: list["PartScores"],
        facts: dict[str, NDArray[Any]],
    ) -> Bundle:
        """The live bundle: rankers on all campaigns, behaviour models on everything up to the snapshot."""
        config = self.config
        stack = fit_stack(config, joined(unseen))
        rankers = judge.fit(prepared.split.everything, chosen=chosen)
        newest = self._generation(prepared, prepared.last_day + 1)
        return _bundle(
            config=config,
            vocabulary=prepared.vocabulary,
            catalog=judge.catalog,
            generation=newest,
            rankers=rankers,
            stack=stack,
            facts=facts,
        )


def _cuts(first_day: int, split: Split, newest: int) -> list[int]:
    """Days of the generations: half-way to validation, so that train campaigns have honest scores, and validation.

    Earlier where the `newest` train campaign starts before that: in a short history it would have none.
    """
    middle = min((first_day + split.validation_from) // 2, newest)
    return sorted({max(middle, first_day + 1), split.validation_from})


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
        newcomer=rankers.newcomer,
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
        fusion=replace(config.fusion, epochs=1, bags=1),
        classic=replace(config.classic, boosting_rounds=20, als_iterations=2, als_factors=8),
    )
