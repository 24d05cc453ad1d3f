"""Response by coupon value: monotone, calibrated; profit by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from recommender.decisions.response import (
    ResponseConfig,
    ResponseModel,
    expected_cost,
    incremental_profit,
    monotone_response,
)

VALUES = np.array([0.0, 1.0, 2.0, 4.0])


def test_fitted_response_is_monotone_and_calibrated() -> None:
    """Made-up shoppers whose response rises with the value, for some more than for others."""
    generator = np.random.default_rng(0)
    x = generator.uniform(size=(20_000, 3))
    value = VALUES[generator.integers(4, size=20_000)]
    truth = 0.05 + 0.3 * x[:, 0] + 0.12 * value * x[:, 1]
    responded = (generator.random(20_000) < truth).astype(float)
    model = ResponseModel.fit(
        x, value, responded, np.full(20_000, 0.25), config=ResponseConfig(trees=80, folds=2), seed=1
    )
    fresh = generator.uniform(size=(4_000, 3))
    predicted = model.predict(fresh, VALUES)
    assert (np.diff(predicted, axis=1) >= 0).all()
    expected = 0.05 + 0.3 * fresh[:, :1] + 0.12 * VALUES * fresh[:, 1:2]
    assert np.sqrt(((predicted - expected) ** 2).mean()) < 0.04
    for column in range(4):
        assert predicted[:, column].mean() == pytest.approx(expected[:, column].mean(), abs=0.02)
    keen = (predicted[:, 3] - predicted[:, 0])[fresh[:, 1] > 0.8].mean()
    cool = (predicted[:, 3] - predicted[:, 0])[fresh[:, 1] < 0.2].mean()
    assert keen > 3 * cool


def test_profit_by_hand() -> None:
    """A coupon of 1 lifts response from 0.2 to 0.5 at a margin of 3: 3 x 0.3 - 0.5 x 1."""
    response = np.array([[0.2, 0.5, 0.55]])
    profit = incremental_profit(response, margin=np.array([3.0]), cost=np.array([0.0, 1.0, 2.0]))
    assert profit.tolist() == [pytest.approx([0.0, 0.4, 3 * 0.35 - 1.1])]
    assert expected_cost(response, np.array([0.0, 1.0, 2.0])).tolist() == [pytest.approx([0.0, 0.5, 1.1])]


def test_pooling_by_hand() -> None:
    assert monotone_response(np.array([[0.1, 0.3, 0.2, 0.4]])).tolist() == [pytest.approx([0.1, 0.25, 0.25, 0.4])]
    weighted = monotone_response(np.array([[0.3, 0.1]]), np.array([3.0, 1.0]))
    assert weighted.tolist() == [pytest.approx([0.25, 0.25])]


@given(arrays(np.float64, (3, 5), elements=st.floats(0, 1)))
def test_pooling_agrees_with_scikit_learn(response: NDArray[np.float64]) -> None:
    from sklearn.isotonic import isotonic_regression

    expected = np.stack([isotonic_regression(row) for row in response])
    assert np.allclose(monotone_response(response), expected)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="responded must hold 0 and 1 only"):
        ResponseModel.fit(np.ones((2, 1)), np.ones(2), np.array([0.5, 1.0]), np.ones(2))
    with pytest.raises(ValueError, match="propensity must be positive"):
        ResponseModel.fit(np.ones((2, 1)), np.ones(2), np.ones(2), np.zeros(2))
