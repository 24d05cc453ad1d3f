"""Budgeted allocation of made-up shoppers: how fast, how far from the optimum, and never over a cap."""

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.figures import Figure
from benchmarks.decisions.oracle import best_value
from recommender.decisions.allocation import Allocation, Budget, Measure, allocate
from recommender.decisions.pacing import Pacing, next_price

Doubles = NDArray[np.float64]


def made_up(shoppers: int, offers: int, seed: int) -> tuple[Doubles, Doubles]:
    generator = np.random.default_rng(seed)
    chance = generator.beta(1, 8, (shoppers, offers))
    cost = chance * generator.uniform(1, 5, offers)
    worth = generator.lognormal(0, 0.8, (shoppers, 1)) * generator.uniform(1, 8, (shoppers, offers))
    return chance * worth - cost, cost


def three_levels(value: Doubles, cost: Doubles) -> list[Budget]:
    """A total, two campaigns, a number of one coupon, and a floor."""
    best = value.argmax(axis=1)
    full = float(cost[np.arange(len(value)), best][value.max(axis=1) > 0].sum())
    return [
        Budget("total", cap=0.3 * full),
        Budget("campaign 1", cap=0.12 * full, offers=(0, 1, 2)),
        Budget("campaign 2", cap=0.2 * full, offers=(3, 4, 5)),
        Budget("coupon 3", cap=0.04 * len(value), offers=(3,), measure=Measure.COUPONS),
        Budget("promised", floor=0.05 * full, offers=(4,)),
    ]


def largest_overspend(allocation: Allocation) -> float:
    """The most by which a cap is exceeded, as a share of it."""
    return max(budget.used / budget.cap - 1 for budget in allocation.budgets if budget.cap)


def run() -> list[Figure]:
    value, cost = made_up(1_000_000, 8, 0)
    budgets = three_levels(value, cost)
    started, used = time.perf_counter(), time.process_time()
    large = allocate(value=value, cost=cost, budgets=budgets)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    overspends, gaps = [largest_overspend(large)], []
    many, many_cpu = ten_places()
    overspends.append(largest_overspend(many))
    for seed in range(10):
        value, cost = made_up(2_000, 6, seed)
        budgets = three_levels(value, cost)
        small = allocate(value=value, cost=cost, budgets=budgets)
        # The relaxation bounds the exact optimum from above, so the true gap is no larger.
        bound = best_value(value, cost, budgets, whole=False) or 0.0
        gaps.append(1 - small.value / bound)
        overspends.append(largest_overspend(small))
    spent, over = paced()
    return [
        Figure("1 M x 8, seconds", seconds, "< 10", seconds < 10),
        Figure("1 M x 8, processor seconds", cpu),
        Figure("1 M x 8, certified gap", large.gap, "<= 0.005", large.gap <= 0.005),
        Figure("100,000 x 30, ten places each, processor seconds", many_cpu),
        Figure("100,000 x 30, ten places each, certified gap", many.gap, "<= 0.005", many.gap <= 0.005),
        Figure("2,000 x 6, largest gap to HiGHS of 10", max(gaps), "<= 0.005", max(gaps) <= 0.005),
        Figure("largest overspend of a cap", max(overspends), "<= 0", max(overspends) <= 0),
        Figure("pacing, least share of the budget spent of 20", spent, ">= 0.95", spent >= 0.95, simulated=True),
        Figure("pacing, largest overspend of 20", over, "<= 0", over <= 0, simulated=True),
    ]


def ten_places() -> tuple[Allocation, float]:
    """A slate of up to ten for each shopper, and the processor seconds it took."""
    value, cost = made_up(100_000, 30, 1)
    budgets = three_levels(value, cost)
    used = time.process_time()
    found = allocate(value=value, cost=cost, budgets=budgets, per_shopper=10)
    return found, time.process_time() - used


def paced() -> tuple[float, float]:
    """Budgets whose redemption is 0.7 to 1.6 times the expected one: the least spent and the largest overspend."""
    shares = []
    for run_number in range(20):
        generator = np.random.default_rng(run_number)
        factor, budget, spent = generator.uniform(0.7, 1.6), 6_000.0, 0.0
        pacing = Pacing(budget=budget, price=1.0)
        for period in range(100):
            given = int((generator.lognormal(0, 1, 400) > pacing.price).sum())
            for redeemed in generator.random(given) < 0.3 * factor:
                if pacing.observed(spent=spent, promised=0.0).may_spend(1.0):
                    spent += float(redeemed)
            pacing = next_price(pacing.observed(spent=spent, promised=0.0), elapsed=(period + 1) / 100)
        shares.append(spent / budget)
    return min(shares), max(shares) - 1
