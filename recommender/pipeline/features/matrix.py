"""Pair features as one array: rows sorted by campaign, shopper and coupon, features by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recommender.columns import Columns as C
from recommender.pipeline.features.pairs import PAIR, feature_names, pair_tables
from recommender.pipeline.lake import Lake
from recommender.pipeline.splits import Part, first_redemptions

NEVER = np.iinfo(np.int32).max
"""`redeemed_day` of a candidate that was not redeemed."""
CHUNK_ROWS = 250_000
"""Candidates that are joined at a time; bounds memory at about 300 MB."""

Keys = NDArray[np.int64]


@dataclass(frozen=True)
class FeatureFrame:
    """n candidates with f features each."""

    shopper: Keys
    campaign: Keys
    coupon: Keys
    as_of: Keys
    """Day number of the list: features come from before it."""
    redeemed_day: NDArray[np.int32]
    """Day number of the first redemption, `NEVER` without one. A label, never a feature."""
    names: tuple[str, ...]
    values: NDArray[np.float32]
    """(n, f); NaN where a feature is not defined."""

    def __len__(self) -> int:
        return len(self.shopper)

    def labels(self, part: Part) -> NDArray[np.float32]:
        """1 where redeemed before the part's label cut, else 0."""
        before = NEVER if part.label_before is None else part.label_before
        return (self.redeemed_day < before).astype(np.float32)

    def rows(self, part: Part) -> NDArray[np.int64]:
        """Row numbers of the part's campaigns."""
        return np.flatnonzero(np.isin(self.campaign, part.campaigns))

    def take(self, rows: NDArray[Any]) -> "FeatureFrame":
        """The frame of some rows."""
        return FeatureFrame(
            shopper=self.shopper[rows],
            campaign=self.campaign[rows],
            coupon=self.coupon[rows],
            as_of=self.as_of[rows],
            redeemed_day=self.redeemed_day[rows],
            names=self.names,
            values=self.values[rows],
        )

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature, (n,)."""
        values: NDArray[np.float32] = self.values[:, self.names.index(name)]
        return values

    def fill(self, name: str, values: NDArray[Any]) -> None:
        """Write a column that was left as room by `build_matrix`."""
        self.values[:, self.names.index(name)] = values

    def list_index(self) -> tuple[NDArray[np.int64], Keys, Keys]:
        """For each row the number of its list, and the shopper and as_of of each list."""
        pairs = np.stack([self.as_of, self.shopper], axis=1)
        unique, index = np.unique(pairs, axis=0, return_inverse=True)
        return index.reshape(-1), unique[:, 1], unique[:, 0]


def build_matrix(
    lake: Lake, offers: ir.Table, extra: tuple[str, ...] = (), *, feedback: bool = False, terms: bool = True
) -> FeatureFrame:
    """Features of all candidates of the lists `offers` (campaign_id, shopper_id, as_of).

    `extra` names columns that models fill later (`FeatureFrame.fill`), NaN until then: room for them is made
    here, for a wider copy of the whole matrix would double the memory.
    """
    tables = pair_tables(lake, offers, feedback=feedback, terms=terms)
    sizes = tables.pairs.group_by(C.CAMPAIGN).agg(rows=tables.pairs.count()).to_pyarrow().to_pylist()
    total = sum(row["rows"] for row in sizes)
    keys = np.empty((total, 4), np.int64)
    values: NDArray[np.float32] | None = None
    names: tuple[str, ...] = ()
    start = 0
    for campaigns in _chunks({row[C.CAMPAIGN]: row["rows"] for row in sizes}):
        rows = tables.rows(campaigns)
        names = (*feature_names(rows.columns), *extra)
        table = rows.to_pyarrow()
        chunk_keys = np.stack([_numpy(table[name]) for name in (*PAIR, C.AS_OF)], axis=1)
        order = np.lexsort((chunk_keys[:, 2], chunk_keys[:, 1], chunk_keys[:, 0]))
        if values is None:
            values = np.empty((total, len(names)), np.float32)
        stop = start + len(order)
        keys[start:stop] = chunk_keys[order]
        for column, name in enumerate(names[: len(names) - len(extra)]):
            values[start:stop, column] = _numpy(table[name])[order]
        values[start:stop, len(names) - len(extra) :] = np.nan
        start = stop
    tables.release()
    if values is None:
        values = np.empty((0, 0), np.float32)
    return FeatureFrame(
        shopper=keys[:, 1].copy(),
        campaign=keys[:, 0].copy(),
        coupon=keys[:, 2].copy(),
        as_of=keys[:, 3].copy(),
        redeemed_day=_redeemed_days(lake, keys),
        names=names,
        values=values,
    )


def _chunks(sizes: dict[int, int]) -> Iterator[list[int]]:
    """Campaigns by id, in groups of about CHUNK_ROWS candidates, a bigger campaign alone."""
    group: list[int] = []
    rows = 0
    for campaign in sorted(sizes):
        if group and rows + sizes[campaign] > CHUNK_ROWS:
            yield group
            group, rows = [], 0
        group.append(campaign)
        rows += sizes[campaign]
    if group:
        yield group


def _redeemed_days(lake: Lake, keys: NDArray[np.int64]) -> NDArray[np.int32]:
    days = {
        (row[C.CAMPAIGN], row[C.SHOPPER], row[C.COUPON]): row["redeemed_day"]
        for row in first_redemptions(lake).to_pyarrow().to_pylist()
    }
    out = np.full(len(keys), NEVER, np.int32)
    wanted = np.flatnonzero(np.isin(keys[:, 2], [coupon for _, _, coupon in days]))
    for row in wanted:
        out[row] = days.get((keys[row, 0], keys[row, 1], keys[row, 2]), NEVER)
    return out


def _numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values
