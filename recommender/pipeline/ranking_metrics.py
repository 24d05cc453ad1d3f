"""Ranking metrics within lists and their bootstrap over shoppers, after benchmarks/protocol.py.

A list is one shopper's candidates of one campaign; only lists with a redemption count. Equal scores are ordered
at random and the metrics averaged over several orders.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

K = 10
LIST_METRICS = ("ndcg", "map", "recall", "hit", "mrr")
JITTERS = 10


@dataclass(frozen=True)
class ListScores:
    """Metrics of each list with a redemption: (g,) arrays by name, and the shopper and campaign of each."""

    shopper: Ints
    campaign: Ints
    values: dict[str, Doubles]

    def means(self) -> dict[str, float]:
        """The mean over lists; NaN without a list."""
        return {name: float(value.mean()) if len(value) else float("nan") for name, value in self.values.items()}

    def intervals(self, shoppers: Ints, draws: Doubles) -> dict[str, tuple[float, float]]:
        """95 % interval of each mean; `draws` (b, s) says how often each of `shoppers` is in each sample."""
        place = np.searchsorted(shoppers, self.shopper)
        weight = draws[:, place]
        total = np.maximum(weight.sum(axis=1), 1e-9)
        return {name: interval((weight @ value) / total) for name, value in self.values.items()}


def list_scores(shopper: Ints, campaign: Ints, y: NDArray[Any], score: NDArray[Any], seed: int = 0) -> ListScores:
    """NDCG, MAP, recall, hit rate at 10 and MRR of every (shopper, campaign) with a redemption."""
    lists, of_row = _numbered_lists(shopper, campaign)
    used = np.bincount(of_row, y, len(lists)) > 0
    rows = np.flatnonzero(used[of_row])
    number = np.cumsum(used) - 1
    group, labels, scores = number[of_row[rows]], y[rows].astype(float), score[rows].astype(float)
    count = int(used.sum())
    values = {name: np.zeros(count) for name in LIST_METRICS}
    rng = np.random.default_rng(seed)
    order = np.lexsort((scores, group))
    ties = (np.diff(scores[order]) == 0) & (np.diff(group[order]) == 0)
    repeats = JITTERS if ties.any() else 1
    for _ in range(repeats):
        order = np.lexsort((rng.random(len(rows)), -scores, group))
        for name, value in _of_order(group[order], labels[order], count).items():
            values[name] += value
    return ListScores(
        shopper=lists[used, 0],
        campaign=lists[used, 1],
        values={name: value / repeats for name, value in values.items()},
    )


def _numbered_lists(shopper: Ints, campaign: Ints) -> tuple[Ints, Ints]:
    """The (shopper, campaign) of each list (g, 2), in order, and the number of each row's list (n,)."""
    shoppers, owner = np.unique(shopper, return_inverse=True)
    campaigns, sent = np.unique(campaign, return_inverse=True)
    # one whole number for the two: far quicker to sort than pairs
    lists, of_row = np.unique(owner.reshape(-1) * len(campaigns) + sent.reshape(-1), return_inverse=True)
    of_shopper, of_campaign = np.divmod(lists, max(len(campaigns), 1))
    return np.stack([shoppers[of_shopper], campaigns[of_campaign]], axis=1), of_row.reshape(-1)


def _of_order(group: Ints, y: Doubles, count: int) -> dict[str, Doubles]:
    """Metrics of each list from rows ordered by list and rank."""
    size = np.bincount(group, minlength=count)
    first = np.append(0, np.cumsum(size)[:-1]).astype(np.int64)
    rank = np.arange(len(group)) - first[group]
    top = rank < K
    seen = np.cumsum(y) - np.append(0, np.cumsum(y))[first][group]
    positives = np.bincount(group, y, count)
    discount = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.append(0, np.cumsum(discount))[np.minimum(positives, K).astype(int)]
    hits = np.bincount(group[top], y[top], count)
    best = np.full(count, np.inf)
    np.minimum.at(best, group[y > 0], rank[y > 0] + 1)
    return {
        "ndcg": np.bincount(group[top], y[top] * discount[rank[top]], count) / ideal,
        "map": np.bincount(group[top], y[top] * seen[top] / (rank[top] + 1), count) / np.minimum(positives, K),
        "recall": hits / positives,
        "hit": (hits > 0).astype(float),
        "mrr": 1 / best,
    }


def bootstrap_draws(shoppers: int, samples: int, seed: int = 0) -> Doubles:
    """(samples, shoppers): how often each shopper is drawn."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(shoppers, np.full(shoppers, 1 / shoppers), size=samples).astype(float)


def pooled_intervals(
    y: NDArray[Any], score: NDArray[Any], shopper: Ints, draws: Doubles, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % intervals of AUC and average precision; `shopper` (n,) numbers the columns of `draws`."""
    return {name: interval(values) for name, values in pooled_draws(y, score, shopper, draws, seed).items()}


def pooled_draws(
    y: NDArray[Any], score: NDArray[Any], shopper: Ints, draws: Doubles, seed: int = 0
) -> dict[str, Doubles]:
    """AUC and average precision of each bootstrap sample, (b,); NaN in a sample of one class."""
    order = np.lexsort((np.random.default_rng(seed).random(len(score)), -score))
    labels, owner = y[order].astype(float), shopper[order]
    areas, precisions = [], []
    for draw in draws:
        weight = draw[owner]
        positive = weight * labels
        found, seen = np.cumsum(positive), np.cumsum(weight)
        positives, negatives = found[-1], seen[-1] - found[-1]
        if positives == 0 or negatives == 0:
            areas.append(float("nan"))
            precisions.append(float("nan"))
            continue
        below = negatives - (seen - found)
        areas.append(float(positive @ below) / (positives * negatives))
        precisions.append(float(positive @ (found / np.maximum(seen, 1))) / positives)
    return {"auc": np.array(areas), "pr_auc": np.array(precisions)}


def interval(values: Doubles) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    return float(np.percentile(finite, 2.5)), float(np.percentile(finite, 97.5))
