"""Content-based scores on made-up attributes."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.estimators.base import NotFittedError
from recommender.estimators.content import ContentModel
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

SHOPPERS, PRODUCTS, KINDS = 60, 50, 5


class Task(NamedTuple):
    attributes: Any
    bought: Any
    users: Any
    items: Any
    liked: Any


class TestContentModel(EstimatorContract):
    chance_margin = 0.06

    def make(self, seed: int = 5) -> ContentModel:
        return ContentModel()

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(7)
        kind, taste = np.arange(PRODUCTS) % KINDS, np.arange(SHOPPERS) % KINDS
        attributes = np.eye(KINDS, dtype=np.float32)[kind]
        bought = (taste[:, None] == kind[None]) & (rng.random((SHOPPERS, PRODUCTS)) < 0.4)
        users, items = (index.ravel() for index in np.indices((SHOPPERS, PRODUCTS)))
        liked = taste[users] == kind[items]
        return Task(
            attributes,
            csr_matrix(bought.astype(np.float32)),
            users,
            items,
            liked if planted else liked[rng.permutation(len(liked))],
        )

    def fit(self, estimator: ContentModel, task: Task, on_epoch: Any = None) -> ContentModel:
        return estimator.fit(task.attributes)

    def scores(self, estimator: ContentModel, task: Task) -> Any:
        return estimator.score(estimator.profiles(task.bought), task.users, task.items)

    def shape(self, task: Task) -> tuple[int, ...]:
        return (SHOPPERS * PRODUCTS,)

    def auc(self, estimator: ContentModel, task: Task) -> float:
        return auc(task.liked, self.scores(estimator, task))

    def bad_calls(self, fitted: ContentModel, task: Task) -> list[BadCall]:
        profiles = fitted.profiles(task.bought)
        return [
            ("item_vectors", lambda: self.make().fit(task.attributes[0])),
            ("item_vectors", lambda: fitted.item_directions(task.attributes[:, :2])),
            ("user_items", lambda: fitted.profiles(task.bought[:, :3])),
            ("profiles", lambda: fitted.score(profiles[:, :2], task.users, task.items)),
            ("user_index", lambda: fitted.score(profiles, task.users + SHOPPERS, task.items)),
            ("item_index", lambda: fitted.score(profiles, task.users, task.items[:4])),
        ]

    def test_known_cosine(self) -> None:
        """Two attributes, each on one of two products: equal rarity, so plain geometry."""
        model = ContentModel().fit(np.eye(2, dtype=np.float32))
        profiles = model.profiles(csr_matrix(np.array([[3.0, 4.0]])))

        scores = model.score(profiles, np.zeros(2, int), np.array([0, 1]))

        np.testing.assert_allclose(scores, [0.6, 0.8], atol=1e-6)

    def test_an_attribute_that_every_item_has_says_nothing(self) -> None:
        model = ContentModel().fit(np.array([[1, 1], [1, 0]], np.float32))

        assert not model.profiles(csr_matrix(np.array([[0.0, 5.0]]))).any()

    def test_coupons_are_scored_by_their_own_directions(self, fitted: ContentModel, planted: Task) -> None:
        coupon = fitted.item_directions(np.array([[1, 1, 0, 0, 0]], np.float32))

        scores = fitted.score(
            fitted.profiles(planted.bought), np.arange(KINDS), np.zeros(KINDS, int), directions=coupon
        )

        np.testing.assert_allclose(scores, [0.5**0.5, 0.5**0.5, 0, 0, 0], atol=1e-6)

    def test_unfitted_model_has_no_scores(self) -> None:
        with pytest.raises(NotFittedError):
            ContentModel().profiles(csr_matrix((1, 1)))
