"""Logistic regression on pair features: what trees can only say in steps, and a steady voice in the stack.

y = sigmoid(w·s(x) + b), s the logarithms of `PairScaler`, standardised, with a column for each missing value.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from recommender.config import ClassicConfig
from recommender.estimators.base import Arrays, Doubles, Floats, NotFittedError, require_labels, require_shape
from recommender.estimators.forward import sigmoid
from recommender.estimators.gathered import Table
from recommender.estimators.pair_scaler import PairScaler
from recommender.estimators.threads import thread_count

CHUNK = 16_384


class LinearRanker:
    """Ridge logistic regression. x (n, p) float32, NaN where a value is missing."""

    ARRAYS_FILE = "weights.npz"
    SETTINGS_FILE = "settings.json"

    def __init__(self, config: ClassicConfig, *, seed: int) -> None:
        self.config = config
        self.seed = seed
        self.feature_names: list[str] = []
        self._arrays: Arrays | None = None

    def fit(
        self,
        x: Table,
        y: NDArray[Any],
        *,
        weight: NDArray[Any] | None = None,
        feature_names: Sequence[str] | None = None,
        scaler: PairScaler | None = None,
    ) -> Self:
        """Train on x (n, p), y (n,), each row counted `weight` times; `scaler` of another draw, or one of x."""
        require_shape("x", x, (None, None))
        labels = require_labels("y", y, len(x))
        if labels.min(initial=1) == labels.max(initial=0):
            raise ValueError("y holds one class only")
        if weight is not None:
            require_shape("weight", weight, (len(x),))
        names = list(feature_names) if feature_names is not None else [f"x{i}" for i in range(x.shape[1])]
        if len(names) != x.shape[1]:
            raise ValueError(f"feature_names has {len(names)} names for {x.shape[1]} columns of x")
        scaler = scaler or PairScaler.fit(x)
        model = LogisticRegression(C=1 / self.config.linear_l2, max_iter=self.config.linear_iterations)
        with threadpool_limits(thread_count(), "blas"):
            model.fit(scaler.transform(x), labels, sample_weight=weight)
        self.feature_names = names
        self._arrays = scaler.arrays | {
            "coefficients": model.coef_[0].astype(np.float32),
            "intercept": np.array(model.intercept_[0], np.float32),
        }
        return self

    @classmethod
    def averaged(cls, fitted: Sequence[Self]) -> Self:
        """The mean logit of models over one scaler, which is again one model: that of their mean coefficients."""
        first, scaler = fitted[0], fitted[0].scaler.arrays
        every = [ranker._arrays or {} for ranker in fitted]
        if any(
            not np.array_equal(arrays[name], scaler[name]) for arrays in every for name in ("pair_mean", "pair_scale")
        ):
            raise ValueError("the models do not share a scaler")
        joint = cls(first.config, seed=first.seed)
        joint.feature_names = first.feature_names
        learnt = {name: np.mean([arrays[name] for arrays in every], axis=0) for name in ("coefficients", "intercept")}
        joint._arrays = every[0] | {name: value.astype(np.float32) for name, value in learnt.items()}
        return joint

    @property
    def scaler(self) -> PairScaler:
        """How x was standardised."""
        if self._arrays is None:
            raise NotFittedError("the linear ranker has not been fitted")
        return PairScaler(self._arrays)

    def predict(self, x: NDArray[Any]) -> Floats:
        """Probabilities (n,) float32. Plain NumPy."""
        arrays = self._fitted(x)
        scaler = PairScaler(arrays)
        out = np.empty(len(x), np.float32)
        for start in range(0, len(x), CHUNK):
            part = slice(start, start + CHUNK)
            out[part] = scaler.transform(x[part]) @ arrays["coefficients"]
        return sigmoid(out + arrays["intercept"]).astype(np.float32)

    def contributions(self, x: NDArray[Any]) -> Doubles:
        """What each feature adds to the logit against its mean, its being missing included: (n, p)."""
        arrays = self._fitted(x)
        width = x.shape[1]
        terms = PairScaler(arrays).transform(x) * arrays["coefficients"]
        out: Doubles = terms[:, :width].astype(np.float64)
        out[:, arrays["pair_marked"]] += terms[:, width:]
        return out

    def save(self, folder: Path) -> None:
        """Write weights.npz and settings.json into an existing folder."""
        if self._arrays is None:
            raise NotFittedError("the linear ranker has not been fitted")
        np.savez(folder / self.ARRAYS_FILE, **self._arrays)  # type: ignore[arg-type]  # stub's flag
        settings = {"config": self.config.to_dict(), "seed": self.seed, "feature_names": self.feature_names}
        (folder / self.SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        settings = json.loads((folder / cls.SETTINGS_FILE).read_text())
        loaded = cls(ClassicConfig.from_dict(settings["config"]), seed=settings["seed"])
        loaded.feature_names = settings["feature_names"]
        with np.load(folder / cls.ARRAYS_FILE, allow_pickle=False) as arrays:
            loaded._arrays = dict(arrays)
        return loaded

    def _fitted(self, x: NDArray[Any]) -> Arrays:
        if self._arrays is None:
            raise NotFittedError("the linear ranker has not been fitted")
        require_shape("x", x, (None, len(self._arrays["pair_mean"])))
        return self._arrays
