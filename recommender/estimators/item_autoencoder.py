"""Item attribute encoding: z = sigmoid(W3·x), x' = sigmoid(W4·z), dim z > dim x.

x is a product's attributes (category, brand, price, package, ...) in [0, 1]. The code is overcomplete: noise
on the input (some attributes hidden) and a penalty on active units keep it from copying.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import NDArray

from recommender.config import EncoderConfig
from recommender.estimators import forward, metrics, network_training
from recommender.estimators.base import Arrays, Floats, OnEpoch, require_finite, require_shape
from recommender.estimators.network_files import read_settings, read_weights_into, write_network

CHUNK = 16384
VALIDATION_ROWS = 8192


class ItemAutoencoder:
    """Denoising, sparse, overcomplete autoencoder of item attributes."""

    def __init__(self, config: EncoderConfig, *, n_inputs: int, seed: int) -> None:
        self.config = config
        self.n_inputs = n_inputs
        self.seed = seed
        self.code_size = max(math.ceil(n_inputs * config.expansion), n_inputs + 1)
        network_training.begin(seed)
        self._model = self._build()
        self._weights = self._read_weights()

    @property
    def output_size(self) -> int:
        """Width of `output`."""
        return self.code_size if self.config.output == "code" else self.n_inputs

    def fit(self, x: NDArray[Any], *, validation: NDArray[Any] | None = None, on_epoch: OnEpoch | None = None) -> Self:
        """Train on attributes x (n, n_inputs) in [0, 1]; the loss of `validation` picks the epoch."""
        self._require("x", x)
        if validation is not None:
            self._require("validation", validation)
            validation = validation[:VALIDATION_ROWS].astype(np.float32)
        network_training.begin(self.seed)
        self._model = self._build()
        self._start_from_base_rates(x)
        steps = max(min(len(x), self.config.rows_per_epoch) // self.config.batch_size, 1)
        self._model.compile(
            optimizer=network_training.adam(self.config.learning_rate, self.config.epochs, steps),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        network_training.train(
            self._model,
            name="encoder",
            epochs=self.config.epochs,
            patience=self.config.patience,
            batches=lambda epoch: self._batches(epoch, x),
            validate=None if validation is None else (lambda: self._validate(validation)),
            on_epoch=on_epoch,
        )
        self._weights = self._read_weights()
        return self

    def encode(self, x: NDArray[Any]) -> Floats:
        """z, (n, code_size) float32 in (0, 1)."""
        self._require("x", x)
        return self._by_chunk(x, self.code_size, self._encode)

    def reconstruct(self, x: NDArray[Any]) -> Floats:
        """x', (n, n_inputs) float32 in (0, 1)."""
        self._require("x", x)
        return self._by_chunk(x, self.n_inputs, self._reconstruct)

    def output(self, x: NDArray[Any]) -> Floats:
        """What the ranker reads of an item, by config.output: (n, output_size)."""
        return self.encode(x) if self.config.output == "code" else self.reconstruct(x)

    def weights(self) -> Arrays:
        """W3, b3, W4, b4."""
        return {name: value.copy() for name, value in self._weights.items()}

    def save(self, folder: Path) -> None:
        """Write model.keras and settings.json into an existing folder."""
        settings = {"config": self.config.to_dict(), "n_inputs": self.n_inputs, "seed": self.seed}
        write_network(folder, self._model, settings)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        settings = read_settings(folder)
        settings["config"] = EncoderConfig.from_dict(settings["config"])
        loaded = cls(**settings)
        read_weights_into(folder, loaded._model)
        loaded._weights = loaded._read_weights()
        return loaded

    def _build(self) -> Any:
        penalty = keras.regularizers.L1(self.config.l1) if self.config.l1 else None
        x = keras.Input((self.n_inputs,), name="x")
        code = keras.layers.Dense(self.code_size, activation="sigmoid", activity_regularizer=penalty, name="encode")(x)
        return keras.Model(x, keras.layers.Dense(self.n_inputs, name="decode")(code))

    def _read_weights(self) -> Arrays:
        w3, b3, w4, b4 = self._model.get_weights()
        return {"W3": w3, "b3": b3, "W4": w4, "b4": b4}

    def _start_from_base_rates(self, x: NDArray[Any]) -> None:
        rate = np.clip(x.mean(axis=0, dtype=np.float64), 1e-4, 1 - 1e-4)
        layer = self._model.get_layer("decode")
        layer.set_weights([layer.get_weights()[0], np.log(rate / (1 - rate)).astype(np.float32)])

    def _batches(self, epoch: int, x: NDArray[Any]) -> Iterator[network_training.Batch]:
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(len(x))[: self.config.rows_per_epoch]
        for rows in network_training.batch_slices(order, self.config.batch_size):
            clean = x[rows].astype(np.float32)
            kept = rng.random(clean.shape, np.float32) >= self.config.noise
            yield clean * kept, clean, None

    def _validate(self, x: Floats) -> network_training.Verdict:
        self._weights = self._read_weights()
        again = self._reconstruct(x)
        return network_training.Verdict(
            loss=metrics.log_loss(x, again), metrics={"rmse": float(np.sqrt(np.mean((x - again) ** 2)))}
        )

    def _encode(self, x: Floats) -> Floats:
        return forward.autoencoder_code(self._weights, x)

    def _reconstruct(self, x: Floats) -> Floats:
        return forward.autoencoder_reconstruction(self._weights, self._encode(x))

    def _by_chunk(self, x: NDArray[Any], width: int, function: Any) -> Floats:
        out = np.empty((len(x), width), np.float32)
        for start in range(0, len(x), CHUNK):
            rows = slice(start, start + CHUNK)
            out[rows] = function(x[rows].astype(np.float32, copy=False))
        return out

    def _require(self, name: str, x: NDArray[Any]) -> None:
        require_shape(name, x, (None, self.n_inputs))
        require_finite(name, x)
        if len(x) and (x.min() < 0 or x.max() > 1):
            raise ValueError(f"{name} holds values outside [0, 1]")
