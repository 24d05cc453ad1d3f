"""Off-policy estimates: values known by hand, agreement with the truth, coverage, refusals."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.off_policy import (
    Estimator,
    OffPolicyLog,
    bernstein_interval,
    bootstrap_interval,
    compare_policies,
    estimate_values,
    select_switch_threshold,
)

REWARD = np.array([1.0, 0.0, 1.0, 0.0])
LOGGED = np.array([0.5, 0.5, 0.25, 0.25])
TARGET = np.array([0.5, 0.25, 0.5, 0.0])
"""Weights 1, 0.5, 2, 0."""


def hand_made(**changes: Any) -> OffPolicyLog:
    arguments = {
        "reward": REWARD,
        "logged_propensity": LOGGED,
        "target_propensity": TARGET,
        "model_logged": np.array([0.5, 0.5, 0.5, 0.5]),
        "model_target": np.array([0.4, 0.4, 0.6, 0.6]),
    }
    return OffPolicyLog(**{**arguments, **changes})


def test_values_known_by_hand() -> None:
    """w r: 1, 0, 2, 0; w (r - q): 0.5, -0.25, 1, 0; sum w: 3.5; mean v: 0.5."""
    estimates = estimate_values(hand_made(), switch_threshold=1.0)
    assert {name: estimate.interval.estimate for name, estimate in estimates.items()} == {
        Estimator.IPS: pytest.approx(3 / 4),
        Estimator.SNIPS: pytest.approx(3 / 3.5),
        Estimator.DM: pytest.approx(0.5),
        Estimator.DR: pytest.approx(0.5 + 1.25 / 4),
        Estimator.SNDR: pytest.approx(0.5 + 1.25 / 3.5),
        Estimator.SWITCH_DR: pytest.approx(0.5 + 0.25 / 4),
    }
    assert estimates[Estimator.SWITCH_DR].switch_threshold == 1.0
    assert hand_made().effective_sample_size == pytest.approx(3.5**2 / 5.25)


def test_standard_errors_known_by_hand() -> None:
    """IPS: the standard deviation of w r over sqrt(n). SNIPS: of w (r - value) / mean(w)."""
    estimates = estimate_values(hand_made())
    values = np.array([1.0, 0.0, 2.0, 0.0])
    assert estimates[Estimator.IPS].standard_error == pytest.approx(values.std(ddof=1) / 2)
    residuals = hand_made().weights * (REWARD - 3 / 3.5) / 0.875
    assert estimates[Estimator.SNIPS].standard_error == pytest.approx(residuals.std(ddof=1) / 2)
    half = estimates[Estimator.IPS].interval.high - 0.75
    assert half == pytest.approx(1.959964 * values.std(ddof=1) / 2, rel=1e-6)


def test_the_running_policy_itself_is_the_plain_mean() -> None:
    log = hand_made(target_propensity=LOGGED)
    estimates = estimate_values(log)
    for name in (Estimator.IPS, Estimator.SNIPS):
        assert estimates[name].interval.estimate == pytest.approx(REWARD.mean())
    assert log.effective_sample_size == pytest.approx(4)


def test_switching_off_and_on_is_dm_and_dr() -> None:
    estimates = estimate_values(hand_made())
    for threshold, twin in ((0.0, Estimator.DM), (2.0, Estimator.DR)):
        switched = estimate_values(hand_made(), estimators=[Estimator.SWITCH_DR], switch_threshold=threshold)
        assert switched[Estimator.SWITCH_DR].interval == estimates[twin].interval


def test_without_a_model_only_the_weighted_estimators() -> None:
    log = hand_made(model_logged=None, model_target=None)
    assert set(estimate_values(log)) == {Estimator.IPS, Estimator.SNIPS}
    with pytest.raises(ValueError, match="dr needs model_logged and model_target"):
        estimate_values(log, estimators=[Estimator.DR])


def test_clusters_of_copies_widen_the_error() -> None:
    """Each row four times under one shopper tells no more than once: the error stays, and does not halve."""
    log = hand_made()
    copied = {name: np.repeat(getattr(log, name), 4) for name in ("reward", "logged_propensity", "target_propensity")}
    clustered = OffPolicyLog(**copied, cluster=np.repeat(np.arange(4), 4))
    once = estimate_values(log)[Estimator.IPS]
    assert estimate_values(clustered)[Estimator.IPS].standard_error == pytest.approx(once.standard_error)
    assert estimate_values(OffPolicyLog(**copied))[Estimator.IPS].standard_error < 0.6 * once.standard_error


def _bandit(generator: np.random.Generator, rows: int, model_error: float = 0.0) -> tuple[OffPolicyLog, float]:
    """Three contexts, four actions, known rewards; the truth is exact."""
    means = np.array([[0.1, 0.3, 0.5, 0.2], [0.4, 0.1, 0.2, 0.6], [0.2, 0.2, 0.3, 0.1]])
    running = np.array([[0.4, 0.3, 0.1, 0.2], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.6, 0.1]])
    target = np.array([[0.1, 0.1, 0.7, 0.1], [0.1, 0.1, 0.1, 0.7], [0.25, 0.25, 0.25, 0.25]])
    context = generator.integers(3, size=rows)
    action = (running[context].cumsum(1) > generator.random((rows, 1))).argmax(1)
    reward = (generator.random(rows) < means[context, action]).astype(float)
    log = OffPolicyLog.from_actions(
        reward=reward,
        action=action,
        logged_propensity=running[context, action],
        target=target[context],
        model=means[context] + model_error,
    )
    return log, float((means * target).sum(1).mean())


@pytest.mark.parametrize("model_error", [0.0, 0.3])
def test_intervals_cover_the_truth(model_error: float) -> None:
    """93-97 % of 500 logs, also where the model is wrong; the direct method then misses nearly always."""
    generator = np.random.default_rng(7)
    covered = dict.fromkeys(Estimator, 0)
    for _ in range(500):
        log, truth = _bandit(generator, 1_000, model_error)
        for name, estimate in estimate_values(log, switch_threshold=math.inf).items():
            covered[name] += estimate.interval.covers(truth)
    for name in (Estimator.IPS, Estimator.SNIPS, Estimator.DR, Estimator.SNDR, Estimator.SWITCH_DR):
        assert 0.93 <= covered[name] / 500 <= 0.97, name
    if model_error:
        assert covered[Estimator.DM] < 25


def test_a_good_model_takes_out_variance() -> None:
    log, _ = _bandit(np.random.default_rng(8), 5_000)
    estimates = estimate_values(log)
    assert estimates[Estimator.DR].standard_error < 0.9 * estimates[Estimator.IPS].standard_error


def test_slope_switches_for_a_good_model_only() -> None:
    good, _ = _bandit(np.random.default_rng(9), 5_000)
    bad, _ = _bandit(np.random.default_rng(9), 5_000, model_error=0.5)
    assert select_switch_threshold(good) == 0.0
    assert select_switch_threshold(bad) >= np.quantile(bad.weights, 0.8)


@pytest.mark.parametrize("estimator", [Estimator.IPS, Estimator.SNIPS, Estimator.DR])
def test_bootstrap_agrees_with_the_normal_interval(estimator: Estimator) -> None:
    log, _ = _bandit(np.random.default_rng(10), 3_000)
    normal = estimate_values(log)[estimator].interval
    bootstrap = bootstrap_interval(log, estimator, generator=np.random.default_rng(0), draws=2_000)
    assert bootstrap.estimate == pytest.approx(normal.estimate)
    assert bootstrap.low == pytest.approx(normal.low, abs=0.1 * (normal.high - normal.low))
    assert bootstrap.high == pytest.approx(normal.high, abs=0.1 * (normal.high - normal.low))


def test_bernstein_is_wider_and_known() -> None:
    log, truth = _bandit(np.random.default_rng(11), 2_000)
    interval = bernstein_interval(log, reward_range=(0, 1), largest_weight=10.0)
    values, tail = log.weights * log.reward, math.log(80)
    half = math.sqrt(2 * values.var(ddof=1) * tail / 2_000) + 7 * 10 * tail / (3 * 1_999)
    assert interval.high - interval.estimate == pytest.approx(half)
    assert interval.covers(truth)
    with pytest.raises(ValueError, match="a weight of 7 exceeds largest_weight 5"):
        bernstein_interval(log, reward_range=(0, 1), largest_weight=5.0)
    with pytest.raises(ValueError, match=r"reward leaves the range 0 to 0\.5"):
        bernstein_interval(log, reward_range=(0, 0.5))


def test_comparing_a_policy_with_itself_has_no_error() -> None:
    log, _ = _bandit(np.random.default_rng(12), 500)
    same = compare_policies(log, log, Estimator.DR)
    assert (same.estimate, same.low, same.high) == (0.0, 0.0, 0.0)
    other = OffPolicyLog(log.reward, log.logged_propensity, log.logged_propensity)
    difference = compare_policies(other, log, Estimator.IPS)
    assert difference.estimate == pytest.approx(float((log.weights * log.reward - log.reward).mean()))


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_snips_stays_within_the_range_of_rewards(rows: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    log = OffPolicyLog(generator.normal(size=rows), generator.uniform(0.01, 1, rows), generator.uniform(0.01, 1, rows))
    value = estimate_values(log)[Estimator.SNIPS].interval.estimate
    assert log.reward.min() - 1e-9 <= value <= log.reward.max() + 1e-9
    assert 1 - 1e-9 <= log.effective_sample_size <= rows + 1e-9


def test_a_policy_without_overlap_is_not_estimated() -> None:
    log = hand_made(target_propensity=np.zeros(4))
    assert math.isnan(estimate_values(log)[Estimator.SNIPS].interval.estimate)
    assert log.effective_sample_size == 0.0
    assert select_switch_threshold(log) == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logged_propensity": np.array([0.5, 0.0, 0.25, 0.25])}, "logged_propensity must lie above 0"),
        ({"target_propensity": np.array([0.5, 1.2, 0.5, 0.0])}, "target_propensity must lie between 0 and 1"),
        ({"target_propensity": np.array([0.5, 0.5])}, r"target_propensity has shape \(2,\), not \(4,\)"),
        ({"reward": np.array([1, np.nan, 0, 0])}, "reward holds a value that is not finite"),
        ({"model_target": None}, "come together or not at all"),
        ({"reward": np.array([])}, "reward holds no row"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hand_made(**changes)
