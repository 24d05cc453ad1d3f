"""Exploration: the posterior, and propensities held against enumeration of every slate."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.decisions.exploration import (
    LinearPosterior,
    LinearStatistics,
    draw_slate,
    place_propensities,
    slate_propensities,
)


def test_posterior_of_one_feature_by_hand() -> None:
    """x = 1, 1, 2 and r = 1, 3, 4: precision 6 + 1, mean 12 / 7, noise (26 - 144 / 7) / 2."""
    sums = LinearStatistics.from_rows(np.array([[1.0], [1.0], [2.0]]), np.array([1.0, 3.0, 4.0]))
    posterior = LinearPosterior.from_statistics(sums)
    assert posterior.mean.tolist() == pytest.approx([12 / 7])
    assert posterior.noise_variance == pytest.approx((26 - 144 / 7) / 2)
    assert posterior.standard_deviations(np.array([[1.0], [2.0]])).tolist() == pytest.approx(
        [np.sqrt(posterior.noise_variance / 7), 2 * np.sqrt(posterior.noise_variance / 7)]
    )


def test_minutes_add_up_to_the_night() -> None:
    generator = np.random.default_rng(0)
    x, reward = generator.normal(size=(60, 3)), generator.normal(size=60)
    whole = LinearStatistics.from_rows(x, reward)
    parts = LinearStatistics.empty(3)
    for rows in np.array_split(np.arange(60), 7):
        parts = parts + LinearStatistics.from_rows(x[rows], reward[rows])
    for name in ("gram", "moment", "square", "count"):
        assert np.allclose(getattr(parts, name), getattr(whole, name))
    assert whole.decayed(0.5).count == 30


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
        slate = draw_slate(draw, places=1, floor=0.05, generator=generator)
        arm = int(slate.items[0])
        reward = np.array([float(generator.random() < truth[arm])])
        sums = sums + LinearStatistics.from_rows(np.eye(3)[[arm]], reward)
        chosen.append(arm)
    assert np.mean(np.array(chosen[-200:]) == 2) > 0.85


@pytest.mark.parametrize(
    ("candidates", "places", "floor"), [(4, 3, 0.3), (5, 5, 0.1), (3, 1, 0.5), (2, 2, 1.0), (4, 2, 0)]
)
def test_propensities_are_those_of_all_slates_enumerated(candidates: int, places: int, floor: float) -> None:
    scores = np.arange(candidates, 0, -1.0)  # rank = index
    marginals, total = np.zeros((candidates, places)), 0.0
    for slate in itertools.permutations(range(candidates), places):
        chance = float(np.prod(slate_propensities(scores, np.array(slate), floor)))
        total += chance
        for place, item in enumerate(slate):
            marginals[item, place] += chance
    assert total == pytest.approx(1.0)
    assert np.allclose(place_propensities(candidates, places, floor), marginals)


@given(st.integers(1, 30), st.integers(1, 8), st.floats(0.01, 1.0))
def test_every_place_is_filled_and_nothing_is_impossible(candidates: int, places: int, floor: float) -> None:
    table = place_propensities(candidates, min(places, candidates), floor)
    assert np.allclose(table.sum(axis=0), 1.0)
    assert (table.sum(axis=1) <= 1 + 1e-9).all()
    assert candidates == 1 or (table > 0).all()
    assert table[:, 0].min() == pytest.approx(floor / candidates if candidates > 1 else 1.0)


def test_a_drawn_slate_carries_its_own_propensities() -> None:
    generator = np.random.default_rng(3)
    scores = np.array([0.1, 0.9, 0.5, 0.7])
    for _ in range(200):
        slate = draw_slate(scores, places=3, floor=0.4, generator=generator)
        assert slate.propensities.tolist() == slate_propensities(scores, slate.items, 0.4).tolist()
        rank = {1: 0, 3: 1, 2: 2, 0: 3}
        table = place_propensities(4, 3, 0.4)
        assert slate.marginals.tolist() == [table[rank[int(item)], place] for place, item in enumerate(slate.items)]
        assert slate.propensity == pytest.approx(float(np.prod(slate.propensities)))


def test_slates_come_as_often_as_they_say() -> None:
    generator = np.random.default_rng(4)
    scores = np.array([3.0, 2.0, 1.0])
    drawn = Counter(
        tuple(draw_slate(scores, places=2, floor=0.3, generator=generator).items.tolist()) for _ in range(20_000)
    )
    for slate in itertools.permutations(range(3), 2):
        chance = float(np.prod(slate_propensities(scores, np.array(slate), 0.3)))
        assert drawn[slate] / 20_000 == pytest.approx(chance, abs=0.012)


def test_weights_from_logged_draws_are_unbiased() -> None:
    """Each decision ranks by another posterior draw; dividing by the propensities given the draw recovers the truth."""
    generator = np.random.default_rng(5)
    truth = np.array([0.1, 0.4, 0.7, 0.2])
    target = 3
    estimates = []
    for _ in range(20_000):
        slate = draw_slate(generator.normal(truth, 0.3), places=2, floor=0.3, generator=generator)
        clicked = generator.random(2) < truth[slate.items]
        estimates.append(float((clicked * (slate.items == target) / slate.marginals)[0]))
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - truth[target]) < 3 * error


def test_without_a_floor_the_slate_is_the_ranking() -> None:
    slate = draw_slate(np.array([1.0, 3.0, 2.0]), places=9, floor=0.0, generator=np.random.default_rng(0))
    assert slate.items.tolist() == [1, 2, 0]
    assert slate.propensities.tolist() == slate.marginals.tolist() == [1.0, 1.0, 1.0]
    assert not slate.explored.any()
    empty = draw_slate(np.array([]), places=3, floor=0.5, generator=np.random.default_rng(0))
    assert (empty.items.tolist(), empty.propensity) == ([], 1.0)


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"floor must lie between 0 and 1, not 1\.5"):
        draw_slate(np.ones(2), places=1, floor=1.5, generator=np.random.default_rng(0))
    with pytest.raises(ValueError, match="items holds a candidate twice"):
        slate_propensities(np.ones(3), np.array([1, 1]), 0.1)
    with pytest.raises(ValueError, match=r"\(2, 1\) and \(3,\)"):
        LinearStatistics.from_rows(np.ones((2, 1)), np.ones(3))
    with pytest.raises(ValueError, match="prior_precision must be positive, not 0"):
        LinearPosterior.from_statistics(LinearStatistics.empty(1), prior_precision=0)
    with pytest.raises(ValueError, match="factor must lie above 0 and up to 1, not 0"):
        LinearStatistics.empty(1).decayed(0)
