"""What a shopper looks at, clicks or carts and has not bought: evidence beside the recurrence, in both halves.

The interest model steps from day to day, as it was trained. A day that is not over is no such day: one product in the
cart would read as a small basket, and small baskets are followed by small ones, so every interest would fall because
of a sign of interest. So views, clicks and carts wait outside, as a weighted count w of each category, and move the
output alone: I = sigmoid(o + a·log(1 + w)). No act can lower an interest, nor a score: see `coupon_lift`.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.estimators import forward
from recommender.estimators.base import Doubles, Floats

INTENT = np.dtype([("category", "<i4"), ("past", "<f4"), ("total", "<f4")])
"""One category of one shopper's intent: w of the days before the day of the computation, and of all days."""
Intent = NDArray[np.void]
"""(m,) of INTENT, by ascending category."""
NO_INTENT: Intent = np.zeros(0, INTENT)
_LEAST = 1e-6


def with_intent(interest: Floats, categories: NDArray[np.integer], w: Floats, strength: float) -> Floats:
    """I (K,) with the logits of `categories` (m,) raised by strength·log(1 + w), w (m,); others as they are."""
    raised = interest.copy()
    own = np.clip(interest[categories].astype(np.float64), _LEAST, 1 - _LEAST)
    raised[categories] = forward.sigmoid(np.log(own / (1 - own)) + strength * np.log1p(w))
    return raised


def coupon_lift(without: Floats, with_: Floats, coverage: Floats) -> Doubles:
    """By how much intent raises the log of each coupon's probability, (c,) from coverage (c, K); never below 0.

    A coupon is redeemed with a purchase: P(redeemed) = P(bought)·P(redeemed | bought), and an act speaks of the first
    factor only. So the log moves by that of the interest in what the coupon covers, weighted by its shares.
    """
    share = coverage.sum(axis=1)
    before, after = coverage @ without.astype(np.float64), coverage @ with_.astype(np.float64)
    covered = share > 0
    lift = np.zeros(len(coverage))
    lift[covered] = np.log(np.maximum(after[covered], before[covered]) / np.maximum(before[covered], _LEAST))
    return lift
