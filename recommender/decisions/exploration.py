"""Exploration: Thompson sampling on a linear model, with a floor that keeps every propensity exact.

The model is Bayesian linear regression: r = x'b + noise, kept as sums (x'x, x'r) that add up over batches, so that a
nightly fit and the minutes since are the same thing. A decision draws b from the posterior and gives the place that is
left to chance to the candidate with the largest worth under that draw (Russo et al. 2018, arXiv 1707.02038).

Over draws of b the propensities have no closed form. Given the draw they are a sum of three terms (`chance_shares`),
and that is enough: E[reward x e / p(draw)] is the value of the policy in question for every draw, hence on average.
The floor leaves nothing at probability 0, so every policy can be evaluated and weights are bounded.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

FLOOR = 0.25
"""Share of the draws of Thompson sampling that are uniform over all candidates."""


def chance_shares(candidates: int, *, chance: float, winner: int | None = None, floor: float = FLOOR) -> Doubles:
    """Probability of each candidate for a place that is left to chance, (candidates,); the first is the best.

    With 1 - `chance` it is the best; with `chance` * `floor` any, all alike; else `winner`, the best of a posterior
    draw. Without a winner every draw is uniform. They sum to 1.
    """
    for name, share in (("chance", chance), ("floor", floor)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {share}")
    uniform = 1.0 if winner is None else floor
    shares = np.full(candidates, chance * uniform / candidates)
    shares[0] += 1 - chance
    if winner is not None:
        shares[winner] += chance * (1 - floor)
    return shares


@dataclass(frozen=True)
class LinearStatistics:
    """Sums over decisions: gram x'x (d, d), moment x'r (d,), r'r and their number. They add up."""

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


@dataclass(frozen=True)
class LinearPosterior:
    """N(mean, noise_variance * precision^-1): what is believed of b after the sums."""

    mean: Doubles
    """(d,)"""
    factor: Doubles
    """Lower Cholesky factor of gram + prior_precision I, (d, d)."""
    noise_variance: float

    @classmethod
    def from_statistics(
        cls, sums: LinearStatistics, *, prior_precision: float = 1.0, prior_noise: float = 1.0, prior_rows: float = 1.0
    ) -> Self:
        """Prior b ~ N(0, noise / prior_precision). The noise variance is that of the residuals, with `prior_noise`
        counting as that of `prior_rows` more rows."""
        if prior_precision <= 0:
            raise ValueError(f"prior_precision must be positive, not {prior_precision}")
        precision = sums.gram + prior_precision * np.eye(len(sums.moment))
        factor: Doubles = np.linalg.cholesky(precision).astype(np.float64)
        mean: Doubles = np.linalg.solve(factor.T, np.linalg.solve(factor, sums.moment)).astype(np.float64)
        residual = max(sums.square - float(mean @ sums.moment), 0.0)
        noise = (prior_rows * prior_noise + residual) / (prior_rows + sums.count)
        return cls(mean, factor, noise)

    def draw(self, generator: np.random.Generator) -> Doubles:
        """One b, (d,). The same generator state gives the same b: log the seed."""
        step = np.linalg.solve(self.factor.T, generator.standard_normal(len(self.mean)))
        drawn: Doubles = self.mean + np.sqrt(self.noise_variance) * step
        return drawn
