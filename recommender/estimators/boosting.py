"""Gradient-boosted trees on pair features: the strongest single part on sparse redemptions."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from recommender.config import ClassicConfig
from recommender.estimators.base import (
    Doubles,
    EpochReport,
    Floats,
    NotFittedError,
    OnEpoch,
    require_labels,
    require_shape,
)
from recommender.estimators.forward import sigmoid
from recommender.estimators.threads import thread_count

REPORT_EVERY = 20
"""Trees in one epoch of the progress reports."""
THREADED_ROWS = 20_000
"""Below it threads wait for each other longer than they work, the more so on a busy machine."""


class BoostedTrees:
    """LightGBM, binary, deterministic: the mean logit of `boosting_bags` models that differ in their seed.

    x (n, p) float32, NaN where a value is missing.
    """

    MODEL_FILE = "model.txt"
    SETTINGS_FILE = "settings.json"

    def __init__(self, config: ClassicConfig, *, seed: int) -> None:
        self.config = config
        self.seed = seed
        self.feature_names: list[str] = []
        self._boosters: list[Any] = []

    def fit(
        self,
        x: NDArray[Any],
        y: NDArray[Any],
        *,
        weight: NDArray[Any] | None = None,
        validation: tuple[NDArray[Any], NDArray[Any]] | None = None,
        feature_names: Sequence[str] | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Train on x (n, p), y (n,); with a patience the trees after the best log-loss of validation (x, y) go."""
        require_shape("x", x, (None, None))
        labels = require_labels("y", y, len(x))
        if weight is not None:
            require_shape("weight", weight, (len(x),))
        names = list(feature_names) if feature_names is not None else [f"x{i}" for i in range(x.shape[1])]
        if len(names) != x.shape[1]:
            raise ValueError(f"feature_names has {len(names)} names for {x.shape[1]} columns of x")
        train = lightgbm.Dataset(x, labels, weight=weight, params=self._parameters(len(x)), free_raw_data=True)
        held_out = []
        if validation is not None:
            require_shape("validation x", validation[0], (None, x.shape[1]))
            held_labels = require_labels("validation y", validation[1], len(validation[0]))
            held_out = [lightgbm.Dataset(validation[0], held_labels, reference=train)]
        # The first one finds how many trees are best; the others differ by their seed only.
        early = bool(held_out) and self.config.boosting_patience > 0
        rounds = self.config.boosting_rounds
        self._boosters = []
        for bag in range(self.config.boosting_bags):
            first = bag == 0
            booster = lightgbm.train(
                self._parameters(len(x), bag),
                train,
                num_boost_round=rounds,
                valid_sets=held_out if early and first else None,
                valid_names=["validation"] if early and first else None,
                callbacks=self._callbacks(on_epoch, held_out, early=early) if first else None,
            )
            self._boosters.append(booster)
            rounds = self.rounds
        for booster in self._boosters:
            booster.free_dataset()  # else the candidates stay as long as the trees do
        self.feature_names = names
        return self

    @classmethod
    def averaged(cls, fitted: Sequence[Self], config: ClassicConfig, *, seed: int) -> Self:
        """The mean logit of models that were fitted apart, as one of `config.boosting_bags` models."""
        boosters = [booster for trees in fitted for booster in trees._boosters]
        if len(boosters) != config.boosting_bags:
            raise ValueError(f"{len(boosters)} models for {config.boosting_bags} bags")
        joint = cls(config, seed=seed)
        joint.feature_names, joint._boosters = fitted[0].feature_names, boosters
        return joint

    def predict(self, x: NDArray[Any]) -> Floats:
        """Probabilities (n,) float32."""
        self._require(x)
        logits = [booster.predict(x, raw_score=True, num_threads=thread_count()) for booster in self._boosters]
        out: Floats = sigmoid(np.mean(logits, axis=0)).astype(np.float32)
        return out

    def contributions(self, x: NDArray[Any]) -> Doubles:
        """Tree SHAP values (n, p + 1): each feature's share of the logit, the base value last."""
        self._require(x)
        values = [booster.predict(x, pred_contrib=True, num_threads=thread_count()) for booster in self._boosters]
        out: Doubles = np.mean(values, axis=0)
        return out

    @property
    def rounds(self) -> int:
        """Trees of one model that `predict` uses: those up to the best of the validation, or all."""
        if not self._boosters:
            raise NotFittedError("the boosted trees have not been fitted")
        first = self._boosters[0]
        return int(first.best_iteration if first.best_iteration > 0 else first.current_iteration())

    def importance(self) -> dict[str, float]:
        """Total gain of each feature, by name."""
        if not self._boosters:
            raise NotFittedError("the boosted trees have not been fitted")
        gains = np.sum([booster.feature_importance("gain") for booster in self._boosters], axis=0)
        return {name: float(gain) for name, gain in zip(self.feature_names, gains, strict=True)}

    def save(self, folder: Path) -> None:
        """Write model.txt, model-1.txt, ... (LightGBM's own text) and settings.json into an existing folder."""
        if not self._boosters:
            raise NotFittedError("the boosted trees have not been fitted")
        for bag, booster in enumerate(self._boosters):
            (folder / self._model_file(bag)).write_text(booster.model_to_string())
        settings = {"config": self.config.to_dict(), "seed": self.seed, "feature_names": self.feature_names}
        (folder / self.SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        settings = json.loads((folder / cls.SETTINGS_FILE).read_text())
        loaded = cls(ClassicConfig.from_dict(settings["config"]), seed=settings["seed"])
        loaded.feature_names = settings["feature_names"]
        loaded._boosters = [
            lightgbm.Booster(model_str=(folder / cls._model_file(bag)).read_text())
            for bag in range(loaded.config.boosting_bags)
        ]
        return loaded

    @classmethod
    def _model_file(cls, bag: int) -> str:
        return cls.MODEL_FILE if bag == 0 else f"model-{bag}.txt"

    def _parameters(self, rows: int, bag: int = 0) -> dict[str, Any]:
        return {
            "objective": "binary",
            "metric": ["binary_logloss", "auc"],
            "learning_rate": self.config.boosting_learning_rate,
            "num_leaves": self.config.boosting_leaves,
            "min_data_in_leaf": self.config.boosting_min_leaf,
            "feature_fraction": 0.4,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 20.0,
            "max_bin": 127,
            "seed": self.seed + bag,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": thread_count() if rows >= THREADED_ROWS else 1,
            "verbosity": -1,
        }

    def _callbacks(self, on_epoch: OnEpoch | None, held_out: list[Any], *, early: bool) -> list[Callable[[Any], None]]:
        callbacks: list[Callable[[Any], None]] = []
        if on_epoch:
            callbacks.append(_Reporter(on_epoch, None if early else next(iter(held_out), None)))
        if early:
            # The log-loss alone decides; it is the first metric.
            callbacks.append(
                lightgbm.early_stopping(self.config.boosting_patience, first_metric_only=True, verbose=False)
            )
        return callbacks

    def _require(self, x: NDArray[Any]) -> None:
        if not self._boosters:
            raise NotFittedError("the boosted trees have not been fitted")
        require_shape("x", x, (None, self._boosters[0].num_feature()))


class _Reporter:
    """LightGBM's callback of one tree as our report of one epoch."""

    before_iteration = False
    order = 5  # before early stopping, whose exception would skip the last report

    def __init__(self, on_epoch: OnEpoch, held_out: Any | None) -> None:
        """`held_out`: a validation that LightGBM does not judge by itself after every tree."""
        self.on_epoch = on_epoch
        self.held_out = held_out
        self.started = time.perf_counter()

    def __call__(self, state: Any) -> None:
        tree = state.iteration + 1 - state.begin_iteration
        trees = state.end_iteration - state.begin_iteration
        if tree == 1 and self.held_out is not None:
            state.model.add_valid(self.held_out, "validation")
        if tree % REPORT_EVERY and tree != trees:
            return
        # Judged here and not at every tree, which would double the time of training.
        train = {metric: float(value) for _, metric, value, _ in state.model.eval_train()}
        judged = state.evaluation_result_list if self.held_out is None else state.model.eval_valid()
        held_out = {metric: float(value) for _, metric, value, _ in judged}
        now = time.perf_counter()
        self.on_epoch(
            EpochReport(
                estimator="boosting",
                epoch=-(-tree // REPORT_EVERY),
                epochs=-(-trees // REPORT_EVERY),
                loss=train["binary_logloss"],
                val_loss=held_out.get("binary_logloss"),
                metrics={"auc": held_out["auc"]} if held_out else {},
                seconds=now - self.started,
            )
        )
        self.started = now
