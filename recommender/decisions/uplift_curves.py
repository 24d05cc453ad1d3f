"""How well an order by predicted uplift finds those whom the treatment moves: Qini and uplift curves.

After the first k shoppers of the order, with treated n_t and control n_c of whom y_t and y_c responded, the Qini curve
is y_t - y_c n_t / n_c (Radcliffe 2007) and the uplift curve (y_t / n_t - y_c / n_c) k. Equal predictions are one step.
Scores are areas above the straight line of a random order, as a share of what the best order could have: 0 is random,
1 is an oracle that knows every outcome, so that even a perfect model of probabilities stays far below 1. This is the
normalisation of scikit-uplift (`qini_auc_score`, `uplift_auc_score`), against which both are tested.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Points from (0, 0), one per distinct prediction: shoppers so far, and the gain among them."""

    shoppers: Doubles
    gain: Doubles

    @property
    def area(self) -> float:
        return float(np.trapezoid(self.gain, self.shoppers))

    @property
    def random_area(self) -> float:
        """Under the straight line to the last point."""
        return float(self.shoppers[-1] * self.gain[-1] / 2)


def qini_curve(outcome: NDArray[np.generic], treated: NDArray[np.generic], prediction: Doubles) -> Curve:
    """Of a binary outcome, treated 0 / 1, and predicted uplift, all (n,)."""
    counts = _cumulated(outcome, treated, prediction)
    ratio = np.divide(counts.treated, counts.control, out=np.zeros_like(counts.treated), where=counts.control > 0)
    return Curve(counts.shoppers, counts.treated_response - counts.control_response * ratio)


def uplift_curve(outcome: NDArray[np.generic], treated: NDArray[np.generic], prediction: Doubles) -> Curve:
    """The same for the uplift curve."""
    counts = _cumulated(outcome, treated, prediction)
    rates = [
        np.divide(responded, number, out=np.zeros_like(number), where=number > 0)
        for responded, number in (
            (counts.treated_response, counts.treated),
            (counts.control_response, counts.control),
        )
    ]
    return Curve(counts.shoppers, (rates[0] - rates[1]) * counts.shoppers)


def qini_score(outcome: NDArray[np.generic], treated: NDArray[np.generic], prediction: Doubles) -> float:
    """The normalised Qini coefficient."""
    y, t = outcome.astype(np.float64), treated.astype(np.float64)
    return _score(qini_curve(y, t, prediction), qini_curve(y, t, y * t - y * (1 - t)))


def auuc_score(outcome: NDArray[np.generic], treated: NDArray[np.generic], prediction: Doubles) -> float:
    """The normalised area under the uplift curve."""
    y, t = outcome.astype(np.float64), treated.astype(np.float64)
    more_lost = float((y * (1 - t)).sum()) > float(((1 - y) * t).sum())
    best = 2.0 * (y == t) + (y if more_lost else t)
    return _score(uplift_curve(y, t, prediction), uplift_curve(y, t, best))


@dataclass(frozen=True)
class _Counts:
    shoppers: Doubles
    treated: Doubles
    control: Doubles
    treated_response: Doubles
    control_response: Doubles


def _cumulated(outcome: NDArray[np.generic], treated: NDArray[np.generic], prediction: Doubles) -> _Counts:
    y, t = outcome.astype(np.float64), treated.astype(np.float64)
    for name, values in (("outcome", y), ("treated", t)):
        if values.shape != prediction.shape or values.ndim != 1:
            raise ValueError(f"{name} has shape {values.shape}, not {prediction.shape}")
        if not np.isin(values, (0.0, 1.0)).all():
            raise ValueError(f"{name} must hold 0 and 1 only")
    order = np.argsort(-prediction, kind="stable")
    y, t, ordered = y[order], t[order], prediction[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    sums = [np.cumsum(values)[last] for values in (np.ones_like(y), t, 1 - t, y * t, y * (1 - t))]
    return _Counts(*(np.concatenate([[0.0], values]) for values in sums))


def _score(actual: Curve, perfect: Curve) -> float:
    room = perfect.area - perfect.random_area
    if room == 0:
        raise ValueError("no order can be better than another: all outcomes are alike")
    return (actual.area - actual.random_area) / room
