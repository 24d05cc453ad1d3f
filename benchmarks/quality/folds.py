"""What is chosen before the test part is read: rankers judged on campaigns that they have not learnt from.

    python -m benchmarks.quality.folds [--publish]

Three folds by the day a campaign starts: before May, May to July, August and September. Each is scored by rankers that
learnt from the other two, for before May there are too few redemptions to learn from in the order of time. Features of
a candidate are still of before its campaign. Networks are left out: a generation has seen what came after such a fold.
Judged are the plain share of spend, the rankers, one draw of their negatives against several, the same without what
coupons ask for and take off, and the share of the list joined to them by several weights.
"""

import argparse
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.quality.journey import FOLDER, VALIDATION_FROM, load_journey, protocol_config
from recommender.config import TrainingConfig
from recommender.estimators.metrics import auc
from recommender.estimators.stack_formula import part_logits
from recommender.pipeline.features.terms import TERM_FEATURES
from recommender.pipeline.judge import LEAST_HISTORY
from recommender.pipeline.preparation import Prepared
from recommender.pipeline.rankers import Chosen, fit_boosting, fit_linear
from recommender.pipeline.ranking_metrics import ListScores, bootstrap_draws, list_scores
from recommender.pipeline.splits import day_from_date

STARTS = (date(2017, 5, 8), VALIDATION_FROM)
WEIGHTS = (0.1, 0.2, 0.3)
LEAST_SHARE = 0.01
"""Added to a share of the list, so that a coupon of which nothing was bought is not endlessly worse than the others."""
DRAWS = 5
"""Draws of negatives that are judged alone and by their mean logit."""
SINGLE = ("classic.boosting_bags=1", "classic.linear_bags=1")
ALONE, TOGETHER = "trees and regression, draw {}", f"trees and regression, mean of {DRAWS} draws"
RESULT = Path("docs") / "quality" / "folds.md"
NAMES = {"ndcg": "NDCG@10", "recall": "Recall@10", "pr_auc": "PR-AUC", "auc": "AUC"}

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
log = logging.getLogger("benchmarks.quality.folds")


@dataclass(frozen=True)
class Fold:
    """Rows that are learnt from and rows that are scored, of candidates before the test part, with their labels."""

    train: Ints
    scored: Ints
    y: NDArray[np.float32]
    """(n,) of all rows of the frame."""


def period_folds(prepared: Prepared, starts: Sequence[int]) -> list[Fold]:
    """Periods between the day numbers `starts` and the test part, each learnt from all others."""
    frame, test_from = prepared.inputs.frame, prepared.split.test_from
    y = (frame.redeemed_day < test_from).astype(np.float32)
    known = (frame.as_of < test_from) & (frame.as_of >= prepared.first_day + LEAST_HISTORY)
    period = np.searchsorted(np.asarray(starts), frame.as_of, side="right")
    return [
        Fold(np.flatnonzero(known & (period != number)), np.flatnonzero(known & (period == number)), y)
        for number in range(len(starts) + 1)
    ]


def rankers_logits(prepared: Prepared, config: TrainingConfig, fold: Fold) -> tuple[Doubles, Doubles]:
    """Logits of trees and of the regression for the scored rows: (n,) each."""
    inputs, y = prepared.inputs, fold.y[fold.train]
    trees = fit_boosting(inputs, config, rows=fold.train, y=y, validation=None, chosen=Chosen(), on_epoch=None)
    linear = fit_linear(inputs, config, rows=fold.train, y=y)
    x = inputs.frame.values[fold.scored]
    logits = part_logits(np.stack([trees.predict(x), linear.predict(x)], axis=1))
    return logits[:, 0], logits[:, 1]


@dataclass(frozen=True)
class Judged:
    """One order of all folds: their lists' metrics, and the pooled ones averaged over folds."""

    lists: Sequence[ListScores]
    pooled: Mapping[str, float]

    def metric(self, name: str) -> float:
        if name in self.pooled:
            return self.pooled[name]
        return float(np.concatenate([fold.values[name] for fold in self.lists]).mean())

    def ndcg_above(self, other: "Judged") -> tuple[float, float, float]:
        """By how much NDCG@10 is above the other's, with the 95 % interval by shopper."""
        gain = np.concatenate(
            [a.values["ndcg"] - b.values["ndcg"] for a, b in zip(self.lists, other.lists, strict=True)]
        )
        owners, place = np.unique(np.concatenate([fold.shopper for fold in self.lists]), return_inverse=True)
        draws = bootstrap_draws(len(owners), 1000)[:, place]
        means = (draws @ gain) / draws.sum(axis=1)
        return float(gain.mean()), float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def judge(prepared: Prepared, folds: Sequence[Fold], scores: Sequence[Doubles]) -> Judged:
    """Scores (n,) of each fold's scored rows."""
    frame = prepared.inputs.frame
    lists, areas, precisions = [], [], []
    for fold, score in zip(folds, scores, strict=True):
        rows, y = fold.scored, fold.y[fold.scored]
        lists.append(list_scores(frame.shopper[rows], frame.campaign[rows], y, score))
        areas.append(auc(y, score))
        precisions.append(float(average_precision_score(y, score)))
    return Judged(lists, {"auc": float(np.mean(areas)), "pr_auc": float(np.mean(precisions))})


def systems(prepared: Prepared, config: TrainingConfig, folds: Sequence[Fold]) -> Iterator[tuple[str, Judged]]:
    """Every order that is judged, by name."""
    column = prepared.inputs.frame.column
    spend = [np.nan_to_num(column("product_share")[fold.scored]).astype(np.float64) for fold in folds]
    yield "content share", judge(prepared, folds, spend)
    fitted = _draws(prepared, config, folds)
    first = fitted[0]
    yield "boosted trees, draw 1", judge(prepared, folds, [trees for trees, _ in first])
    yield "regression, draw 1", judge(prepared, folds, [linear for _, linear in first])
    for number, draw in enumerate(fitted, start=1):
        yield ALONE.format(number), judge(prepared, folds, _joined([draw]))
    mean = _joined(fitted)
    yield TOGETHER, judge(prepared, folds, mean)
    plain = _draws(without_features(prepared, TERM_FEATURES), config, folds)
    yield f"{TOGETHER}, without the coupons' terms", judge(prepared, folds, _joined(plain))
    share = [np.log(np.nan_to_num(column("list_spend_share")[fold.scored]) + LEAST_SHARE) for fold in folds]
    for weight in WEIGHTS:
        scores = [logit + weight * own for logit, own in zip(mean, share, strict=True)]
        yield f"{TOGETHER}, and list share by {weight:g}", judge(prepared, folds, scores)


def _draws(prepared: Prepared, config: TrainingConfig, folds: Sequence[Fold]) -> list[list[tuple[Doubles, Doubles]]]:
    """Logits of trees and regression, by draw and fold, each fitted on one draw alone."""
    seeds = [config.with_overrides(*SINGLE, f"seed={config.seed + number}") for number in range(DRAWS)]
    return [[rankers_logits(prepared, own, fold) for fold in folds] for own in seeds]


def _joined(draws: Sequence[Sequence[tuple[Doubles, Doubles]]]) -> list[Doubles]:
    """By fold: the mean of trees and regression over some draws."""
    return [np.mean(parts, axis=(0, 1)) for parts in zip(*draws, strict=True)]


def without_features(prepared: Prepared, names: Collection[str]) -> Prepared:
    """The same without some of the pair features."""
    frame = prepared.inputs.frame
    kept = [place for place, name in enumerate(frame.names) if name not in names]
    less = replace(frame, names=tuple(frame.names[place] for place in kept), values=frame.values[:, kept])
    return replace(prepared, inputs=replace(prepared.inputs, frame=less))


def table(found: Mapping[str, Judged]) -> str:
    """The result as Markdown."""
    share, plain = found["content share"], found[TOGETHER]
    lines = [
        "| order | " + " | ".join(NAMES.values()) + " | NDCG@10 above content share | above the mean of draws |",
        "| --- |" + " --- |" * (len(NAMES) + 2),
    ]
    for name, judged in found.items():
        cells = [f"{judged.metric(metric):.4f}" for metric in NAMES]
        lines.append(f"| {name} | " + " | ".join([*cells, _gain(judged, share), _gain(judged, plain)]) + " |")
    return "\n".join(lines) + "\n"


def _gain(judged: Judged, other: Judged) -> str:
    if judged is other:
        return ""
    gain, low, high = judged.ndcg_above(other)
    return f"{gain:+.4f} [{low:+.3f}, {high:+.3f}]"


def main() -> None:
    """The command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.folds", description=__doc__)
    parser.add_argument("--publish", action="store_true", help=f"write {RESULT} as well")
    options = parser.parse_args()
    prepared, config = load_journey().prepared, protocol_config()
    folds = period_folds(prepared, [day_from_date(start) for start in STARTS])
    found: dict[str, Judged] = {}
    for name, judged in systems(prepared, config, folds):
        found[name] = judged
        log.info("%s: %s", name, {metric: round(judged.metric(metric), 4) for metric in NAMES})
    facts: dict[str, Any] = {name: {m: judged.metric(m) for m in NAMES} for name, judged in found.items()}
    (FOLDER / "folds.json").write_text(json.dumps(facts, indent=1) + "\n")
    log.info("%s", table(found))
    if options.publish:
        head = "# On campaigns before the test part\n\nMade by `python -m benchmarks.quality.folds --publish`.\n\n"
        RESULT.write_text(head + (__doc__ or "").split("\n\n", 2)[2] + "\n" + table(found))


if __name__ == "__main__":
    main()
