"""The simulator: it keeps the fitted marginals, knows its truth, and says that it is simulated."""

from pathlib import Path

import numpy as np
import pytest

from recommender.decisions.off_policy import Estimator, OffPolicyLog, estimate_values
from recommender.decisions.simulator import (
    MARGIN_SHARE,
    MARGINALS_FILE,
    Marginals,
    make_population,
    sensitivity_scale,
    simulate_log,
)

MARGINALS = Marginals.load()


def test_population_has_the_fitted_marginals() -> None:
    population = make_population(MARGINALS, 50_000, np.random.default_rng(0))
    log_basket = np.log(population.margin / MARGIN_SHARE)
    assert population.base.mean() == pytest.approx(MARGINALS.visit_logit_mean, abs=0.03)
    assert population.base.std() == pytest.approx(MARGINALS.visit_logit_sd, rel=0.02)
    assert log_basket.mean() == pytest.approx(MARGINALS.basket_log_mean, abs=0.02)
    assert log_basket.std() == pytest.approx(MARGINALS.basket_log_sd, rel=0.02)
    correlation = np.corrcoef(population.base, log_basket)[0, 1]
    assert correlation == pytest.approx(MARGINALS.visit_basket_correlation, abs=0.02)
    added = population.response(np.array([0.0, MARGINALS.discounts[1]]))
    assert (added[:, 1] - added[:, 0]).mean() == pytest.approx(MARGINALS.redemption_share, rel=0.05)


def test_response_rises_with_the_value_and_falls_with_fatigue() -> None:
    fresh = make_population(MARGINALS, 1_000, np.random.default_rng(1), fatigue=0.0)
    tired = make_population(MARGINALS, 1_000, np.random.default_rng(1), fatigue=0.3)
    values = np.array([0.0, 0.5, 1.0, 2.0])
    assert (np.diff(fresh.response(values), axis=1) > 0).all()
    assert (fresh.base == tired.base).all()
    of_late = tired.coupons_of_late > 0
    assert (tired.response(values)[of_late, 1:] < fresh.response(values)[of_late, 1:]).all()
    assert (tired.response(values)[:, 0] == fresh.response(values)[:, 0]).all()


def test_profit_and_cost_by_hand() -> None:
    population = make_population(MARGINALS, 3, np.random.default_rng(2))
    values = np.array([0.0, 1.0])
    with_coupon, without = population.response(values)[:, 1], population.response(values)[:, 0]
    assert population.profit(values)[:, 1] == pytest.approx(population.margin * (with_coupon - without) - with_coupon)
    assert population.cost(values)[:, 1] == pytest.approx(with_coupon)
    assert population.profit(values)[:, 0].tolist() == population.cost(values)[:, 0].tolist() == [0.0, 0.0, 0.0]


def test_logs_follow_their_probabilities_and_the_truth() -> None:
    generator = np.random.default_rng(3)
    population = make_population(MARGINALS, 100_000, generator)
    values = np.array([0.0, 0.5, 2.0])
    log = simulate_log(population, values, np.tile([0.5, 0.2, 0.3], (100_000, 1)), generator)
    assert (np.bincount(log.arm) / 100_000).tolist() == pytest.approx([0.5, 0.2, 0.3], abs=0.01)
    truth = population.response(values)
    for arm in range(3):
        rows = log.arm == arm
        assert log.responded[rows].mean() == pytest.approx(truth[rows, arm].mean(), abs=0.01)
        assert set(log.propensity[rows].tolist()) == {[0.5, 0.2, 0.3][arm]}
    assert (log.profit == log.responded * (population.margin - values[log.arm])).all()


def test_off_policy_estimates_meet_the_truth() -> None:
    generator = np.random.default_rng(4)
    population = make_population(MARGINALS, 60_000, generator)
    values = np.array([0.0, *MARGINALS.discounts[1:3]])
    log = simulate_log(population, values, np.full((60_000, 3), 1 / 3), generator)
    target = np.zeros((60_000, 3))
    target[np.arange(60_000), population.profit(values).argmax(axis=1)] = 1.0
    truth = float((target * (population.response(values) * (population.margin[:, None] - values))).sum(axis=1).mean())
    rows = OffPolicyLog.from_actions(reward=log.profit, action=log.arm, logged_propensity=log.propensity, target=target)
    interval = estimate_values(rows)[Estimator.IPS].interval
    assert abs(interval.estimate - truth) < 2 * (interval.high - interval.estimate)


def test_same_seed_same_shoppers_and_all_is_marked() -> None:
    one, other = (make_population(MARGINALS, 10, np.random.default_rng(5)) for _ in range(2))
    assert (one.features == other.features).all()
    log = simulate_log(one, np.zeros(1), np.ones((10, 1)), np.random.default_rng(0))
    assert one.simulated
    assert log.simulated
    assert 0 < sensitivity_scale(MARGINALS) < 10


@pytest.mark.slow
def test_the_stored_marginals_are_those_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import fit_simulator

    monkeypatch.setattr(fit_simulator, "TARGET", tmp_path / "marginals.json")
    fit_simulator.main()
    assert (tmp_path / "marginals.json").read_text() == MARGINALS_FILE.read_text()
