"""Allocation: exact small cases, HiGHS as the oracle, never over a cap, floors kept or named, certified gap."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.decisions.oracle import best_value
from recommender.decisions.allocation import Allocation, Budget, Measure, Shortfall, allocate

Doubles = NDArray[np.float64]


def made_up(shoppers: int, offers: int, seed: int) -> tuple[Doubles, Doubles]:
    """Value and cost of made-up shoppers: what is redeemed often costs and earns more."""
    generator = np.random.default_rng(seed)
    chance = generator.beta(1, 8, (shoppers, offers))
    cost = chance * generator.uniform(1, 5, offers)
    worth = generator.lognormal(0, 0.8, (shoppers, 1)) * generator.uniform(1, 8, (shoppers, offers))
    return chance * worth - cost, cost


def several_budgets(value: Doubles, cost: Doubles) -> list[Budget]:
    """Total, campaign, coupon; spend and number; a floor."""
    best = value.argmax(axis=1)
    full = float(cost[np.arange(len(value)), best][value.max(axis=1) > 0].sum())
    return [
        Budget("total", cap=0.3 * full),
        Budget("campaign", cap=0.12 * full, offers=(0, 1, 2)),
        Budget("coupon", cap=0.04 * len(value), offers=(3,), measure=Measure.COUPONS),
        Budget("promised", floor=0.08 * full, offers=(4,)),
    ]


def assert_feasible(allocation: Allocation, value: Doubles, cost: Doubles, per_shopper: int) -> None:
    chosen = allocation.chosen
    assert chosen.shape == value.shape
    assert chosen.sum(axis=1).max(initial=0) <= per_shopper
    assert allocation.value == pytest.approx(float(value[chosen].sum()))
    assert allocation.cost == pytest.approx(float(cost[chosen].sum()))
    assert allocation.value <= allocation.upper_bound
    for budget in allocation.budgets:
        if budget.cap is not None:
            assert budget.used <= budget.cap
        if budget.floor is not None:
            assert budget.shortfall is not None or budget.used >= budget.floor * (1 - 1e-9)


def test_a_case_known_by_hand() -> None:
    """Budget 2 buys two of three equal coupons: those worth 3 and 2."""
    allocation = allocate(value=[[1.0], [3.0], [2.0]], cost=[[1.0]] * 3, budgets=[Budget("total", cap=2)])
    assert allocation.offer.tolist() == [-1, 0, 0]
    assert (allocation.value, allocation.cost) == (5.0, 2.0)
    assert allocation.budgets[0].used == 2.0
    assert 1.0 <= allocation.budgets[0].price <= 2.0
    assert 5.0 <= allocation.upper_bound <= 5.05


def test_without_budgets_everybody_gets_their_best() -> None:
    allocation = allocate(value=[[1, 2], [-1, -2], [3, 1]], cost=np.ones((3, 2)))
    assert allocation.offer.tolist() == [1, -1, 0]
    assert (allocation.value, allocation.upper_bound, allocation.gap) == (5.0, 5.0, 0.0)


def test_a_budget_of_nothing_gives_nothing_that_costs() -> None:
    allocation = allocate(value=[[5.0, 1.0]] * 3, cost=[[1.0, 0.0]] * 3, budgets=[Budget("total", cap=0)])
    assert allocation.offer.tolist() == [1, 1, 1]
    assert allocation.cost == 0.0


def test_who_is_not_eligible_gets_nothing() -> None:
    allocation = allocate(value=np.ones((2, 2)), cost=np.ones((2, 2)), eligible=[[False, True], [False, False]])
    assert allocation.offer.tolist() == [1, -1]


def test_no_shoppers() -> None:
    allocation = allocate(value=np.zeros((0, 3)), cost=np.zeros((0, 3)), budgets=[Budget("total", cap=1)])
    assert allocation.chosen.shape == (0, 3)
    assert (allocation.value, allocation.upper_bound, allocation.budgets[0].used) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("per_shopper", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_within_half_a_percent_of_the_optimum(seed: int, per_shopper: int) -> None:
    value, cost = made_up(2_000, 6, seed)
    budgets = several_budgets(value, cost)
    allocation = allocate(value=value, cost=cost, budgets=budgets, per_shopper=per_shopper)
    assert_feasible(allocation, value, cost, per_shopper)
    relaxed = best_value(value, cost, budgets, per_shopper=per_shopper, whole=False)
    assert relaxed is not None
    assert allocation.value >= 0.995 * relaxed
    assert relaxed <= allocation.upper_bound * (1 + 1e-9)
    assert allocation.gap <= 0.005


def alike(shoppers: int, offers: int, seed: int) -> tuple[Doubles, Doubles]:
    """Small whole numbers: most pairs are worth exactly as much as many others."""
    generator = np.random.default_rng(seed)
    value = generator.integers(-1, 4, (shoppers, offers)).astype(float)
    return value, generator.integers(0, 3, (shoppers, offers)).astype(float)


@pytest.mark.parametrize("size", [(2_000, 6, 1), (1_000, 6, 10), (500, 14, 10)])
@pytest.mark.parametrize(("share", "seed"), [(0.1, 1), (0.2, 2), (0.45, 3)])
def test_ties_and_ten_places_stay_within_half_a_percent(size: tuple[int, int, int], share: float, seed: int) -> None:
    shoppers, offers, per_shopper = size
    value, cost = alike(shoppers, offers, seed)
    wanted = float(cost[value > 0].sum()) * min(1, per_shopper / offers)
    budgets = [
        Budget("total", cap=np.floor(share * wanted)),
        Budget("campaign", cap=np.floor(0.3 * share * wanted), offers=(0, 1, 2)),
        Budget("coupon", cap=shoppers // 25, offers=(3,), measure=Measure.COUPONS),
    ]
    allocation = allocate(value=value, cost=cost, budgets=budgets, per_shopper=per_shopper)
    assert_feasible(allocation, value, cost, min(per_shopper, offers))
    relaxed = best_value(value, cost, budgets, per_shopper=per_shopper, whole=False)
    assert relaxed is not None
    assert relaxed <= allocation.upper_bound * (1 + 1e-9)
    assert allocation.value >= 0.995 * relaxed


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_small_whole_problems_against_the_oracle(shoppers: int, offers: int, per_shopper: int, seed: int) -> None:
    """Few shoppers: the bound holds the exact optimum, caps hold, and what is lost is at most one coupon a budget."""
    generator = np.random.default_rng(seed)
    value = generator.integers(-2, 10, (shoppers, offers)).astype(float)
    cost = generator.integers(0, 5, (shoppers, offers)).astype(float)
    budgets = [Budget("total", cap=float(shoppers)), Budget("first", cap=2, offers=(0,), measure=Measure.COUPONS)]
    allocation = allocate(value=value, cost=cost, budgets=budgets, per_shopper=per_shopper)
    assert_feasible(allocation, value, cost, min(per_shopper, offers))
    exact = best_value(value, cost, budgets, per_shopper=per_shopper)
    assert exact is not None
    assert allocation.upper_bound >= exact - 1e-6
    assert allocation.value >= exact - 9 * len(budgets) * per_shopper


def test_prices_are_those_of_the_relaxation() -> None:
    """A price is what a little more budget earns, by the oracle's own difference."""
    value, cost = made_up(2_000, 6, 5)
    cap = 0.3 * float(cost[value > 0].sum()) / 3
    allocation = allocate(value=value, cost=cost, budgets=[Budget("total", cap=cap)])
    more, less = (best_value(value, cost, [Budget("total", cap=cap * factor)], whole=False) for factor in (1.01, 0.99))
    assert more is not None
    assert less is not None
    assert allocation.budgets[0].price == pytest.approx((more - less) / (0.02 * cap), rel=0.03)


def test_an_unbound_budget_has_no_price() -> None:
    value, cost = made_up(500, 3, 0)
    report = allocate(value=value, cost=cost, budgets=[Budget("total", cap=1e9)]).budgets[0]
    assert (report.price, report.floor_price, report.shortfall) == (0.0, 0.0, None)


def test_a_floor_is_reached_at_the_least_loss() -> None:
    """Three coupons of a losing offer must go out: to those who lose least."""
    value = np.array([[-1.0], [-3.0], [-2.0], [-4.0], [-0.5]])
    floor = Budget("promised", floor=3, measure=Measure.COUPONS)
    allocation = allocate(value=value, cost=np.ones((5, 1)), budgets=[floor])
    assert allocation.offer.tolist() == [0, -1, 0, -1, 0]
    assert allocation.value == -3.5
    assert allocation.budgets[0].used == 3.0


def test_a_floor_that_eligibility_forbids_is_named() -> None:
    floor = Budget("promised", floor=3, measure=Measure.COUPONS)
    allocation = allocate(
        value=np.ones((4, 1)), cost=np.ones((4, 1)), budgets=[floor], eligible=[[True], [True], [False], [False]]
    )
    report = allocation.budgets[0]
    assert (report.name, report.shortfall, report.attainable, report.used) == ("promised", Shortfall.ELIGIBLE, 2.0, 2.0)


def test_a_floor_that_a_cap_forbids_is_named_with_the_cap() -> None:
    budgets = [Budget("promised", floor=5, offers=(0,)), Budget("total", cap=3), Budget("other", cap=9, offers=(1,))]
    allocation = allocate(value=np.ones((10, 2)), cost=np.ones((10, 2)), budgets=budgets)
    promised, total, _ = allocation.budgets
    assert total.used == 3.0
    assert (promised.used, promised.shortfall, promised.blocked_by) == (3.0, Shortfall.CAPS, ("total",))
    assert promised.attainable == 10.0


def test_a_floor_may_take_room_from_others() -> None:
    """The cap holds two coupons; the floor wants one of the poor offer: one rich one goes."""
    budgets = [Budget("total", cap=2), Budget("promised", floor=1, offers=(1,))]
    allocation = allocate(value=[[9.0, 1.0], [8.0, 1.0], [7.0, 1.0]], cost=np.ones((3, 2)), budgets=budgets)
    assert [report.used for report in allocation.budgets] == [2.0, 1.0]
    assert allocation.value == 10.0


def test_whole_costs_may_use_a_cap_up_to_its_last_unit() -> None:
    allocation = allocate(value=np.ones((100, 1)), cost=np.full((100, 1), 7.0), budgets=[Budget("total", cap=350)])
    assert allocation.budgets[0].used == 350.0


def test_ties_do_not_break_it() -> None:
    """All shoppers alike: prices alone would give to all or to none."""
    allocation = allocate(value=np.ones((1_000, 2)), cost=np.ones((1_000, 2)), budgets=[Budget("total", cap=300)])
    assert allocation.value == 300.0
    assert allocation.gap < 0.01


def test_large_problems_are_priced_on_a_sample() -> None:
    value, cost = made_up(120_000, 8, 6)
    budgets = several_budgets(value, cost)
    allocation = allocate(value=value, cost=cost, budgets=budgets)
    assert_feasible(allocation, value, cost, 1)
    assert allocation.gap <= 0.005
    again = allocate(value=value, cost=cost, budgets=budgets)
    assert (again.chosen == allocation.chosen).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": np.ones((2, 1))}, r"value and cost need one shape \(n, m\): \(2, 2\) and \(2, 1\)"),
        ({"cost": [[-1.0, 1.0], [1.0, 1.0]]}, "cost holds a number that is negative or not finite"),
        ({"value": [[np.nan, 1.0], [1.0, 1.0]]}, "value holds a number that is not finite"),
        ({"per_shopper": 0}, "per_shopper must be at least 1, not 0"),
        ({"eligible": [[True]]}, r"eligible has shape \(1, 1\), not \(2, 2\)"),
        ({"budgets": [Budget("a", cap=1), Budget("a", cap=2)]}, "different names; twice: a"),
        ({"budgets": [Budget("a", cap=1, offers=(2,))]}, r"budget 'a': offer 2 is not among 0\.\.1"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    arguments = {"value": np.ones((2, 2)), "cost": np.ones((2, 2)), **changes}
    with pytest.raises(ValueError, match=message):
        allocate(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "budget 'a' has neither a cap nor a floor"),
        ({"cap": -1}, "budget 'a': cap must be a number from 0, not -1"),
        ({"cap": 1, "floor": 2}, "budget 'a': floor 2 exceeds cap 1"),
    ],
)
def test_a_budget_refuses_what_makes_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Budget("a", **arguments)
