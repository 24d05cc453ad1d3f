"""The calibrated stack: one probability from the parts' out-of-fold scores.

A logistic regression on the logits of the parts with coefficients of 0 and above (a part may be ignored,
never turned round) that leans on a plain average, then a strictly increasing calibration, so that the order of the
stack is the regression's.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.isotonic import isotonic_regression

from recommender.config import StackConfig
from recommender.estimators.base import Doubles, NotFittedError, require_labels, require_shape
from recommender.estimators.forward import sigmoid
from recommender.estimators.metrics import log_loss
from recommender.estimators.stack_formula import FLOOR, part_logits, through

CHUNK = 65_536
"""Candidates of one pass: bounds the memory of what is passed on the way."""
LEAST_BLOCK_POSITIVES = 5.0
"""Redemptions and misses added to the belief in a calibration block, in the proportion of the regression."""


class CalibratedStack:
    """Stack of named parts. Parts are probabilities (n, parts) with NaN where a part has no score.

    `prior` names coefficients that are believed before any redemption is seen, 0 where it names none; those of parts
    without a score are shared out among the others. A few hundred redemptions say little of how to weigh parts that
    agree, so `config.l2` decides how far they may move them.

    `stand_in` names the part that answers alone where no part of the prior has a score, as for somebody of whom nothing
    is known; the stack's probability is then that part's own. It has no coefficient elsewhere.
    """

    FILE = "stack.json"

    def __init__(
        self,
        config: StackConfig,
        *,
        names: Sequence[str],
        prior: Mapping[str, float] | None = None,
        stand_in: str | None = None,
    ) -> None:
        self.config = config
        self.names = list(names)
        self.prior = dict(prior or {})
        self.stand_in = stand_in
        self._fitted: dict[str, Any] | None = None

    def fit(self, parts: NDArray[Any], y: NDArray[Any]) -> Self:
        """Learn from out-of-fold scores parts (n, parts) and labels y (n,)."""
        require_shape("parts", parts, (None, len(self.names)))
        labels = require_labels("y", y, len(parts)).astype(np.float64)
        if labels.min(initial=1) == labels.max(initial=0):
            raise ValueError("y holds one class only")
        joint = ~self._alone(parts)
        if labels[joint].min(initial=1) < labels[joint].max(initial=0):
            parts, labels = parts[joint], labels[joint]
        logits = part_logits(parts)
        known = np.isfinite(logits)
        if self.stand_in is not None:
            known[:, self.names.index(self.stand_in)] = False
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, logits, 0).sum(axis=0) / count
        p = len(self.names)
        design = np.empty((len(parts), 2 * p))  # filled in place: a fit over all campaigns is the peak of the memory
        centred, design[:, p:] = design[:, :p], ~known
        np.subtract(logits, mean, out=centred)
        centred[~known] = 0
        scale = np.sqrt(np.maximum((centred**2).sum(axis=0) / count, 1e-12))
        centred /= scale
        del logits
        solution = self._regress(design, labels, np.append(self._believed(known) * scale, np.zeros(len(scale))))
        del design, centred
        self._fitted = {
            "mean": mean.tolist(),
            "coefficients": (solution[:p] / scale).tolist(),
            "absent": solution[p : 2 * p].tolist(),
            "intercept": float(solution[-1]),
            "knots": [],
        }
        raw = self.logits(parts)
        if self.config.calibration != "none":
            self._fitted["knots"] = self._calibrate(raw, labels)
        return self

    @property
    def coefficients(self) -> dict[str, float]:
        """Coefficient of each part's logit."""
        return dict(zip(self.names, self._state()["coefficients"], strict=True))

    def predict(self, parts: NDArray[Any], lift: Doubles | None = None) -> Doubles:
        """Calibrated probabilities (n,) of parts (n, parts), with `lift` (n,) added to their sums. Plain NumPy."""
        require_shape("parts", parts, (None, len(self.names)))
        raw = self.logits(parts) if lift is None else self.logits(parts) + lift
        knots = self._state()["knots"]
        out: Doubles = sigmoid(through(raw, np.array(knots)) if knots else raw)
        return out

    def logits(self, parts: NDArray[Any]) -> Doubles:
        """The regression's logits (n,) before calibration: `recommender.online` moves one part of them.

        Where a part stands in, what the calibration takes to that part's own logit.
        """
        out = np.empty(len(parts))
        for start in range(0, len(parts), CHUNK):
            rows = slice(start, start + CHUNK)
            out[rows] = self.contributions(parts[rows]).sum(axis=1) + self._state()["intercept"]
        return out

    def contributions(self, parts: NDArray[Any]) -> Doubles:
        """What each part adds to the logit before calibration, against its mean: (n, parts)."""
        require_shape("parts", parts, (None, len(self.names)))
        state = self._state()
        logits = part_logits(parts)
        centred = np.where(np.isfinite(logits), logits - np.array(state["mean"]), 0)
        out: Doubles = np.where(
            np.isfinite(logits), centred * np.array(state["coefficients"]), np.array(state["absent"])
        )
        alone = self._alone(parts)
        if alone.any():
            column = self.names.index(str(self.stand_in))
            knots = np.array(state["knots"])
            own = through(logits[alone, column], knots[:, ::-1]) if len(knots) else logits[alone, column]
            out[alone] = 0.0
            out[alone, column] = own - state["intercept"]
        return out

    def _alone(self, parts: NDArray[Any]) -> NDArray[np.bool_]:
        """(n,) where the stand-in has a score and no part of the prior has one."""
        if self.stand_in is None:
            return np.zeros(len(parts), bool)
        joint = [self.names.index(name) for name in self.prior if name in self.names]
        alone: NDArray[np.bool_] = ~np.isfinite(parts[:, joint]).any(axis=1)
        alone &= np.isfinite(parts[:, self.names.index(self.stand_in)])
        return alone

    def over(self, names: Sequence[str]) -> "CalibratedStack":
        """The same stack for parts in this order; one that it was not fitted on has no weight."""
        if list(names) == self.names:
            return self
        state = self._state()
        kept = [self.names.index(name) if name in self.names else -1 for name in names]
        lists = {key: [state[key][i] if i >= 0 else 0.0 for i in kept] for key in ("mean", "coefficients", "absent")}
        wider = CalibratedStack(self.config, names=names, prior=self.prior, stand_in=self.stand_in)
        wider._fitted = state | lists
        return wider

    def save(self, folder: Path) -> None:
        """Write stack.json into an existing folder."""
        content = {
            "config": self.config.to_dict(),
            "names": self.names,
            "prior": self.prior,
            "stand_in": self.stand_in,
            "fitted": self._state(),
        }
        (folder / self.FILE).write_text(json.dumps(content, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The stack as saved."""
        content = json.loads((folder / cls.FILE).read_text())
        loaded = cls(
            StackConfig.from_dict(content["config"]),
            names=content["names"],
            prior=content.get("prior"),
            stand_in=content.get("stand_in"),
        )
        loaded._fitted = content["fitted"]
        return loaded

    def _state(self) -> dict[str, Any]:
        if self._fitted is None:
            raise NotFittedError("the stack has not been fitted")
        return self._fitted

    def _believed(self, known: NDArray[np.bool_]) -> Doubles:
        prior = np.array([self.prior.get(name, 0.0) for name in self.names])
        present: Doubles = np.where(known.any(axis=0), prior, 0.0)
        return present * prior.sum() / present.sum() if present.any() else present

    def _regress(self, design: Doubles, y: Doubles, believed: Doubles) -> Doubles:
        """Coefficients of `design` (n, 2 parts) and the intercept: least log-loss, leaning on `believed`."""
        width = design.shape[1]
        parts = width // 2
        rate = y.mean()
        start = np.append(believed, 0.0)
        start[-1] = np.log(rate / (1 - rate))
        bounds = [(0, None)] * parts + [(None, None)] * (parts + 1)

        def objective(w: Doubles) -> tuple[float, Doubles]:
            p = sigmoid(design @ w[:-1] + w[-1])
            error = p - y
            moved = w[:-1] - believed
            gradient = np.append(design.T @ error + self.config.l2 * moved, error.sum())
            return log_loss(y, p) * len(y) + 0.5 * self.config.l2 * float(moved @ moved), gradient

        found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
        solution: Doubles = found.x
        return solution

    def _calibrate(self, raw: Doubles, y: Doubles) -> list[list[float]]:
        """Knots (raw logit, calibrated logit) of a strictly increasing line."""
        if self.config.calibration == "platt":
            return _platt_knots(raw, y)
        return _isotonic_knots(raw, y)


def _isotonic_knots(raw: Doubles, y: Doubles) -> list[list[float]]:
    """Isotonic regression, each block drawn to its centre: the line rises between centres: no ties.

    A block's rate leans on the regression's own by a few redemptions' worth, for the top blocks are small.
    """
    order = np.argsort(raw, kind="stable")
    fitted = isotonic_regression(y[order])
    starts = np.flatnonzero(np.append(True, np.diff(fitted) > 0))
    size = np.diff(np.append(starts, len(y)))
    centre = np.add.reduceat(raw[order], starts) / size
    believed = np.add.reduceat(sigmoid(raw[order]), starts) / size
    weight = LEAST_BLOCK_POSITIVES / np.maximum(believed, FLOOR)
    rate = (np.add.reduceat(y[order], starts) + weight * believed) / (size + weight)
    # Leaning may undo the order of neighbouring blocks: once more, and equal blocks become one.
    rising = isotonic_regression(rate, sample_weight=size + weight)
    again = np.flatnonzero(np.append(True, np.diff(rising) > 0))
    mass = np.add.reduceat((size + weight), again)
    middle = np.add.reduceat(centre * (size + weight), again) / mass
    logit = part_logits(rising[again])
    kept = np.append(True, np.diff(middle) > 0)
    return np.stack([middle[kept], logit[kept]], axis=1).tolist()  # type: ignore[no-any-return]


def _platt_knots(raw: Doubles, y: Doubles) -> list[list[float]]:
    """Two knots of the line a·raw + b, a > 0, of least log-loss."""

    def loss(w: Doubles) -> float:
        return log_loss(y, sigmoid(np.exp(w[0]) * raw + w[1]))

    slope, shift = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-3, 3), (None, None)]).x
    ends = np.array([raw.min(), max(raw.max(), raw.min() + 1)])
    return np.stack([ends, np.exp(slope) * ends + shift], axis=1).tolist()  # type: ignore[no-any-return]
