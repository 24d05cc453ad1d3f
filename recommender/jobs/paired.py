"""A candidate and the live model on the same test pairs: each measure and its difference with an interval."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.jobs.measures import chart_curves, version_metrics
from recommender.pipeline.evaluation import FLOOR, MAIN, Scored
from recommender.pipeline.ranking_metrics import bootstrap_draws, interval, list_scores, pooled_draws

SAMPLES = 300

Doubles = NDArray[np.float64]


def paired_comparison(
    candidate: Scored, live: Scored, *, live_name: str, reports: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """JSON-able: {live, pairs, positives, shoppers, measures: {measure: {live, candidate, low, high}}, live_curves}.

    low and high end the 95 % interval of candidate - live over shoppers; a measure without one has neither.
    `reports` are the evaluation reports of both. Where the two did not score the same pairs only a reason is given.
    """
    if not same_pairs(candidate, live):
        return {"live": live_name, "reason": "different pairs"}
    shoppers, owner = np.unique(candidate.shopper, return_inverse=True)
    draws = bootstrap_draws(len(shoppers), SAMPLES)
    intervals = _differences(candidate, live, shoppers, owner.reshape(-1), draws)
    ours, theirs = (version_metrics(report)[MAIN] for report in reports)
    return {
        "live": live_name,
        "pairs": len(candidate.y),
        "positives": int(candidate.y.sum()),
        "shoppers": len(shoppers),
        "measures": {
            name: {"live": _value(theirs[name]), "candidate": _value(ours[name]), **intervals.get(name, {})}
            for name in ours
            if name in theirs and name != "threshold"
        },
        "live_curves": chart_curves(reports[1]),
    }


def same_pairs(one: Scored, other: Scored) -> bool:
    """Whether both scored the same shoppers, campaigns and coupons with the same labels, in the same order."""
    return all(np.array_equal(getattr(one, key), getattr(other, key)) for key in ("shopper", "campaign", "coupon", "y"))


def _differences(
    candidate: Scored, live: Scored, shoppers: NDArray[np.int64], owner: NDArray[np.int64], draws: Doubles
) -> dict[str, dict[str, float]]:
    samples = _list_samples(candidate, live, shoppers, draws)
    if candidate.y.min() != candidate.y.max():
        ours = pooled_draws(candidate.y, candidate.scores[MAIN], owner, draws)
        theirs = pooled_draws(live.y, live.scores[MAIN], owner, draws)
        samples |= {name: ours[name] - theirs[name] for name in ours}
        samples["log_loss"] = _mean_by_draw(_losses(candidate) - _losses(live), owner, draws)
    ends = {name: interval(values) for name, values in samples.items()}
    return {name: {"low": low, "high": high} for name, (low, high) in ends.items() if np.isfinite([low, high]).all()}


def _list_samples(candidate: Scored, live: Scored, shoppers: NDArray[np.int64], draws: Doubles) -> dict[str, Doubles]:
    ours = list_scores(candidate.shopper, candidate.campaign, candidate.y, candidate.scores[MAIN])
    theirs = list_scores(live.shopper, live.campaign, live.y, live.scores[MAIN])
    if not len(ours.shopper):
        return {}
    place = np.searchsorted(shoppers, ours.shopper)
    names = {"ndcg": "ndcg_10", "map": "map_10", "recall": "recall_10", "hit": "hit_rate_10", "mrr": "mrr"}
    return {
        spelt: _mean_by_draw(ours.values[name] - theirs.values[name], place, draws) for name, spelt in names.items()
    }


def _mean_by_draw(value: Doubles, owner: NDArray[np.int64], draws: Doubles) -> Doubles:
    """The mean of `value` (n,) in each sample, (b,)."""
    sums = np.bincount(owner, value, draws.shape[1])
    counts = np.bincount(owner, minlength=draws.shape[1])
    means: Doubles = (draws @ sums) / np.maximum(draws @ counts, 1e-9)
    return means


def _losses(scored: Scored) -> Doubles:
    p = np.clip(scored.scores[MAIN], FLOOR, 1 - FLOOR)
    losses: Doubles = -(scored.y * np.log(p) + (1 - scored.y) * np.log1p(-p))
    return losses


def _value(entry: Any) -> float:
    return float(entry["value"] if isinstance(entry, Mapping) else entry)
