"""What the interest model says of a candidate: interest scores of the list's day, on the coupon's categories."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

INTEREST_FEATURES = ("interest_any", "interest_lift", "interest_max", "interest_mean")


def interest_features(interest: Floats, base: Floats, coverage: Floats, lists: Ints, coupons: Ints) -> Floats:
    """(n, 4) in the order of INTEREST_FEATURES.

    interest (l, K) holds the scores of each list, NaN where no model may be asked, and base (l, K) what its model
    says of somebody unknown; coverage (c, K) the share of each coupon's products in each category; lists and
    coupons (n,) say which of them a candidate is.
    any: probability that at least one covered category is due, were they independent. lift: mean interest
    against that of somebody unknown.
    """
    out = np.full((len(lists), len(INTEREST_FEATURES)), np.nan, np.float32)
    order = np.argsort(coupons, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(coupons[order])) + 1):
        if not len(rows):
            continue
        share = coverage[coupons[rows[0]]]
        covered = np.flatnonzero(share)
        if not len(covered):
            continue
        scores = interest[lists[rows]][:, covered]
        weight = share[covered] / share[covered].sum()
        mean = scores @ weight
        out[rows, 0] = 1 - np.exp(np.log1p(-np.clip(scores, 0, 1 - 1e-6)).sum(axis=1))
        out[rows, 1] = mean / np.maximum(base[lists[rows]][:, covered] @ weight, 1e-6)
        out[rows, 2] = scores.max(axis=1)
        out[rows, 3] = mean
    return out
