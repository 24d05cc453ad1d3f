"""A figure with its target beside it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One measured number. `met` None: shown for comparison, without a target."""

    name: str
    value: float
    target: str = ""
    met: bool | None = None
    low: float | None = None
    high: float | None = None
    simulated: bool = False

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None and value != ""}


def mean_figure(
    name: str, values: Sequence[float], *, target: str = "", met: bool | None = None, simulated: bool = False
) -> Figure:
    """The mean of repetitions with a 95 % interval by Student's t."""
    from scipy.stats import t

    array = np.asarray(values, dtype=np.float64)
    half = float(t.ppf(0.975, len(array) - 1)) * float(array.std(ddof=1)) / math.sqrt(len(array))
    mean = float(array.mean())
    return Figure(name, mean, target, met, mean - half, mean + half, simulated)
