"""The open intent of shoppers on a day: what they looked at, clicked and carted, and have not bought since.

A day that is over is read as training reads it, so of its acts only the kinds that the vocabulary has not learnt are
still open. They fade with the days, and end with the next purchase in their category.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.intent import INTENT, NO_INTENT, Intent

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

HALF_LIVES = 8
"""After so many an act is forgotten."""


@dataclass(frozen=True)
class Acts:
    """Behaviour by category of those who looked at something, sorted by shopper and day; a rows."""

    shopper: Ints
    day: Ints
    category: Ints
    """Category numbers."""
    weight: Floats
    """Weighted count of views, clicks and carts."""
    unlearnt: Floats
    """Of `weight` that of kinds which no step of a sequence holds."""
    bought: NDArray[np.bool_]


def open_intent(acts: Acts, shoppers: Ints, *, as_of: int, half_life: float) -> list[Intent]:
    """Each shopper's intent before the day number `as_of`, whose day before may not be over."""
    today = as_of - 1
    first, last = np.searchsorted(acts.shopper, shoppers), np.searchsorted(acts.shopper, shoppers, side="right")
    return [
        _of_one(acts, np.arange(start, stop), today, half_life) if stop > start else NO_INTENT
        for start, stop in zip(first.tolist(), last.tolist(), strict=True)
    ]


def _of_one(acts: Acts, rows: Ints, today: int, half_life: float) -> Intent:
    rows = rows[acts.day[rows] <= today]
    age = today - acts.day[rows]
    weight = np.where(age == 0, acts.weight[rows], acts.unlearnt[rows]).astype(np.float64)
    if not weight.any():
        return NO_INTENT
    last_bought = np.full(int(acts.category[rows].max()) + 1, np.iinfo(np.int64).min)
    bought = rows[acts.bought[rows]]
    np.maximum.at(last_bought, acts.category[bought], acts.day[bought])
    kept = (weight > 0) & (acts.day[rows] > last_bought[acts.category[rows]]) & (age <= HALF_LIVES * half_life)
    rows, age, weight = rows[kept], age[kept], weight[kept] * 0.5 ** (age[kept] / half_life)
    categories, place = np.unique(acts.category[rows], return_inverse=True)
    intent = np.zeros(len(categories), INTENT)
    intent["category"] = categories
    intent["past"] = np.bincount(place, np.where(age > 0, weight, 0), len(categories))
    intent["total"] = np.bincount(place, weight, len(categories))
    return intent
