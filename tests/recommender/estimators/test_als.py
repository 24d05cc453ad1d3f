"""ALS on made-up shoppers of two kinds who buy from two halves of the catalog."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.config import ClassicConfig
from recommender.estimators.als import AlsModel, bm25
from recommender.estimators.base import NotFittedError
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

SHOPPERS, PRODUCTS = 80, 40
CONFIG = ClassicConfig(als_factors=4, als_iterations=6)


class Task(NamedTuple):
    known: Any
    test: Any
    """Pairs (shopper, product) that are not in `known`."""
    bought: Any


class TestAlsModel(EstimatorContract):
    epochs = 6
    chance_margin = 0.08

    def make(self, seed: int = 5) -> AlsModel:
        return AlsModel(CONFIG, seed=seed)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(6)
        same_half = (np.arange(SHOPPERS)[:, None] % 2) == (np.arange(PRODUCTS)[None] % 2)
        bought = rng.random((SHOPPERS, PRODUCTS)) < np.where(same_half, 0.8, 0.02)
        if not planted:
            bought = rng.permuted(bought, axis=1)
        shown = rng.random((SHOPPERS, PRODUCTS)) < 0.7
        return Task(csr_matrix((bought & shown).astype(np.float32) * 3), np.nonzero(~shown), bought[~shown])

    def fit(self, estimator: AlsModel, task: Task, on_epoch: Any = None) -> AlsModel:
        return estimator.fit(task.known, on_epoch=on_epoch)

    def scores(self, estimator: AlsModel, task: Task) -> Any:
        return estimator.score(*task.test)

    def shape(self, task: Task) -> tuple[int, ...]:
        return task.bought.shape  # type: ignore[no-any-return]

    def auc(self, estimator: AlsModel, task: Task) -> float:
        return auc(task.bought, self.scores(estimator, task))

    def bad_calls(self, fitted: AlsModel, task: Task) -> list[BadCall]:
        users, items = task.test
        return [
            ("user_index", lambda: fitted.score(users + SHOPPERS, items)),
            ("item_index", lambda: fitted.score(users, items[:3])),
            ("item_index", lambda: fitted.score(users, -1 - items)),
            ("user_factors", lambda: fitted.score(users, items, user_factors=np.zeros((80, 9), np.float32))),
            ("user_items", lambda: fitted.fold_in(task.known[:, :5])),
            ("user_items", lambda: self.make().fit(-task.known)),
        ]

    def test_folding_in_the_same_rows_gives_the_same_factors(self, fitted: AlsModel, planted: Task) -> None:
        np.testing.assert_array_equal(fitted.fold_in(planted.known), fitted.user_factors)

    def test_a_new_shopper_is_scored_without_training(self, fitted: AlsModel) -> None:
        """One who bought two even products is offered even ones before odd ones."""
        row = csr_matrix(([3.0, 3.0], ([0, 0], [0, 2])), shape=(1, PRODUCTS))
        products = np.arange(PRODUCTS)

        scores = fitted.score(np.zeros(PRODUCTS, int), products, user_factors=fitted.fold_in(row))

        assert scores[0::2].mean() > 5 * abs(scores[1::2].mean())

    def test_a_folded_in_row_solves_the_normal_equations(self, fitted: AlsModel, planted: Task) -> None:
        """(Yᵀ C Y + λ) u = Yᵀ C p, written out for one shopper."""
        items = fitted.item_factors.astype(np.float64)
        confidence = planted.known[3].toarray()[0]
        c = np.where(confidence > 0, confidence, 1.0)
        left = items.T @ (c[:, None] * items) + CONFIG.als_regularization * np.eye(4)

        expected = np.linalg.solve(left, items.T @ (c * (confidence > 0)))

        np.testing.assert_allclose(fitted.user_factors[3], expected, atol=1e-4)

    def test_a_shopper_without_purchases_has_zero_factors(self, fitted: AlsModel) -> None:
        assert not fitted.fold_in(csr_matrix((1, PRODUCTS))).any()

    def test_bm25_lets_repeats_saturate_and_rare_products_count(self) -> None:
        counts = csr_matrix(np.array([[1, 0, 500], [1, 1, 0], [1, 0, 0]], dtype=np.float32))

        weighted = bm25(counts).toarray()

        assert weighted[1, 1] > weighted[1, 0] > 0, "everybody bought the first product"
        assert weighted[0, 2] < 101 * weighted[1, 1], "500 pieces are not 500 times one"
        assert (counts.toarray() > 0).tolist() == (weighted > 0).tolist()

    def test_bm25_of_one_value_written_out(self) -> None:
        counts = csr_matrix(np.array([[2, 0], [1, 1]], dtype=np.float32))

        expected = 2 * 101 / (100 * 1.0 + 2) * np.log1p((2 - 2 + 0.5) / (2 + 0.5))

        assert bm25(counts)[0, 0] == pytest.approx(expected, rel=1e-5)

    def test_unfitted_model_has_no_scores(self) -> None:
        with pytest.raises(NotFittedError):
            self.make().score(np.zeros(1, int), np.zeros(1, int))
