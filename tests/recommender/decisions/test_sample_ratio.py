"""The check of the split: known tail values, false alarms over many looks, a real mismatch found."""

import numpy as np
import pytest

from recommender.decisions.sample_ratio import check_sample_ratio, chi_square_tail


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 10])
@pytest.mark.parametrize("statistic", [0.0, 0.5, 3.84, 20.0])
def test_tail_agrees_with_scipy(statistic: float, degrees: int) -> None:
    from scipy.stats import chi2

    assert chi_square_tail(statistic, degrees) == pytest.approx(float(chi2.sf(statistic, degrees)), rel=1e-12)


def test_known_statistic() -> None:
    """The example of 10,000 against 10,200: 2 x 100**2 / 10,100."""
    check = check_sample_ratio([10_000, 10_200], [0.5, 0.5])
    assert check.expected == (10_100.0, 10_100.0)
    assert check.chi_square == pytest.approx(1.980198)
    assert check.p_value == pytest.approx(0.1593695, abs=1e-6)
    assert check.sequential_p_value == pytest.approx(0.89616271, abs=1e-6)
    assert not check.broken


def test_a_mismatch_is_found() -> None:
    check = check_sample_ratio([50_000, 48_500, 24_000], [0.4, 0.4, 0.2])
    assert check.broken
    assert check.p_value < 1e-6


def test_no_units_yet() -> None:
    check = check_sample_ratio([0, 0], [1, 3])
    assert (check.chi_square, check.p_value, check.sequential_p_value) == (0.0, 1.0, 1.0)


def test_false_alarms_over_all_looks_stay_below_the_level() -> None:
    """1,000 sound experiments, looked at 50 times each: the chi-square test at 5 % alarms in far more of them."""
    generator = np.random.default_rng(5)
    counts = np.cumsum(generator.multinomial(400, [0.5, 0.5], size=(1_000, 50)), axis=1)
    least = [[check_sample_ratio(look.tolist(), [1, 1]) for look in run] for run in counts[:300]]
    sequential = np.mean([min(check.sequential_p_value for check in run) <= 0.05 for run in least])
    naive = np.mean([min(check.p_value for check in run) <= 0.05 for run in least])
    assert sequential <= 0.05
    assert naive > 0.15


def test_refusals() -> None:
    with pytest.raises(ValueError, match="same number of arms, at least 2: 1 and 2"):
        check_sample_ratio([1], [1, 1])
    with pytest.raises(ValueError, match="counts must not be negative"):
        check_sample_ratio([1, -1], [1, 1])
    with pytest.raises(ValueError, match="shares must be positive"):
        check_sample_ratio([1, 1], [1, 0])
