"""The control loop: steps known by hand, and a budget that meets shoppers other than expected."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.pacing import LARGEST_STEP, Pacing, next_price


def test_on_plan_the_price_stays() -> None:
    after = next_price(Pacing(budget=100, price=1.5, spent=25), elapsed=0.25)
    assert (after.price, after.last_error) == (1.5, 0.0)


def test_a_step_known_by_hand() -> None:
    """5 % ahead of plan: (8 + 1) x 0.05 in the exponent; then the same error again: 1 x 0.05."""
    first = next_price(Pacing(budget=100, price=2.0, spent=30), elapsed=0.25)
    assert first.price == pytest.approx(2.0 * math.exp(0.45))
    second = next_price(first.observed(spent=35, promised=0), elapsed=0.30)
    assert second.price == pytest.approx(first.price * math.exp(0.05))


def test_behind_plan_the_price_falls_and_a_jump_is_bounded() -> None:
    assert next_price(Pacing(budget=100, price=2.0, spent=20), elapsed=0.25).price < 2.0
    assert next_price(Pacing(budget=100, price=2.0, spent=100), elapsed=0.0).price == pytest.approx(4.0)
    assert pytest.approx(math.log(2)) == LARGEST_STEP


def test_a_price_of_nothing_can_rise_again() -> None:
    assert next_price(Pacing(budget=100, price=0.0, spent=50), elapsed=0.1).price > 0


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 200))
def test_what_is_given_never_exceeds_the_budget(spent: float, promised: float, most: float) -> None:
    pacing = Pacing(budget=100, price=1, spent=spent, promised=promised)
    if pacing.may_spend(most):
        assert spent + promised + most <= 100 + 1e-9
        assert most <= pacing.free + 1e-9


@pytest.mark.parametrize("redemption", [0.65, 1.0, 1.6])
def test_a_budget_ends_near_its_limit_and_never_above(redemption: float) -> None:
    """Redemption is 0.65 to 1.6 times what was expected: a fixed price leaves a third, or is out too early."""
    generator = np.random.default_rng(int(redemption * 10))
    periods, arriving, expected = 100, 400, 0.3
    price_of_plan = float(np.quantile(generator.lognormal(0, 1, 100_000), 0.5))
    budget = periods * arriving * 0.5 * expected * 1.0  # half of all shoppers at a cost of 1, as expected
    pacing = Pacing(budget=budget, price=price_of_plan)
    spent, halfway = 0.0, 0.0
    for period in range(periods):
        worth = generator.lognormal(0, 1, arriving)  # value of a unit of spend
        for _ in range(int((worth > pacing.price).sum())):
            state = pacing.observed(spent=spent, promised=0.0)
            if state.may_spend(1.0) and generator.random() < expected * redemption:
                spent += 1.0
        if period == periods // 2 - 1:
            halfway = spent
        pacing = next_price(pacing.observed(spent=spent, promised=0.0), elapsed=(period + 1) / periods)
    assert spent <= budget
    assert spent >= 0.97 * budget
    assert halfway == pytest.approx(budget / 2, rel=0.08)
    direction = pacing.price / price_of_plan
    assert direction > 1.1 if redemption > 1 else direction < 0.9 if redemption < 1 else 0.8 < direction < 1.25


def test_refusals() -> None:
    with pytest.raises(ValueError, match="budget must be a number from 0, not -1"):
        Pacing(budget=-1, price=1)
    with pytest.raises(ValueError, match=r"elapsed must lie between 0 and 1, not 1\.5"):
        next_price(Pacing(budget=1, price=1), elapsed=1.5)
