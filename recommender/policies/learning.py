"""What a policy learns of the model's errors while it serves: Thompson sampling on a linear model of response.

    response of coupon c = score + x'b,     x = (1, personal, personal x score, one of 29 buckets of coupons)

The model's calibrated score is the prior; b corrects it, for all coupons together, for the scale of the score, and for
each bucket of coupons (the coupon's id modulo 29, so that up to 29 coupons in a row share nothing). Everything here
follows from what a decision logs, so the sums can be made again from the log at any time.
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.decisions.exploration import LinearPosterior, LinearStatistics
from recommender.policies.candidates import Candidates, Doubles, Ints
from recommender.policies.terms import PolicyTerms
from recommender.policies.value import priced_value

BUCKETS = 29
FEATURES = 3 + BUCKETS
PRIOR_PRECISION, PRIOR_NOISE, PRIOR_ROWS = 20.0, 0.02, 50.0
"""Before anything is known a coefficient strays by sqrt(0.02 / 20), three percent of response."""
PERSONAL = 0
"""The tier whose scores are probabilities."""


@dataclass(frozen=True)
class ShownSums:
    """Sums over showings of g (coupon, personal or not) pairs; every array (g,). The score counts as 0 where the
    coupon was not personal."""

    coupon: Ints
    personal: Ints
    shown: Doubles
    score: Doubles
    score_square: Doubles
    used: Doubles
    """Showings that came to a use, whose showing may have been counted earlier."""
    used_score: Doubles

    def statistics(self) -> LinearStatistics:
        """Of the residual (use - score) on x: additive, whichever minute a showing and its use fall in."""
        base = _features(self.coupon, self.personal, np.zeros(len(self.coupon)))
        slope = _slope()
        gram = base.T @ (self.shown[:, None] * base)
        crossed = np.outer(base.T @ self.score, slope)
        gram = gram + crossed + crossed.T + self.score_square.sum() * np.outer(slope, slope)
        moment = base.T @ (self.used - self.score) + slope * float((self.used_score - self.score_square).sum())
        square = float((self.used - 2 * self.used_score + self.score_square).sum())
        return LinearStatistics(gram, moment, square, float(self.shown.sum()))


def posterior_of(statistics: LinearStatistics | None) -> LinearPosterior:
    """What is believed after the sums; before there are any, that the score is right."""
    return LinearPosterior.from_statistics(
        statistics or LinearStatistics.empty(FEATURES),
        prior_precision=PRIOR_PRECISION,
        prior_noise=PRIOR_NOISE,
        prior_rows=PRIOR_ROWS,
    )


def drawn_value(
    candidates: Candidates, terms: PolicyTerms, posterior: LinearPosterior, draw: np.random.Generator
) -> Doubles:
    """The worth of each candidate, (n,), under one draw of what is believed: its response in the policy's own terms."""
    personal = (candidates.tier == PERSONAL).astype(np.int64)
    score = np.where(personal == 1, candidates.score, 0.0)
    response = score + _features(candidates.coupon, personal, score) @ posterior.draw(draw)
    if not terms.maximise_profit:
        return response
    return priced_value(replace(candidates, score=np.clip(response, 0.0, 1.0)), terms)


def _features(coupon: Ints, personal: Ints, score: Doubles) -> Doubles:
    """x of each pair, (n, FEATURES)."""
    x = np.zeros((len(coupon), FEATURES))
    x[:, 0], x[:, 1], x[:, 2] = 1.0, personal, personal * score
    x[np.arange(len(coupon)), 3 + coupon % BUCKETS] = 1.0
    return x


def _slope() -> Doubles:
    """d x / d score of a personal coupon."""
    slope = np.zeros(FEATURES)
    slope[2] = 1.0
    return slope
