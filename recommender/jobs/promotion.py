"""May a new model take over by itself? Not where it is worse than the live one on the same candidates."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommender.pipeline.evaluation import MAIN, Scored
from recommender.pipeline.ranking_metrics import bootstrap_draws, interval, list_scores

METRIC = "ndcg"
SAMPLES = 500


@dataclass(frozen=True)
class Verdict:
    """The decision and its reason in words, as the admin shows it."""

    promote: bool
    words: str
    comparison: dict[str, Any] = field(default_factory=dict)
    """Every measure of both on the same pairs (recommender.jobs.paired); empty where none was made."""


def compare(candidate: Scored, live: Scored, *, live_name: str) -> Verdict:
    """NDCG@10 of both on the same candidates, its difference with a 95 % interval over shoppers.

    The candidate goes live unless the whole interval lies below 0: fresher data is worth a tie, not a loss.
    """
    ours = list_scores(candidate.shopper, candidate.campaign, candidate.y, candidate.scores[MAIN])
    theirs = list_scores(live.shopper, live.campaign, live.y, live.scores[MAIN])
    if not len(ours.shopper):
        return Verdict(promote=False, words=f"Not compared with {live_name}: no redemption in the test part.")
    difference = ours.values[METRIC] - theirs.values[METRIC]
    shoppers, place = np.unique(ours.shopper, return_inverse=True)
    weight = bootstrap_draws(len(shoppers), SAMPLES)[:, place.reshape(-1)]
    low, high = interval((weight @ difference) / np.maximum(weight.sum(axis=1), 1e-9))
    mean = float(difference.mean())
    facts = (
        f"NDCG@10 {ours.values[METRIC].mean():.4f} against {theirs.values[METRIC].mean():.4f} of {live_name} "
        f"on the same test lists (difference {mean:+.4f}, 95 % {low:+.4f} to {high:+.4f})"
    )
    if high < 0:
        return Verdict(promote=False, words=f"Not activated: worse. {facts}.")
    return Verdict(promote=True, words=f"{'Better' if low > 0 else 'Level within noise'}. {facts}.")
