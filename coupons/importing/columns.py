"""One column of a file: what it may hold, and the vectorised way from raw values to typed ones."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_INTEGER = r"^[+-]?[0-9]{1,18}$"
_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,10})?$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_ZONED = r"(Z|z|[+-]\d{2}(:?\d{2})?)$"
_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|z|[+-]\d{2}(:?\d{2})?)?)?$"
_PATH = r"^[^>\s]([^>]*[^>\s])?( > [^>\s]([^>]*[^>\s])?)*$"
_TRUE, _FALSE = ("true", "yes", "1", "t", "y"), ("false", "no", "0", "f", "n")
_CLOCK_LEEWAY = timedelta(minutes=5)  # a till's clock may run a little ahead of ours
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """How a column is read, and how it is staged."""

    TEXT = "text"
    PATH = "path"
    INTEGER = "whole number"
    NUMBER = "number"
    BOOLEAN = "yes or no"
    TIME = "time"
    JSON = "JSON object"

    @property
    def sql(self) -> str:
        """The staging table's type."""
        return {"whole number": "bigint", "number": "numeric", "yes or no": "boolean", "time": "timestamptz"}.get(
            self.value, "text"
        )


@dataclass(frozen=True)
class Column:
    """A column of a general-format file. `help` goes into the manual, so that the two can't differ."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    choices: frozenset[str] | None = None
    past: bool = False
    """A time that must lie between 1990 and now."""
    ends_day: bool = False
    """A date without a time means the end of that day, not its start."""
    absent: str | None = None
    """Value of every row where the file has no such column."""


@dataclass(frozen=True)
class Fault:
    """Rows of a column with one and the same fault; `rows` is a boolean NumPy mask."""

    rows: Any
    reason: str


def parse_column(raw: Any, column: Column, *, zone: str, now: datetime) -> tuple[Any, list[Fault]]:
    """Raw Arrow array -> (typed Arrow array with nulls at faults, faults). Empty text counts as no value."""
    parser = {
        Kind.TEXT: _text,
        Kind.PATH: _path,
        Kind.INTEGER: _integer,
        Kind.NUMBER: _number,
        Kind.BOOLEAN: _boolean,
        Kind.JSON: _json_object,
    }.get(column.kind)
    if isinstance(raw.type, pa.DictionaryType):
        raw = raw.dictionary_decode()
    values, faults = parser(raw) if parser else _time(raw, zone=zone, ends_day=column.ends_day)
    if column.required:
        faults.append(Fault(_mask(pc.is_null(raw_text(raw))), "is empty"))
    faults.extend(_limits(values, column, now))
    bad = np.logical_or.reduce([fault.rows for fault in faults]) if faults else None
    if bad is not None and bad.any():
        values = pc.if_else(pa.array(~bad), values, pa.scalar(None, values.type))
    return values, [fault for fault in faults if fault.rows.any()]


def raw_text(raw: Any) -> Any:
    """Any Arrow array as trimmed text; empty becomes null."""
    text = raw if pa.types.is_string(raw.type) else raw.cast(pa.string())
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _mask(condition: Any) -> Any:
    """Arrow booleans as a NumPy mask; null is False."""
    return pc.fill_null(condition, False).to_numpy(zero_copy_only=False)


def _drop(values: Any, bad: Any) -> Any:
    return pc.if_else(pa.array(~bad), values, pa.scalar(None, values.type)) if bad.any() else values


def _text(raw: Any) -> tuple[Any, list[Fault]]:
    text = raw_text(raw)
    return text, [Fault(_mask(pc.match_substring(text, "\0")), "contains a NUL character")]


def _path(raw: Any) -> tuple[Any, list[Fault]]:
    text = pc.replace_substring_regex(raw_text(raw), r"\s*>\s*", " > ")
    bad = _mask(pc.invert(pc.match_substring_regex(text, _PATH)))
    return text, [Fault(bad, "is not a path like A > B > C"), *_text(raw)[1]]


def _matching(raw: Any, pattern: str, reason: str) -> tuple[Any, list[Fault]]:
    """The values as text where they match; the others null, and a fault."""
    text = raw_text(raw)
    bad = _mask(pc.invert(pc.match_substring_regex(text, pattern)))
    return _drop(text, bad), [Fault(bad, reason)]


def _integer(raw: Any) -> tuple[Any, list[Fault]]:
    if pa.types.is_integer(raw.type) and raw.type != pa.uint64():
        return raw.cast(pa.int64()), []
    if pa.types.is_floating(raw.type):
        bad = _mask(pc.or_(pc.not_equal(pc.floor(raw), raw), pc.greater(pc.abs(raw), 1e15)))
        bad |= _mask(pc.is_nan(raw))
        return _drop(raw, bad).cast(pa.int64()), [Fault(bad, "is not a whole number")]
    text, faults = _matching(raw, _INTEGER, "is not a whole number")
    return pc.replace_substring_regex(text, r"^\+", "").cast(pa.int64()), faults


def _number(raw: Any) -> tuple[Any, list[Fault]]:
    text, faults = _matching(raw, _NUMBER, "is not a number")
    return pc.replace_substring_regex(text, r"^\+", "").cast(pa.float64()), faults


def _boolean(raw: Any) -> tuple[Any, list[Fault]]:
    if pa.types.is_boolean(raw.type):
        return raw, []
    text = pc.utf8_lower(raw_text(raw))
    true = pc.is_in(text, pa.array(_TRUE))
    known = pc.or_(true, pc.is_in(text, pa.array(_FALSE)))
    bad = _mask(pc.and_(pc.is_valid(text), pc.invert(known)))
    values = pc.if_else(pc.is_valid(text), true, pa.scalar(None, pa.bool_()))
    return values, [Fault(bad, "is none of yes, no, true, false, 1, 0")]


def _json_object(raw: Any) -> tuple[Any, list[Fault]]:
    if pa.types.is_struct(raw.type) or pa.types.is_map(raw.type):
        rows = [None if row is None else json.dumps(dict(row), default=str) for row in raw.to_pylist()]
        return pa.array(rows, pa.string()), []
    text = raw_text(raw)
    unique = text.unique()
    wrong = [value for value in unique.to_pylist() if value is not None and not _is_json_object(value)]
    return text, [Fault(_mask(pc.is_in(text, pa.array(wrong, pa.string()))), "is not a JSON object")]


def _is_json_object(value: str) -> bool:
    try:
        # Postgres keeps no NUL in jsonb and no NaN
        return isinstance(json.loads(value, parse_constant=_refuse), dict) and "\\u0000" not in value
    except ValueError:
        return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _time(raw: Any, *, zone: str, ends_day: bool) -> tuple[Any, list[Fault]]:
    """-> timestamp[us] in UTC, without a zone in its type."""
    if pa.types.is_timestamp(raw.type):
        clock = raw.cast(pa.timestamp("us"), safe=False) if raw.type.tz is None else None
        return (_to_utc(clock, zone) if clock is not None else _strip_zone(raw)), []
    text, faults = _matching(raw, _TIME, "is not an ISO 8601 time")
    zoned = pc.match_substring_regex(text, _ZONED)
    dated = pc.match_substring_regex(text, _DATE)
    zoned = pc.and_not(zoned, dated)  # the last "-31" of a date looks like an offset
    nothing = pa.scalar(None, pa.string())
    with_zone, bad_zoned = _cast_times(pc.if_else(zoned, text, nothing), pa.timestamp("us", "UTC"))
    without, bad_clock = _cast_times(pc.if_else(zoned, nothing, text), pa.timestamp("us"))
    if ends_day:
        day_later = pc.add(without, pa.scalar(timedelta(days=1), pa.duration("us")))
        without = pc.if_else(dated, day_later, without)
    times = pc.coalesce(_strip_zone(with_zone), _to_utc(without, zone))
    bad = bad_zoned | bad_clock
    return _drop(times, bad), [*faults, Fault(bad, "is not an ISO 8601 time")]


def _strip_zone(times: Any) -> Any:
    """timestamp with a zone -> its UTC clock: the stored integers count from 1970 in UTC already."""
    return times.cast(pa.timestamp("us", times.type.tz), safe=False).cast(pa.int64()).cast(pa.timestamp("us"))


def _cast_times(text: Any, to: Any) -> tuple[Any, Any]:
    """All at once; where the calendar knows some date not (30 February), one by one, each bad one marked."""
    try:
        return text.cast(to), np.zeros(len(text), bool)
    except pa.ArrowInvalid:
        times = [_one_time(value, zoned=to.tz is not None) for value in text.to_pylist()]
        bad = np.array([time is None for time in times], bool) & _mask(pc.is_valid(text))
        return pa.array(times, to), bad


def _one_time(value: str | None, *, zoned: bool) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if zoned else time
    except (ValueError, OverflowError):
        return None


def _to_utc(clock: Any, zone: str) -> Any:
    """Local clock -> UTC. The hour that comes twice in autumn is its first pass; the one that spring skips, the next.

    pandas and not Arrow, because Arrow wants the system's time zone files and slim images have none.
    """
    import pandas as pd

    if zone == "UTC" or clock.null_count == len(clock):
        return clock
    filled = pc.fill_null(clock, datetime(2000, 1, 1)).to_numpy(zero_copy_only=False)  # noqa: DTZ001 - a clock without zone
    local = pd.DatetimeIndex(filled).tz_localize(
        ZoneInfo(zone), ambiguous=np.ones(len(filled), bool), nonexistent="shift_forward"
    )
    utc = local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
    return pa.array(utc, mask=_mask(pc.is_null(clock)))


def _limits(values: Any, column: Column, now: datetime) -> Iterator[Fault]:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        outside = pc.or_(pc.less(values, low), pc.greater(values, high))
        yield Fault(_mask(outside), f"is not between {low} and {high}")
    elif low is not None:
        yield Fault(_mask(pc.less(values, low)), "is negative" if low == 0 else f"is below {low}")
    if column.max_length is not None:
        too_long = pc.greater(pc.utf8_length(values), column.max_length)
        yield Fault(_mask(too_long), f"is longer than {column.max_length} characters")
    if column.choices is not None:
        known = pc.is_in(values, pa.array(sorted(column.choices)))
        yield Fault(_mask(pc.and_(pc.is_valid(values), pc.invert(known))), _choice_reason(column.choices))
    if column.past:
        yield Fault(_mask(pc.less(values, _utc_clock(_EARLIEST))), "lies before 1990")
        yield Fault(_mask(pc.greater(values, _utc_clock(now + _CLOCK_LEEWAY))), "lies in the future")


def _choice_reason(choices: frozenset[str]) -> str:
    return f"is none of {', '.join(sorted(choices))}" if len(choices) <= 10 else "is not a known name"


def _utc_clock(moment: datetime) -> Any:
    return pa.scalar(moment.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
