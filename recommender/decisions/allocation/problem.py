"""The allocation problem as arrays: shoppers x offers, and budgets over sets of offers.

    max  sum_ij v_ij x_ij      x_ij in {0, 1},  sum_j x_ij <= k,  x_ij = 0 where not eligible
    s.t. floor_r <= sum_i sum_(j in r) w_rij x_ij <= cap_r      for every budget r

w is the cost c_ij where the budget measures spend, and 1 where it counts coupons. Giving nothing is always allowed and
worth 0. Inside, arrays are (offers, shoppers), so that one offer's numbers lie side by side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Measure(StrEnum):
    """What a budget limits."""

    SPEND = "spend"
    """The sum of costs, in their unit."""
    COUPONS = "coupons"
    """The number of coupons given."""


@dataclass(frozen=True)
class Budget:
    """A cap and a floor on some offers together. Budgets may overlap: coupon, campaign, total."""

    name: str
    cap: float | None = None
    floor: float | None = None
    offers: tuple[int, ...] | None = None
    """Columns of `value` that draw on it; None: all."""
    measure: Measure = Measure.SPEND

    def __post_init__(self) -> None:
        if self.cap is None and self.floor is None:
            raise ValueError(f"budget {self.name!r} has neither a cap nor a floor")
        for field, amount in (("cap", self.cap), ("floor", self.floor)):
            if amount is not None and not (math.isfinite(amount) and amount >= 0):
                raise ValueError(f"budget {self.name!r}: {field} must be a number from 0, not {amount}")
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(f"budget {self.name!r}: floor {self.floor:g} exceeds cap {self.cap:g}")

    def changed(self, *, cap: float | None, floor: float | None) -> Self:
        """The same budget with other limits."""
        return type(self)(self.name, cap, floor, self.offers, self.measure)


@dataclass(frozen=True)
class Problem:
    """Checked arrays; see the module for the symbols."""

    value: Doubles
    """(m, n); -inf where the shopper may not get the offer."""
    cost: Doubles
    """(m, n), from 0."""
    budgets: tuple[Budget, ...]
    members: Bools
    """(budgets, m): which offers draw on which budget."""
    per_shopper: int

    @classmethod
    def from_arrays(
        cls,
        *,
        value: ArrayLike,
        cost: ArrayLike,
        budgets: Sequence[Budget],
        per_shopper: int = 1,
        eligible: ArrayLike | None = None,
    ) -> Self:
        """From value, cost and eligible of shape (n, m). ValueError naming the argument on a bad input."""
        values = np.ascontiguousarray(np.asarray(value, dtype=np.float64).T)
        costs = np.ascontiguousarray(np.asarray(cost, dtype=np.float64).T)
        if values.ndim != 2 or costs.shape != values.shape:
            raise ValueError(f"value and cost need one shape (n, m): {values.T.shape} and {costs.T.shape}")
        if not np.isfinite(values).all():
            raise ValueError("value holds a number that is not finite; say in eligible who may not get what")
        if not (np.isfinite(costs).all() and (costs >= 0).all()):
            raise ValueError("cost holds a number that is negative or not finite")
        if per_shopper < 1:
            raise ValueError(f"per_shopper must be at least 1, not {per_shopper}")
        if eligible is not None:
            allowed = np.asarray(eligible, dtype=np.bool_).T
            if allowed.shape != values.shape:
                raise ValueError(f"eligible has shape {allowed.T.shape}, not {values.T.shape}")
            values = np.where(allowed, values, -np.inf)
        offers = len(values)
        return cls(values, costs, tuple(budgets), _members(budgets, offers), min(per_shopper, max(offers, 1)))

    @property
    def shoppers(self) -> int:
        return int(self.value.shape[1])

    @property
    def offers(self) -> int:
        return int(self.value.shape[0])

    @cached_property
    def price_scale(self) -> Doubles:
        """A hundredth of the mean worth of one unit of each budget, (budgets,): the least step that a price takes."""
        value = np.where(np.isfinite(self.value), np.abs(self.value), 0.0).mean(axis=1)
        cost = self.cost.mean(axis=1)
        scales = np.full(len(self.budgets), 1e-9)
        for r, budget in enumerate(self.budgets):
            inside = self.members[r]
            drawn = float(cost[inside].sum()) if budget.measure is Measure.SPEND else float(inside.sum())
            if drawn > 0:
                scales[r] = max(0.01 * float(value[inside].sum()) / drawn, 1e-9)
        return scales

    @cached_property
    def whole_costs(self) -> bool:
        """Whether all costs are whole numbers, of minor units say, which add up exactly."""
        return all(bool((row == np.floor(row)).all()) for row in self.cost)

    def weight(self, budget: int) -> Doubles:
        """What each pair draws on a budget, (m, n); a read-only view of ones where coupons are counted."""
        if self.budgets[budget].measure is Measure.SPEND:
            return self.cost
        return np.broadcast_to(np.float64(1.0), self.cost.shape)

    def offer_prices(self, prices: Doubles) -> tuple[Doubles, Doubles]:
        """Budget prices (budgets,) as a price per unit of cost and one per coupon, (m,) each."""
        spend = np.array([budget.measure is Measure.SPEND for budget in self.budgets], dtype=np.bool_)
        by_cost: Doubles = (prices * spend) @ self.members
        by_count: Doubles = (prices * ~spend) @ self.members
        return by_cost, by_count

    def usage(self, spend: Doubles, count: Doubles) -> Doubles:
        """Use of each budget, (budgets,), from each offer's spend and count, (m,)."""
        totals = [
            (spend if budget.measure is Measure.SPEND else count)[self.members[r]].sum()
            for r, budget in enumerate(self.budgets)
        ]
        return np.array(totals, dtype=np.float64)

    def usage_of(self, chosen: Bools) -> Doubles:
        """Use of each budget, (budgets,), by the chosen pairs (m, n)."""
        spend = np.array([self.cost[j][chosen[j]].sum() for j in range(self.offers)])
        return self.usage(spend, chosen.sum(axis=1, dtype=np.float64))

    def total_value(self, chosen: Bools) -> float:
        return math.fsum(float(self.value[j][chosen[j]].sum()) for j in range(self.offers))

    def with_budgets(self, budgets: Sequence[Budget]) -> Self:
        """The same shoppers and offers under other limits, in the same order."""
        return type(self)(self.value, self.cost, tuple(budgets), self.members, self.per_shopper)

    def sample(self, rows: Ints, share: float) -> Self:
        """The same problem on some shoppers, with caps and floors in proportion."""
        budgets = tuple(
            budget.changed(
                cap=None if budget.cap is None else budget.cap * share,
                floor=None if budget.floor is None else budget.floor * share,
            )
            for budget in self.budgets
        )
        value, cost = np.ascontiguousarray(self.value[:, rows]), np.ascontiguousarray(self.cost[:, rows])
        return type(self)(value, cost, budgets, self.members, self.per_shopper)


def _members(budgets: Sequence[Budget], offers: int) -> Bools:
    names = [budget.name for budget in budgets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"budgets need different names; twice: {', '.join(twice)}")
    members = np.zeros((len(budgets), offers), dtype=np.bool_)
    for r, budget in enumerate(budgets):
        columns = range(offers) if budget.offers is None else budget.offers
        outside = [column for column in columns if not 0 <= column < offers]
        if outside:
            raise ValueError(f"budget {budget.name!r}: offer {outside[0]} is not among 0..{offers - 1}")
        members[r, list(columns)] = True
    return members
