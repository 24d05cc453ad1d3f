"""Smoothed redemption rates on made-up coupons."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.estimators.base import NotFittedError
from recommender.estimators.metrics import auc
from recommender.estimators.popularity import PopularityModel
from tests.recommender.estimators.contract import BadCall, EstimatorContract


class Task(NamedTuple):
    keys: Any
    y: Any


class TestPopularityModel(EstimatorContract):
    chance_margin = 0.08

    def make(self, seed: int = 5) -> PopularityModel:
        return PopularityModel(strength=20.0)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(8)
        coupon = rng.integers(0, 20, 4000)
        y = (rng.random(4000) < np.where(coupon < 5, 0.4, 0.02)).astype(np.float32)
        keys = np.stack([coupon % 2, coupon], axis=1)
        return Task(keys, y if planted else y[rng.permutation(4000)])

    def fit(self, estimator: PopularityModel, task: Task, on_epoch: Any = None) -> PopularityModel:
        return estimator.fit(task.keys[:3000], task.y[:3000])

    def scores(self, estimator: PopularityModel, task: Task) -> Any:
        return estimator.predict(task.keys[3000:])

    def shape(self, task: Task) -> tuple[int, ...]:
        return (1000,)

    def auc(self, estimator: PopularityModel, task: Task) -> float:
        return auc(task.y[3000:], self.scores(estimator, task))

    def bad_calls(self, fitted: PopularityModel, task: Task) -> list[BadCall]:
        return [
            ("keys", lambda: fitted.predict(task.keys[:, :1])),
            ("keys", lambda: self.make().fit(task.keys[:, 0], task.y)),
            ("y", lambda: self.make().fit(task.keys, task.y[:3])),
            ("y", lambda: self.make().fit(task.keys[:0], task.y[:0])),
            ("strength", lambda: PopularityModel(strength=-1)),
        ]

    def test_known_rates_and_fallbacks(self) -> None:
        """10 candidates, 4 redeemed: 0.4. Kind 0 had 4 of 5, coupon 7 of it 2 of 2; strength 5."""
        keys = np.array([[0, 7]] * 2 + [[0, 8]] * 3 + [[1, 9]] * 5)
        y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], np.float32)
        model = PopularityModel(strength=5).fit(keys, y)
        kind = (4 + 5 * 0.4) / (5 + 5)

        rates = model.predict(np.array([[0, 7], [0, 99], [0, -1], [2, 99]]))

        np.testing.assert_allclose(rates, [(2 + 5 * kind) / (2 + 5), kind, kind, 0.4], rtol=1e-6)

    def test_says_which_fallback_was_used(self, fitted: PopularityModel) -> None:
        levels = fitted.known_level(np.array([[0, 4], [1, 99], [7, 99]]))

        assert levels.tolist() == [1, 0, -1]

    def test_unfitted_model_has_no_rates(self) -> None:
        with pytest.raises(NotFittedError):
            self.make().predict(np.zeros((1, 2), int))
