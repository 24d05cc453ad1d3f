"""Redemption rates, from coarse to fine: the baseline of every report, and the last resort."""

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.base import Doubles, Floats, Ints, NotFittedError, require_labels, require_shape

UNKNOWN = -1
"""Key of a level on which a candidate is not known."""


class PopularityModel:
    """Smoothed redemption rate of a coupon, with fallbacks.

    Keys (n, levels) number what a candidate belongs to, from coarse to fine, e.g. campaign kind, category,
    coupon. The rate of a key leans on the rate of the coarser level as if it had been seen `strength` times
    there, so a coupon without history has its category's rate, and one without a category that of its kind
    of campaign.
    """

    ARRAYS_FILE = "rates.npz"
    SETTINGS_FILE = "settings.json"

    def __init__(self, *, strength: float) -> None:
        if strength < 0:
            raise ValueError(f"strength is {strength}, not 0 or above")
        self.strength = strength
        self._base: float | None = None
        self._levels: list[tuple[Ints, Doubles, Doubles]] = []

    def fit(self, keys: NDArray[Any], y: NDArray[Any]) -> Self:
        """Count redemptions y (n,) of candidates by integer keys (n, levels), -1: not known."""
        require_shape("keys", keys, (None, None))
        labels = require_labels("y", y, len(keys)).astype(np.float64)
        if not len(labels):
            raise ValueError("y has no rows")
        self._base = float(labels.mean())
        self._levels = []
        for level in range(keys.shape[1]):
            values, inverse = np.unique(keys[:, level], return_inverse=True)
            tried = np.bincount(inverse, minlength=len(values)).astype(np.float64)
            redeemed = np.bincount(inverse, labels, minlength=len(values))
            known = values != UNKNOWN
            self._levels.append((values[known].astype(np.int64), tried[known], redeemed[known]))
        return self

    def predict(self, keys: NDArray[Any]) -> Floats:
        """Rates (n,) float32 of candidates with keys (n, levels)."""
        return self._rates(keys)[0]

    def known_level(self, keys: NDArray[Any]) -> Ints:
        """The finest level (n,) that `fit` saw, 0 the coarsest, -1 none: which fallback was used."""
        return self._rates(keys)[1]

    def save(self, folder: Path) -> None:
        """Write rates.npz and settings.json into an existing folder."""
        if self._base is None:
            raise NotFittedError("the popularity model has not been fitted")
        arrays: dict[str, NDArray[Any]] = {}
        for level, (values, tried, redeemed) in enumerate(self._levels):
            arrays |= {f"keys{level}": values, f"tried{level}": tried, f"redeemed{level}": redeemed}
        np.savez(folder / self.ARRAYS_FILE, **arrays)  # type: ignore[arg-type]  # the stub takes a flag by name
        settings = {"strength": self.strength, "base": self._base, "levels": len(self._levels)}
        (folder / self.SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model as saved."""
        settings = json.loads((folder / cls.SETTINGS_FILE).read_text())
        loaded = cls(strength=settings["strength"])
        loaded._base = settings["base"]
        with np.load(folder / cls.ARRAYS_FILE, allow_pickle=False) as arrays:
            loaded._levels = [
                (arrays[f"keys{level}"], arrays[f"tried{level}"], arrays[f"redeemed{level}"])
                for level in range(settings["levels"])
            ]
        return loaded

    def _rates(self, keys: NDArray[Any]) -> tuple[Floats, Ints]:
        if self._base is None:
            raise NotFittedError("the popularity model has not been fitted")
        require_shape("keys", keys, (None, len(self._levels)))
        rate = np.full(len(keys), self._base)
        finest = np.full(len(keys), -1, np.int64)
        for level, (values, tried, redeemed) in enumerate(self._levels):
            if not len(values):
                continue
            place = np.minimum(np.searchsorted(values, keys[:, level]), len(values) - 1)
            found = values[place] == keys[:, level]
            # Found keys were tried at least once, so this is no 0/0 even without smoothing.
            own = (redeemed[place] + self.strength * rate) / (tried[place] + self.strength)
            rate = np.where(found, own, rate)
            finest[found] = level
        return rate.astype(np.float32), finest
