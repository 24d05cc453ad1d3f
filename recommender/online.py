"""WEB side: what the shopper did a moment ago changes the next answer, in NumPy and without TensorFlow.

One recurrent step is two small matrix products (about 10 microseconds); the state of a shopper is hidden_size floats.
Weights are read from the .npz files that `registry.save_bundle` writes into every artefact folder.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from recommender.artefacts import ArtefactError
from recommender.estimators import forward
from recommender.estimators.base import Arrays, Doubles, Floats, Ints, require_shape
from recommender.estimators.pair_scaler import transform_pairs
from recommender.estimators.stack_formula import FLOOR, through

STACK_FILE = "stack/stack.json"
LARGEST_LOGIT = math.log((1 - FLOOR) / FLOOR)
INTEREST_WEIGHTS_FILE = "interest_weights.npz"
FUSION_WEIGHTS_FILE = "fusion_weights.npz"
INTEREST_NAMES = frozenset({"W_embed", "b_embed", "W_in", "W_rec", "b1", "W2", "b2"})


@dataclass(frozen=True)
class OnlineInterest:
    """The interest model's recurrence: h_t = tanh(W1·[x_t, h_(t-1)]), I = sigmoid(W2·h_t)."""

    weights: Arrays

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read interest_weights.npz of an artefact folder. Raises ArtefactError."""
        weights = _read(folder, INTEREST_WEIGHTS_FILE)
        if missing := INTEREST_NAMES - weights.keys():
            raise ArtefactError(folder, INTEREST_WEIGHTS_FILE, f"lacks {', '.join(sorted(missing))}")
        return cls(weights)

    @property
    def n_inputs(self) -> int:
        """Width of one basket or visit as `step` takes it."""
        return int(self.weights["W_embed"].shape[0])

    @property
    def n_categories(self) -> int:
        """Width of `interest`."""
        return int(self.weights["W2"].shape[1])

    @property
    def hidden_size(self) -> int:
        """Width of the state."""
        return int(self.weights["W_rec"].shape[0])

    def start(self) -> Floats:
        """The state (hidden_size,) of a shopper of whom nothing is known."""
        return np.zeros(self.hidden_size, np.float32)

    def step(self, state: Floats, x: Floats) -> Floats:
        """The state (hidden_size,) after one more basket or visit x (n_inputs,)."""
        require_shape("state", state, (self.hidden_size,))
        require_shape("x", x, (self.n_inputs,))
        return forward.interest_step(self.weights, state, x.astype(np.float32, copy=False))

    def interest(self, state: Floats) -> Floats:
        """I (n_categories,) in (0, 1) of a state."""
        require_shape("state", state, (self.hidden_size,))
        return forward.interest_output(self.weights, state)


@dataclass(frozen=True)
class OnlineFusion:
    """The ranker of one shopper's few hundred coupons."""

    weights: Arrays

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read fusion_weights.npz of an artefact folder. Raises ArtefactError."""
        weights = _read(folder, FUSION_WEIGHTS_FILE)
        if not {"W5_interest", "W_out"} & weights.keys():
            raise ArtefactError(folder, FUSION_WEIGHTS_FILE, "holds the weights of no fusion")
        return cls(weights)

    def score(self, interest: Floats, items: Floats, pair: Floats | None = None) -> Floats:
        """Probabilities (c,) of coupons items (c, n_item) for interest (n_interest,), pair features (c, n_pair)."""
        left, right = forward.fusion_sides(self.weights, interest[None].astype(np.float32), items.astype(np.float32))
        dense = self._dense(pair, len(items))
        out: Floats = forward.sigmoid(
            forward.fusion_logits(self.weights, np.repeat(left, len(items), axis=0), right, dense)
        )
        return out

    def item_side(self, items: Floats) -> Floats:
        """What `logits` reads of coupons (c, n_item): the same for every shopper."""
        nobody = np.zeros((1, self.n_interest), np.float32)
        return forward.fusion_sides(self.weights, nobody, items.astype(np.float32, copy=False))[1]

    def logits(self, interest: Floats, items: Floats, scaled: Floats | None) -> Floats:
        """Logits (c,) of coupons `item_side` (c, q) with scaled pair features (c, width)."""
        no_item = np.zeros((1, self.n_item), np.float32)
        left = forward.fusion_sides(self.weights, interest[None].astype(np.float32), no_item)[0]
        dense = scaled if scaled is not None and scaled.shape[1] else None
        return forward.fusion_logits(self.weights, np.repeat(left, len(items), axis=0), items, dense)

    def scale_pairs(self, raw: Doubles, columns: Ints) -> Floats:
        """Some pair features (c, len(columns)), all of them defined, as `transform_pairs` scales them."""
        part = {name: self.weights[name][columns] for name in ("pair_mean", "pair_scale")}
        return transform_pairs(part | {"pair_marked": np.zeros(0, np.int64)}, raw)

    @property
    def n_interest(self) -> int:
        return len(self.weights["W5_interest"] if "W5_interest" in self.weights else self.weights["interest_mean"])

    @property
    def n_item(self) -> int:
        return len(self.weights["W5_item"] if "W5_item" in self.weights else self.weights["item_mean"])

    def _dense(self, pair: Floats | None, coupons: int) -> Floats | None:
        if "pair_mean" not in self.weights or not len(self.weights["pair_mean"]):
            return None
        if pair is None:
            raise ValueError(f"pair is missing: the ranker reads {len(self.weights['pair_mean'])} pair features")
        require_shape("pair", pair, (coupons, len(self.weights["pair_mean"])))
        return transform_pairs(self.weights, pair)


@dataclass(frozen=True)
class OnlineStack:
    """The calibrated stack with one part that moves: the fusion, by its coefficient on its logit."""

    coefficient: float
    knots: Doubles
    """(k, 2) of the calibration; (0, 2) where there is none."""

    @classmethod
    def load(cls, folder: Path, *, part: str) -> Self:
        """Read stack.json of an artefact folder. Raises ArtefactError."""
        try:
            content = json.loads((folder / STACK_FILE).read_text())
            coefficient = content["fitted"]["coefficients"][content["names"].index(part)]
            return cls(float(coefficient), np.array(content["fitted"]["knots"], np.float64).reshape(-1, 2))
        except FileNotFoundError:
            raise ArtefactError(folder, STACK_FILE, "is missing") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ArtefactError(folder, STACK_FILE, f"holds no stack of {part}: {error}") from None

    def moved(self, logits: Doubles, before: Floats, after: Floats) -> Doubles:
        """The sums (c,) after the fusion's logits went from `before` to `after` (c,)."""
        low, high = -LARGEST_LOGIT, LARGEST_LOGIT
        out: Doubles = logits + self.coefficient * (np.clip(after, low, high) - np.clip(before, low, high))
        return out

    def probabilities(self, logits: Doubles) -> Doubles:
        """Calibrated probabilities (c,) of the stack's sums."""
        out: Doubles = forward.sigmoid(through(logits, self.knots) if len(self.knots) else logits)
        return out


def _read(folder: Path, file: str) -> Arrays:
    try:
        with np.load(folder / file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise ArtefactError(folder, file, "is missing") from None
    except (ValueError, OSError) as error:
        raise ArtefactError(folder, file, f"cannot be read: {error}") from None
