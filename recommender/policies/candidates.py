"""The candidates of one decision as parallel arrays, and what a shopper did with coupons before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """n coupons that may be shown to one shopper. Every array is (n,)."""

    coupon: Ints
    score: Doubles
    """Probability of a use; for coupons of a lower tier a popularity, which is not compared with it."""
    tier: Ints
    """0 personal, 1 popular, 2 running: a lower tier only fills what the one above leaves."""
    campaign: Ints
    category: Ints
    """The main category that the coupon covers; -1 where it covers everything or that is not asked."""
    fair: Bools
    """In the group of the fairness floor."""
    cost: Doubles
    """Expected discount of one use, minor units."""
    margin: Doubles
    """What one use earns before the discount, minor units."""
    extra: Doubles
    """Purchases that a use brings and that would not have happened without, where measured; NaN where not."""

    def __len__(self) -> int:
        return len(self.coupon)

    @classmethod
    def of(
        cls,
        coupon: Ints,
        score: Doubles,
        *,
        campaign: Ints,
        tier: Ints | None = None,
        category: Ints | None = None,
        fair: Bools | None = None,
        cost: Doubles | None = None,
        margin: Doubles | None = None,
        extra: Doubles | None = None,
    ) -> "Candidates":
        """With neutral values for what is not known."""
        n = len(coupon)
        return cls(
            coupon=coupon,
            score=score,
            tier=np.zeros(n, np.int64) if tier is None else tier,
            campaign=campaign,
            category=np.full(n, -1) if category is None else category,
            fair=np.zeros(n, bool) if fair is None else fair,
            cost=np.zeros(n) if cost is None else cost,
            margin=np.zeros(n) if margin is None else margin,
            extra=np.full(n, np.nan) if extra is None else extra,
        )


@dataclass(frozen=True)
class History:
    """What one shopper saw, used and put away, within the days that the policy counts."""

    shown: Mapping[int, int] = field(default_factory=dict)
    """{coupon: impressions}."""
    used: frozenset[int] = frozenset()
    dismissed: frozenset[int] = frozenset()
    dismissed_categories: frozenset[int] = frozenset()


NO_HISTORY = History()
