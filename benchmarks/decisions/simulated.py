"""On simulated shoppers, where the truth is known: do intervals cover it, and what does the full policy earn?"""

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.figures import Figure, mean_figure
from recommender.decisions.allocation import Budget, allocate
from recommender.decisions.off_policy import Estimator, OffPolicyLog, estimate_values
from recommender.decisions.response import ResponseConfig, ResponseModel, expected_cost, incremental_profit
from recommender.decisions.sequential import ArmStatistics, Winner, compare_means
from recommender.decisions.simulator import Marginals, Population, make_population, simulate_log

VALUES = np.array([0.0, 0.5, 1.0, 2.5])
"""No coupon, then quartiles and the 9th decile of the Complete Journey's discounts."""
RUNS, ROWS = 500, 2_000
LOOKS, UNITS_A_LOOK = 40, 100
WORLDS, TRAINED_ON, DECIDED_FOR, FLOOR = 4, 30_000, 20_000, 0.05
Doubles = NDArray[np.float64]


def run() -> list[Figure]:
    return [*coverage(), *peeking(), *profit(0.0), *profit(-0.5)]


def coverage() -> list[Figure]:
    """500 logs of a policy with a floor; the policy in question is another; the reward model is wrong on purpose."""
    marginals = Marginals.load()
    truth = float(np.mean([_value(_population(marginals, 100_000, 10**6 + i)) for i in range(5)]))
    covered = dict.fromkeys((Estimator.IPS, Estimator.SNIPS, Estimator.DR, Estimator.SNDR), 0)
    for number in range(RUNS):
        population = _population(marginals, ROWS, number)
        log = simulate_log(population, VALUES, _running(population), np.random.default_rng([number, 1]))
        rows = OffPolicyLog.from_actions(
            reward=log.profit,
            action=log.arm,
            logged_propensity=log.propensity,
            target=_target(population),
            model=0.8 * _expected(population),
        )
        for estimator, estimate in estimate_values(rows, estimators=list(covered)).items():
            covered[estimator] += estimate.interval.covers(truth)
    return [
        Figure(
            f"coverage of 95 % intervals in {RUNS} logs, {estimator}",
            hits / RUNS,
            "0.93 to 0.97",
            0.93 <= hits / RUNS <= 0.97,
            simulated=True,
        )
        for estimator, hits in covered.items()
    ]


def peeking() -> list[Figure]:
    """500 A/A experiments on profit per shopper, each looked at 40 times."""
    marginals = Marginals.load()
    called = naive = 0
    for number in range(RUNS):
        generator = np.random.default_rng([number, 2])
        population = make_population(marginals, 2 * LOOKS * UNITS_A_LOOK, generator)
        everybody = np.tile([0.25] * 4, (len(population.base), 1))
        profits = simulate_log(population, VALUES, everybody, generator).profit.reshape(2, LOOKS, UNITS_A_LOOK)
        arms = [ArmStatistics(0, 0.0, 0.0)] * 2
        winners, looks = [], []
        for look in range(LOOKS):
            arms = [arm + ArmStatistics.from_units(profits[i, look]) for i, arm in enumerate(arms)]
            comparison = compare_means(arms[0], arms[1], planned_units=2 * LOOKS * UNITS_A_LOOK)
            winners.append(comparison.winner() in {Winner.CONTROL, Winner.TREATMENT})
            looks.append(abs(comparison.difference.estimate) > 1.96 * math.sqrt(comparison.variance))
        called += any(winners)
        naive += any(looks)
    share = called / RUNS
    return [
        Figure(f"A/A, winners called in {RUNS} runs", share, "<= 0.05", share <= 0.05, simulated=True),
        Figure("A/A, by a fixed-size test that is peeked at", naive / RUNS, simulated=True),
    ]


def profit(correlation: float) -> list[Figure]:
    """Incremental profit a shopper at equal budget: the full policy against ranking by response, over worlds."""
    gains, full, ranked = [], [], []
    for world in range(WORLDS):
        ours, theirs = _world(world, correlation)
        full.append(ours)
        ranked.append(theirs)
        gains.append(ours - theirs)
    label = f"sensitivity tied to visits {correlation:g}"
    difference = mean_figure(f"profit a shopper, full policy - by response, {label}", gains, simulated=True)
    met = difference.low is not None and difference.low > 0
    return [
        mean_figure(f"profit a shopper, full policy, {label}", full, simulated=True),
        mean_figure(f"profit a shopper, by response, {label}", ranked, simulated=True),
        Figure(
            difference.name, difference.value, "interval above 0", met, difference.low, difference.high, simulated=True
        ),
    ]


def _world(seed: int, correlation: float) -> tuple[float, float]:
    """True profit of both policies on shoppers whom no model has seen."""
    marginals, generator = Marginals.load(), np.random.default_rng([seed, 3])
    known = make_population(marginals, TRAINED_ON, generator, correlation=correlation, fatigue=0.1)
    even = np.full((TRAINED_ON, len(VALUES)), 1 / len(VALUES))
    log = simulate_log(known, VALUES, even, generator)
    model = ResponseModel.fit(
        known.features, VALUES[log.arm], log.responded, log.propensity, config=ResponseConfig(trees=120), seed=seed
    )
    fresh = make_population(marginals, DECIDED_FOR, generator, correlation=correlation, fatigue=0.1)
    response = model.predict(fresh.features, VALUES)
    # The margin is not known before the purchase: its expectation given what is seen, as a shop would estimate it.
    slope, level = np.polyfit(known.features[:, 1], np.log(known.margin), 1)
    margin = np.exp(level + slope * fresh.features[:, 1])
    worth = incremental_profit(response, margin=margin, cost=VALUES)
    cost = expected_cost(response, VALUES)
    budget = 0.3 * float(cost[:, 2].sum())
    return _full_policy(fresh, worth, cost, budget), _by_response(fresh, response, cost, budget)


def _full_policy(fresh: Population, worth: Doubles, cost: Doubles, budget: float) -> float:
    """Allocation by incremental profit, with a share of shoppers left to chance, whose spend the budget pays too."""
    explored = FLOOR * float(cost.mean(axis=1).sum())
    cap = max(0.0, (budget - explored) / (1 - FLOOR))
    offers = allocate(value=worth[:, 1:], cost=cost[:, 1:], budgets=[Budget("total", cap=cap)]).offer + 1
    probabilities = np.full(cost.shape, FLOOR / len(VALUES))
    probabilities[np.arange(len(offers)), offers] += 1 - FLOOR
    return _true_profit(fresh, probabilities, budget)


def _by_response(fresh: Population, response: Doubles, cost: Doubles, budget: float) -> float:
    """The likeliest to respond first, until the budget is promised; the best of the three coupons, known afterwards."""
    profits = []
    for arm in range(1, len(VALUES)):
        order = np.argsort(-response[:, arm], kind="stable")
        given = order[np.cumsum(cost[order, arm]) <= budget]
        probabilities = np.zeros(cost.shape)
        probabilities[:, 0] = 1.0
        probabilities[given, 0], probabilities[given, arm] = 0.0, 1.0
        profits.append(_true_profit(fresh, probabilities, budget))
    return max(profits)


def _true_profit(fresh: Population, probabilities: Doubles, budget: float) -> float:
    """Incremental profit a shopper; once the budget is spent the ledger gives no more, in an order of chance."""
    spend = float((probabilities * fresh.cost(VALUES)).sum())
    earned = float((probabilities * fresh.profit(VALUES)).sum())
    return earned * min(1.0, budget / spend) / len(fresh.base) if spend else 0.0


def _population(marginals: Marginals, shoppers: int, seed: int) -> Population:
    return make_population(marginals, shoppers, np.random.default_rng([seed, 0]))


def _expected(population: Population) -> Doubles:
    """True expected reward of each arm, (n, v)."""
    expected: Doubles = population.response(VALUES) * (population.margin[:, None] - VALUES)
    return expected


def _running(population: Population) -> Doubles:
    """The policy that logged: by visits, with a floor of 0.4 spread over all arms."""
    best = np.where(population.features[:, 0] > 0, 1, 2)
    return 0.4 / len(VALUES) + 0.6 * np.eye(len(VALUES))[best]


def _target(population: Population) -> Doubles:
    """The policy in question: by coupon use, without chance."""
    best = np.where(population.features[:, 2] > 0.5, 3, np.where(population.features[:, 2] > -0.5, 2, 0))
    chosen: Doubles = np.eye(len(VALUES))[best]
    return chosen


def _value(population: Population) -> float:
    return float((_target(population) * _expected(population)).sum(axis=1).mean())
