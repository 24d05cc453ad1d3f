"""Stage 6: how good the scores are, each part and plain popularity beside the stack.

`evaluate` takes the scores of every candidate of a part and gives a JSON-able report; `report_table` prints it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from recommender.pipeline.ranking_metrics import (
    K,
    bootstrap_draws,
    list_scores,
    pooled_intervals,
)

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

MAIN = "stack"
BINS = 15
CURVE_POINTS = 100
CUT_OFFS = 60
SAMPLES = 200
"""Bootstrap samples of shoppers."""
FLOOR = 1e-7


@dataclass(frozen=True)
class Scored:
    """Candidates of one part with their labels; n rows sorted by campaign, shopper and coupon."""

    shopper: Ints
    campaign: Ints
    coupon: Ints
    y: NDArray[Any]
    """(n,) 0 or 1."""
    scores: Mapping[str, Doubles]
    """By system, (n,): probabilities of the stack and its parts, any increasing score of the others."""


PROBABILITIES = frozenset({MAIN, "interaction", "literal", "boosting", "linear", "popularity", "newcomer"})
"""Systems whose scores are probabilities: calibration and log-loss mean something for these only."""


def evaluate(
    test: Scored, thresholds: Mapping[str, float], *, vectors: NDArray[Any] | None = None, samples: int = SAMPLES
) -> dict[str, Any]:
    """Metrics of every system on `test`; `thresholds` (by system) say from which score on the answer is yes.

    `vectors` (n_coupons of the sorted unique ids of test.coupon, d) describes the coupons, for diversity.
    The stack has 95 % intervals on all metrics, the others on those within lists.
    """
    shoppers, owner = np.unique(test.shopper, return_inverse=True)
    draws = bootstrap_draws(len(shoppers), samples)
    systems: dict[str, Any] = {}
    for name, score in test.scores.items():
        systems[name] = {
            **_pooled(test.y, score, probability=name in PROBABILITIES),
            **_within_lists(test, score, shoppers, draws),
            **at_threshold(test.y, score, thresholds[name]),
            **_of_slates(test, score, vectors),
        }
        if name == MAIN:
            pooled = pooled_intervals(test.y, score, owner.reshape(-1), draws)
            systems[name]["intervals"] |= {key: list(value) for key, value in pooled.items()}
    return {
        "candidates": len(test.y),
        "positives": int(test.y.sum()),
        "shoppers": len(shoppers),
        "systems": systems,
        "curves": curves(test.y, test.scores[MAIN]) if MAIN in test.scores else {},
    }


def _pooled(y: NDArray[Any], score: Doubles, *, probability: bool) -> dict[str, float]:
    if y.min() == y.max():
        return {"auc": float("nan"), "pr_auc": float("nan")}
    out = {"auc": float(roc_auc_score(y, score)), "pr_auc": float(average_precision_score(y, score))}
    if probability:
        p = np.clip(score, FLOOR, 1 - FLOOR)
        out["log_loss"] = float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)))
        out["ece"] = expected_calibration_error(y, score)
    return out


def _within_lists(test: Scored, score: Doubles, shoppers: Ints, draws: Doubles) -> dict[str, Any]:
    lists = list_scores(test.shopper, test.campaign, test.y, score)
    intervals = lists.intervals(shoppers, draws) if len(lists.shopper) else {}
    return {
        **lists.means(),
        "lists": len(lists.shopper),
        "intervals": {name: list(value) for name, value in intervals.items()},
    }


def at_threshold(y: NDArray[Any], score: Doubles, threshold: float) -> dict[str, Any]:
    """Precision, recall, F1, accuracy and the confusion counts when scores >= threshold say yes."""
    said, true = score >= threshold, y > 0
    both = int((said & true).sum())
    said_yes, truly = int(said.sum()), int(true.sum())
    return {
        "threshold": float(threshold),
        "precision": both / max(said_yes, 1),
        "recall_at_threshold": both / max(truly, 1),
        "f1": 2 * both / max(said_yes + truly, 1),
        "accuracy": float((said == true).mean()),
        "confusion": {
            "true_positive": both,
            "false_positive": said_yes - both,
            "false_negative": truly - both,
            "true_negative": len(y) - said_yes - truly + both,
        },
    }


def best_thresholds(validation: Scored) -> dict[str, float]:
    """The threshold of best F1 of each system on other candidates than those to be judged."""
    return {name: best_f1_threshold(validation.y, score) for name, score in validation.scores.items()}


def best_f1_threshold(y: NDArray[Any], score: Doubles) -> float:
    """The score from which on "yes" gives the best F1."""
    order = np.argsort(-score, kind="stable")
    labels, ordered = y[order].astype(float), score[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    f1 = 2 * np.cumsum(labels) / (np.arange(1, len(labels) + 1) + labels.sum())
    return float(ordered[np.argmax(np.where(last, f1, -1))])


def expected_calibration_error(y: NDArray[Any], probability: Doubles) -> float:
    """Mean distance of said and seen rates over BINS bins of equal mass."""
    return float(sum(row["share"] * abs(row["said"] - row["seen"]) for row in reliability(y, probability)))


def reliability(y: NDArray[Any], probability: Doubles) -> list[dict[str, float]]:
    """Said and seen rates of bins of equal mass, lowest first."""
    order = np.argsort(probability, kind="stable")
    return [
        {
            "said": float(probability[rows].mean()),
            "seen": float(y[rows].mean()),
            "share": len(rows) / len(y),
        }
        for rows in np.array_split(order, BINS)
        if len(rows)
    ]


def curves(y: NDArray[Any], score: Doubles) -> dict[str, Any]:
    """Reliability, at most CURVE_POINTS points each of the ROC and precision-recall curves, and cut-offs."""
    if y.min() == y.max():
        return {"reliability": reliability(y, score), "roc": [], "precision_recall": [], "cut_offs": []}
    false, true, _ = roc_curve(y, score)
    precision, recall, _ = precision_recall_curve(y, score)
    return {
        "reliability": reliability(y, score),
        "roc": _thinned(false, true),
        "precision_recall": _thinned(recall[::-1], precision[::-1]),
        "cut_offs": cut_offs(y, score),
    }


def cut_offs(y: NDArray[Any], score: Doubles) -> list[list[float]]:
    """[threshold, true positives, false positives] at no more than CUT_OFFS even steps along the ROC curve."""
    order = np.argsort(-score, kind="stable")
    labels, ordered = y[order] > 0, score[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # equal scores are cut together
    true, said = np.cumsum(labels)[last], last + 1
    positives, negatives = max(int(labels.sum()), 1), max(int((~labels).sum()), 1)
    along = true / positives + (said - true) / negatives
    wanted = np.searchsorted(along, np.linspace(along[0], along[-1], CUT_OFFS))
    kept = np.unique(np.minimum(wanted, len(last) - 1))
    return [[float(ordered[last[i]]), int(true[i]), int(said[i] - true[i])] for i in kept]


def _thinned(x: Doubles, y: Doubles) -> list[list[float]]:
    """Points at even steps along x, first and last kept."""
    wanted = np.searchsorted(x, np.linspace(x[0], x[-1], CURVE_POINTS - 1))
    kept = np.unique(np.append(np.minimum(wanted, len(x) - 1), len(x) - 1))
    return [[round(float(x[i]), 6), round(float(y[i]), 6)] for i in kept]


def _of_slates(test: Scored, score: Doubles, vectors: NDArray[Any] | None) -> dict[str, float]:
    """Coverage: share of the coupons that are in some list's first 10. Diversity: how unlike those are."""
    order = np.lexsort((-score, test.shopper, test.campaign))
    campaign, shopper = test.campaign[order], test.shopper[order]
    first = np.append(True, (np.diff(campaign) != 0) | (np.diff(shopper) != 0))
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    top = np.arange(len(order)) - starts[group] < K
    coupons, number = np.unique(test.coupon, return_inverse=True)
    shown, owner = number.reshape(-1)[order][top], group[top]
    out = {"coverage": len(np.unique(shown)) / max(len(coupons), 1)}
    if vectors is not None:
        out["diversity"] = _diversity(vectors, shown, owner, len(starts))
    return out


def _diversity(vectors: NDArray[Any], shown: Ints, owner: Ints, lists: int) -> float:
    """Mean over lists of 1 - the mean cosine of two different coupons shown; lists of one do not count."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    total = csr_matrix((np.ones(len(shown)), (owner, shown)), shape=(lists, len(unit))) @ unit
    size = np.bincount(owner, minlength=lists)
    own = np.bincount(owner, (unit[shown] ** 2).sum(axis=1), lists)
    several = size > 1
    alike = ((total**2).sum(axis=1) - own)[several] / (size * (size - 1))[several]
    return float(1 - alike.mean()) if several.any() else float("nan")


COLUMNS = ("auc", "pr_auc", "ndcg", "map", "recall", "hit", "mrr", "f1", "precision", "accuracy", "log_loss", "ece")


def report_table(report: Mapping[str, Any]) -> str:
    """The systems' metrics as an aligned text table, the stack first."""
    names = sorted(report["systems"], key=lambda name: (name != MAIN, -report["systems"][name]["ndcg"]))
    width = max(len(name) for name in [*names, "system"])
    lines = [" ".join(["system".ljust(width), *[column.rjust(9) for column in COLUMNS]])]
    for name in names:
        metrics = report["systems"][name]
        cells = [f"{metrics[c]:9.4f}" if c in metrics else " " * 8 + "-" for c in COLUMNS]
        lines.append(" ".join([name.ljust(width), *cells]))
    return "\n".join(lines)
