"""Raw values to typed ones: every kind, every fault, from text and from Parquet's own types."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from coupons.importing.columns import Column, Kind, parse_column

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def parsed(column: Column, values: Any, *, zone: str = "UTC") -> tuple[list[Any], dict[int, str]]:
    """Values, and the first fault of each row."""
    raw = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    typed, faults = parse_column(raw, column, zone=zone, now=NOW)
    first: dict[int, str] = {}
    for fault in faults:
        for row in fault.rows.nonzero()[0]:
            first.setdefault(int(row), fault.reason)
    return typed.to_pylist(), first


def test_text_is_trimmed_and_empty_text_is_no_value() -> None:
    assert parsed(Column("a"), [" x ", "", None]) == (["x", None, None], {})
    assert parsed(Column("a", required=True), ["x", " "]) == (["x", None], {1: "is empty"})
    assert parsed(Column("a", max_length=2), ["äö", "abc"]) == (["äö", None], {1: "is longer than 2 characters"})
    assert parsed(Column("a"), ["a\0b"]) == ([None], {0: "contains a NUL character"})


def test_ids_may_come_as_numbers_or_dictionaries() -> None:
    assert parsed(Column("a"), pa.array([31198570044, None])) == (["31198570044", None], {})
    assert parsed(Column("a"), pa.array(["x", "y", "x"]).dictionary_encode()) == (["x", "y", "x"], {})


def test_whole_numbers() -> None:
    column = Column("n", Kind.INTEGER, minimum=0)
    values, faults = parsed(column, ["007", "+5", "-1", "1.5", "1e3", "0x1F", "", "9" * 19])
    assert values == [7, 5, None, None, None, None, None, None]
    word = "is not a whole number"
    assert faults == {2: "is negative", 3: word, 4: word, 5: word, 7: word}


def test_whole_numbers_from_parquet_floats() -> None:
    values, faults = parsed(Column("n", Kind.INTEGER), pa.array([2.0, 2.5, None, float("nan")]))
    assert values == [2, None, None, None]
    assert faults == {1: "is not a whole number", 3: "is not a whole number"}


def test_ranges() -> None:
    rating = Column("rating", Kind.INTEGER, minimum=1, maximum=5)
    assert parsed(rating, ["1", "5", "0", "6"]) == (
        [1, 5, None, None],
        {2: "is not between 1 and 5", 3: "is not between 1 and 5"},
    )


def test_yes_and_no() -> None:
    values, faults = parsed(Column("b", Kind.BOOLEAN), ["yes", "No", "TRUE", "0", "maybe", ""])
    assert values == [True, False, True, False, None, None]
    assert faults == {4: "is none of yes, no, true, false, 1, 0"}


def test_paths() -> None:
    values, faults = parsed(Column("p", Kind.PATH), ["A>B  > C", "A", "A > > B", "> A", "A >"])
    assert values == ["A > B > C", "A", None, None, None]
    assert set(faults) == {2, 3, 4}


def test_json_objects() -> None:
    values, faults = parsed(Column("j", Kind.JSON), ['{"a": 1}', "[1]", "{", '{"a": NaN}', '{"a": "\\u0000"}', ""])
    assert [json.loads(value) if value else None for value in values] == [{"a": 1}, None, None, None, None, None]
    assert set(faults) == {1, 2, 3, 4}


def utc(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - the parser gives UTC's clock without a zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T12:00:00Z", utc(2026, 7, 1, 12)),
        ("2026-07-01 12:00:00.25+02:00", utc(2026, 7, 1, 10, 0, 0, 250_000)),
        ("2026-07-01T12:00:00+0200", utc(2026, 7, 1, 10)),
        ("2026-07-01T12:00", utc(2026, 7, 1, 16)),
        ("2026-01-31", utc(2026, 1, 31, 5)),
        ("2026-11-01T01:30:00", utc(2026, 11, 1, 5, 30)),  # comes twice: the first pass
        ("2026-03-08T02:30:00", utc(2026, 3, 8, 7)),  # is skipped: the instant after the gap
    ],
)
def test_times_without_a_zone_are_the_channels(text: str, expected: datetime) -> None:
    assert parsed(Column("t", Kind.TIME), [text], zone="America/New_York") == ([expected], {})


def test_times_that_are_none() -> None:
    word = "is not an ISO 8601 time"
    values, faults = parsed(
        Column("t", Kind.TIME),
        ["yesterday", "2026-02-30", "2026-02-30T10:00:00Z", "01/02/2026", "2026-13-01T00:00:00", "2026-02-28"],
        zone="America/New_York",
    )
    assert values == [None] * 5 + [utc(2026, 2, 28, 5)]
    assert faults == dict.fromkeys(range(5), word)


def test_times_from_parquet_types() -> None:
    column, zone = Column("t", Kind.TIME), "America/New_York"
    aware = pa.array([datetime(2026, 7, 1, 12, tzinfo=UTC)], pa.timestamp("ms", "Europe/Berlin"))
    assert parsed(column, aware, zone=zone) == ([utc(2026, 7, 1, 12)], {})
    naive = pa.array([utc(2026, 7, 1, 12), None], pa.timestamp("ns"))
    assert parsed(column, naive, zone=zone) == ([utc(2026, 7, 1, 16), None], {})
    assert parsed(column, pa.array([date(2026, 7, 1)]), zone=zone) == ([utc(2026, 7, 1, 4)], {})


def test_a_time_in_the_past_lies_between_1990_and_now() -> None:
    column = Column("t", Kind.TIME, past=True)
    late = (NOW + timedelta(minutes=6)).isoformat()
    ahead = (NOW + timedelta(minutes=4)).isoformat()  # within the leeway of a till's clock
    values, faults = parsed(column, ["1989-12-31T23:59:59Z", late, ahead])
    assert values == [None, None, utc(2026, 11, 24, 12, 4)]
    assert faults == {0: "lies before 1990", 1: "lies in the future"}


def test_an_end_given_as_a_date_is_the_end_of_that_day_also_when_clocks_change() -> None:
    column = Column("ends_at", Kind.TIME, ends_day=True)
    values, _ = parsed(column, ["2026-10-31", "2026-11-01", "2026-11-01T00:00:00"], zone="America/New_York")
    assert values == [utc(2026, 11, 1, 4), utc(2026, 11, 2, 5), utc(2026, 11, 1, 4)]


def test_choices() -> None:
    column = Column("c", choices=frozenset({"a", "b"}))
    assert parsed(column, ["a", "A", ""]) == (["a", None, None], {1: "is none of a, b"})
