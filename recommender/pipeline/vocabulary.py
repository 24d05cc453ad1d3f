"""Which categories, brands and products the models know, and how a basket or a product becomes numbers.

Fitted on what happened before a day (the end of the train part); anything newer is "unknown" and costs nothing.
Only NumPy and the standard library here: the web half reads a vocabulary to take one recurrent step.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

CATEGORY_SEPARATOR = " > "
EVENT_WEIGHTS = {"purchase": 1.0, "cart": 0.5, "click": 0.2, "view": 0.1}
"""How much of a purchase each kind of behaviour counts for in a basket's input."""
PURCHASE = "purchase"
EXTRA_INPUTS = 2
"""Inputs of a step after the categories: gap and spend."""
GAP_SCALE = math.log1p(28)
TYPE_BUCKETS = 64
_PACKAGE = re.compile(r"([\d.]+)\s*([A-Za-z]+)")


@dataclass(frozen=True)
class Vocabulary:
    """Known keys in the order of their numbers, and the scales of prices and baskets."""

    categories: tuple[str, ...]
    """Interest categories, `category_path` of their products, most buyers first."""
    departments: tuple[str, ...]
    brands: tuple[int, ...]
    units: tuple[str, ...]
    """Units of package sizes."""
    products: tuple[int, ...]
    """Products with factors of their own in collaborative filtering, ascending."""
    price_edges: tuple[float, ...]
    """Quantiles of prices in minor units."""
    spend_scale: float
    """Mean log1p(spend of a basket in minor units)."""
    fitted_before: int
    """Day number: only what happened earlier was read."""
    feedback: bool = False
    """Whether coupons had been shown or reacted to: models read what came back to them, or don't know of it."""
    terms: bool = False
    """Whether models read what coupons take off, and from when on; those of before there were such features don't."""
    kinds: tuple[str, ...] = tuple(EVENT_WEIGHTS)
    """Behaviour that the steps of a sequence hold; of other kinds there was too little to learn from."""

    def to_json(self) -> dict[str, Any]:
        """Everything it knows, as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The vocabulary of `to_json`."""
        lists = {name: tuple(value) for name, value in content.items() if isinstance(value, list | tuple)}
        return cls(**{**content, **lists})

    @property
    def n_inputs(self) -> int:
        """Width of one step of a sequence."""
        return len(self.categories) + EXTRA_INPUTS

    @property
    def n_attributes(self) -> int:
        """Width of a product's attributes."""
        sizes = (self.departments, self.categories, self.brands, self.units, self.price_edges)
        return sum(len(part) for part in sizes) + TYPE_BUCKETS + 1

    def step_inputs(self, counts: Mapping[int, float], *, gap_days: float, spend_minor: float) -> NDArray[np.float32]:
        """x of one basket or visit, (n_inputs,): weighted counts by category number, days since the last, spend."""
        x = np.zeros(self.n_inputs, np.float32)
        for category, weight in counts.items():
            x[category] = math.log1p(weight)
        x[-2] = scaled_gap(np.array(gap_days))
        x[-1] = math.log1p(max(spend_minor, 0)) / self.spend_scale
        return x


def category_path(department: str | None, commodity: str | None) -> str | None:
    """The name of a product's interest category: the two outer levels of its place in the category tree."""
    names = [name for name in (department, commodity) if name]
    return CATEGORY_SEPARATOR.join(names) if names else None


def scaled_gap(days: NDArray[Any]) -> NDArray[np.float32]:
    """Days since the basket before as an input of about 0 to 2; 0 for the first basket."""
    scaled: NDArray[np.float32] = (np.log1p(np.maximum(days, 0)) / GAP_SCALE).astype(np.float32)
    return scaled


def type_bucket(name: str) -> int:
    """A stable bucket of 0..TYPE_BUCKETS-1 for the name of a product type."""
    return crc32(name.encode()) % TYPE_BUCKETS


def package_unit(text: str | None) -> str | None:
    """The unit of a package size, upper case: "22 oz" -> "OZ"; None where there is none."""
    found = _PACKAGE.search(text or "")
    return found.group(2).upper() if found else None
