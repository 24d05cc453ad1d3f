"""CSV and Parquet files as a stream of raw batches: bounded memory, and a start at any row."""

import csv
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from coupons.importing.errors import ImportFileError

_PARQUET_MAGIC = b"PAR1"
_HASH_BLOCK = 1 << 20
_DELIMITERS = ",;\t"

csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class RawBatch:
    """Rows `first_line`... of a file, as they stand there. `broken` names rows with the wrong number of fields."""

    first_line: int
    """1 is the first row of data."""
    rows: Any
    """pyarrow RecordBatch; every column of the file."""
    broken: dict[int, str] = field(default_factory=dict)
    """Offset in the batch -> why the row can't be taken apart."""


@dataclass(frozen=True)
class SourceFile:
    """A file that was opened once: its columns are known and its format is sound so far."""

    path: Path
    names: tuple[str, ...]
    rows: int | None
    """Rows of data; None for a CSV file, where only reading tells."""
    delimiter: str | None
    """None for Parquet."""

    def batches(self, *, start: int, size: int) -> Iterator[RawBatch]:
        """Batches of at most `size` rows, without the first `start` rows. Raises ImportFileError on a broken file."""
        if self.delimiter is None:
            return _parquet_batches(self.path, start=start, size=size)
        return _csv_batches(self.path, self.names, self.delimiter, start=start, size=size)


def open_source(path: Path) -> SourceFile:
    """Look at the file's format and header. Raises ImportFileError where there is no usable table in it."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ImportFileError(f"{path}: {error.strerror or error}") from None
    if not magic:
        raise ImportFileError(f"{path}: the file is empty")
    if magic == _PARQUET_MAGIC or path.suffix == ".parquet":
        return _open_parquet(path)
    return _open_csv(path)


def fingerprint(path: Path) -> tuple[str, int]:
    """SHA-256 of the content in hexadecimal, and the number of line ends (an estimate of a CSV file's rows)."""
    digest, lines = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
            lines += block.count(b"\n")
    return digest.hexdigest(), lines


def _open_parquet(path: Path) -> SourceFile:
    try:
        with pq.ParquetFile(path) as file:
            names, rows = tuple(file.schema_arrow.names), int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None
    return SourceFile(path, _unique(path, names), rows, None)


def _parquet_batches(path: Path, *, start: int, size: int) -> Iterator[RawBatch]:
    try:
        with pq.ParquetFile(path) as file:
            groups, line = _groups_after(file, start)
            for rows in file.iter_batches(batch_size=size, row_groups=groups):
                skip = min(max(start - line, 0), rows.num_rows)
                if skip < rows.num_rows:
                    yield RawBatch(line + skip + 1, rows.slice(skip))
                line += rows.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def _groups_after(file: Any, start: int) -> tuple[list[int], int]:
    """Row groups that hold rows after `start`, and how many rows lie before the first of them."""
    before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if before + rows > start:
            return list(range(group, file.num_row_groups)), before
        before += rows
    return [], before


def _open_csv(path: Path) -> SourceFile:
    try:
        with path.open("rb") as file:
            first = file.readline().decode("utf-8-sig")
            delimiter = max(_DELIMITERS, key=first.count)
            names = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError:
        raise ImportFileError(f"{path}: neither a Parquet file nor a CSV file in UTF-8") from None
    except csv.Error as error:
        raise ImportFileError(f"{path}: header: {error}") from None
    return SourceFile(path, _unique(path, tuple(name.strip() for name in names)), None, delimiter)


def _csv_batches(path: Path, names: tuple[str, ...], delimiter: str, *, start: int, size: int) -> Iterator[RawBatch]:
    line = start
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = (row for row in csv.reader(file, delimiter=delimiter, strict=True) if row)
            next(records, None)
            left = itertools.islice(records, start, None)
            while rows := list(itertools.islice(left, size)):
                yield _csv_batch(rows, names, line + 1)
                line += len(rows)
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path}: not UTF-8 after row {line} ({error.reason})") from None
    except csv.Error as error:
        raise ImportFileError(f"{path}: broken CSV after row {line}: {error}") from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _csv_batch(rows: list[list[str]], names: tuple[str, ...], first_line: int) -> RawBatch:
    width, broken = len(names), {}
    for offset, row in enumerate(rows):
        if len(row) != width:
            broken[offset] = f"has {len(row)} fields, the header has {width}"
            rows[offset] = (row + [""] * width)[:width]
    columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
    return RawBatch(first_line, pa.RecordBatch.from_arrays(columns, names=list(names)), broken)


def _unique(path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportFileError(f"{path}: column {', '.join(map(repr, twice))} appears more than once")
    return names


def _unreadable(path: Path, error: Exception) -> ImportFileError:
    detail = (str(error).splitlines() or [""])[0].strip().rstrip(".")
    kind = "not a readable Parquet file" if isinstance(error, pa.ArrowException) else "can't be read"
    return ImportFileError(f"{path}: {kind} ({detail})")
