"""Assignment by hash: stable, uniform, independent between salts, and only growing with a share."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.assignment import assign_arm, assign_arms, in_share, unit_position
from recommender.decisions.sample_ratio import chi_square_tail

UNITS = 20_000


def test_positions_are_known_values() -> None:
    """A change here would move shoppers between the arms of running experiments."""
    assert unit_position("welcome", 1) == 0.24647307013400233
    assert unit_position("welcome", "1") == 0.24647307013400233
    assert unit_position("", "") == 0.9543714065784225


def test_a_salt_and_a_unit_cannot_be_confused() -> None:
    assert unit_position("a", "b:c") != unit_position("a:b", "c")


def test_positions_are_uniform() -> None:
    positions = np.array([unit_position("uniform", unit) for unit in range(UNITS)])
    counts = np.histogram(positions, bins=50, range=(0, 1))[0]
    statistic = float(((counts - UNITS / 50) ** 2 / (UNITS / 50)).sum())
    assert chi_square_tail(statistic, 49) > 0.001


def test_two_salts_are_independent() -> None:
    """Arms of one experiment hold equal shares of the arms of another."""
    first = assign_arms("first", range(UNITS), [0.5, 0.5])
    second = assign_arms("second", range(UNITS), [0.5, 0.5])
    table = np.array([[np.sum((first == i) & (second == j)) for j in (0, 1)] for i in (0, 1)], dtype=float)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / UNITS
    assert chi_square_tail(float(((table - expected) ** 2 / expected).sum()), 1) > 0.001


@given(st.sampled_from(["", "welcome", "é"]), st.integers(), st.floats(0, 1), st.floats(0, 1))
def test_growing_a_share_only_adds_units(salt: str, unit: int, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert not in_share(salt, unit, small) or in_share(salt, unit, large)


@given(st.integers())
def test_shares_decide_the_arm(unit: int) -> None:
    position = unit_position("arms", unit)
    expected = 0 if position < 0.2 else 1 if position < 0.5 else None
    assert assign_arm("arms", unit, [0.2, 0.3]) == expected
    assert assign_arm("arms", unit, [0.1] * 10) == min(int(position * 10 + 1e-9), 9)


def test_shares_that_add_up_to_almost_one_leave_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    last = math.nextafter(1.0, 0.0)
    monkeypatch.setattr("recommender.decisions.assignment.unit_position", lambda *_: last)
    assert sum([0.1] * 10) <= last
    assert assign_arm("arms", 1, [0.1] * 10) == 9


def test_many_units_at_once() -> None:
    shares = [0.2, 0.3]
    arms = assign_arms("arms", range(100), shares)
    assert [None if arm < 0 else arm for arm in arms.tolist()] == [assign_arm("arms", u, shares) for u in range(100)]
    assert set(arms.tolist()) == {-1, 0, 1}


def test_refusals_name_the_share() -> None:
    with pytest.raises(ValueError, match=r"share 1 must lie between 0 and 1, not -0\.1"):
        assign_arm("arms", 1, [0.5, -0.1])
    with pytest.raises(ValueError, match=r"shares must not exceed 1 together, not 1\.1"):
        assign_arm("arms", 1, [0.5, 0.6])
    with pytest.raises(ValueError, match=r"share must lie between 0 and 1, not 1\.5"):
        in_share("arms", 1, 1.5)
