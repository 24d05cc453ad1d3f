"""What every estimator shares: the progress report of an epoch, and refusals of badly shaped arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.gathered import Table

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class EpochReport:
    """Progress of one estimator after one epoch."""

    estimator: str
    epoch: int
    """From 1."""
    epochs: int
    """At most; early stopping may end before."""
    loss: float
    val_loss: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    """Of the validation part, by name."""
    seconds: float = 0.0
    """Of this epoch alone."""


OnEpoch = Callable[[EpochReport], None]
"""May raise to cancel: training stops with that exception."""


class NotFittedError(RuntimeError):
    """An estimator was asked for scores before `fit` or `load`."""


def require_shape(name: str, array: Table, shape: Sequence[int | None]) -> None:
    """Raise ValueError naming the argument unless its shape is `shape` (None: any length)."""
    actual = array.shape
    fits = len(actual) == len(shape) and all(
        want is None or have == want for have, want in zip(actual, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {actual}, not ({wanted})")


def require_index(name: str, index: NDArray[Any], size: int) -> Ints:
    """The index as int64; raises ValueError naming the argument unless it holds integers of 0..size-1."""
    require_shape(name, index, (None,))
    if not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"{name} has type {index.dtype}, not an integer type")
    if len(index) and (index.min() < 0 or index.max() >= size):
        raise ValueError(f"{name} holds values outside 0..{size - 1}")
    return index.astype(np.int64, copy=False)


def require_labels(name: str, labels: NDArray[Any], length: int) -> Floats:
    """The labels as float32; raises ValueError naming the argument unless each is 0 or 1."""
    require_shape(name, labels, (length,))
    as_float = labels.astype(np.float32)
    if not np.isin(as_float, (0.0, 1.0)).all():
        raise ValueError(f"{name} holds values other than 0 and 1")
    return as_float


def require_finite(name: str, array: NDArray[Any]) -> None:
    """Raise ValueError naming the argument when it holds NaN or infinity."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values")
