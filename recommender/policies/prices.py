"""Prices of budgets over shopper x coupon pairs: Lagrange multipliers found one after the other by bisection.

Given prices, each shopper gets the `places` best coupons whose value less their priced cost is above 0. A budget's
price is the least one at which its coupons cost no more than it holds. Narrow budgets come before those that contain
them, and as a price of one moves the others' spend, the round is repeated until none moves. At the price, one more unit
of the budget would earn the price.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from recommender.policies.candidates import Bools, Doubles, Ints

ROUNDS = 12
REPAIRS = 40
STEPS = 24
AT_THE_MARGIN = 0.02
DEAREST = 50.0
"""No pair is worth more than so many times its cost in practice; the search ends there."""


@dataclass(frozen=True)
class Pairs:
    """p pairs of a shopper and a coupon; every array (p,). Shoppers are numbered from 0."""

    shopper: Ints
    value: Doubles
    """Expected incremental profit of showing the coupon, before budgets."""
    cost: Doubles
    """Expected discount."""
    campaign: Ints


@dataclass(frozen=True)
class Allocation:
    """Prices and spend per budget, (b,), and what is chosen, (p,)."""

    prices: Doubles
    spend: Doubles
    profit: float
    chosen: Bools


def solve_prices(pairs: Pairs, charged: Bools, limits: Doubles, *, places: int) -> Allocation:
    """`charged`: which budget pays for which pair, (b, p); `limits`: (b,), in the unit of the costs."""
    prices = np.zeros(len(limits))
    narrow_first = np.argsort(charged.sum(axis=1), kind="stable").tolist()

    def spend(budget: int, price: float) -> float:
        trial = prices.copy()
        trial[budget] = price
        return float(pairs.cost[choose(pairs, charged, trial, places) & charged[budget]].sum())

    for number in range(ROUNDS + REPAIRS):
        before = prices.copy()
        for budget in narrow_first:
            # once prices only rise, what one budget gives up another can't take for ever
            floor = prices[budget] if number >= ROUNDS else 0.0
            prices[budget] = _least_price(partial(spend, budget), limits[budget], floor)
        if np.allclose(prices, before, atol=1e-4, rtol=0):
            break
    chosen = _filled(pairs, charged, limits, prices, choose(pairs, charged, prices, places), places)
    return Allocation(prices, charged @ (pairs.cost * chosen), float(pairs.value[chosen].sum()), chosen)


def choose(pairs: Pairs, charged: Bools, prices: Doubles, places: int) -> Bools:
    """What everybody is shown at these prices, (p,): the best of each shopper whose priced value is above 0."""
    priced = pairs.value - (prices @ charged if len(prices) else 0.0) * pairs.cost
    order = np.lexsort((-priced, pairs.shopper))
    shopper = pairs.shopper[order]
    starts = np.flatnonzero(np.append(True, np.diff(shopper) != 0)) if len(shopper) else np.array([], np.int64)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    chosen = np.zeros(len(order), bool)
    chosen[order] = (rank < places) & (priced[order] > 0)
    return chosen


def _filled(  # noqa: PLR0917 - the problem and its solution so far
    pairs: Pairs, charged: Bools, limits: Doubles, prices: Doubles, chosen: Bools, places: int
) -> Bools:
    """What is left of the budgets goes to the pairs at the margin: those that are worth their priced cost, no more.

    Where many pairs are worth the same, a price takes all of them or none; this takes as many as the budgets allow,
    large ones first.
    """
    if not prices.any():
        return chosen
    priced = pairs.value - (prices @ charged) * pairs.cost
    margin = np.flatnonzero(~chosen & (pairs.value > 0) & (priced > -AT_THE_MARGIN * pairs.value))
    chosen, spend = chosen.copy(), charged @ (pairs.cost * chosen)
    taken = np.bincount(pairs.shopper[chosen], minlength=int(pairs.shopper.max(initial=0)) + 1)
    for pair in margin[np.argsort(-pairs.value[margin], kind="stable")].tolist():
        after = spend + charged[:, pair] * pairs.cost[pair]
        if taken[pairs.shopper[pair]] < places and (after <= limits).all():
            chosen[pair], spend = True, after
            taken[pairs.shopper[pair]] += 1
    return chosen


def _least_price(spend: Callable[[float], float], limit: float, low: float) -> float:
    """The least price from `low` on at which `spend`, which falls with it, is within the limit."""
    if spend(low) <= limit:
        return low
    high = DEAREST
    for _step in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if spend(middle) <= limit else (middle, high)
    return high
