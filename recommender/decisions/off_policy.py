"""What another policy would have earned, from what was logged under the one that ran.

One row is one decision: its reward r, the probability p that the running policy gave to what it did, and the
probability e of the same under the policy in question; w = e / p. A reward model adds q, its prediction for what was
done, and v, its expectation under the policy in question. The mean over rows of

    IPS        w r                          unbiased; its variance grows with the weights
    SNIPS      sum(w r) / sum(w)            biased by O(1/n), far less variance; stays within the range of r
    DM         v                            no weights; as wrong as the model
    DR         v + w (r - q)                unbiased if either p or the model is right
    SNDR       v + sum(w (r - q)) / sum(w)
    SWITCH-DR  v + w (r - q) [w <= t]       DR where weights are small, DM elsewhere; t by SLOPE where not given

(Horvitz and Thompson 1952; Swaminathan and Joachims 2015; Dudik et al. 2011; Wang et al. 2017, arXiv 1612.01205; Su et
al. 2020, arXiv 2006.10460 for SLOPE.) Intervals are normal, from the rows' influence values, summed by cluster where
rows of one shopper hang together; the percentile bootstrap and the empirical Bernstein bound (Maurer and Pontil 2009),
which holds for every sample size, stand beside them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.decisions.intervals import Interval, two_sided_quantile

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


class Estimator(StrEnum):
    """The names that reports use."""

    IPS = "ips"
    SNIPS = "snips"
    DM = "dm"
    DR = "dr"
    SNDR = "sndr"
    SWITCH_DR = "switch_dr"


MODEL_FREE = (Estimator.IPS, Estimator.SNIPS)


@dataclass(frozen=True)
class OffPolicyLog:
    """Decisions of the running policy, one row each; all arrays (n,).

    `reward` in any unit; `logged_propensity` in (0, 1]; `target_propensity` in [0, 1], of the same action under the
    policy in question. `model_logged` and `model_target`: predictions q and v, without which only IPS and SNIPS are
    estimated. `cluster`: the shopper of the row.
    """

    reward: Doubles
    logged_propensity: Doubles
    target_propensity: Doubles
    model_logged: Doubles | None = None
    model_target: Doubles | None = None
    cluster: Ints | None = None

    def __post_init__(self) -> None:
        rows = len(self.reward)
        if not rows:
            raise ValueError("reward holds no row")
        for name, array in self._arrays():
            if array.shape != (rows,):
                raise ValueError(f"{name} has shape {array.shape}, not ({rows},)")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds a value that is not finite")
        if self.logged_propensity.min() <= 0 or self.logged_propensity.max() > 1:
            raise ValueError("logged_propensity must lie above 0 and up to 1")
        if self.target_propensity.min() < 0 or self.target_propensity.max() > 1:
            raise ValueError("target_propensity must lie between 0 and 1")
        if (self.model_logged is None) != (self.model_target is None):
            raise ValueError("model_logged and model_target come together or not at all")

    def _arrays(self) -> list[tuple[str, NDArray[np.float64] | Ints]]:
        named = [(name, getattr(self, name)) for name in self.__dataclass_fields__]
        return [(name, array) for name, array in named if array is not None]

    @classmethod
    def from_actions(
        cls,
        *,
        reward: Doubles,
        action: Ints,
        logged_propensity: Doubles,
        target: Doubles,
        model: Doubles | None = None,
        cluster: Ints | None = None,
    ) -> Self:
        """From the action taken, (n,), and per action the target policy and the model's rewards, both (n, actions)."""
        rows = np.arange(len(action))
        return cls(
            reward=reward,
            logged_propensity=logged_propensity,
            target_propensity=target[rows, action],
            model_logged=None if model is None else model[rows, action],
            model_target=None if model is None else (target * model).sum(axis=1),
            cluster=cluster,
        )

    @property
    def weights(self) -> Doubles:
        """w = target / logged propensity, (n,)."""
        return self.target_propensity / self.logged_propensity

    @property
    def effective_sample_size(self) -> float:
        """(sum w)**2 / sum w**2: how many rows of the policy in question this log is worth."""
        weights = self.weights
        squares = float(weights @ weights)
        return float(weights.sum()) ** 2 / squares if squares else 0.0


@dataclass(frozen=True)
class OffPolicyEstimate:
    """The value of the policy in question per decision, by one estimator."""

    estimator: Estimator
    interval: Interval
    standard_error: float
    switch_threshold: float | None = None


def estimate_values(
    log: OffPolicyLog,
    *,
    estimators: Sequence[Estimator] | None = None,
    switch_threshold: float | None = None,
    confidence: float = 0.95,
) -> dict[Estimator, OffPolicyEstimate]:
    """The chosen estimators, or all that the log allows, with asymptotic normal intervals."""
    chosen = list(estimators) if estimators is not None else available_estimators(log)
    estimates = {}
    for estimator in chosen:
        threshold = None
        if estimator is Estimator.SWITCH_DR:
            threshold = select_switch_threshold(log, confidence) if switch_threshold is None else switch_threshold
        value, influence = _value_and_influence(log, estimator, threshold)
        error = _standard_error(influence, log.cluster)
        half = two_sided_quantile(confidence) * error
        interval = Interval(value, value - half, value + half, confidence)
        estimates[estimator] = OffPolicyEstimate(estimator, interval, error, threshold)
    return estimates


def available_estimators(log: OffPolicyLog) -> list[Estimator]:
    """Those that the log holds what they need for."""
    return list(Estimator) if log.model_logged is not None else list(MODEL_FREE)


def bootstrap_interval(
    log: OffPolicyLog,
    estimator: Estimator,
    *,
    generator: np.random.Generator,
    draws: int = 1_000,
    switch_threshold: float | None = None,
    confidence: float = 0.95,
) -> Interval:
    """The percentile bootstrap over clusters, or over rows where there is no cluster."""
    parts = _parts(log, estimator, switch_threshold)
    sums = _cluster_sums(np.stack(parts, axis=1), log.cluster)
    value = _ratio_value(sums.sum(axis=0, keepdims=True))[0]
    values = np.empty(draws)
    for draw in range(draws):
        drawn = generator.integers(len(sums), size=len(sums))
        # How often each cluster was drawn, instead of a copy of the rows.
        times = np.bincount(drawn, minlength=len(sums))
        values[draw] = _ratio_value((times @ sums)[None, :])[0]
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(value), float(low), float(high), confidence)


def bernstein_interval(
    log: OffPolicyLog,
    *,
    reward_range: tuple[float, float],
    confidence: float = 0.95,
    largest_weight: float | None = None,
) -> Interval:
    """IPS with the empirical Bernstein bound: valid for every n, rows independent, rewards within `reward_range`.

    `largest_weight`: the most a weight can be under these two policies, 1 / floor where the running policy has a floor;
    the largest seen where not given, which is then an assumption.
    """
    low, high = reward_range
    if log.reward.min() < low or log.reward.max() > high:
        raise ValueError(f"reward leaves the range {low} to {high}")
    weights = log.weights
    bound = float(weights.max()) if largest_weight is None else largest_weight
    if weights.max() > bound:
        raise ValueError(f"a weight of {weights.max():g} exceeds largest_weight {bound:g}")
    values, rows = weights * log.reward, len(weights)
    width = max(high, 0.0) * bound - min(low, 0.0) * bound
    tail = math.log(4 / (1 - confidence))
    half = math.sqrt(2 * float(values.var(ddof=1)) * tail / rows) + 7 * width * tail / (3 * (rows - 1))
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half, confidence)


def compare_policies(
    first: OffPolicyLog, second: OffPolicyLog, estimator: Estimator, *, confidence: float = 0.95
) -> Interval:
    """Value of the second target policy minus that of the first, on the same logged rows and so with their covariance.

    For the promotion gate: the challenger goes live only if `low` is not below the tolerated loss.
    """
    if len(first.reward) != len(second.reward) or not np.array_equal(first.reward, second.reward):
        raise ValueError("both logs must hold the same rows")
    values = [_value_and_influence(log, estimator, None) for log in (first, second)]
    difference = values[1][0] - values[0][0]
    half = two_sided_quantile(confidence) * _standard_error(values[1][1] - values[0][1], first.cluster)
    return Interval(difference, difference - half, difference + half, confidence)


def select_switch_threshold(log: OffPolicyLog, confidence: float = 0.95, candidates: int = 10) -> float:
    """SLOPE: from no switching downwards, the last threshold whose interval still meets those of all before it.

    Lower thresholds have less variance and more bias; where the bias exceeds the widths, intervals part.
    """
    weights = log.weights
    positive = weights[weights > 0]
    if not len(positive):
        return 0.0
    thresholds = np.unique(np.quantile(positive, np.linspace(0, 1, candidates)))[::-1]
    kept = float(thresholds[0])
    lowest, highest = -math.inf, math.inf
    for threshold in [*thresholds.tolist(), 0.0]:
        value, influence = _value_and_influence(log, Estimator.SWITCH_DR, threshold)
        half = two_sided_quantile(confidence) * _standard_error(influence, log.cluster)
        lowest, highest = max(lowest, value - half), min(highest, value + half)
        if lowest > highest:
            break
        kept = threshold
    return kept


def _parts(log: OffPolicyLog, estimator: Estimator, threshold: float | None) -> tuple[Doubles, Doubles, Doubles]:
    """Each estimator as mean(a) + sum(b) / sum(c), with a, b, c (n,)."""
    weights, ones, zeros = log.weights, np.ones(len(log.reward)), np.zeros(len(log.reward))
    if estimator is Estimator.IPS:
        return zeros, weights * log.reward, ones
    if estimator is Estimator.SNIPS:
        return zeros, weights * log.reward, weights
    if log.model_logged is None or log.model_target is None:
        raise ValueError(f"{estimator} needs model_logged and model_target")
    residuals = weights * (log.reward - log.model_logged)
    if estimator is Estimator.DM:
        return log.model_target, zeros, ones
    if estimator is Estimator.DR:
        return log.model_target, residuals, ones
    if estimator is Estimator.SNDR:
        return log.model_target, residuals, weights
    limit = select_switch_threshold(log) if threshold is None else threshold
    return log.model_target, np.where(weights <= limit, residuals, 0.0), ones


def _value_and_influence(log: OffPolicyLog, estimator: Estimator, threshold: float | None) -> tuple[float, Doubles]:
    """The estimate, and each row's influence on it, (n,), whose mean is 0."""
    base, numerator, denominator = _parts(log, estimator, threshold)
    mean, scale = float(base.mean()), float(denominator.mean())
    if scale == 0:
        # The target policy never does what was logged: there is nothing to learn from.
        return math.nan, np.full(len(base), math.nan)
    ratio = float(numerator.mean()) / scale
    return mean + ratio, base - mean + (numerator - ratio * denominator) / scale


def _standard_error(influence: Doubles, cluster: Ints | None) -> float:
    sums = influence if cluster is None else _cluster_sums(influence[:, None], cluster)[:, 0]
    clusters = len(sums)
    if clusters < 2:
        return math.nan
    return math.sqrt(float(sums @ sums) * clusters / (clusters - 1)) / len(influence)


def _cluster_sums(values: NDArray[np.float64], cluster: Ints | None) -> NDArray[np.float64]:
    """Rows of one cluster added up, with their number as the last column: (clusters, columns + 1) or as given + 1."""
    counted = np.column_stack([values, np.ones(len(values))])
    if cluster is None:
        return counted
    _, index = np.unique(cluster, return_inverse=True)
    return np.stack([np.bincount(index, weights=column) for column in counted.T], axis=1)


def _ratio_value(sums: NDArray[np.float64]) -> Doubles:
    """mean(a) + sum(b) / sum(c) from sums (k, 4) of a, b, c and the rows."""
    value: Doubles = sums[:, 0] / sums[:, 3] + sums[:, 1] / sums[:, 2]
    return value
