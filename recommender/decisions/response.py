"""Response by coupon value: calibrated, and never falling as the coupon gets larger; and the profit that follows.

A gradient-boosted model of the outcome on (x, coupon value) with a monotone constraint on the value, learned from a log
in which chance decided the value (0: no coupon). Isotonic regression on out-of-fold predictions then maps predictions
to frequencies; an isotonic map keeps the order, so the response stays monotone in the value. Worker only: `fit` loads
LightGBM and scikit-learn.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.decisions.uplift import stratified_folds

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class ResponseConfig:
    """Settings of one fit."""

    trees: int = 200
    leaves: int = 8
    learning_rate: float = 0.05
    min_leaf: int = 100
    l2: float = 10.0
    folds: int = 3


@dataclass(frozen=True)
class ResponseModel:
    """P(response | shopper, coupon value)."""

    booster: Any
    knots: Doubles
    """Predictions at which the calibration bends, rising, (k,)."""
    levels: Doubles
    """Calibrated response at them, never falling, (k,)."""

    @classmethod
    def fit(
        cls,
        features: Doubles,
        coupon_value: Doubles,
        responded: Doubles,
        propensity: Doubles,
        *,
        config: ResponseConfig | None = None,
        seed: int = 0,
    ) -> Self:
        """From features (n, p), the value of the coupon given (n,), whether the shopper responded (n,), and the
        probability of that value (n,)."""
        from sklearn.isotonic import IsotonicRegression

        settings = config or ResponseConfig()
        if not np.isin(responded, (0.0, 1.0)).all():
            raise ValueError("responded must hold 0 and 1 only")
        if propensity.min(initial=1) <= 0:
            raise ValueError("propensity must be positive")
        weight = 1.0 / propensity
        weight = weight / weight.mean()
        x = np.column_stack([features, coupon_value])
        held_out = np.empty(len(x))
        _, stratum = np.unique(coupon_value, return_inverse=True)
        for rows in stratified_folds(stratum.astype(np.int64), settings.folds, seed):
            kept = np.setdiff1d(np.arange(len(x)), rows)
            held_out[rows] = _boosted(x[kept], responded[kept], weight[kept], settings, seed).predict(x[rows])
        isotonic = IsotonicRegression(out_of_bounds="clip").fit(held_out, responded, sample_weight=weight)
        return cls(
            _boosted(x, responded, weight, settings, seed),
            np.asarray(isotonic.X_thresholds_, dtype=np.float64),
            np.asarray(isotonic.y_thresholds_, dtype=np.float64),
        )

    def predict(self, features: Doubles, values: Doubles) -> Doubles:
        """Response of each shopper to each coupon value, (n, v); along rising values it never falls."""
        raw = [self.booster.predict(np.column_stack([features, np.full(len(features), value)])) for value in values]
        return np.stack([np.interp(column, self.knots, self.levels) for column in raw], axis=1)


def monotone_response(response: Doubles, weights: Doubles | None = None) -> Doubles:
    """The nearest responses (n, v) that never fall along a row, by pooling adjacent violators; weights (v,).

    For responses to coupons in rising order of value that come from models without a constraint.
    """
    out = response.astype(np.float64).copy()
    share = np.ones(response.shape[1]) if weights is None else weights
    for row in _falling_rows(out):
        out[row] = _pooled(out[row], share)
    return out


def incremental_profit(response: Doubles, *, margin: Doubles, cost: Doubles) -> Doubles:
    """Expected profit of each coupon over none, (n, v), from responses (n, v) of which column 0 is no coupon.

    `margin` (n,): of one response, before the coupon; `cost` (v,) or (n, v): of the coupon where the shopper responds,
    also to those who would have come without it.
    """
    profit: Doubles = margin[:, None] * (response - response[:, :1]) - response * cost
    return profit


def expected_cost(response: Doubles, cost: Doubles) -> Doubles:
    """What each pair is expected to draw on a budget of spend, (n, v)."""
    expected: Doubles = response * cost
    return expected


def _falling_rows(response: Doubles) -> list[int]:
    return np.flatnonzero((np.diff(response, axis=1) < 0).any(axis=1)).tolist()


def _pooled(values: Doubles, weights: Doubles) -> Doubles:
    blocks: list[list[float]] = []  # mean, weight, length
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heft, length = blocks.pop()
            before = blocks[-1]
            total = before[1] + heft
            blocks[-1] = [(before[0] * before[1] + mean * heft) / total, total, before[2] + length]
    return np.concatenate([np.full(int(length), mean) for mean, _, length in blocks])


def _boosted(x: Doubles, y: Doubles, weight: Doubles, config: ResponseConfig, seed: int) -> Any:
    import lightgbm

    from recommender.estimators.threads import thread_count

    parameters = {
        "objective": "binary",
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.min_leaf,
        "lambda_l2": config.l2,
        "monotone_constraints": [0] * (x.shape[1] - 1) + [1],
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": thread_count(),
        "verbosity": -1,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(x, y, weight=weight), num_boost_round=config.trees)
