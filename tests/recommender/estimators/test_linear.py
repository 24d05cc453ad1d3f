"""The logistic regression on made-up pair features of which one decides."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import ClassicConfig
from recommender.estimators.base import NotFittedError
from recommender.estimators.linear import LinearRanker
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

CONFIG = ClassicConfig(linear_l2=1.0)


class Task(NamedTuple):
    x: Any
    y: Any


class TestLinearRanker(EstimatorContract):
    epochs = None

    def make(self, seed: int = 5) -> LinearRanker:
        return LinearRanker(CONFIG, seed=seed)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(1)
        x = rng.gamma(1.0, 100.0, (2000, 5)).astype(np.float32)
        x[rng.random(x.shape) < 0.2] = np.nan
        logit = 2 * np.log1p(np.nan_to_num(x[:, 0])) - 9
        y = (rng.random(2000) < 1 / (1 + np.exp(-logit))).astype(np.float32)
        return Task(x, y if planted else rng.permutation(y))

    def fit(self, estimator: Any, task: Task, on_epoch: Any = None) -> Any:
        return estimator.fit(task.x[:1000], task.y[:1000])

    def scores(self, estimator: Any, task: Task) -> Any:
        return estimator.predict(task.x[1000:])

    def auc(self, estimator: Any, task: Task) -> float:
        return auc(task.y[1000:], self.scores(estimator, task))

    def shape(self, task: Task) -> tuple[int, ...]:
        return (1000,)

    def bad_calls(self, fitted: Any, task: Task) -> list[BadCall]:
        return [
            ("x", lambda: fitted.predict(task.x[:, :2])),
            ("y", lambda: self.make().fit(task.x, task.y[:3])),
            ("y", lambda: self.make().fit(task.x, np.zeros(2000))),
            ("weight", lambda: self.make().fit(task.x, task.y, weight=np.ones(3))),
            ("feature_names", lambda: self.make().fit(task.x, task.y, feature_names=["a"])),
        ]


def test_weighted_probabilities_sum_to_the_weighted_redemptions() -> None:
    """What the free intercept of a logistic regression promises, in the weights that it was given."""
    task = TestLinearRanker().task(planted=True)
    weight = np.where(task.y > 0, 3.0, 1.0)
    fitted = LinearRanker(CONFIG, seed=1).fit(task.x, task.y, weight=weight)
    assert (weight * fitted.predict(task.x)).sum() == pytest.approx((weight * task.y).sum(), rel=1e-3)


def test_contributions_and_the_logit_differ_by_one_constant() -> None:
    task = TestLinearRanker().task(planted=True)
    fitted = LinearRanker(CONFIG, seed=1).fit(task.x, task.y)
    p = fitted.predict(task.x).astype(np.float64)
    rest = np.log(p / (1 - p)) - fitted.contributions(task.x).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-3)


def test_what_was_not_fitted_says_so() -> None:
    with pytest.raises(NotFittedError):
        LinearRanker(CONFIG, seed=1).predict(np.zeros((1, 1), np.float32))


def test_the_mean_of_models_over_one_scaler_has_their_mean_logit() -> None:
    task = TestLinearRanker().task(planted=True)
    first = LinearRanker(CONFIG, seed=1).fit(task.x[:800], task.y[:800])
    second = LinearRanker(CONFIG, seed=1).fit(task.x[800:], task.y[800:], scaler=first.scaler)
    logits = [np.log(p / (1 - p)) for p in (first.predict(task.x), second.predict(task.x))]
    joint = LinearRanker.averaged([first, second]).predict(task.x)
    np.testing.assert_allclose(np.log(joint / (1 - joint)), np.mean(logits, axis=0), atol=1e-4)
    with pytest.raises(ValueError, match="scaler"):
        LinearRanker.averaged([first, LinearRanker(CONFIG, seed=1).fit(task.x[800:], task.y[800:])])
    with pytest.raises(NotFittedError):
        LinearRanker.averaged([LinearRanker(CONFIG, seed=1)])
