"""A control loop on real spend: it raises the price of a budget that runs ahead of its plan, and lowers one that lags.

The price of an allocation is right for the shoppers and the response that it expected. What really comes is not what
was expected, so the price follows the spend: price x exp(kp e + ki sum(e)), with e = (spent - planned) / budget, both
gains in the exponent so that the price stays positive (a proportional-integral controller on the logarithm, as in Chen
et al. 2011 and Zhang et al. 2016 for advertising budgets). The price steers; it does not guarantee. The guarantee is
`may_spend`: a coupon is given only if what is spent, what is promised and the most that this coupon can cost fit the
budget together.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

PROPORTIONAL_GAIN = 8.0
INTEGRAL_GAIN = 1.0
LARGEST_STEP = math.log(2.0)
"""The price at most doubles or halves at one step: a late batch of events must not throw it."""


@dataclass(frozen=True)
class Pacing:
    """The state of one budget between two steps; amounts in the unit of the budget."""

    budget: float
    price: float
    """What one unit of spend must earn for a coupon to be given, now."""
    spent: float = 0.0
    """Really redeemed so far."""
    promised: float = 0.0
    """The most that coupons given and still open can cost."""
    last_error: float = 0.0

    def __post_init__(self) -> None:
        for name in ("budget", "price", "spent", "promised"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be a number from 0, not {getattr(self, name)}")

    @property
    def free(self) -> float:
        """What may still be promised."""
        return max(0.0, self.budget - self.spent - self.promised)

    def may_spend(self, most: float) -> bool:
        """Whether a coupon that can cost up to `most` fits. Given only then, the budget is never exceeded."""
        return most <= self.budget - self.spent - self.promised

    def observed(self, *, spent: float, promised: float) -> Self:
        """The same budget with what the ledger says now."""
        return replace(self, spent=spent, promised=promised)


def next_price(
    pacing: Pacing,
    *,
    elapsed: float,
    proportional_gain: float = PROPORTIONAL_GAIN,
    integral_gain: float = INTEGRAL_GAIN,
    least_price: float = 1e-6,
) -> Pacing:
    """The state after one control step.

    `elapsed` in [0, 1]: the share of the budget that the plan would have spent by now, time where spend shall be even,
    or the expected share of the traffic. Call it at even steps of `elapsed`; the gains suit about 20 to 500 of them.
    """
    if not 0 <= elapsed <= 1:
        raise ValueError(f"elapsed must lie between 0 and 1, not {elapsed}")
    if pacing.budget == 0:
        return pacing
    error = pacing.spent / pacing.budget - elapsed
    # The velocity form: each step adds the change of the proportional part, and the integral part of this step.
    exponent = proportional_gain * (error - pacing.last_error) + integral_gain * error
    step = math.exp(max(-LARGEST_STEP, min(LARGEST_STEP, exponent)))
    price = max(pacing.price, least_price) * step
    return replace(pacing, price=price, last_error=error)
