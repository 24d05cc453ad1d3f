"""Stage 8: scores + eligible coupons -> a slate, with a reason and an exact propensity for each place.

Places are filled by falling score. In a share `exploration` of the slates one place, the last, is drawn by chance
from all coupons that were left out. The propensity of a place is the probability that this coupon stands there under
this policy: what off-policy estimates divide by.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.config import PolicyConfig
from recommender.reasons import EXPLORATION

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """One coupon of a slate."""

    coupon: int
    rank: int
    """1 is the best."""
    score: float
    propensity: float
    reason: Mapping[str, Any]


def make_slate(
    *,
    coupons: Ints,
    campaigns: Ints,
    scores: Doubles,
    reasons: Mapping[int, Mapping[str, Any]],
    eligible: Collection[int] | None,
    config: PolicyConfig,
    generator: np.random.Generator,
) -> list[Place]:
    """The slate of one shopper from scored coupons (n,); `eligible` None: all. Ties go by coupon id.

    `reasons` by coupon id. Same input and generator state, same slate.
    """
    order = np.lexsort((coupons, -scores))
    kept = [int(i) for i in order if eligible is None or int(coupons[i]) in eligible]
    kept = _within_campaign_bound(kept, campaigns, config.max_per_campaign)
    best, rest = kept[: config.slate_size], kept[config.slate_size :]
    if not best:
        return []
    chance = config.exploration if rest else 0.0
    explored = bool(chance) and generator.random() < chance
    places = [
        _place(i, rank, 1.0, coupons=coupons, scores=scores, reasons=reasons) for rank, i in enumerate(best, start=1)
    ]
    if not chance:
        return places
    last = len(best)
    if not explored:
        return [*places[:-1], _place(best[-1], last, 1 - chance, coupons=coupons, scores=scores, reasons=reasons)]
    drawn = rest[int(generator.integers(len(rest)))]
    reason = {**reasons.get(int(coupons[drawn]), {}), "code": EXPLORATION}
    place = _place(
        drawn,
        last,
        chance / len(rest),
        coupons=coupons,
        scores=scores,
        reasons={int(coupons[drawn]): reason},
    )
    return [*places[:-1], place]


def _within_campaign_bound(rows: list[int], campaigns: Ints, bound: int) -> list[int]:
    if not bound:
        return rows
    taken: dict[int, int] = {}
    kept = []
    for row in rows:
        campaign = int(campaigns[row])
        taken[campaign] = taken.get(campaign, 0) + 1
        if taken[campaign] <= bound:
            kept.append(row)
    return kept


def _place(
    row: int,
    rank: int,
    propensity: float,
    *,
    coupons: Ints,
    scores: Doubles,
    reasons: Mapping[int, Mapping[str, Any]],
) -> Place:
    coupon = int(coupons[row])
    return Place(
        coupon=coupon,
        rank=rank,
        score=float(scores[row]),
        propensity=propensity,
        reason=reasons.get(coupon, {}),
    )
