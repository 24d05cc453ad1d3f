"""User interest model: h_t = tanh(W1·[x_t, h_(t-1)]), o_t = W2·h_t, I = sigmoid(o_t).

x_t is an embedding of one basket or visit, I one score in (0, 1) per category: the probability that the
shopper buys from it in the window after the step. Trained many to many: at every step with a complete window.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from recommender.config import InterestConfig
from recommender.estimators import forward, metrics, network_training
from recommender.estimators.base import (
    Arrays,
    Bools,
    Floats,
    OnEpoch,
    require_finite,
    require_shape,
)
from recommender.estimators.network_files import read_settings, read_weights_into, write_network

CHUNK = 512
"""Shoppers of one NumPy pass: bounds memory at about CHUNK x T x (n_inputs + n_categories) floats."""

Sequences = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""x, mask, y, y_mask as `fit` takes them."""


class InterestRNN:
    """Recurrent multi-label model of a shopper's next window. Scores do not depend on padding."""

    def __init__(self, config: InterestConfig, *, n_inputs: int, n_categories: int, seed: int) -> None:
        self.config = config
        self.n_inputs = n_inputs
        self.n_categories = n_categories
        self.seed = seed
        network_training.begin(seed)
        self._model = self._build()
        self._weights = self._read_weights()

    def fit(
        self,
        x: NDArray[Any],
        mask: NDArray[Any],
        y: NDArray[Any],
        y_mask: NDArray[Any],
        *,
        validation: Sequences | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Train on x (n, T, n_inputs), mask (n, T), y (n, T, n_categories) in {0, 1}, y_mask (n, T).

        A step counts in the loss where both masks are True. With a validation, its loss picks the best epoch.
        """
        self._require(x, mask, y, y_mask, prefix="")
        if validation is not None:
            self._require(*validation, prefix="validation ")
        used = mask.astype(bool) & y_mask.astype(bool)
        if not used.any():
            raise ValueError("y_mask leaves no step to train on")
        network_training.begin(self.seed)
        self._model = self._build()
        self._start_from_base_rates(y, used)
        steps = max(len(x) // self.config.batch_size, 1)
        self._model.compile(
            optimizer=network_training.adam(self.config.learning_rate, self.config.epochs, steps),
            loss=_MultiLabelLoss(reduction="sum"),
        )
        network_training.train(
            self._model,
            name="interest",
            epochs=self.config.epochs,
            patience=self.config.patience,
            batches=lambda epoch: self._batches(epoch, x, mask.astype(bool), y, used),
            validate=None if validation is None else (lambda: self._validate(*validation)),
            on_epoch=on_epoch,
        )
        self._weights = self._read_weights()
        return self

    def predict(self, x: NDArray[Any], mask: NDArray[Any]) -> Floats:
        """I after the last real step, (n, n_categories) float32."""
        return forward.interest_output(self._weights, self.hidden(x, mask))

    def predict_steps(self, x: NDArray[Any], mask: NDArray[Any]) -> Floats:
        """I after every step, (n, T, n_categories) float32; at a padded step that of the last real one."""
        self._require_inputs(x, mask, prefix="")
        out = np.empty((*mask.shape, self.n_categories), np.float32)
        for start in range(0, len(x), CHUNK):
            rows = slice(start, start + CHUNK)
            out[rows] = forward.interest_output(self._weights, self._states(x[rows], mask[rows]))
        return out

    def hidden(self, x: NDArray[Any], mask: NDArray[Any]) -> Floats:
        """h after the last real step, (n, hidden_size) float32; zeros for a shopper without one."""
        self._require_inputs(x, mask, prefix="")
        out = np.zeros((len(x), self.config.hidden_size), np.float32)
        for start in range(0, len(x), CHUNK):
            rows = slice(start, start + CHUNK)
            out[rows] = self._states(x[rows], mask[rows])[:, -1]
        return out

    def weights(self) -> Arrays:
        """W_embed, b_embed (basket to x_t), W_in, W_rec, b1 (W1 split), W2, b2; read by online.py."""
        return {name: value.copy() for name, value in self._weights.items()}

    def save(self, folder: Path) -> None:
        """Write model.keras and settings.json into an existing folder."""
        settings = {
            "config": self.config.to_dict(),
            "n_inputs": self.n_inputs,
            "n_categories": self.n_categories,
            "seed": self.seed,
        }
        write_network(folder, self._model, settings)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved; nothing of the file is executed."""
        settings = read_settings(folder)
        settings["config"] = InterestConfig.from_dict(settings["config"])
        loaded = cls(**settings)
        read_weights_into(folder, loaded._model)
        loaded._weights = loaded._read_weights()
        return loaded

    def keras_model(self) -> Any:
        """The network: inputs [x (n, T, n_inputs), mask (n, T)], output logits (n, T, n_categories)."""
        return self._model

    def _build(self) -> Any:
        config = self.config
        penalty = keras.regularizers.L2(config.l2) if config.l2 else None
        x = keras.Input((None, self.n_inputs), name="x")
        mask = keras.Input((None,), dtype="bool", name="mask")
        embedded = keras.layers.Dense(
            config.embedding_size, activation="relu", kernel_regularizer=penalty, name="embed"
        )(x)
        embedded = keras.layers.Dropout(config.dropout)(embedded)
        states = keras.layers.SimpleRNN(
            config.hidden_size,
            activation="tanh",
            return_sequences=True,
            kernel_regularizer=penalty,
            recurrent_regularizer=penalty,
            name="recurrent",
        )(embedded, mask=mask)
        states = keras.layers.Dropout(config.dropout)(states)
        logits = keras.layers.Dense(self.n_categories, kernel_regularizer=penalty, name="output")(states)
        return keras.Model([x, mask], logits)

    def _read_weights(self) -> Arrays:
        layers = {name: self._model.get_layer(name).get_weights() for name in ("embed", "recurrent", "output")}
        names = {
            "embed": ("W_embed", "b_embed"),
            "recurrent": ("W_in", "W_rec", "b1"),
            "output": ("W2", "b2"),
        }
        return {
            name: np.ascontiguousarray(value, np.float32)
            for layer, values in layers.items()
            for name, value in zip(names[layer], values, strict=True)
        }

    def _start_from_base_rates(self, y: NDArray[Any], used: Bools) -> None:
        """The output bias starts at each category's log-odds, so that no epoch is spent on learning them."""
        rate = (y[used].sum(axis=0, dtype=np.float64) + 1) / (used.sum() + 2)
        layer = self._model.get_layer("output")
        layer.set_weights([layer.get_weights()[0], np.log(rate / (1 - rate)).astype(np.float32)])

    def _batches(
        self, epoch: int, x: NDArray[Any], mask: Bools, y: NDArray[Any], used: Bools
    ) -> Iterator[network_training.Batch]:
        rng = np.random.default_rng((self.seed, epoch))
        trainable = np.flatnonzero(used.any(axis=1))
        for rows in network_training.batch_slices(rng.permutation(trainable), self.config.batch_size):
            seen = self._cropped(mask[rows], rng)
            # Weights of sum 1 with the loss summed: a mean over exactly the steps that count.
            weight = (used[rows] & seen).astype(np.float32)
            weight /= max(float(weight.sum()), 1.0)
            yield [self._noisy(x[rows], rng), seen], y[rows].astype(np.float32), weight

    def _cropped(self, mask: Bools, rng: np.random.Generator) -> Bools:
        """Some sequences lose their first baskets, up to a random one; one basket at least is left."""
        if not self.config.crop_probability:
            return mask
        length = mask.sum(axis=1)
        first = np.floor(rng.random(len(mask)) * length).astype(np.int64)
        first[rng.random(len(mask)) >= self.config.crop_probability] = 0
        position = np.cumsum(mask, axis=1) - 1
        cropped: Bools = mask & (position >= first[:, None])
        return cropped

    def _noisy(self, x: NDArray[Any], rng: np.random.Generator) -> Floats:
        x = x.astype(np.float32, copy=False)
        if not self.config.input_noise:
            return x
        factor = rng.standard_normal(x.shape, np.float32)
        factor *= self.config.input_noise
        factor += 1
        noisy: Floats = x * factor
        return noisy

    def _validate(
        self, x: NDArray[Any], mask: NDArray[Any], y: NDArray[Any], y_mask: NDArray[Any]
    ) -> network_training.Verdict:
        self._weights = self._read_weights()
        used = mask.astype(bool) & y_mask.astype(bool)
        total, count = 0.0, 0
        for start in range(0, len(x), CHUNK):
            rows = slice(start, start + CHUNK)
            states = self._states(x[rows], mask[rows])[used[rows]]
            total += metrics.log_loss(y[rows][used[rows]], forward.interest_output(self._weights, states)) * len(states)
            count += len(states)
        last = used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1)
        kept = np.flatnonzero(used.any(axis=1))
        scores = np.concatenate(
            [self._last_scores(x, mask, kept[i : i + CHUNK], last) for i in range(0, len(kept), CHUNK)]
        )
        labels = y[kept, last[kept]].astype(np.float32)
        return network_training.Verdict(
            loss=total / max(count, 1),
            metrics={
                "auc": metrics.auc(labels.ravel(), scores.ravel()),
                "category_auc": metrics.mean_column_auc(labels, scores),
            },
        )

    def _last_scores(self, x: NDArray[Any], mask: NDArray[Any], rows: NDArray[Any], last: NDArray[Any]) -> Floats:
        states = self._states(x[rows], mask[rows])[np.arange(len(rows)), last[rows]]
        return forward.interest_output(self._weights, states)

    def _states(self, x: NDArray[Any], mask: NDArray[Any]) -> Floats:
        return forward.interest_states(self._weights, x.astype(np.float32, copy=False), mask.astype(bool, copy=False))

    def _require_inputs(self, x: NDArray[Any], mask: NDArray[Any], *, prefix: str) -> None:
        require_shape(f"{prefix}x", x, (None, None, self.n_inputs))
        require_shape(f"{prefix}mask", mask, x.shape[:2])
        require_finite(f"{prefix}x", x)

    def _require(
        self, x: NDArray[Any], mask: NDArray[Any], y: NDArray[Any], y_mask: NDArray[Any], *, prefix: str
    ) -> None:
        self._require_inputs(x, mask, prefix=prefix)
        require_shape(f"{prefix}y", y, (*x.shape[:2], self.n_categories))
        require_shape(f"{prefix}y_mask", y_mask, x.shape[:2])


@keras.saving.register_keras_serializable(package="recommender")
class _MultiLabelLoss(keras.losses.Loss):  # type: ignore[misc]
    """Binary cross-entropy on logits, the mean over categories; one value for each step."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred), axis=-1)
