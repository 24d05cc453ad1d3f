"""A raw batch to typed rows, and the rows that are no good, each with its first fault."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from coupons.importing.columns import Column, parse_column, raw_text
from coupons.importing.files import RawBatch


@dataclass(frozen=True)
class Reject:
    """A row that was not accepted. `field` is empty where the row as a whole is at fault."""

    line: int
    field: str
    value: str
    reason: str
    raw: str
    """The row as a JSON object, as it stood in the file."""


@dataclass(frozen=True)
class ParsedBatch:
    """`rows`: Arrow table `line` + every column of the TableImport, good rows only."""

    raw: RawBatch
    rows: Any
    rejects: list[Reject]

    @property
    def size(self) -> int:
        """Rows of the file in this batch, good and bad."""
        return int(self.raw.rows.num_rows)

    def rejected(self, faults: Sequence[tuple[int, str, str]]) -> list[Reject]:
        """(line, field, reason) -> the rows of those lines with what stood in them."""
        return _rejects(self.raw, [(line - self.raw.first_line, field, reason) for line, field, reason in faults])


def parse_batch(raw: RawBatch, columns: tuple[Column, ...], *, zone: str, now: datetime) -> ParsedBatch:
    """Check every column; a row is good when all its values are."""
    size = raw.rows.num_rows
    names = set(raw.rows.schema.names)
    fault_of = np.zeros(size, np.int32)
    faults: list[tuple[str, str]] = [("", "")]
    if raw.broken:
        for offset, reason in raw.broken.items():
            faults.append(("", reason))
            fault_of[offset] = len(faults) - 1
    arrays = [pa.array(np.arange(raw.first_line, raw.first_line + size))]
    for column in columns:
        values = raw.rows.column(column.name) if column.name in names else pa.array([column.absent] * size, pa.string())
        parsed, column_faults = parse_column(values, column, zone=zone, now=now)
        arrays.append(parsed)
        for fault in column_faults:
            faults.append((column.name, fault.reason))
            fault_of[fault.rows & (fault_of == 0)] = len(faults) - 1
    table = pa.Table.from_arrays(arrays, names=["line", *(column.name for column in columns)])
    bad = fault_of > 0
    rejects = _rejects(raw, [(int(offset), *faults[fault_of[offset]]) for offset in np.flatnonzero(bad)])
    return ParsedBatch(raw, table.filter(pa.array(~bad)) if bad.any() else table, rejects)


def _rejects(raw: RawBatch, faults: Sequence[tuple[int, str, str]]) -> list[Reject]:
    if not faults:
        return []
    names = raw.rows.schema.names
    taken = raw.rows.take(pa.array([offset for offset, _, _ in faults]))
    columns = [_printable(taken.column(name)) for name in names]
    rejects = []
    for (offset, field, reason), values in zip(faults, zip(*columns, strict=True), strict=True):
        row = dict(zip(names, values, strict=True))
        rejects.append(Reject(raw.first_line + offset, field, row.get(field) or "", reason, json.dumps(row)))
    return rejects


def _printable(column: Any) -> list[str | None]:
    """An Arrow array as text. Postgres text can't hold NUL, so it is shown as its symbol."""
    if isinstance(column.type, pa.DictionaryType):
        column = column.dictionary_decode()
    try:
        texts = raw_text(column).to_pylist()
    except pa.ArrowException:  # nested values have no cast to text
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
    return [None if text is None else text.replace("\0", "\N{SYMBOL FOR NULL}") for text in texts]
