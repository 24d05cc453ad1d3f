"""Recommendation model over pairs of a shopper and a coupon, trained by cross-entropy.

literal:     y = sigmoid(W5·[I, x']). Additive: every shopper gets the same order of coupons.
interaction: projections p of I and q of x', their product p·q and the pair features pass through cross layers
             (x_(l+1) = x_0 · (V(U·x_l) + b) + x_l) and a hidden layer; the order is personal.

Interest and item come as tables, pairs as indices into them: 800,000 pairs are never spelt out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import keras
import keras_rs
import numpy as np
from numpy.typing import NDArray

from recommender.config import FusionConfig
from recommender.estimators import forward, metrics, network_training
from recommender.estimators.base import (
    Arrays,
    Floats,
    Ints,
    OnEpoch,
    require_finite,
    require_index,
    require_labels,
    require_shape,
)
from recommender.estimators.gathered import Table
from recommender.estimators.negatives import NegativeSampler
from recommender.estimators.network_files import (
    read_settings,
    read_weights_into,
    write_network,
)
from recommender.estimators.pair_scaler import PairScaler

CHUNK = 8192
"""Pairs of one NumPy pass: small enough for the processor's cache, which doubles the speed."""
VALIDATION_NEGATIVES = 50_000
SCALES_FILE = "scales.npz"

Pairs = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], Table | None, NDArray[Any]]
"""interest, item, shopper_index, item_index, pair, y as `fit` takes them."""


@dataclass(frozen=True)
class _Candidates:
    """Scaled tables and pairs of one training."""

    interest: Floats
    item: Floats
    shopper_index: Ints
    item_index: Ints
    pair: Table | None
    y: Floats


class FusionRanker:
    """P(redeem) of pairs, with negatives subsampled in training and the logit corrected for it."""

    def __init__(self, config: FusionConfig, *, n_interest: int, n_item: int, n_pair: int, seed: int) -> None:
        self.config = config
        self.n_interest = n_interest
        self.n_item = n_item
        self.n_pair = n_pair
        self.seed = seed
        self._scales: Arrays = self._unit_scales()
        network_training.begin(seed)
        self._model = self._build()
        self._weights = self._read_weights()

    @property
    def uses_pairs(self) -> bool:
        """Whether pair features are read: the literal formula has no place for them."""
        return self.config.fusion == "interaction" and self.n_pair > 0

    def fit(  # noqa: PLR0917  (the order of the tables, indices and labels is the interface)
        self,
        interest: NDArray[Any],
        item: NDArray[Any],
        shopper_index: NDArray[Any],
        item_index: NDArray[Any],
        pair: Table | None,
        y: NDArray[Any],
        *,
        groups: NDArray[Any] | None = None,
        validation: Pairs | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Train on interest (s, n_interest), item (c, n_item), their indices (n,), pair (n, n_pair), y (n,).

        `groups` (n,) numbers the slates (a shopper's campaign): coupons left beside a redeemed one are then
        drawn more often, with weights that keep the probabilities right. `validation` picks the epoch.
        """
        rows, columns = self._require(interest, item, shopper_index, item_index, pair, prefix="")
        labels = require_labels("y", y, len(rows))
        if groups is not None:
            require_shape("groups", groups, (len(rows),))
        if validation is not None:
            self._require(*validation[:5], prefix="validation ")
            validation = (*validation[:5], require_labels("validation y", validation[5], len(validation[2])))
        sampler = NegativeSampler(labels, groups, self.config.negatives_per_positive)
        self._scales = self._fit_scales(interest, item, pair) | {"log_rate": np.array(sampler.log_rate, np.float32)}
        network_training.begin(self.seed)
        self._model = self._build()
        self._start_from_base_rate(len(sampler.positives), sampler.size)
        self._model.compile(
            optimizer=network_training.adam(
                self.config.learning_rate, self.config.epochs, max(sampler.size // self.config.batch_size, 1)
            ),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        candidates = _Candidates(
            self._scaled("interest", interest), self._scaled("item", item), rows, columns, pair, labels
        )
        network_training.train(
            self._model,
            name=f"fusion {self.config.fusion}",
            epochs=self.config.epochs,
            patience=self.config.patience,
            batches=lambda epoch: self._batches(epoch, sampler, candidates),
            validate=self._validator(validation),
            on_epoch=on_epoch,
        )
        self._weights = self._read_weights()
        return self

    def predict(
        self,
        interest: NDArray[Any],
        item: NDArray[Any],
        shopper_index: NDArray[Any],
        item_index: NDArray[Any],
        pair: Table | None = None,
    ) -> Floats:
        """Probabilities (n,) float32 of the pairs (shopper_index[i], item_index[i])."""
        rows, columns = self._require(interest, item, shopper_index, item_index, pair, prefix="")
        left, right = forward.fusion_sides(
            self._weights, interest.astype(np.float32, copy=False), item.astype(np.float32, copy=False)
        )
        scaler = PairScaler(self._scales) if self.uses_pairs else None
        out = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            dense = None if scaler is None or pair is None else scaler.transform(pair[part])
            out[part] = forward.fusion_logits(self._weights, left[rows[part]], right[columns[part]], dense)
        return forward.sigmoid(out).astype(np.float32)

    def weights(self) -> Arrays:
        """What `forward.fusion_sides` and `fusion_logits` read, scales and correction of the logit included.

        literal: W5_interest (n_interest,), W5_item (n_item,), b5, in the units of the unscaled inputs.
        """
        return {name: np.array(value) for name, value in self._weights.items()}

    def save(self, folder: Path) -> None:
        """Write model.keras, settings.json and scales.npz into an existing folder."""
        settings = {
            "config": self.config.to_dict(),
            "n_interest": self.n_interest,
            "n_item": self.n_item,
            "n_pair": self.n_pair,
            "seed": self.seed,
        }
        write_network(folder, self._model, settings)
        np.savez(folder / SCALES_FILE, **self._scales)  # type: ignore[arg-type]  # numpy's stub takes a flag by name

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        settings = read_settings(folder)
        settings["config"] = FusionConfig.from_dict(settings["config"])
        loaded = cls(**settings)
        with np.load(folder / SCALES_FILE, allow_pickle=False) as scales:
            loaded._scales = dict(scales)
        loaded._model = loaded._build()
        read_weights_into(folder, loaded._model)
        loaded._weights = loaded._read_weights()
        return loaded

    def _build(self) -> Any:
        interest = keras.Input((self.n_interest,), name="interest")
        item = keras.Input((self.n_item,), name="item")
        if self.config.fusion == "literal":
            both = keras.layers.Concatenate()([interest, item])
            return keras.Model([interest, item], self._dense(1, "out")(both))
        width = PairScaler(self._scales).width if self.uses_pairs else 0
        pair = keras.Input((width,), name="pair")
        left = self._dense(self.config.projection_size, "project_interest", "tanh")(interest)
        right = self._dense(self.config.projection_size, "project_item", "tanh")(item)
        parts = [left, right, keras.layers.Multiply()([left, right])] + ([pair] if width else [])
        first = keras.layers.Concatenate()(parts)
        crossed = first
        for layer in range(self.config.cross_layers):
            crossed = keras_rs.layers.FeatureCross(
                projection_dim=self.config.projection_size,
                kernel_regularizer=self._penalty(),
                name=f"cross{layer}",
            )(first, crossed)
        hidden = self._dense(self.config.hidden_size, "hidden", "relu")(crossed)
        hidden = keras.layers.Dropout(self.config.dropout)(hidden)
        logit = self._dense(1, "out")(keras.layers.Concatenate()([hidden, crossed]))
        return keras.Model([interest, item, pair] if width else [interest, item], logit)

    def _dense(self, units: int, name: str, activation: str | None = None) -> Any:
        return keras.layers.Dense(units, activation=activation, kernel_regularizer=self._penalty(), name=name)

    def _penalty(self) -> Any:
        return keras.regularizers.L2(self.config.l2) if self.config.l2 else None

    def _unit_scales(self) -> Arrays:
        zeros, ones = np.zeros, np.ones
        return {
            "interest_mean": zeros(self.n_interest, np.float32),
            "interest_scale": ones(self.n_interest, np.float32),
            "item_mean": zeros(self.n_item, np.float32),
            "item_scale": ones(self.n_item, np.float32),
            "log_rate": np.array(0, np.float32),
            "pair_mean": zeros(self.n_pair, np.float32),
            "pair_scale": ones(self.n_pair, np.float32),
            "pair_marked": zeros(0, np.int64),
        }

    def _fit_scales(self, interest: NDArray[Any], item: NDArray[Any], pair: Table | None) -> Arrays:
        scales = self._unit_scales()
        for name, table in (("interest", interest), ("item", item)):
            deviation = table.std(axis=0, dtype=np.float64)
            scales[f"{name}_mean"] = table.mean(axis=0, dtype=np.float64).astype(np.float32)
            scales[f"{name}_scale"] = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0).astype(np.float32)
        if self.uses_pairs and pair is not None:
            scales |= PairScaler.fit(pair).arrays
        return scales

    def _scaled(self, name: str, table: NDArray[Any]) -> Floats:
        scaled: Floats = ((table - self._scales[f"{name}_mean"]) * self._scales[f"{name}_scale"]).astype(np.float32)
        if self.config.fusion == "interaction":
            np.clip(scaled, -forward.SCALED_BOUND, forward.SCALED_BOUND, out=scaled)
        return scaled

    def _read_weights(self) -> Arrays:
        scales, model = self._scales, self._model
        w_out, b_out = model.get_layer("out").get_weights()
        bias = b_out + scales["log_rate"]
        if self.config.fusion == "literal":
            # Scaling is linear too: folded into W5, so that the formula holds for I and x' as they are.
            w_interest = w_out[: self.n_interest, 0] * scales["interest_scale"]
            w_item = w_out[self.n_interest :, 0] * scales["item_scale"]
            shift = w_interest @ scales["interest_mean"] + w_item @ scales["item_mean"]
            return {"W5_interest": w_interest, "W5_item": w_item, "b5": (bias - shift)[0].astype(np.float32)}
        weights: Arrays = {name: scales[name] for name in scales if name != "log_rate"}
        for name in ("interest", "item"):
            weights[f"P_{name}"], weights[f"p_{name}"] = model.get_layer(f"project_{name}").get_weights()
        for layer in range(self.config.cross_layers):
            down, up, cross_bias = model.get_layer(f"cross{layer}").get_weights()
            weights |= {f"cross{layer}_down": down, f"cross{layer}_up": up, f"cross{layer}_bias": cross_bias}
        weights["W_hidden"], weights["b_hidden"] = model.get_layer("hidden").get_weights()
        return weights | {"W_out": w_out, "b_out": bias.astype(np.float32)}

    def _start_from_base_rate(self, positives: int, drawn: int) -> None:
        layer = self._model.get_layer("out")
        start = np.log(positives / max(drawn - positives, 1))
        layer.set_weights([layer.get_weights()[0], np.array([start], np.float32)])

    def _batches(
        self, epoch: int, sampler: NegativeSampler, candidates: "_Candidates"
    ) -> Iterator[network_training.Batch]:
        drawn, weights = sampler.draw(np.random.default_rng((self.seed, epoch)))
        scaler = PairScaler(self._scales)
        for batch in network_training.batch_slices(np.arange(len(drawn)), self.config.batch_size):
            rows = drawn[batch]
            inputs = [
                candidates.interest[candidates.shopper_index[rows]],
                candidates.item[candidates.item_index[rows]],
            ]
            if self.uses_pairs and candidates.pair is not None:
                inputs.append(scaler.transform(candidates.pair[rows]))
            yield inputs, candidates.y[rows, None], weights[batch]

    def _validator(self, validation: Pairs | None) -> Any:
        """Log-loss and AUC on all positives and a fixed draw of negatives, weighted back to all of them."""
        if validation is None:
            return None
        interest, item, shopper_index, item_index, pair, y = validation
        rng = np.random.default_rng(self.seed)
        negatives = np.flatnonzero(y <= 0)
        kept = rng.choice(negatives, min(len(negatives), VALIDATION_NEGATIVES), replace=False)
        rows = np.concatenate([np.flatnonzero(y > 0), kept])
        weight = np.where(y[rows] > 0, 1.0, len(negatives) / max(len(kept), 1))
        labels = y[rows]
        part = None if pair is None else pair[rows]

        def verdict() -> network_training.Verdict:
            self._weights = self._read_weights()
            p = self.predict(interest, item, shopper_index[rows], item_index[rows], part)
            centred = _recentred(p, float(np.average(labels, weights=weight)), weight)
            return network_training.Verdict(
                loss=metrics.log_loss(labels, centred, weight), metrics={"auc": metrics.auc(labels, p)}
            )

        return verdict

    def _require(
        self,
        interest: NDArray[Any],
        item: NDArray[Any],
        shopper_index: NDArray[Any],
        item_index: NDArray[Any],
        pair: Table | None,
        *,
        prefix: str,
    ) -> tuple[Ints, Ints]:
        require_shape(f"{prefix}interest", interest, (None, self.n_interest))
        require_shape(f"{prefix}item", item, (None, self.n_item))
        require_finite(f"{prefix}interest", interest)
        require_finite(f"{prefix}item", item)
        rows = require_index(f"{prefix}shopper_index", shopper_index, len(interest))
        columns = require_index(f"{prefix}item_index", item_index, len(item))
        require_shape(f"{prefix}item_index", columns, (len(rows),))
        if self.n_pair and pair is not None:
            require_shape(f"{prefix}pair", pair, (len(rows), self.n_pair))
        elif self.uses_pairs:
            raise ValueError(f"{prefix}pair is missing: the ranker was built for {self.n_pair} pair features")
        return rows, columns


def _recentred(p: Floats, rate: float, weight: NDArray[Any]) -> NDArray[np.float64]:
    """The probabilities with their logits moved together until their mean is `rate`.

    Redemption rates differ between campaigns by more than an epoch changes the loss: what picks the epoch is how
    well candidates are told apart. The stack sets the level.
    """
    logits = np.log(np.clip(p, 1e-7, 1 - 1e-7).astype(np.float64))
    logits -= np.log1p(-np.clip(p, 1e-7, 1 - 1e-7).astype(np.float64))
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        below = np.average(forward.sigmoid(logits + middle), weights=weight) < rate
        low, high = (middle, high) if below else (low, middle)
    moved: NDArray[np.float64] = forward.sigmoid(logits + low)
    return moved
