"""Intervals that may be looked at daily: known values, error over all looks, CUPED and ratios."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.sequential import (
    ArmStatistics,
    Winner,
    always_valid_p_value,
    compare_means,
    compare_ratios,
    confidence_sequence,
    mixing_variance,
)

RUNS, LOOKS, UNITS_A_LOOK = 500, 40, 100


def test_known_half_width() -> None:
    """sqrt(0.01 x 0.05 / 0.04 x log(0.05 / (0.01 x 0.05**2)))."""
    interval = confidence_sequence(1.0, 0.01, 0.04, 0.95)
    half = math.sqrt(0.0125 * math.log(2_000))
    assert interval.low == pytest.approx(1 - half)
    assert interval.high == pytest.approx(1 + half)


@given(st.floats(-5, 5), st.floats(1e-4, 10), st.floats(1e-4, 10), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_interval_and_p_value_say_the_same(estimate: float, variance: float, mixing: float, confidence: float) -> None:
    interval = confidence_sequence(estimate, variance, mixing, confidence)
    p_value = always_valid_p_value(estimate, variance, mixing)
    margin = min(abs(interval.low), abs(interval.high))
    assert margin < 1e-9 or interval.excludes_zero == (p_value < 1 - confidence)


def test_the_planned_size_is_where_the_interval_is_tightest() -> None:
    """Relative to the fixed-size interval, no other planned size does better by more than a hair."""
    variance = 1 / 10_000
    widths = {
        planned: confidence_sequence(0, variance, mixing_variance(variance, 10_000, planned, 0.95), 0.95).high
        for planned in (1_000, 3_000, 9_000, 10_000, 11_000, 30_000, 100_000)
    }
    assert min(widths, key=widths.__getitem__) in {9_000, 10_000, 11_000}
    fixed = NormalDist().inv_cdf(0.975) * math.sqrt(variance)
    assert widths[10_000] / fixed == pytest.approx(1.5486, abs=1e-4)


def test_sums_of_days_add_up() -> None:
    generator = np.random.default_rng(0)
    y, x = generator.normal(size=(2, 50))
    whole = ArmStatistics.from_units(y, x)
    parts = ArmStatistics.from_units(y[:20], x[:20]) + ArmStatistics.from_units(y[20:], x[20:])
    for name in ("units", "y", "yy", "x", "xx", "xy"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    assert whole.mean == pytest.approx(y.mean())
    assert whole.variance == pytest.approx(y.var(ddof=1))
    assert whole.covariance == pytest.approx(np.cov(x, y)[0, 1])


def _looks(generator: np.random.Generator, effect: float) -> list[tuple[ArmStatistics, ArmStatistics]]:
    """One experiment on skewed revenue per shopper, as seen at each look."""
    arms = []
    for shift in (0.0, effect):
        buys = generator.random((LOOKS, UNITS_A_LOOK)) < 0.2
        revenue = buys * generator.lognormal(1.0, 0.8, (LOOKS, UNITS_A_LOOK)) + shift
        counts = np.arange(1, LOOKS + 1) * UNITS_A_LOOK
        sums, squares = np.cumsum(revenue.sum(1)), np.cumsum((revenue**2).sum(1))
        arms.append([ArmStatistics(int(n), y, yy) for n, y, yy in zip(counts, sums, squares, strict=True)])
    return list(zip(*arms, strict=True))


def test_an_aa_experiment_under_constant_peeking() -> None:
    """At most 5 % of 500 A/A runs call a winner at any of 40 looks; a fixed-size test, peeked at, in over 20 %."""
    generator = np.random.default_rng(1)
    called = naive = missed = 0
    for _ in range(RUNS):
        looks = [compare_means(*look, planned_units=2 * LOOKS * UNITS_A_LOOK) for look in _looks(generator, 0.0)]
        called += any(look.winner() in {Winner.TREATMENT, Winner.CONTROL} for look in looks)
        missed += not all(look.difference.covers(0.0) for look in looks)
        naive += any(abs(look.difference.estimate) > 1.96 * math.sqrt(look.variance) for look in looks)
    assert called / RUNS <= 0.05
    assert missed / RUNS <= 0.05
    assert naive / RUNS > 0.2


def test_a_real_effect_is_found() -> None:
    looks = _looks(np.random.default_rng(2), 0.5)
    last = compare_means(*looks[-1], planned_units=2 * LOOKS * UNITS_A_LOOK)
    assert last.winner() is Winner.TREATMENT
    assert last.difference.covers(0.5)
    total = last.total(1_000)
    assert (total.estimate, total.low) == (last.difference.estimate * 1_000, last.difference.low * 1_000)


def test_cuped_keeps_the_effect_and_takes_out_variance() -> None:
    """With correlation r between y and x, a share 1 - r**2 of the variance stays."""
    generator = np.random.default_rng(3)
    before = generator.normal(10, 3, 40_000)
    treated = generator.random(40_000) < 0.5
    after = before + generator.normal(0, 3, 40_000) + 0.2 * treated
    control = ArmStatistics.from_units(after[~treated], before[~treated])
    treatment = ArmStatistics.from_units(after[treated], before[treated])
    plain = compare_means(control, treatment, planned_units=40_000)
    cuped = compare_means(control, treatment, planned_units=40_000, cuped=True)
    assert plain.variance_kept == 1.0
    assert cuped.variance_kept == pytest.approx(0.5, abs=0.02)
    assert cuped.variance == pytest.approx(plain.variance * cuped.variance_kept)
    assert cuped.difference.covers(0.2)
    width = (cuped.difference.high - cuped.difference.low) / (plain.difference.high - plain.difference.low)
    assert width == pytest.approx(math.sqrt(cuped.variance_kept), abs=0.01)


def test_cuped_with_a_constant_covariate_changes_nothing() -> None:
    control = ArmStatistics.from_units([1, 2, 3], [1, 1, 1])
    treatment = ArmStatistics.from_units([2, 3, 4], [1, 1, 1])
    assert compare_means(control, treatment, planned_units=6, cuped=True) == compare_means(
        control, treatment, planned_units=6
    )


def test_ratio_of_sums_agrees_with_the_bootstrap() -> None:
    generator = np.random.default_rng(4)
    orders = generator.poisson(2, 4_000) + 1.0
    revenue = orders * generator.lognormal(2, 0.5, 4_000)
    arm = ArmStatistics.from_units(revenue, orders)
    comparison = compare_ratios(arm, arm, planned_units=8_000)
    assert comparison.difference.estimate == 0.0
    draws = generator.integers(4_000, size=(400, 4_000))
    spread = (revenue[draws].sum(1) / orders[draws].sum(1)).var()
    assert comparison.variance == pytest.approx(2 * spread, rel=0.2)


def test_nothing_is_concluded_from_a_few_units() -> None:
    control = ArmStatistics.from_units(np.zeros(50))
    treatment = ArmStatistics.from_units(np.arange(50.0) + 1_000)
    few = compare_means(control, treatment, planned_units=1_000)
    assert few.difference.low > 0
    assert few.winner() is Winner.OPEN
    none = compare_means(ArmStatistics(0, 0, 0), ArmStatistics(0, 0, 0), planned_units=1_000, cuped=True)
    assert none.winner() is Winner.OPEN
    assert (none.difference.low, none.difference.high, none.p_value) == (-math.inf, math.inf, 1.0)


def test_winners() -> None:
    generator = np.random.default_rng(6)
    y = generator.normal(size=20_000)
    base, better = ArmStatistics.from_units(y), ArmStatistics.from_units(y + 1)
    assert compare_means(better, base, planned_units=40_000).winner() is Winner.CONTROL
    assert compare_means(base, base, planned_units=40_000).winner() is Winner.OPEN
    assert compare_means(base, base, planned_units=40_000).winner(margin=0.1) is Winner.NEITHER


def test_refusals() -> None:
    arm = ArmStatistics.from_units([1.0, 2.0])
    with pytest.raises(ValueError, match="control: the denominator sums to 0"):
        compare_ratios(arm, arm, planned_units=4)
    with pytest.raises(ValueError, match="planned_units must be at least 1, not 0"):
        compare_means(arm, arm, planned_units=0)
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\)"):
        ArmStatistics.from_units([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1, not 1"):
        confidence_sequence(0, 1, 1, 1.0)
