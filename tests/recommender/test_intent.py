"""Intent raises interests and scores by what is written down, and can lower none."""

import math

import numpy as np
import pytest

from recommender.intent import coupon_lift, with_intent

INTEREST = np.array([0.2, 0.5, 0.9], np.float32)


def test_a_cart_multiplies_the_odds_of_its_category_alone() -> None:
    raised = with_intent(INTEREST, np.array([1]), np.array([0.5], np.float32), 3.0)
    odds = 1.5**3
    np.testing.assert_allclose(raised, [0.2, odds / (1 + odds), 0.9], rtol=1e-6)
    assert raised[[0, 2]].tolist() == INTEREST[[0, 2]].tolist()
    assert INTEREST.tolist() == np.array([0.2, 0.5, 0.9], np.float32).tolist()


def test_more_acts_never_lower_an_interest_even_at_its_ends() -> None:
    ends = np.array([0.0, 1e-9, 0.5, 1.0], np.float32)
    places = np.arange(4)
    before = ends
    for w in np.arange(0.1, 30, 0.3):
        after = with_intent(ends, places, np.full(4, w, np.float32), 3.0)
        assert np.all(after[:3] >= before[:3])
        assert after[3] == pytest.approx(1.0)
        before = after


def test_a_coupon_gains_what_the_interest_in_its_products_gains() -> None:
    raised = np.array([0.2, 0.75, 0.9], np.float32)
    coverage = np.array([[0, 1, 0], [0.5, 0.5, 0], [1, 0, 0], [0, 0, 0]], np.float32)
    expected = [math.log(0.75 / 0.5), math.log(0.95 / 0.7), 0.0, 0.0]
    np.testing.assert_allclose(coupon_lift(INTEREST, raised, coverage), expected, atol=1e-6)


def test_no_coupon_loses_by_intent() -> None:
    rng = np.random.default_rng(1)
    coverage = (rng.random((200, 3)) * (rng.random((200, 3)) < 0.5)).astype(np.float32)
    raised = with_intent(INTEREST, np.array([0, 2]), np.array([0.1, 2.0], np.float32), 3.0)
    assert coupon_lift(INTEREST, raised, coverage).min() == 0
