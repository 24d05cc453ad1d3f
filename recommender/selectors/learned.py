"""What policies have learned, as decisions read it: kept in the process for some seconds."""

import time
from threading import Lock

import numpy as np

from recommender.decisions.exploration import LinearPosterior, LinearStatistics
from recommender.models import PolicyLearning
from recommender.policies.learning import FEATURES, posterior_of
from recommender.policies.terms import PolicyTerms

KEPT_SECONDS = 20.0

_kept: dict[tuple[int, int], tuple[float, LinearPosterior]] = {}
_lock = Lock()


def learned_posterior(terms: PolicyTerms, version_id: int | None) -> LinearPosterior | None:
    """What a policy that explores by Thompson sampling believes; None for one that does not."""
    if not (terms.thompson and terms.exploration):
        return None
    key = (terms.policy_id or 0, version_id or 0)
    kept = _kept.get(key)
    if kept is not None and time.monotonic() < kept[0] + KEPT_SECONDS:
        return kept[1]
    row = PolicyLearning.objects.filter(policy=key[0], model_version=key[1]).first()
    posterior = posterior_of(statistics_of(row))
    with _lock:
        _kept[key] = (time.monotonic(), posterior)
    return posterior


def statistics_of(row: PolicyLearning | None) -> LinearStatistics | None:
    """The sums of a row; None where it holds none, or those of another set of features."""
    if row is None or len(row.moment) != FEATURES:
        return None
    gram = np.array(row.gram).reshape(FEATURES, FEATURES)
    return LinearStatistics(gram, np.array(row.moment), row.square, row.count)


def forget_learned() -> None:
    """This process reads what was learned anew with its next question."""
    with _lock:
        _kept.clear()
