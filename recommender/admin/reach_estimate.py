"""How many uses to expect from chances: exact where each shopper has one, wider where others' stand in. Pure NumPy."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

EXACT_UP_TO = 4_000
LEVEL = 0.95


def poisson_binomial_interval(chances: Sequence[float], level: float = LEVEL) -> tuple[int, int]:
    """The central interval of the number of successes among independent trials with these probabilities.

    Exact by convolution up to EXACT_UP_TO trials (Hong 2013 compares the ways); beyond, normal with the same mean and
    variance, which so many trials make indistinguishable.
    """
    p = np.asarray(chances, dtype=float)
    tail = (1 - level) / 2
    if len(p) > EXACT_UP_TO:
        return _normal(float(p.sum()), float((p * (1 - p)).sum()), tail)
    mass = np.ones(1)
    for chance in p:
        grown = np.zeros(len(mass) + 1)
        grown[:-1] = mass * (1 - chance)
        grown[1:] += mass * chance
        mass = _without_dust(grown)
    below = np.cumsum(mass)
    low = int(np.searchsorted(below, tail))
    high = int(np.searchsorted(below, 1 - tail))
    return low, min(high, len(p))


def sampled_interval(chances: Sequence[float], scale: float, level: float = LEVEL) -> tuple[int, int]:
    """The same of a population of which one in `scale` was looked at: chance of use, and chance of having been drawn.

    The sum of the drawn is estimated as Horvitz and Thompson do for independent draws.
    """
    p = np.asarray(chances, dtype=float)
    variance = scale * float((p * (1 - p)).sum()) + scale * (scale - 1) * float((p * p).sum())
    return _normal(scale * float(p.sum()), variance, (1 - level) / 2)


def _without_dust(mass: Any) -> Any:
    """The upper end that holds nothing measurable is dropped, so that rare events stay quick."""
    end = len(mass)
    while end > 1 and mass[end - 1] < 1e-15:
        end -= 1
    return mass[:end]


def _normal(mean: float, variance: float, tail: float) -> tuple[int, int]:
    reach = _quantile(1 - tail) * math.sqrt(variance)
    return max(0, math.floor(mean - reach)), math.ceil(mean + reach)


def _quantile(level: float) -> float:
    return NormalDist().inv_cdf(level)


def poisson_interval(low_mean: float, high_mean: float, level: float = LEVEL) -> tuple[int, int]:
    """From the low end for the smaller mean to the high end for the greater one."""
    tail = (1 - level) / 2
    return _poisson_quantile(low_mean, tail), _poisson_quantile(high_mean, 1 - tail)


def _poisson_quantile(mean: float, level: float) -> int:
    if mean > 1_000:
        return max(0, round(mean + _quantile(level) * math.sqrt(mean)))
    mass = below = math.exp(-mean)
    n = 0
    while below < level:
        n += 1
        mass *= mean / n
        below += mass
    return n


def spread_of_totals(totals: Sequence[float]) -> tuple[float, float]:
    """What a new coupon may come to, from those like it: 10th to 90th percentile, or half to double of a single one."""
    if len(totals) == 1:
        return totals[0] / 2, totals[0] * 2
    low, high = np.quantile(np.asarray(totals, dtype=float), [0.1, 0.9])
    return float(low), float(high)


def histogram(values: Sequence[float], marked: Sequence[bool], bins: int = 14) -> list[tuple[int, int]]:
    """Counts of values in [0, 1] and of the marked ones among them, by bin from 0 to 1."""
    numbers = np.asarray(values, dtype=float)
    on = np.asarray(marked, dtype=bool)
    all_counts, _ = np.histogram(numbers, bins=bins, range=(0.0, 1.0))
    on_counts, _ = np.histogram(numbers[on], bins=bins, range=(0.0, 1.0))
    return [(int(a), int(b)) for a, b in zip(all_counts, on_counts, strict=True)]
