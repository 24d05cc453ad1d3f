"""Exploration: the posterior, and propensities exact given the draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.exploration import (
    LinearPosterior,
    LinearStatistics,
    chance_shares,
)


def test_posterior_of_one_feature_by_hand() -> None:
    """x = 1, 1, 2 and r = 1, 3, 4: precision 6 + 1, mean 12 / 7, noise (2 x 0.5 + 26 - 144 / 7) / (2 + 3)."""
    sums = LinearStatistics.from_rows(np.array([[1.0], [1.0], [2.0]]), np.array([1.0, 3.0, 4.0]))
    posterior = LinearPosterior.from_statistics(sums, prior_noise=0.5, prior_rows=2)
    assert posterior.mean.tolist() == pytest.approx([12 / 7])
    assert posterior.factor.tolist() == [[pytest.approx(np.sqrt(7))]]
    assert posterior.noise_variance == pytest.approx((1 + 26 - 144 / 7) / 5)


def test_minutes_add_up_to_the_night() -> None:
    generator = np.random.default_rng(0)
    x, reward = generator.normal(size=(60, 3)), generator.normal(size=60)
    whole = LinearStatistics.from_rows(x, reward)
    parts = LinearStatistics.empty(3)
    for rows in np.array_split(np.arange(60), 7):
        parts = parts + LinearStatistics.from_rows(x[rows], reward[rows])
    for name in ("gram", "moment", "square", "count"):
        assert np.allclose(getattr(parts, name), getattr(whole, name))


def test_draws_have_the_posterior_mean_and_spread() -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(200, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    posterior = LinearPosterior.from_statistics(
        LinearStatistics.from_rows(x, x @ np.array([1.0, -2.0]) + generator.normal(size=200))
    )
    draws = np.stack([posterior.draw(generator) for _ in range(20_000)])
    covariance = posterior.noise_variance * np.linalg.inv(x.T @ x + np.eye(2))
    assert np.allclose(draws.mean(axis=0), posterior.mean, atol=0.003)
    assert np.allclose(np.cov(draws.T), covariance, rtol=0.06)
    assert (posterior.draw(np.random.default_rng(5)) == posterior.draw(np.random.default_rng(5))).all()


def test_thompson_sampling_finds_the_best_arm() -> None:
    """Three arms, made-up rewards: of the last 200 of 600 choices most go to the best."""
    generator = np.random.default_rng(2)
    truth, sums = np.array([0.2, 0.5, 0.8]), LinearStatistics.empty(3)
    chosen = []
    for _ in range(600):
        draw = LinearPosterior.from_statistics(sums).draw(generator)
        arm = int(generator.choice(3, p=chance_shares(3, chance=1.0, winner=int(draw.argmax()), floor=0.05)))
        reward = np.array([float(generator.random() < truth[arm])])
        sums = sums + LinearStatistics.from_rows(np.eye(3)[[arm]], reward)
        chosen.append(arm)
    assert np.mean(np.array(chosen[-200:]) == 2) > 0.85


@pytest.mark.parametrize(
    ("winner", "expected"),
    [(None, [0.85, 0.05, 0.05, 0.05]), (2, [0.8125, 0.0125, 0.1625, 0.0125]), (0, [0.9625, 0.0125, 0.0125, 0.0125])],
)
def test_shares_of_a_place_left_to_chance(winner: int | None, expected: list[float]) -> None:
    """0.2 x 1/4 each where draws are uniform; 0.2 x 0.25 / 4 each and 0.2 x 0.75 to the winner by Thompson sampling."""
    assert chance_shares(4, chance=0.2, winner=winner).tolist() == pytest.approx(expected)


@given(st.integers(1, 30), st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.data())
def test_nothing_is_impossible_and_all_add_up(
    candidates: int, chance: float, floor: float, data: st.DataObject
) -> None:
    winner = data.draw(st.none() | st.integers(0, candidates - 1))
    shares = chance_shares(candidates, chance=chance, winner=winner, floor=floor)
    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() >= chance * (1.0 if winner is None else floor) / candidates * (1 - 1e-9)


def test_weights_from_logged_draws_are_unbiased() -> None:
    """Each decision follows another posterior draw; dividing by the shares given the draw recovers the truth."""
    generator = np.random.default_rng(5)
    truth, target, runs = np.array([0.1, 0.4, 0.7, 0.2]), 3, 20_000
    weighted = np.zeros(runs)
    for run in range(runs):
        shares = chance_shares(4, chance=0.8, winner=int(np.argmax(generator.normal(truth, 0.3))))
        shown = int(generator.choice(4, p=shares))
        weighted[run] = (generator.random() < truth[shown]) * (shown == target) / shares[shown]
    assert abs(weighted.mean() - truth[target]) < 3 * weighted.std() / np.sqrt(runs)


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"floor must lie between 0 and 1, not 1\.5"):
        chance_shares(2, chance=0.5, floor=1.5)
    with pytest.raises(ValueError, match=r"chance must lie between 0 and 1, not -0\.1"):
        chance_shares(2, chance=-0.1)
    with pytest.raises(ValueError, match=r"\(2, 1\) and \(3,\)"):
        LinearStatistics.from_rows(np.ones((2, 1)), np.ones(3))
    with pytest.raises(ValueError, match="prior_precision must be positive, not 0"):
        LinearPosterior.from_statistics(LinearStatistics.empty(1), prior_precision=0)
