"""The Lagrange dual of the allocation: a convex function of one price per budget that bounds every allocation.

    D(y) = sum_i (sum of the k largest positive v_ij - sum_(r with j) y_r w_rij) + sum_r (y_r+ cap_r - y_r- floor_r)

y_r > 0 is what one more unit of the cap would earn, y_r < 0 what one unit of the floor costs. D holds at any prices as
an upper bound; its minimum is within the worth of one coupon per budget of the best allocation.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.decisions.allocation.problem import Bools, Doubles, Problem
from recommender.estimators.threads import thread_count

CHUNK = 16_384
"""Shoppers at once: what two offers' numbers and the running best need stays in the processor's cache."""
THREADED_CHUNKS = 8
"""Below it threads cost more than they save."""
Part = TypeVar("Part")


@dataclass(frozen=True)
class DualPoint:
    """The dual at one set of prices."""

    prices: Doubles
    value: float
    """An upper bound of the value of every feasible allocation."""
    usage: Doubles
    """Use of each budget, (budgets,), by the pairs that are best at these prices."""


def evaluate(problem: Problem, prices: Doubles) -> DualPoint:
    """The dual and the use of each budget at `prices`."""
    by_cost, by_count = problem.offer_prices(prices)
    parts = over_chunks(problem, partial(_chunk, problem, by_cost, by_count))
    gain = float(np.sum([part[0] for part in parts]))
    spend = np.sum([part[1] for part in parts], axis=0) if parts else np.zeros(problem.offers)
    count = np.sum([part[2] for part in parts], axis=0) if parts else np.zeros(problem.offers)
    return DualPoint(prices, gain + _constant(problem, prices), problem.usage(spend, count))


def select(problem: Problem, prices: Doubles) -> Bools:
    """Each shopper's best pairs at these prices, at most k and none worth 0 or less: (m, n)."""
    by_cost, by_count = problem.offer_prices(prices)
    chosen = np.zeros(problem.value.shape, dtype=np.bool_)
    for start in range(0, problem.shoppers, CHUNK):
        net = reduced_value(problem, by_cost, by_count, slice(start, start + CHUNK))
        best, worth = _largest(net, problem.per_shopper)
        for row, positive in zip(best, worth > 0, strict=True):
            columns = np.flatnonzero(positive)
            chosen[row[columns], start + columns] = True
    return chosen


def reduced_value(problem: Problem, by_cost: Doubles, by_count: Doubles, part: slice) -> Doubles:
    """v less what the pair's budgets charge for it, (m, part)."""
    net: Doubles = problem.value[:, part] - by_cost[:, None] * problem.cost[:, part] - by_count[:, None]
    return net


def over_chunks(problem: Problem, work: Callable[[int], Part]) -> list[Part]:
    """`work` of the first shopper of each chunk, on all threads where there are many chunks."""
    starts = range(0, problem.shoppers, CHUNK)
    if len(starts) < THREADED_CHUNKS or thread_count() == 1:
        return [work(start) for start in starts]
    with ThreadPoolExecutor(thread_count()) as pool:
        return list(pool.map(work, starts))


def _chunk(problem: Problem, by_cost: Doubles, by_count: Doubles, start: int) -> tuple[float, Doubles, Doubles]:
    """Sum of the best reduced values, and what they spend and count per offer, (m,) each."""
    part = slice(start, start + CHUNK)
    cost, size = problem.cost[:, part], problem.offers
    if problem.per_shopper == 1:
        return _chunk_of_one(problem.value[:, part], cost, by_cost, by_count)
    best, worth = _largest(reduced_value(problem, by_cost, by_count, part), problem.per_shopper)
    taken = worth > 0
    spent = np.take_along_axis(cost, best, axis=0)[taken]
    return float(worth[taken].sum()), _sums(best[taken], spent, size), _sums(best[taken], np.ones_like(spent), size)


def _chunk_of_one(value: Doubles, cost: Doubles, by_cost: Doubles, by_count: Doubles) -> tuple[float, Doubles, Doubles]:
    """The running best over offers, without an array of (m, part)."""
    offers, width = value.shape
    best, spent = np.zeros(width), np.zeros(width)
    choice = np.full(width, offers, dtype=np.intp)  # the last one: nothing
    for j in range(offers):
        net = value[j] - by_count[j] if by_cost[j] == 0 else value[j] - by_cost[j] * cost[j] - by_count[j]
        better = net > best
        np.copyto(best, net, where=better)
        np.copyto(spent, cost[j], where=better)
        np.copyto(choice, j, where=better)
    count = _sums(choice, np.ones(width), offers + 1)[:offers]
    return float(best.sum()), _sums(choice, spent, offers + 1)[:offers], count


def _sums(index: NDArray[np.intp], weights: Doubles, size: int) -> Doubles:
    return np.asarray(np.bincount(index, weights=weights, minlength=size), dtype=np.float64)


def _largest(net: Doubles, size: int) -> tuple[NDArray[np.intp], Doubles]:
    """Rows and values of the `size` largest of each column, (size, n)."""
    if size == 1:
        rows = net.argmax(axis=0)[None]
    elif size >= len(net):
        rows = np.broadcast_to(np.arange(len(net))[:, None], net.shape)
    else:
        rows = np.argpartition(net, len(net) - size, axis=0)[-size:]
    return rows, np.take_along_axis(net, rows, axis=0)


def _constant(problem: Problem, prices: Doubles) -> float:
    total = 0.0
    for budget, price in zip(problem.budgets, prices.tolist(), strict=True):
        limit = budget.cap if price > 0 else budget.floor
        total += price * (limit or 0.0)
    return total
