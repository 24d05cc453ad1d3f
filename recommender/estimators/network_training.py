"""The training loop of the three networks: batches in, best weights kept, one report an epoch.

Written out rather than `model.fit`, because the batches are drawn anew each epoch (augmentation, negatives)
and the validation runs in NumPy.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from recommender.estimators.base import EpochReport, OnEpoch

Batch = tuple[Any, Any, Any]
"""Inputs, targets, sample weights as `train_on_batch` takes them."""
FINAL_RATE = 0.1
"""Share of the learning rate that is left after the last epoch of the cosine."""


@dataclass(frozen=True)
class Verdict:
    """Validation of one epoch."""

    loss: float
    metrics: dict[str, float]


def begin(seed: int) -> None:
    """A clean Keras state with known seeds; threads from OMP_NUM_THREADS if still unset."""
    threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    if threads:
        # After the first operation the pools are fixed, and TensorFlow says so with a RuntimeError.
        with suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)


def adam(learning_rate: float, epochs: int, steps: int) -> Any:
    """Adam with clipped gradients, its rate falling by a cosine to a tenth over all steps."""
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, max(epochs * steps, 1), alpha=FINAL_RATE)
    return keras.optimizers.Adam(schedule, clipnorm=1.0)


def train(
    model: Any,
    *,
    name: str,
    epochs: int,
    patience: int,
    batches: Callable[[int], Iterator[Batch]],
    validate: Callable[[], Verdict] | None,
    on_epoch: OnEpoch | None,
) -> None:
    """Train a compiled model in place; with a validation, it is left with the weights of its best epoch.

    `batches(epoch)` gives an epoch's batches, epochs from 0. What `on_epoch` raises ends the training.
    """
    # variables that a graph's first trace would make would have it traced twice more
    model.optimizer.build(model.trainable_variables)
    best = math.inf
    best_weights: list[Any] | None = None
    waited = 0
    for epoch in range(epochs):
        started = time.perf_counter()
        loss = _one_pass(model, batches(epoch))
        verdict = validate() if validate else None
        if verdict and verdict.loss < best:
            best, best_weights, waited = verdict.loss, model.get_weights(), 0
        elif verdict:
            waited += 1
        if on_epoch:
            on_epoch(
                EpochReport(
                    estimator=name,
                    epoch=epoch + 1,
                    epochs=epochs,
                    loss=loss,
                    val_loss=verdict.loss if verdict else None,
                    metrics=verdict.metrics if verdict else {},
                    seconds=time.perf_counter() - started,
                )
            )
        if waited > patience:
            break
    if best_weights is not None:
        model.set_weights(best_weights)


def _one_pass(model: Any, batches: Iterator[Batch]) -> float:
    losses = [
        float(np.asarray(model.train_on_batch(inputs, targets, sample_weight=weights)).ravel()[0])
        for inputs, targets, weights in batches
    ]
    return sum(losses) / max(len(losses), 1)


def batch_slices(order: np.ndarray[Any, Any], batch_size: int) -> list[np.ndarray[Any, Any]]:
    """Equal batches of an order of rows, without the short rest: one shape needs one graph."""
    if len(order) <= batch_size:
        return [order]
    return [order[start : start + batch_size] for start in range(0, len(order) - batch_size + 1, batch_size)]
