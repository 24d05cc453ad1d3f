"""Content-based scores: the cosine of a shopper's profile of attributes and an item's attributes."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommender.estimators.base import Floats, NotFittedError, require_finite, require_index, require_shape


class ContentModel:
    """A shopper's profile is the mean of the attributes of what they bought, rare ones weighing more.

    Nothing but the attributes' rarity is learnt, so a product that nobody bought yet is scored like any
    other.
    """

    ARRAYS_FILE = "content.npz"

    def __init__(self) -> None:
        self._rarity: Floats | None = None
        self._items: Floats | None = None

    def fit(self, item_vectors: NDArray[Any]) -> Self:
        """Learn from attributes item_vectors (n_items, d), each 0 or above, how rare each attribute is."""
        require_shape("item_vectors", item_vectors, (None, None))
        require_finite("item_vectors", item_vectors)
        present = (item_vectors > 0).sum(axis=0)
        self._rarity = np.log((1 + len(item_vectors)) / (1 + present)).astype(np.float32)
        self._items = self.item_directions(item_vectors)
        return self

    def item_directions(self, item_vectors: NDArray[Any]) -> Floats:
        """Attributes (m, d) of items, or pooled by coupon, as unit vectors (m, d) for `score`."""
        if self._rarity is None:
            raise NotFittedError("the content model has not been fitted")
        require_shape("item_vectors", item_vectors, (None, len(self._rarity)))
        return _unit(item_vectors.astype(np.float32) * self._rarity)

    def profiles(self, user_items: csr_matrix) -> Floats:
        """Unit profiles (m, d) of shoppers from amounts user_items (m, n_items); zeros without a purchase."""
        if self._items is None:
            raise NotFittedError("the content model has not been fitted")
        if user_items.shape[1] != len(self._items):
            raise ValueError(f"user_items has shape {user_items.shape}, not (any, {len(self._items)})")
        return _unit(np.asarray(csr_matrix(user_items, dtype=np.float32) @ self._items))

    def score(
        self,
        profiles: Floats,
        user_index: NDArray[Any],
        item_index: NDArray[Any],
        *,
        directions: Floats | None = None,
    ) -> Floats:
        """Cosines (n,) of pairs; `directions` of `item_directions`, or else the fitted items."""
        if self._items is None:
            raise NotFittedError("the content model has not been fitted")
        items = self._items if directions is None else directions
        require_shape("profiles", profiles, (None, self._items.shape[1]))
        require_shape("directions", items, (None, self._items.shape[1]))
        rows = require_index("user_index", user_index, len(profiles))
        columns = require_index("item_index", item_index, len(items))
        require_shape("item_index", columns, (len(rows),))
        out = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), 1 << 15):
            part = slice(start, start + (1 << 15))
            out[part] = np.einsum("ij,ij->i", profiles[rows[part]], items[columns[part]])
        return out

    def save(self, folder: Path) -> None:
        """Write content.npz into an existing folder."""
        if self._rarity is None or self._items is None:
            raise NotFittedError("the content model has not been fitted")
        np.savez_compressed(folder / self.ARRAYS_FILE, rarity=self._rarity, items=self._items)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model as saved."""
        loaded = cls()
        with np.load(folder / cls.ARRAYS_FILE, allow_pickle=False) as arrays:
            loaded._rarity, loaded._items = arrays["rarity"], arrays["items"]
        return loaded


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: Floats = (vectors / np.where(length > 0, length, 1)).astype(np.float32, copy=False)
    return out
