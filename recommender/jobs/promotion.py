"""May a new model take over by itself? Not where it is worse than the live one on the same candidates."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommender.pipeline.evaluation import MAIN, Scored
from recommender.pipeline.ranking_metrics import bootstrap_draws, interval, list_scores
from recommender.verdicts import VerdictCode

METRIC = "ndcg"
SAMPLES = 500


@dataclass(frozen=True)
class Verdict:
    """The decision and its reason, as recommender.verdicts says it."""

    promote: bool
    reason: dict[str, Any]
    comparison: dict[str, Any] = field(default_factory=dict)
    """Every measure of both on the same pairs (recommender.jobs.paired); empty where none was made."""


def compare(candidate: Scored, live: Scored, *, live_name: str) -> Verdict:
    """NDCG@10 of both on the same candidates, its difference with a 95 % interval over shoppers.

    The candidate goes live unless the whole interval lies below 0: fresher data is worth a tie, not a loss.
    """
    ours = list_scores(candidate.shopper, candidate.campaign, candidate.y, candidate.scores[MAIN])
    theirs = list_scores(live.shopper, live.campaign, live.y, live.scores[MAIN])
    if not len(ours.shopper):
        return Verdict(promote=False, reason={"code": VerdictCode.UNCOMPARED, "live": live_name})
    difference = ours.values[METRIC] - theirs.values[METRIC]
    shoppers, place = np.unique(ours.shopper, return_inverse=True)
    weight = bootstrap_draws(len(shoppers), SAMPLES)[:, place.reshape(-1)]
    low, high = interval((weight @ difference) / np.maximum(weight.sum(axis=1), 1e-9))
    code = VerdictCode.WORSE if high < 0 else VerdictCode.BETTER if low > 0 else VerdictCode.LEVEL
    facts = {
        "ours": ours.values[METRIC].mean(),
        "theirs": theirs.values[METRIC].mean(),
        "difference": difference.mean(),
        "low": low,
        "high": high,
    }
    reason = {"code": code, "live": live_name, **{name: float(value) for name, value in facts.items()}}
    return Verdict(promote=code != VerdictCode.WORSE, reason=reason)
