"""The prices that minimise the dual: projected Newton steps on a smoothed dual, as its temperature falls.

At temperature t the sum of the k largest positive numbers becomes smooth (Nesterov 2005): for k = 1 it is
t log(1 + sum_j exp(a_j / t)); for larger k, min over q >= 0 of k q + sum_j t log(1 + exp((a_j - q) / t)). Every pair is
then chosen with a share p_ij, the gradient is what the budgets leave unused, and the Hessian in prices is a small
matrix of sums over shoppers. Prices of caps and of floors are kept at or above 0 by Bertsekas' projected Newton method
(1982). Large problems are priced on random samples of their
shoppers: first a small one, then a larger one; a few steps with the
exact use by all shoppers correct what the samples left.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from recommender.decisions.allocation.dual import CHUNK, DualPoint, evaluate, over_chunks, reduced_value
from recommender.decisions.allocation.problem import Doubles, Measure, Problem

TEMPERATURES = (0.5, 0.15, 0.05, 0.015, 0.005)
"""In units of a shopper's mean best value, on the small sample."""
LAST_TEMPERATURES = (0.005, 0.002)
"""On the large sample."""
SMALL_SAMPLE_PAIRS, LARGE_SAMPLE_PAIRS = 160_000, 640_000
"""Shoppers x offers. The dual is flat at its minimum: a price that is off by d costs the order of d squared."""
MIN_SAMPLE = 2_000
CORRECTIONS = 6
STEPS = 15
PRECISION = 5e-4
"""Use of a priced budget that is this near to its limit, as a share of it, is near enough."""
_HALVINGS = 12
THRESHOLD_STEPS, THRESHOLD_PRECISION = 30, 1e-5
UNSPLIT = 2**18
"""Multiplications of one product of matrices."""
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class _Smoothed:
    """The smoothed dual at one point."""

    value: float
    gradient: Doubles
    hessian: Doubles


class PriceSearch:
    """Multipliers z >= 0, one per cap and one per floor; the price of a budget is that of its cap less its floor's."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        budgets = problem.budgets
        caps = [r for r, budget in enumerate(budgets) if budget.cap is not None]
        floors = [r for r, budget in enumerate(budgets) if budget.floor is not None]
        self.sign = np.zeros((len(caps) + len(floors), len(budgets)))
        self.limit = np.zeros(len(self.sign))
        for row, r in enumerate([*caps, *floors]):
            cap = row < len(caps)
            self.sign[row, r] = 1.0 if cap else -1.0
            limit = budgets[r].cap if cap else budgets[r].floor
            self.limit[row] = (1 if cap else -1) * float(limit or 0.0)
        spend = np.array([[budget.measure is Measure.SPEND] for budget in budgets], dtype=np.bool_).reshape(-1, 1)
        members = problem.members
        self.draws = self.sign @ np.hstack([members & spend, members & ~spend])
        """(z, 2 m): what a price charges per unit of an offer's cost, then per coupon of it."""
        self.scale = np.abs(self.sign) @ problem.price_scale

    def minimise(self, multipliers: Doubles, temperature: float) -> Doubles:
        """The multipliers that minimise the smoothed dual, from those given."""
        z = multipliers
        point = self._at(z, temperature)
        size = np.maximum(np.abs(self.limit), 1e-9 * max(float(np.abs(self.limit).max(initial=0)), 1e-9))
        for _ in range(STEPS):
            free = (z > 0) | (point.gradient < 0)
            if not free.any() or float((np.abs(point.gradient) / size)[free].max()) <= PRECISION:
                break
            step = self._newton_step(z, point, free)
            moved = self._line_search(z, step, point, temperature)
            if moved is None:
                break
            z, point = moved
        return z

    def prices(self, multipliers: Doubles) -> Doubles:
        """Prices of the budgets, (budgets,)."""
        prices: Doubles = multipliers @ self.sign
        return prices

    def hessian(self, multipliers: Doubles, temperature: float) -> Doubles:
        """Of the smoothed dual, (z, z)."""
        return self._at(multipliers, temperature).hessian

    def corrected(self, multipliers: Doubles, hessian: Doubles) -> Doubles:
        """The best prices after a few steps by the exact use of the budgets and a Hessian known from a sample."""
        z = multipliers
        best: DualPoint | None = None
        for _ in range(CORRECTIONS):
            point = evaluate(self.problem, self.prices(z))
            if best is not None and point.value >= best.value:
                break
            best = point
            gradient = self.limit - self.sign @ point.usage
            free = (z > 0) | (gradient < 0)
            z = np.maximum(z + self._newton_step(z, _Smoothed(point.value, gradient, hessian), free), 0.0)
        return self.prices(z) if best is None else best.prices

    def _newton_step(self, z: Doubles, point: _Smoothed, free: np.typing.NDArray[np.bool_]) -> Doubles:
        index = np.flatnonzero(free)
        block = point.hessian[np.ix_(index, index)]
        spread = np.diag(block).copy()
        # Where nothing reacts to a price yet, the Hessian says nothing: the step is then bounded below.
        damped = block + np.diag(1e-6 * spread + 1e-12 * max(float(spread.max()), 1e-12))
        step = np.zeros_like(z)
        step[index] = -np.linalg.solve(damped, point.gradient[index])
        reach = 2 * z + 200 * self.scale
        shrink = float(np.max(np.abs(step) / reach, initial=1.0))
        return step / shrink

    def _line_search(
        self, z: Doubles, step: Doubles, point: _Smoothed, temperature: float
    ) -> tuple[Doubles, _Smoothed] | None:
        """The first of ever shorter projected steps that lowers the smoothed dual enough."""
        for halving in range(_HALVINGS):
            moved = np.maximum(z + step * 0.5**halving, 0.0)
            candidate = self._at(moved, temperature)
            if candidate.value <= point.value + 1e-4 * float(point.gradient @ (moved - z)):
                return moved, candidate
        return None

    def _at(self, z: Doubles, temperature: float) -> _Smoothed:
        by_cost, by_count = self.problem.offer_prices(self.prices(z))
        parts = over_chunks(self.problem, partial(_smoothed_chunk, self.problem, by_cost, by_count, temperature))
        usage = np.sum([part[1] for part in parts], axis=0)
        hessian = np.sum([part[2] for part in parts], axis=0)
        return _Smoothed(
            value=float(np.sum([part[0] for part in parts])) + float(self.limit @ z),
            gradient=self.limit - self.draws @ usage,
            hessian=self.draws @ hessian @ self.draws.T,
        )


def find_prices(problem: Problem, generator: np.random.Generator) -> Doubles:
    """Prices of the budgets, (budgets,), near the minimum of the dual."""
    if not problem.shoppers or not problem.offers or not problem.budgets:
        return np.zeros(len(problem.budgets))
    z = np.zeros(0)
    for pairs, temperatures in ((SMALL_SAMPLE_PAIRS, TEMPERATURES), (LARGE_SAMPLE_PAIRS, LAST_TEMPERATURES)):
        part = _sampled(problem, max(MIN_SAMPLE, pairs // problem.offers), generator)
        search, scale = PriceSearch(part), _mean_best_value(part)
        z = z if len(z) else np.zeros(len(search.sign))
        for temperature in temperatures:
            z = search.minimise(z, temperature * scale)
    if part is problem:
        return search.prices(z)
    hessian = search.hessian(z, LAST_TEMPERATURES[-1] * scale) * (problem.shoppers / part.shoppers)
    return PriceSearch(problem).corrected(z, hessian)


def _sampled(problem: Problem, size: int, generator: np.random.Generator) -> Problem:
    if size >= problem.shoppers:
        return problem
    rows = np.sort(generator.choice(problem.shoppers, size=size, replace=False))
    return problem.sample(rows, size / problem.shoppers)


def _mean_best_value(problem: Problem) -> float:
    best = np.maximum(problem.value.max(axis=0), 0.0)
    mean = float(best.mean())
    if mean > 0:
        return mean
    finite = problem.value[np.isfinite(problem.value)]
    return float(np.abs(finite).mean()) if len(finite) and finite.any() else 1.0


def _smoothed_chunk(
    problem: Problem, by_cost: Doubles, by_count: Doubles, temperature: float, start: int
) -> tuple[float, Doubles, Doubles]:
    """Value, expected spend and count per offer, (2 m,), and minus their derivative in the prices, (2 m, 2 m).

    In single precision: prices need a few digits, and what they choose is then judged exactly.
    """
    part = slice(start, start + CHUNK)
    net = (reduced_value(problem, by_cost, by_count, part) / temperature).astype(np.float32)
    cost = problem.cost[:, part].astype(np.float32)
    value, share, spread, coupled = _soft_choice(net, problem.per_shopper)
    usage = np.concatenate([(share * cost).sum(axis=1, dtype=np.float64), share.sum(axis=1, dtype=np.float64)])
    drawn = np.vstack([coupled * cost, coupled])
    hessian = -_gram(drawn)
    size = problem.offers
    offer = np.arange(size)
    spent = spread * cost
    crossed = spent.sum(axis=1, dtype=np.float64)
    hessian[offer, offer] += (spent * cost).sum(axis=1, dtype=np.float64)
    hessian[offer, offer + size] += crossed
    hessian[offer + size, offer] += crossed
    hessian[offer + size, offer + size] += spread.sum(axis=1, dtype=np.float64)
    return temperature * value, usage, hessian / temperature


def _gram(rows: Singles) -> Doubles:
    """rows @ rows.T, in pieces that BLAS does not split: on busy cores its threads wait longer than they work."""
    width = max(64, UNSPLIT // len(rows) ** 2)
    total = np.zeros((len(rows), len(rows)))
    for start in range(0, rows.shape[1], width):
        piece = rows[:, start : start + width]
        total += piece @ piece.T
    return total


def _soft_choice(net: Singles, size: int) -> tuple[float, Singles, Singles, Singles]:
    """The smoothed sum of the `size` largest positive numbers of each column of net (m, n), over the temperature.

    Also the shares p (m, n), and s and u (m, n) with dp_j / da_l = s_j [j = l] - u_j u_l.
    """
    if size == 1:
        top = np.maximum(net.max(axis=0), 0.0)
        share = np.exp(net - top)
        total = share.sum(axis=0) + np.exp(-top)
        share /= total
        return float((top + np.log(total)).sum(dtype=np.float64)), share, share, share
    threshold = _threshold(net, size)
    above = net - threshold
    share = _sigmoid(above)
    # log(1 + exp(a)), which is a where a is large
    with np.errstate(over="ignore"):
        soft = np.maximum(above, 0) + np.log1p(np.exp(-np.abs(above)))
    value = size * float(threshold.sum(dtype=np.float64)) + float(soft.sum(dtype=np.float64))
    spread = share * (1 - share)
    total = spread.sum(axis=0)
    bound = (threshold > 0) & (total > 0)
    coupled = np.where(bound, spread / np.sqrt(np.where(bound, total, 1)), np.float32(0))
    return value, share, spread, coupled


def _threshold(net: Singles, size: int) -> Singles:
    """The q >= 0 at which the shares of each column add up to `size`; 0 where they do not reach it. (n,)

    Newton's method within a bracket, from between the last number that is chosen and the first that is not.
    """
    threshold = np.zeros(net.shape[1], dtype=np.float32)
    crowded = np.flatnonzero(_sigmoid(net).sum(axis=0) > size)
    if not len(crowded):
        return threshold
    columns = net[:, crowded]
    edge = np.partition(columns, len(net) - size - 1, axis=0)[len(net) - size - 1 :]
    low = np.zeros(len(crowded), dtype=np.float32)
    high = np.maximum(columns.max(axis=0), 0) + np.float32(np.log(len(net)) + 1)
    q = np.clip((edge[0] + edge[1:].min(axis=0)) / 2, low, high)
    for _ in range(THRESHOLD_STEPS):
        share = _sigmoid(columns - q)
        excess = share.sum(axis=0) - size
        if float(np.abs(excess).max()) <= THRESHOLD_PRECISION * size:
            break
        low, high = np.where(excess > 0, q, low), np.where(excess > 0, high, q)
        slope = np.maximum((share * (1 - share)).sum(axis=0), 1e-6)
        moved = q + excess / slope
        q = np.where((moved > low) & (moved < high), moved, (low + high) / 2).astype(np.float32)
    threshold[crowded] = q
    return threshold


def _sigmoid(x: Singles) -> Singles:
    # exp of a large number overflows to infinity, and 1 / infinity is the 0 that is meant.
    with np.errstate(over="ignore"):
        out: Singles = np.reciprocal(1 + np.exp(-x), dtype=np.float32)
    return out
