"""Differences between arms with intervals that stay valid however often they are looked at.

Each arm is five sums (`ArmStatistics`), which a database can group and which add up over days. The difference of means
(or of ratios, by the delta method) is asymptotically normal with a variance that the sums give. Around it lies Robbins'
normal-mixture confidence sequence: with variance V of the estimate and mixing variance T,

    half width = sqrt( V (V + T) / T * log( (V + T) / (V a**2) ) ),    a = 1 - confidence,

which covers the truth at all looks at once with the stated probability (Robbins 1970; the mixture sequential ratio
test of Johari, Pekelis and Walsh, arXiv 1512.04922, is the same statement as a test; for estimated variances it holds
asymptotically, Waudby-Smith et al., arXiv 2103.06476). T is fixed by the planned size of the experiment, where the
sequence is tightest. CUPED (Deng et al. 2013): a covariate from before the experiment takes out the variance that it
explains; the expectation of the difference stays, since assignment knows nothing of the covariate.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from recommender.decisions.intervals import Interval

MIN_UNITS = 100
"""Units an arm needs before anything is concluded: below, sums are not yet normal."""


@dataclass(frozen=True)
class ArmStatistics:
    """Sums over the units of one arm: outcome y, and a covariate or denominator x (zeros where there is none)."""

    units: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @classmethod
    def from_units(cls, outcome: ArrayLike, covariate: ArrayLike | None = None) -> Self:
        """From one outcome per unit, (n,), and one covariate per unit, (n,). A unit is what was assigned: a shopper."""
        y = np.asarray(outcome, dtype=np.float64)
        x = np.zeros_like(y) if covariate is None else np.asarray(covariate, dtype=np.float64)
        if y.ndim != 1 or x.shape != y.shape:
            raise ValueError(f"outcome and covariate need one number per unit: shapes {y.shape} and {x.shape}")
        return cls(len(y), float(y.sum()), float(y @ y), float(x.sum()), float(x @ x), float(x @ y))

    def __add__(self, other: Self) -> Self:
        """The sums of both: another day of the same arm."""
        return type(self)(
            self.units + other.units,
            self.y + other.y,
            self.yy + other.yy,
            self.x + other.x,
            self.xx + other.xx,
            self.xy + other.xy,
        )

    @property
    def mean(self) -> float:
        """Mean outcome of a unit; NaN without units."""
        return self.y / self.units if self.units else math.nan

    @property
    def variance(self) -> float:
        return self._moment(self.yy, self.y, self.y)

    @property
    def covariate_variance(self) -> float:
        return self._moment(self.xx, self.x, self.x)

    @property
    def covariance(self) -> float:
        return self._moment(self.xy, self.x, self.y)

    def _moment(self, product: float, first: float, second: float) -> float:
        """Unbiased (co)variance of the units."""
        return (product - first * second / self.units) / (self.units - 1) if self.units > 1 else math.nan


class Winner(StrEnum):
    """What an interval of a difference says."""

    TREATMENT = "treatment"
    CONTROL = "control"
    NEITHER = "neither"
    """The interval lies within the margin that is called no difference."""
    OPEN = "open"


@dataclass(frozen=True)
class Comparison:
    """Treatment minus control, per unit."""

    difference: Interval
    variance: float
    """Of the estimated difference."""
    p_value: float
    """Always valid: the least over all looks may be compared with the level."""
    enough: bool
    """Both arms have `MIN_UNITS`; before, `winner` is OPEN."""
    variance_kept: float = 1.0
    """Variance of the difference after CUPED, as a share of the one before."""

    def winner(self, margin: float = 0.0) -> Winner:
        """Who is better; `margin`: a difference up to this size, either way, counts as none."""
        if not self.enough:
            return Winner.OPEN
        if self.difference.low > 0:
            return Winner.TREATMENT
        if self.difference.high < 0:
            return Winner.CONTROL
        return Winner.NEITHER if -margin < self.difference.low and self.difference.high < margin else Winner.OPEN

    def total(self, units: int) -> Interval:
        """The difference of a unit, times units: what the treatment added in the whole treated arm."""
        d = self.difference
        return Interval(d.estimate * units, d.low * units, d.high * units, d.confidence)


def compare_means(
    control: ArmStatistics,
    treatment: ArmStatistics,
    *,
    planned_units: int,
    confidence: float = 0.95,
    cuped: bool = False,
) -> Comparison:
    """Mean outcome of a treated unit minus that of a control unit; unit of y.

    `planned_units`: size of both arms together at which the interval shall be tightest; fix it before the start. With
    `cuped` the covariate x must be from before the assignment.
    """
    design = _Design((control.units, treatment.units), planned_units, confidence)
    plain = _variance_of_mean(control.variance, control) + _variance_of_mean(treatment.variance, treatment)
    if not cuped:
        return _compare(treatment.mean - control.mean, plain, design)
    slope = _pooled_slope(control, treatment)
    shift = treatment.x / treatment.units - control.x / control.units if control.units and treatment.units else math.nan
    variance = sum(
        _variance_of_mean(arm.variance + slope**2 * arm.covariate_variance - 2 * slope * arm.covariance, arm)
        for arm in (control, treatment)
    )
    estimate = treatment.mean - control.mean - slope * shift
    kept = variance / plain if plain > 0 else 1.0
    return _compare(estimate, variance, design, kept)


def compare_ratios(
    control: ArmStatistics, treatment: ArmStatistics, *, planned_units: int, confidence: float = 0.95
) -> Comparison:
    """Ratio of sums y / x (revenue per order, say) of the treated arm minus that of control, by the delta method.

    The unit of randomisation stays the shopper: y and x are the shopper's own sums. ValueError where an x sums to 0.
    """
    ratios, variance = [], 0.0
    for name, arm in (("control", control), ("treatment", treatment)):
        if arm.x == 0:
            raise ValueError(f"{name}: the denominator sums to 0")
        ratio, mean_x = arm.y / arm.x, arm.x / arm.units
        spread = arm.variance - 2 * ratio * arm.covariance + ratio**2 * arm.covariate_variance
        variance += _variance_of_mean(spread, arm) / mean_x**2
        ratios.append(ratio)
    design = _Design((control.units, treatment.units), planned_units, confidence)
    return _compare(ratios[1] - ratios[0], variance, design)


def confidence_sequence(estimate: float, variance: float, mixing_variance: float, confidence: float) -> Interval:
    """Robbins' normal-mixture interval of one look; all three in the unit of the estimate, variances squared."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if not (variance >= 0 and mixing_variance > 0):
        return Interval(estimate, -math.inf, math.inf, confidence)
    if variance == 0:
        return Interval(estimate, estimate, estimate, confidence)
    total = variance + mixing_variance
    level = math.log(total / variance) - 2 * math.log(1 - confidence)
    half = math.sqrt(variance * total / mixing_variance * level)
    return Interval(estimate, estimate - half, estimate + half, confidence)


def always_valid_p_value(estimate: float, variance: float, mixing_variance: float) -> float:
    """min(1, 1 / mixture likelihood ratio) against a difference of 0."""
    if not (variance > 0 and mixing_variance > 0):
        return 1.0
    total = variance + mixing_variance
    log_ratio = 0.5 * math.log(variance / total) + mixing_variance * estimate**2 / (2 * variance * total)
    return min(1.0, math.exp(-log_ratio))


def mixing_variance(variance: float, units: int, planned_units: int, confidence: float) -> float:
    """The mixing variance that is tightest at the planned size, given the variance of the estimate at `units`."""
    if planned_units < 1:
        raise ValueError(f"planned_units must be at least 1, not {planned_units}")
    tail = -2 * math.log(1 - confidence)
    return variance * units / planned_units * (tail + math.log(tail + 1))


@dataclass(frozen=True)
class _Design:
    """What is known of an experiment besides the estimate."""

    units: tuple[int, int]
    planned_units: int
    confidence: float


def _compare(estimate: float, variance: float, design: _Design, variance_kept: float = 1.0) -> Comparison:
    mixing = mixing_variance(variance, sum(design.units), design.planned_units, design.confidence)
    return Comparison(
        difference=confidence_sequence(estimate, variance, mixing, design.confidence),
        variance=variance,
        p_value=always_valid_p_value(estimate, variance, mixing),
        # Two arms in which all units are alike have no variance, and so no evidence that sampling could contradict.
        enough=min(design.units) >= MIN_UNITS and variance > 0,
        variance_kept=variance_kept,
    )


def _variance_of_mean(variance: float, arm: ArmStatistics) -> float:
    return variance / arm.units if arm.units else math.nan


def _pooled_slope(control: ArmStatistics, treatment: ArmStatistics) -> float:
    """The slope of y on x within arms: 0 where x does not vary."""
    weights = [max(arm.units - 1, 0) for arm in (control, treatment)]
    arms = (control, treatment)
    spread = sum(w * arm.covariate_variance for w, arm in zip(weights, arms, strict=True) if w)
    shared = sum(w * arm.covariance for w, arm in zip(weights, arms, strict=True) if w)
    return shared / spread if spread > 0 else 0.0
