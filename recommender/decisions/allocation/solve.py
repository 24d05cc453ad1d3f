"""The solver: prices, a repaired allocation, the bound that certifies it, and a report of each budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from recommender.decisions.allocation.dual import evaluate
from recommender.decisions.allocation.prices import find_prices
from recommender.decisions.allocation.problem import Bools, Budget, Doubles, Ints, Measure, Problem
from recommender.decisions.allocation.repair import repaired


class Shortfall(StrEnum):
    """Why a floor was not reached."""

    ELIGIBLE = "eligible"
    """Even all that shoppers are eligible for does not reach it."""
    CAPS = "caps"
    """Caps of budgets that share its offers are in the way: `BudgetReport.blocked_by`."""


@dataclass(frozen=True)
class BudgetReport:
    """One budget after the allocation."""

    name: str
    measure: Measure
    cap: float | None
    floor: float | None
    used: float
    """By the allocation, in the unit of the measure; never above the cap."""
    price: float
    """What one more unit of the cap would earn, in the unit of value; 0 where there is cap to spare."""
    floor_price: float
    """What one unit less of the floor would earn."""
    shortfall: Shortfall | None = None
    """None: there is no floor, or it is reached."""
    attainable: float | None = None
    """Of a budget with a floor: what it could reach were it alone."""
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allocation:
    """Who gets what."""

    chosen: Bools
    """(n, m); a row without True: no coupon."""
    value: float
    """Of the chosen pairs together."""
    upper_bound: float
    """No allocation within the caps (and, where all are reached, the floors) is worth more."""
    cost: float
    budgets: tuple[BudgetReport, ...]

    @property
    def gap(self) -> float:
        """The most by which this allocation falls short of the best, as a share of the bound."""
        return 0.0 if self.upper_bound <= 0 else max(0.0, (self.upper_bound - self.value) / self.upper_bound)

    @property
    def offer(self) -> Ints:
        """The offer of each shopper, (n,), where each gets at most one; -1: none. ValueError where one gets more."""
        if self.chosen.size and int(self.chosen.sum(axis=1).max()) > 1:
            raise ValueError("offer needs an allocation of at most one offer a shopper")
        if not self.chosen.shape[1]:
            return np.full(len(self.chosen), -1, dtype=np.int64)
        return np.where(self.chosen.any(axis=1), self.chosen.argmax(axis=1), -1)


def allocate(
    *,
    value: ArrayLike,
    cost: ArrayLike,
    budgets: Sequence[Budget] = (),
    per_shopper: int = 1,
    eligible: ArrayLike | None = None,
    seed: int = 0,
) -> Allocation:
    """Give each shopper at most `per_shopper` of the offers so that the value is largest within the budgets.

    `value` (n, m): expected incremental profit of the pair, any unit, may be negative; `cost` (n, m): what the pair
    draws on budgets of spend, from 0 (give the most it can cost where the sum must hold in every case, the expected
    cost where on average); `eligible` (n, m) bool. Caps always hold; a floor that cannot be reached is reported, not
    raised. Same input, same answer.
    """
    problem = Problem.from_arrays(value=value, cost=cost, budgets=budgets, per_shopper=per_shopper, eligible=eligible)
    attainable = [_attainable(problem, r) for r in range(len(problem.budgets))]
    reachable = _with_reachable_floors(problem, attainable)
    prices = find_prices(reachable, np.random.default_rng(seed))
    bound = evaluate(reachable, prices).value
    chosen = repaired(reachable, prices)
    used = problem.usage_of(chosen)
    reports = tuple(_report(problem, r, used, float(prices[r]), attainable[r]) for r in range(len(problem.budgets)))
    if any(report.shortfall for report in reports):
        bound = evaluate(_without_floors(problem), np.maximum(prices, 0.0)).value
    worth = problem.total_value(chosen)
    cost_of = float(sum(problem.cost[j][chosen[j]].sum() for j in range(problem.offers)))
    return Allocation(np.ascontiguousarray(chosen.T), worth, max(bound, worth), cost_of, reports)


def _attainable(problem: Problem, r: int) -> float | None:
    """What a budget with a floor reaches if every shopper gets its most drawing offers."""
    if problem.budgets[r].floor is None:
        return None
    inside = problem.members[r][:, None] & np.isfinite(problem.value)
    weights = np.where(inside, problem.weight(r), 0.0)
    if problem.offers > problem.per_shopper:
        weights = np.partition(weights, problem.offers - problem.per_shopper, axis=0)[-problem.per_shopper :]
    return float(weights.sum())


def _with_reachable_floors(problem: Problem, attainable: list[float | None]) -> Problem:
    """Floors no higher than what is attainable: an unreachable one would send its price to minus infinity."""
    budgets = [
        budget if most is None else budget.changed(cap=budget.cap, floor=min(budget.floor or 0.0, most))
        for budget, most in zip(problem.budgets, attainable, strict=True)
    ]
    return problem.with_budgets(budgets)


def _without_floors(problem: Problem) -> Problem:
    unlimited = float(np.finfo(np.float64).max)
    return problem.with_budgets(
        [b.changed(cap=unlimited if b.cap is None else b.cap, floor=None) for b in problem.budgets]
    )


def _report(problem: Problem, r: int, used: Doubles, price: float, attainable: float | None) -> BudgetReport:
    budget = problem.budgets[r]
    shortfall: Shortfall | None = None
    blockers: tuple[str, ...] = ()
    if budget.floor is not None and used[r] < budget.floor * (1 - 1e-9):
        unreachable = attainable is not None and attainable < budget.floor
        shortfall = Shortfall.ELIGIBLE if unreachable else Shortfall.CAPS
        blockers = () if unreachable else _blockers(problem, r, used)
    return BudgetReport(
        name=budget.name,
        measure=budget.measure,
        cap=budget.cap,
        floor=budget.floor,
        used=float(used[r]),
        price=max(price, 0.0),
        floor_price=max(-price, 0.0),
        shortfall=shortfall,
        attainable=attainable,
        blocked_by=blockers,
    )


def _blockers(problem: Problem, r: int, used: Doubles) -> tuple[str, ...]:
    """Caps that share offers with r and have no room for one more of them."""
    names = []
    for q, budget in enumerate(problem.budgets):
        shared = problem.members[q] & problem.members[r]
        if budget.cap is None or not shared.any():
            continue
        weights = problem.weight(q)[shared][np.isfinite(problem.value[shared])]
        if len(weights) and budget.cap - used[q] < float(weights.min(initial=np.inf, where=weights > 0)):
            names.append(budget.name)
    return tuple(names)
