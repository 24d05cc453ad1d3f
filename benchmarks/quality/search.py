"""A search over the settings of the trees and the regression, on campaigns before the test part only.

    python -m benchmarks.quality.search [--trials 20]

Each trial fits both on two folds in the order of time, and is judged by the mean NDCG@10 of their joint logit: the
campaigns of May to July learnt from those before, and those of August and September from those before. The best
settings and the budget are written to benchmarks/quality/search.json; the same seed and budget give the same file.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray

from benchmarks.quality.journey import load_journey, protocol_config
from recommender.config import TrainingConfig
from recommender.estimators.stack_formula import part_logits
from recommender.pipeline.preparation import Prepared
from recommender.pipeline.rankers import Chosen, fit_boosting, fit_linear
from recommender.pipeline.ranking_metrics import list_scores
from recommender.pipeline.splits import Part, day_from_date

RESULT = Path(__file__).with_name("search.json")
SEED = 7
TRIALS = 20
FIRST_FOLD = date(2017, 5, 8)

log = logging.getLogger("benchmarks.quality.search")


@dataclass(frozen=True)
class Fold:
    """Campaigns that are learnt from and those that are scored, whose labels the former do not see."""

    train: Part
    score: Part


def time_folds(prepared: Prepared, first: int) -> list[Fold]:
    """Two folds before the test part: campaigns from the day number `first` to validation, and validation."""
    split, frame = prepared.split, prepared.inputs.frame
    starts = {c: int(frame.as_of[frame.campaign == c][0]) for c in split.train.campaigns}
    before = tuple(c for c, day in starts.items() if day < first)
    between = tuple(c for c, day in starts.items() if day >= first)
    return [
        Fold(Part(before, first), Part(between, split.validation_from)),
        Fold(split.train, split.validation),
    ]


def suggest(trial: optuna.Trial) -> list[str]:
    """One draw from the space, as overrides of the config."""
    leaves = trial.suggest_int("classic.boosting_leaves", 4, 24, log=True)
    rate = trial.suggest_float("classic.boosting_learning_rate", 0.015, 0.08, log=True)
    rounds = trial.suggest_int("classic.boosting_rounds", 100, 500, step=50)
    least = trial.suggest_int("classic.boosting_min_leaf", 30, 400, log=True)
    l2 = trial.suggest_float("classic.linear_l2", 100.0, 5000.0, log=True)
    return [
        f"classic.boosting_leaves={leaves}",
        f"classic.boosting_learning_rate={rate}",
        f"classic.boosting_rounds={rounds}",
        f"classic.boosting_min_leaf={least}",
        f"classic.linear_l2={l2}",
    ]


def judge(prepared: Prepared, config: TrainingConfig, folds: Sequence[Fold]) -> float:
    """Mean over the folds of the NDCG@10 of trees and regression together."""
    return float(np.mean([_ndcg(prepared, config, fold) for fold in folds]))


def _ndcg(prepared: Prepared, config: TrainingConfig, fold: Fold) -> float:
    inputs = prepared.inputs
    frame = inputs.frame
    rows, scored = frame.rows(fold.train), frame.rows(fold.score)
    y = frame.labels(fold.train)[rows]
    trees = fit_boosting(inputs, config, rows=rows, y=y, validation=None, chosen=Chosen(), on_epoch=None)
    linear = fit_linear(inputs, config, rows=rows, y=y)
    x: NDArray[Any] = frame.values[scored]
    joint = part_logits(np.stack([trees.predict(x), linear.predict(x)], axis=1)).mean(axis=1)
    lists = list_scores(frame.shopper[scored], frame.campaign[scored], frame.labels(fold.score)[scored], joint)
    return lists.means()["ndcg"]


def search(
    prepared: Prepared, base: TrainingConfig, folds: Sequence[Fold], *, trials: int, seed: int = SEED
) -> dict[str, Any]:
    """The best settings, what they and the defaults reach, and what was spent. The defaults are the first trial."""
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: _setting(base, name) for name in _names()})
    study.optimize(lambda trial: judge(prepared, base.with_overrides(*suggest(trial)), folds), n_trials=trials)
    return {
        "seed": seed,
        "trials": trials,
        "judged_by": "mean NDCG@10 of trees and regression together on two folds before the test part",
        "defaults": {name: _setting(base, name) for name in _names()},
        "ndcg_of_the_defaults": round(float(study.trials[0].value or 0.0), 5),
        "best": study.best_params,
        "ndcg_of_the_best": round(study.best_value, 5),
        "all": [{"settings": t.params, "ndcg": round(float(t.value or 0.0), 5)} for t in study.trials],
    }


def _names() -> list[str]:
    return [
        f"classic.{name}"
        for name in ("boosting_leaves", "boosting_learning_rate", "boosting_rounds", "boosting_min_leaf", "linear_l2")
    ]


def _setting(config: TrainingConfig, name: str) -> Any:
    stage, _, key = name.partition(".")
    return getattr(getattr(config, stage), key)


def main() -> None:
    """The command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.search", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    options = parser.parse_args()
    prepared = load_journey().prepared
    base = protocol_config().with_overrides("classic.boosting_bags=1", "classic.boosting_negatives=50")
    found = search(prepared, base, time_folds(prepared, day_from_date(FIRST_FOLD)), trials=options.trials)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    log.info("%s", json.dumps({name: value for name, value in found.items() if name != "all"}, indent=1))


if __name__ == "__main__":
    main()
