"""Exploration: Thompson sampling on a linear model, as slates whose propensities are exact.

The model is Bayesian linear regression: r = x'b + noise, kept as sums (x'x, x'r) that add up over batches, so that a
nightly fit and the minutes since are the same thing. A decision draws b from the posterior; the candidates are ranked
by x'b. Then each place, from the first, takes with probability 1 - floor the best candidate that is left and with
probability `floor` any candidate that is left, all alike.

Given the draw, which is logged (its seed and the posterior's version), every probability here is a finite sum:
- of the whole slate, and of a place given the places before it: a product of `floor / left` and `1 - floor`;
- of a candidate at a place, whatever stands before it (`place_propensities`): by a recursion over how many of the
  better-ranked candidates are gone, which is all that matters.
Off-policy estimates that divide by these are unbiased: given the draw they are, and so they are on average over draws.
Nothing has probability 0, so every policy can be evaluated. Russo et al. 2018 (arXiv 1707.02038) on Thompson sampling;
the floor is the usual remedy for its propensities, which have no closed form without it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LinearStatistics:
    """Sums over decisions: gram x'x (d, d), moment x'r (d,), r'r and their number. They add up and can be decayed."""

    gram: Doubles
    moment: Doubles
    square: float = 0.0
    count: float = 0.0

    @classmethod
    def empty(cls, features: int) -> Self:
        return cls(np.zeros((features, features)), np.zeros(features))

    @classmethod
    def from_rows(cls, x: Doubles, reward: Doubles) -> Self:
        """From x (n, d) and reward (n,). ValueError where the shapes do not fit or a value is not finite."""
        if x.ndim != 2 or reward.shape != (len(x),):
            raise ValueError(f"x and reward need shapes (n, d) and (n,): {x.shape} and {reward.shape}")
        if not (np.isfinite(x).all() and np.isfinite(reward).all()):
            raise ValueError("x or reward holds a value that is not finite")
        return cls(x.T @ x, x.T @ reward, float(reward @ reward), float(len(x)))

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.gram + other.gram, self.moment + other.moment, self.square + other.square, self.count + other.count
        )

    def decayed(self, factor: float) -> Self:
        """All sums times `factor` in (0, 1]: what was seen longer ago counts less."""
        if not 0 < factor <= 1:
            raise ValueError(f"factor must lie above 0 and up to 1, not {factor}")
        return type(self)(self.gram * factor, self.moment * factor, self.square * factor, self.count * factor)


@dataclass(frozen=True)
class LinearPosterior:
    """N(mean, noise_variance * precision^-1): what is believed of b after the sums."""

    mean: Doubles
    """(d,)"""
    factor: Doubles
    """Lower Cholesky factor of gram + prior_precision I, (d, d)."""
    noise_variance: float

    @classmethod
    def from_statistics(cls, sums: LinearStatistics, *, prior_precision: float = 1.0) -> Self:
        """Prior b ~ N(0, noise / prior_precision); the noise variance from the residuals, 1 before there are any."""
        if prior_precision <= 0:
            raise ValueError(f"prior_precision must be positive, not {prior_precision}")
        precision = sums.gram + prior_precision * np.eye(len(sums.moment))
        factor: Doubles = np.linalg.cholesky(precision).astype(np.float64)
        mean: Doubles = np.linalg.solve(factor.T, np.linalg.solve(factor, sums.moment)).astype(np.float64)
        residual = sums.square - float(mean @ sums.moment)
        freedom = sums.count - len(sums.moment)
        noise = residual / freedom if freedom >= 1 and residual > 0 else 1.0
        return cls(mean, factor, noise)

    def draw(self, generator: np.random.Generator) -> Doubles:
        """One b, (d,). The same generator state gives the same b: log the seed."""
        step = np.linalg.solve(self.factor.T, generator.standard_normal(len(self.mean)))
        drawn: Doubles = self.mean + np.sqrt(self.noise_variance) * step
        return drawn

    def standard_deviations(self, x: Doubles) -> Doubles:
        """How unsure x'b is for each row of x (n, d): (n,)."""
        half = np.linalg.solve(self.factor, x.T)
        deviations: Doubles = np.sqrt(self.noise_variance * (half**2).sum(axis=0))
        return deviations


@dataclass(frozen=True)
class Slate:
    """What one shopper sees, and what is needed to evaluate any other policy on it."""

    items: Ints
    """Indices of the candidates, first place first, (k,)."""
    propensities: Doubles
    """Of the candidate at its place given the places before it, (k,); their product is that of the slate."""
    marginals: Doubles
    """Of the candidate at its place, whatever stands before it, (k,)."""
    explored: NDArray[np.bool_]
    """Which places were drawn from the floor, (k,)."""

    @property
    def propensity(self) -> float:
        """Of the whole slate in this order."""
        return float(np.prod(self.propensities))


def draw_slate(scores: Doubles, *, places: int, floor: float, generator: np.random.Generator) -> Slate:
    """A slate of min(places, n) of the n candidates; `scores` (n,) are those of one posterior draw, ties by index.

    `floor` in [0, 1]: how often a place is drawn from all that are left. Same input and generator state, same slate.
    """
    _check_floor(floor)
    ranked = np.argsort(-scores, kind="stable")
    size = min(places, len(scores))
    left = list(range(len(scores)))  # ranks, best first
    table = place_propensities(len(scores), size, floor)
    ranks, propensities, explored = [], [], []
    for _ in range(size):
        by_chance = bool(generator.random() < floor)
        position = int(generator.integers(len(left))) if by_chance else 0
        propensities.append(floor / len(left) + (1 - floor if position == 0 else 0.0))
        explored.append(by_chance)
        ranks.append(left.pop(position))
    index = np.array(ranks, dtype=np.int64)
    return Slate(
        items=ranked[index].astype(np.int64),
        propensities=np.array(propensities),
        marginals=table[index, np.arange(size)],
        explored=np.array(explored, dtype=np.bool_),
    )


def slate_propensities(scores: Doubles, items: Ints, floor: float) -> Doubles:
    """Probability of each place given those before it, (k,), of a slate `items` (k,) under `draw_slate`."""
    _check_floor(floor)
    if len(set(items.tolist())) != len(items):
        raise ValueError("items holds a candidate twice")
    left = np.argsort(-scores, kind="stable").tolist()
    out = np.empty(len(items))
    for place, item in enumerate(items.tolist()):
        position = left.index(item)
        out[place] = floor / len(left) + (1 - floor if position == 0 else 0.0)
        left.pop(position)
    return out


@lru_cache(maxsize=256)
def place_propensities(candidates: int, places: int, floor: float) -> Doubles:
    """Probability that the candidate of rank i (0: best) stands at place t, (candidates, places); read-only.

    Columns sum to 1. With the state a = how many better-ranked candidates are gone, of t places filled: while a < i
    the best that is left is a better one, so it goes with probability 1 - floor; once a = i it is i itself.
    """
    _check_floor(floor)
    table = np.zeros((candidates, places))
    for rank in range(candidates):
        still = np.zeros(places + 1)  # P(rank is left, a better ones are gone), by a
        still[0] = 1.0
        for place in range(places):
            moved = np.zeros(places + 1)
            each = floor / (candidates - place)
            for gone in range(min(place, rank) + 1):
                chance = still[gone]
                better = rank - gone
                worse = candidates - place - better - 1
                leads = better == 0
                table[rank, place] += chance * (each + (1 - floor if leads else 0.0))
                if better:
                    moved[gone + 1] += chance * (each * better + (1 - floor))
                moved[gone] += chance * each * worse
            still = moved
    table.flags.writeable = False
    return table


def _check_floor(floor: float) -> None:
    if not 0 <= floor <= 1:
        raise ValueError(f"floor must lie between 0 and 1, not {floor}")
