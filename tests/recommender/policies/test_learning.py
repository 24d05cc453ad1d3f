"""Thompson sampling in a policy: sums by hand, draws in the policy's own terms, and what its propensities are good for.

The last tests are simulated: candidates whose true response is known.
"""

from typing import Any

import numpy as np
import pytest

from recommender.decisions.exploration import LinearStatistics
from recommender.decisions.off_policy import Estimator, OffPolicyLog, estimate_values
from recommender.policies.candidates import Candidates, Doubles
from recommender.policies.learning import BUCKETS, FEATURES, ShownSums, drawn_value, posterior_of
from recommender.policies.removals import Removal
from recommender.policies.replay import inclusion, shown_probabilities
from recommender.policies.stages import apply_policy
from recommender.policies.terms import PolicyTerms

COUPONS = np.arange(1, 9)
SCORES = np.linspace(0.4, 0.05, 8)
TRUTH = np.array([0.3, 0.2, 0.3, 0.1, 0.2, 0.6, 0.1, 0.05])
"""The sixth coupon is far better than its score."""
THOMPSON = PolicyTerms(exploration=0.6, thompson=True)


def candidates(**arrays: Any) -> Candidates:
    return Candidates.of(COUPONS, SCORES, campaign=np.ones(8, np.int64), **arrays)


def one_by_one(coupon: int, personal: int, score: float, used: float) -> LinearStatistics:
    x = np.zeros((1, FEATURES))
    x[0, :3] = 1.0, personal, personal * score
    x[0, 3 + coupon % BUCKETS] = 1.0
    return LinearStatistics.from_rows(x, np.array([used - score]))


def test_sums_of_groups_are_those_of_their_rows() -> None:
    """Coupon 4 shown at 0.2 and 0.3 and used once at 0.3; coupon 33 shares its bucket; coupon 5 is popular."""
    rows = [(4, 1, 0.2, 0.0), (4, 1, 0.3, 1.0), (33, 1, 0.1, 0.0), (5, 0, 0.0, 1.0)]
    expected = LinearStatistics.empty(FEATURES)
    for row in rows:
        expected = expected + one_by_one(*row)
    told = ShownSums(
        coupon=np.array([4, 33, 5]),
        personal=np.array([1, 1, 0]),
        shown=np.array([2.0, 1.0, 1.0]),
        score=np.array([0.5, 0.1, 0.0]),
        score_square=np.array([0.13, 0.01, 0.0]),
        used=np.array([1.0, 0.0, 1.0]),
        used_score=np.array([0.3, 0.0, 0.0]),
    ).statistics()
    for name in ("gram", "moment", "square", "count"):
        assert np.allclose(getattr(told, name), getattr(expected, name)), name


def test_a_use_that_comes_later_adds_up_to_the_same_sums() -> None:
    def part(shown: float, used: float) -> LinearStatistics:
        each = [np.array([value]) for value in (shown, 0.2 * shown, 0.04 * shown, used, 0.2 * used)]
        return ShownSums(np.array([4]), np.array([1]), *each).statistics()

    whole, later = one_by_one(4, 1, 0.2, 1.0), part(1.0, 0.0) + part(0.0, 1.0)
    for name in ("gram", "moment", "square", "count"):
        assert np.allclose(getattr(later, name), getattr(whole, name)), name


def test_before_anything_is_known_draws_stay_near_the_score_and_profit_is_drawn_as_profit() -> None:
    draw = np.random.default_rng(1)
    draws = np.stack([drawn_value(candidates(), PolicyTerms(), posterior_of(None), draw) for _ in range(4_000)])
    assert np.allclose(draws.mean(axis=0), SCORES, atol=0.005)
    assert np.allclose(draws.std(axis=0), np.sqrt(0.02 / 20 * (3 + SCORES**2)), rtol=0.05)
    worth = candidates(margin=np.full(8, 100.0), cost=np.full(8, 40.0))
    profit = drawn_value(worth, PolicyTerms(maximise_profit=True), posterior_of(None), np.random.default_rng(3))
    response = drawn_value(worth, PolicyTerms(), posterior_of(None), np.random.default_rng(3))
    assert profit == pytest.approx(60 * np.clip(response, 0, 1))


def learned(rounds: int, seed: int) -> tuple[LinearStatistics, list[int]]:
    """A policy of one place that learns after each answer; which coupons it showed."""
    random, sums, shown = np.random.default_rng(seed), LinearStatistics.empty(FEATURES), []
    for _ in range(rounds):
        drawn = drawn_value(candidates(), THOMPSON, posterior_of(sums), random)
        row = int(apply_policy(candidates(), THOMPSON, size=1, draw=random, drawn=drawn).rows[0])
        sums = sums + one_by_one(row + 1, 1, SCORES[row], float(random.random() < TRUTH[row]))
        shown.append(row)
    return sums, shown


def test_it_finds_a_coupon_that_its_score_hides() -> None:
    """Of draws, 3 in 4 follow the posterior: 0.6 x (0.75 + 0.25 / 8) = 0.47 of answers once it is found."""
    _sums, shown = learned(1_500, 0)
    assert np.mean(np.array(shown[-500:]) == 5) == pytest.approx(0.47, abs=0.07)
    assert np.mean(np.array(shown[-500:]) == 0) == pytest.approx(0.42, abs=0.07)


def test_a_drawn_place_carries_the_propensity_of_its_draw() -> None:
    """Coupon 6 wins the draw: 0.6 x 0.75 + 0.6 x 0.25 / 7 of the seven that may stand there; the best 0.4 more."""
    drawn = np.where(COUPONS == 6, 1.0, 0.0)
    seen = set()
    for seed in range(60):
        decision = apply_policy(candidates(), THOMPSON, size=2, draw=np.random.default_rng(seed), drawn=drawn)
        shares = shown_probabilities(decision)
        floor = 0.6 * 0.25 / 7
        assert shares == pytest.approx([1, 0.4 + floor, floor, floor, floor, 0.45 + floor, floor, floor])
        assert decision.propensity.tolist() == [1.0, shares[decision.rows[1]]]
        seen.add(int(decision.coupons[1]))
    assert {2, 6} < seen


def test_a_thompson_policy_in_question_is_averaged_over_draws() -> None:
    sums, _shown = learned(1_500, 1)
    removed = np.full(8, Removal.RANKED_LOWER.value)
    shares = inclusion(candidates(), THOMPSON, removed, size=1, posterior=posterior_of(sums))
    assert shares.sum() == pytest.approx(1.0)
    assert shares[5] == pytest.approx(0.6 * (0.75 + 0.25 / 8), abs=0.05)


def log_of(answers: int, seed: int, target: Doubles) -> OffPolicyLog:
    """Answers of a policy that learns as it goes; `target`: P(shown) under the policy in question, (8,)."""
    random, sums = np.random.default_rng(seed), LinearStatistics.empty(FEATURES)
    rows: list[tuple[float, float, float]] = []
    for number in range(answers):
        if number % 50 == 0:
            posterior = posterior_of(sums)
        drawn = drawn_value(candidates(), THOMPSON, posterior, random)
        decision = apply_policy(candidates(), THOMPSON, size=1, draw=random, drawn=drawn)
        row = int(decision.rows[0])
        used = float(random.random() < TRUTH[row])
        sums = sums + one_by_one(row + 1, 1, SCORES[row], used)
        rows.append((used, float(decision.propensity[0]), float(target[row])))
    reward, logged, asked = np.array(rows).T
    return OffPolicyLog(reward=reward, logged_propensity=logged, target_propensity=asked)


def test_logged_propensities_cover_the_truth() -> None:
    """Simulated: 95 % intervals of inverse propensity weights, from logs of a policy that learns as it goes."""
    even = np.full(8, 1 / 8)
    truth, covered = float(even @ TRUTH), 0
    for seed in range(30):
        estimate = estimate_values(log_of(250, seed, even), estimators=[Estimator.SNIPS])[Estimator.SNIPS]
        covered += estimate.interval.covers(truth)
    assert covered >= 26
