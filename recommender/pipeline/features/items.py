"""Products' attributes for the item encoder, and vectors of coupons: those of their products, pooled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from recommender.columns import Columns as C
from recommender.pipeline.features.vocabulary_fit import with_category_path
from recommender.pipeline.lake import Lake
from recommender.pipeline.vocabulary import Vocabulary, package_unit, type_bucket

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
CHUNK = 8192


@dataclass(frozen=True)
class Items:
    """The catalog as the encoder sees it, and which product belongs to which coupon."""

    products: Ints
    """(p,) ascending ids."""
    attributes: NDArray[np.uint8]
    """(p, n_attributes) of 0 and 1."""
    coupons: Ints
    """(c,) ascending ids."""
    campaign: Ints
    """(c,) campaign of each coupon."""
    external: tuple[str, ...]
    """(c,) the shop's own name of each coupon: the same offer in a later campaign has the same."""
    covers: csr_matrix
    """(c, p) 1 where a coupon covers a product."""
    category: Ints
    """(p,) category number of each product, -1 without one."""

    def shares(self) -> csr_matrix:
        """(c, p) rows that sum to 1: pooling with it is a mean over a coupon's products."""
        size = np.maximum(np.asarray(self.covers.sum(axis=1)).ravel(), 1)
        return diags(1.0 / size).tocsr().astype(np.float32) @ self.covers

    def coverage(self, n_categories: int) -> Floats:
        """(c, n_categories): share of each coupon's products in each interest category."""
        known = np.flatnonzero(self.category >= 0)
        of_category = csr_matrix(
            (np.ones(len(known), np.float32), (known, self.category[known])),
            shape=(len(self.products), n_categories),
        )
        dense: Floats = np.asarray((self.shares() @ of_category).todense(), np.float32)
        return dense

    def pooled(self, transform: Callable[[NDArray[Any]], Floats], width: int) -> Floats:
        """(c, width): the mean over each coupon's products of `transform`(attributes), chunk by chunk."""
        shares = self.shares().tocsc()
        used = np.flatnonzero(np.diff(shares.indptr))
        out = np.zeros((len(self.coupons), width), np.float32)
        for start in range(0, len(used), CHUNK):
            rows = used[start : start + CHUNK]
            out += shares[:, rows] @ transform(self.attributes[rows].astype(np.float32))
        return out

    def samples(self, limit: int, seed: int) -> NDArray[np.uint8]:
        """Up to `limit` different attribute vectors to train the encoder on."""
        packed = np.packbits(self.attributes, axis=1)
        _, first = np.unique(packed.view(np.dtype((np.void, packed.shape[1]))).ravel(), return_index=True)
        chosen = np.random.default_rng(seed).permutation(first)[:limit]
        samples: NDArray[np.uint8] = self.attributes[chosen]
        return samples


def load_items(lake: Lake, vocabulary: Vocabulary) -> Items:
    """The catalog and the coupons of a lake."""
    table = with_category_path(lake.products).order_by(C.PRODUCT).to_pyarrow()
    products = table[C.PRODUCT].to_numpy()
    columns = {name: table[name].to_pylist() for name in table.column_names}
    number = {path: index for index, path in enumerate(vocabulary.categories)}
    category = np.array([number.get(path, -1) for path in columns["path"]], np.int64)
    coupons = lake.coupons.distinct().order_by(C.COUPON).to_pyarrow()
    ids = coupons[C.COUPON].to_numpy()
    pairs = lake.coupon_products.distinct().to_pyarrow()
    coupon, product = pairs[C.COUPON].to_numpy(), pairs[C.PRODUCT].to_numpy()
    known = np.isin(coupon, ids) & np.isin(product, products)
    rows, cols = np.searchsorted(ids, coupon[known]), np.searchsorted(products, product[known])
    return Items(
        products=products,
        attributes=_attributes(columns, category, vocabulary),
        coupons=ids,
        campaign=coupons[C.CAMPAIGN].to_numpy(),
        external=tuple(coupons["external_id"].to_pylist()),
        covers=csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(ids), len(products))),
        category=category,
    )


def _attributes(columns: dict[str, list[Any]], category: Ints, vocabulary: Vocabulary) -> NDArray[np.uint8]:
    """One-hot department, category, type bucket, brand, unit; price as a thermometer; private label."""
    rows = len(category)
    out = np.zeros((rows, vocabulary.n_attributes), np.uint8)
    departments = _numbers(columns[C.DEPARTMENT], vocabulary.departments)
    brands = _numbers(columns[C.BRAND], vocabulary.brands)
    units = _numbers([package_unit(text) for text in columns[C.PACKAGE]], vocabulary.units)
    types = np.array([-1 if not name else type_bucket(name) for name in columns[C.TYPE]], np.int64)
    start = 0
    for numbers, width in (
        (departments, len(vocabulary.departments)),
        (category, len(vocabulary.categories)),
        (brands, len(vocabulary.brands)),
        (units, len(vocabulary.units)),
        (types, vocabulary.n_attributes - _width_without_types(vocabulary)),
    ):
        known = np.flatnonzero(numbers >= 0)
        out[known, start + numbers[known]] = 1
        start += width
    price = np.array([value or 0 for value in columns[C.PRICE]], np.float64)
    edges = np.array(vocabulary.price_edges)
    out[:, start : start + len(edges)] = price[:, None] > edges[None, :]
    out[:, -1] = np.array([bool(value) for value in columns[C.PRIVATE_LABEL]])
    return out


def _width_without_types(vocabulary: Vocabulary) -> int:
    parts = (vocabulary.departments, vocabulary.categories, vocabulary.brands, vocabulary.units)
    return sum(len(part) for part in parts) + len(vocabulary.price_edges) + 1


def _numbers(values: list[Any], known: tuple[Any, ...]) -> Ints:
    number = {value: index for index, value in enumerate(known)}
    return np.array([number.get(value, -1) for value in values], np.int64)
