"""Collaborative filtering: implicit alternating least squares (Hu, Koren, Volinsky 2008) on CSR counts.

Item factors are learnt once; a shopper's factors are the exact least-squares answer to their own row, so a
new shopper or a later history needs `fold_in` and no training.
"""

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from recommender.config import ClassicConfig
from recommender.estimators.base import (
    EpochReport,
    Floats,
    NotFittedError,
    OnEpoch,
    require_index,
    require_shape,
)
from recommender.estimators.threads import thread_count

BM25_K1 = 100.0
BM25_B = 0.8


def bm25(user_items: csr_matrix) -> csr_matrix:
    """Counts weighted by BM25, as float32 CSR: repeats saturate, and what everybody buys says little.

    The rarity is log(1 + (n - df + 0.5) / (df + 0.5)), above 0 even for a product that every shopper bought.
    """
    weighted = csr_matrix(user_items, dtype=np.float32, copy=True)
    weighted.eliminate_zeros()
    shoppers, products = weighted.shape
    buyers = np.bincount(weighted.indices, minlength=products)
    rarity = np.log1p((shoppers - buyers + 0.5) / (buyers + 0.5)).astype(np.float32)
    amount = np.asarray(weighted.sum(axis=1)).ravel()
    length = 1 - BM25_B + BM25_B * amount / max(float(amount.mean()), 1e-9)
    of_row = np.repeat(length, np.diff(weighted.indptr)).astype(np.float32)
    weighted.data *= (BM25_K1 + 1) / (BM25_K1 * of_row + weighted.data) * rarity[weighted.indices]
    return weighted


class AlsModel:
    """Factors of shoppers (n_users, f) and products (n_items, f); a score is their inner product."""

    ARRAYS_FILE = "factors.npz"
    SETTINGS_FILE = "settings.json"

    def __init__(self, config: ClassicConfig, *, seed: int) -> None:
        self.config = config
        self.seed = seed
        self._user_factors: Floats | None = None
        self._item_factors: Floats | None = None

    def fit(self, user_items: csr_matrix, *, on_epoch: OnEpoch | None = None) -> Self:
        """Train on confidences user_items (n_users, n_items), CSR, not negative, 0 where nothing is known."""
        matrix = self._as_csr(user_items)
        # Its own threads share out the rows; those of the BLAS would only wait for each other.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.config.als_factors,
                regularization=self.config.als_regularization,
                iterations=self.config.als_iterations,
                calculate_training_loss=on_epoch is not None,
                num_threads=thread_count(),
                random_state=self.seed,
            )
            model.fit(matrix, show_progress=False, callback=self._reporter(on_epoch))
        self._item_factors = np.ascontiguousarray(model.item_factors, np.float32)
        self._user_factors = self.fold_in(matrix)
        return self

    @property
    def user_factors(self) -> Floats:
        """(n_users, f) float32 of the shoppers of `fit`."""
        return self._fitted(self._user_factors)

    @property
    def item_factors(self) -> Floats:
        """(n_items, f) float32."""
        return self._fitted(self._item_factors)

    def fold_in(self, user_items: csr_matrix) -> Floats:
        """Factors (m, f) of other shoppers, or of the same at another time, from their rows (m, n_items)."""
        items = self.item_factors
        matrix = self._as_csr(user_items)
        require_shape("user_items", np.empty((0, matrix.shape[1])), (0, len(items)))
        gram = items.T @ items + self.config.als_regularization * np.eye(items.shape[1], dtype=np.float32)
        out = np.zeros((matrix.shape[0], items.shape[1]), np.float32)
        with threadpool_limits(1, "blas"):
            for row in range(matrix.shape[0]):
                part = slice(matrix.indptr[row], matrix.indptr[row + 1])
                if part.start == part.stop:
                    continue
                known, confidence = items[matrix.indices[part]], matrix.data[part]
                weighted = gram + known.T @ (known * (confidence - 1)[:, None])
                out[row] = np.linalg.solve(weighted, known.T @ confidence)
        return out

    def score(
        self,
        user_index: NDArray[Any],
        item_index: NDArray[Any],
        *,
        user_factors: Floats | None = None,
        item_factors: Floats | None = None,
    ) -> Floats:
        """Scores (n,) of pairs; factors of `fold_in`, or pooled by coupon, may stand in for the fitted."""
        users = self.user_factors if user_factors is None else user_factors
        items = self.item_factors if item_factors is None else item_factors
        require_shape("user_factors", users, (None, self.item_factors.shape[1]))
        require_shape("item_factors", items, (None, self.item_factors.shape[1]))
        rows = require_index("user_index", user_index, len(users))
        columns = require_index("item_index", item_index, len(items))
        require_shape("item_index", columns, (len(rows),))
        out = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), 1 << 16):
            part = slice(start, start + (1 << 16))
            out[part] = np.einsum("ij,ij->i", users[rows[part]], items[columns[part]])
        return out

    def save(self, folder: Path) -> None:
        """Write factors.npz and settings.json into an existing folder."""
        np.savez(folder / self.ARRAYS_FILE, user_factors=self.user_factors, item_factors=self.item_factors)
        settings = {"config": self.config.to_dict(), "seed": self.seed}
        (folder / self.SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        settings = json.loads((folder / cls.SETTINGS_FILE).read_text())
        loaded = cls(ClassicConfig.from_dict(settings["config"]), seed=settings["seed"])
        with np.load(folder / cls.ARRAYS_FILE, allow_pickle=False) as arrays:
            loaded._user_factors, loaded._item_factors = arrays["user_factors"], arrays["item_factors"]
        return loaded

    def _reporter(self, on_epoch: OnEpoch | None) -> Any:
        if on_epoch is None:
            return None

        def report(iteration: int, seconds: float, loss: float) -> None:
            on_epoch(EpochReport("als", iteration + 1, self.config.als_iterations, float(loss), seconds=seconds))

        return report

    @staticmethod
    def _fitted(factors: Floats | None) -> Floats:
        if factors is None:
            raise NotFittedError("the ALS model has not been fitted")
        return factors

    @staticmethod
    def _as_csr(user_items: csr_matrix) -> csr_matrix:
        matrix = csr_matrix(user_items, dtype=np.float32)
        if matrix.nnz and matrix.data.min() < 0:
            raise ValueError("user_items holds negative values")
        matrix.eliminate_zeros()
        return matrix
