"""The stack's arithmetic in plain NumPy: what the worker fits and what the web process repeats are one formula."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.base import Doubles

FLOOR = 1e-6
"""Probabilities nearer to 0 or 1 are taken as this far from it."""


def part_logits(parts: NDArray[Any]) -> Doubles:
    """Logits of probabilities; NaN stays NaN."""
    bounded = np.clip(parts.astype(np.float64), FLOOR, 1 - FLOOR)
    out: Doubles = np.log(bounded / (1 - bounded))
    return out


def through(raw: Doubles, knots: Doubles) -> Doubles:
    """The line through the knots (k, 2), going on with slope 1 beyond both ends."""
    x, y = knots[:, 0], knots[:, 1]
    out: Doubles = np.interp(raw, x, y) + np.minimum(raw - x[0], 0) + np.maximum(raw - x[-1], 0)
    return out
