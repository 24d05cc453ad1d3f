"""Dense pair features made fit for a network: heavy tails tamed, standardised, missing values marked."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.base import Arrays, Floats
from recommender.estimators.gathered import Table

MOMENT_ROWS = 100_000
MOMENT_COLUMNS = 16
CHUNK = 8192
"""Rows of one pass: what is passed on the way fits the processor's cache, and is no second copy of all rows."""
BOUND = 6.0
"""Standard deviations beyond which a value says no more."""


class PairScaler:
    """sign(x)·log(1 + |x|), then zero mean and unit deviation; NaN becomes 0 with a column that says so."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    @classmethod
    def fit(cls, pair: Table) -> Self:
        """Means and deviations of the columns of pair (n, p), and which of them have missing values."""
        # Moments need no more rows than this; copies of 800,000 wide ones would be the peak of the memory.
        tamed = _tamed(pair[:: max(len(pair) // MOMENT_ROWS, 1)])
        known = np.isfinite(tamed)
        count = np.maximum(known.sum(axis=0), 1)
        tamed[~known] = 0
        mean, square = np.empty(tamed.shape[1]), np.empty(tamed.shape[1])
        for start in range(0, len(mean), MOMENT_COLUMNS):
            columns = slice(start, start + MOMENT_COLUMNS)
            filled = tamed[:, columns].astype(np.float64)
            mean[columns], square[columns] = filled.sum(axis=0), (filled**2).sum(axis=0)
        mean, square = mean / count, square / count
        deviation = np.sqrt(np.maximum(square - mean**2, 0))
        return cls(
            {
                "pair_mean": mean.astype(np.float32),
                "pair_scale": np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0).astype(np.float32),
                "pair_marked": np.flatnonzero(~known.all(axis=0)).astype(np.int64),
            }
        )

    @property
    def width(self) -> int:
        """Columns of `transform`'s answer."""
        return len(self.arrays["pair_mean"]) + len(self.arrays["pair_marked"])

    def transform(self, pair: Table) -> Floats:
        """pair (n, p) with NaN as (n, width) float32 without."""
        return transform_pairs(self.arrays, pair)


def transform_pairs(arrays: Arrays, pair: Table) -> Floats:
    """`PairScaler.transform` from its arrays alone."""
    marked, width = arrays["pair_marked"], pair.shape[1]
    out = np.empty((len(pair), width + len(marked)), np.float32)
    for start in range(0, len(pair), CHUNK):
        rows = slice(start, start + CHUNK)
        scaled = _tamed(pair[rows])
        scaled -= arrays["pair_mean"]
        scaled *= arrays["pair_scale"]
        missing = ~np.isfinite(scaled)
        scaled[missing] = 0
        np.clip(scaled, -BOUND, BOUND, out=out[rows, :width])
        out[rows, width:] = missing[:, marked]
    return out


def inverse_deviation(deviation: NDArray[Any]) -> Floats:
    """1 / deviation, and 0 for a column that is constant: it carries nothing."""
    inverse: Floats = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0).astype(np.float32)
    return inverse


def _tamed(pair: NDArray[Any]) -> Floats:
    pair = pair.astype(np.float32, copy=False)
    tamed: Floats = np.copysign(np.log1p(np.abs(pair)), pair)
    return tamed
