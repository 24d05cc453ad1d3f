"""Forward passes of the networks in plain NumPy, equal to Keras within 1e-5.

Used by the estimators in batch and by `recommender.online` in the web process, which never loads TensorFlow.
A whole batch in NumPy is also faster than `predict`: no graph to build, no copy in and out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.base import Bools, Floats

Weights = Mapping[str, NDArray[Any]]
LOGIT_BOUND = 30.0
SCALED_BOUND = 8.0
"""Standard deviations at which a projected input is cut."""


BAG_PREFIX = "bag{}_"
"""Before the names of the weights of a second fusion, a third, ... whose logits are averaged with the first one's."""


def sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + e^-x) without overflow, in x's own type."""
    bounded = np.clip(x, -LOGIT_BOUND, LOGIT_BOUND)
    result: NDArray[Any] = 1 / (1 + np.exp(-bounded))
    return result


def embed(weights: Weights, x: Floats) -> Floats:
    """x_t of the formula: the basket (..., n_inputs) as an embedding (..., embedding_size)."""
    out: Floats = np.maximum(x @ weights["W_embed"] + weights["b_embed"], 0)
    return out


def interest_step(weights: Weights, state: Floats, x: Floats) -> Floats:
    """h_t = tanh(W1·[x_t, h_(t-1)]), W1 split into W_in and W_rec. x (..., n_inputs), state (..., hidden)."""
    out: Floats = np.tanh(embed(weights, x) @ weights["W_in"] + state @ weights["W_rec"] + weights["b1"])
    return out


def interest_output(weights: Weights, state: Floats) -> Floats:
    """I = sigmoid(W2·h_t), one score per category, from states (..., hidden_size)."""
    out: Floats = sigmoid(state @ weights["W2"] + weights["b2"])
    return out


def interest_states(weights: Weights, x: Floats, mask: Bools) -> Floats:
    """h after each step (n, T, hidden_size); a masked step leaves h as it was, so padding changes nothing."""
    n, steps = mask.shape
    inner = embed(weights, x) @ weights["W_in"] + weights["b1"]
    states = np.empty((n, steps, weights["W_rec"].shape[0]), np.float32)
    state = np.zeros((n, weights["W_rec"].shape[0]), np.float32)
    for step in range(steps):
        moved = np.tanh(inner[:, step] + state @ weights["W_rec"])
        state = np.where(mask[:, step, None], moved, state)
        states[:, step] = state
    return states


def autoencoder_code(weights: Weights, x: Floats) -> Floats:
    """z = sigmoid(W3·x), x (n, d)."""
    out: Floats = sigmoid(x @ weights["W3"] + weights["b3"])
    return out


def autoencoder_reconstruction(weights: Weights, code: Floats) -> Floats:
    """x' = sigmoid(W4·z), code (n, dim z)."""
    out: Floats = sigmoid(code @ weights["W4"] + weights["b4"])
    return out


def fusion_sides(weights: Weights, interest: Floats, item: Floats) -> tuple[Floats, Floats]:
    """The part of the ranker that reads one side only: once a shopper and once an item, not once a pair.

    Literal: the scalars W5·I (s, 1) and W5·x' (c, 1). Interaction: the projections (s, q) and (c, q); of b averaged
    fusions those of each, side by side, (s, b·q) and (c, b·q).
    """
    if "W5_interest" in weights:
        return interest @ weights["W5_interest"][:, None], item @ weights["W5_item"][:, None]
    sides = []
    for name, table in (("interest", interest), ("item", item)):
        scaled = (table - weights[f"{name}_mean"]) * weights[f"{name}_scale"]
        np.clip(scaled, -SCALED_BOUND, SCALED_BOUND, out=scaled)
        own = [scaled @ weights[f"{bag}P_{name}"] + weights[f"{bag}p_{name}"] for bag in _bags(weights)]
        sides.append(np.tanh(np.concatenate(own, axis=-1)).astype(np.float32))
    return sides[0], sides[1]


def _bags(weights: Weights) -> list[str]:
    """Prefixes of the averaged fusions' weights; the first one has none."""
    bags = [""]
    while BAG_PREFIX.format(len(bags)) + "W_out" in weights:
        bags.append(BAG_PREFIX.format(len(bags)))
    return bags


def fusion_logits(weights: Weights, left: Floats, right: Floats, dense: Floats | None) -> Floats:
    """Logits (n,) of pairs from their rows of `fusion_sides` and their scaled features (n, width) or None."""
    if "W5_interest" in weights:
        literal: Floats = left[:, 0] + right[:, 0] + weights["b5"]
        return literal
    bags = _bags(weights)
    sides = zip(np.split(left, len(bags), axis=1), np.split(right, len(bags), axis=1), strict=True)
    logits = [_bag_logits(weights, bag, *own, dense) for bag, own in zip(bags, sides, strict=True)]
    out: Floats = logits[0] if len(bags) == 1 else np.mean(logits, axis=0)
    return out


def _bag_logits(weights: Weights, bag: str, left: Floats, right: Floats, dense: Floats | None) -> Floats:
    """Logits (n,) of the fusion whose weights have the prefix `bag`."""
    parts = [left, right, left * right] + ([] if dense is None else [dense])
    first = np.concatenate(parts, axis=1)
    crossed, layer = first, 0
    while f"{bag}cross{layer}_down" in weights:
        inner = crossed @ weights[f"{bag}cross{layer}_down"]
        bias = weights[f"{bag}cross{layer}_bias"]
        crossed = first * (inner @ weights[f"{bag}cross{layer}_up"] + bias) + crossed
        layer += 1
    hidden = np.maximum(crossed @ weights[f"{bag}W_hidden"] + weights[f"{bag}b_hidden"], 0)
    of_hidden, of_crossed = np.split(weights[f"{bag}W_out"][:, 0], [hidden.shape[1]])
    out: Floats = hidden @ of_hidden + crossed @ of_crossed + weights[f"{bag}b_out"][0]
    return out
