"""One event, member by member: what is taken, what is refused and by which name."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.enums import EventKind
from recommender.event_input import EventError, event_key, parse_event
from tests.made_up_shop import NOW

COUPON = "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"
GOOD: dict[str, Any] = {"event_id": "e1", "shopper": "ann", "kind": "purchase", "product": "p1"}


def test_a_whole_event_is_read() -> None:
    event = parse_event(
        {
            **GOOD,
            "occurred_at": "2026-05-01T12:30:00+02:00",
            "coupon": COUPON,
            "order_ref": "1001",
            "quantity": 2,
            "value_minor": 598,
            "discount_minor": 20,
            "coupon_discount_minor": 100,
            "slate_id": COUPON,
            "properties": {"till": 4},
        },
        now=NOW,
    )
    assert event.kind is EventKind.PURCHASE
    assert event.occurred_at == datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
    assert (event.coupon, event.slate_id) == (uuid.UUID(COUPON), uuid.UUID(COUPON))
    assert (event.quantity, event.value_minor, event.discount_minor, event.coupon_discount_minor) == (2, 598, 20, 100)
    assert (event.order_ref, event.properties) == ("1001", {"till": 4})


def test_the_time_of_arrival_stands_in_for_a_time_left_out() -> None:
    assert parse_event(GOOD, now=NOW).occurred_at == NOW


def test_a_null_member_is_one_left_out() -> None:
    event = parse_event({**GOOD, "coupon": None, "occurred_at": None, "rating": None, "properties": None}, now=NOW)
    assert event == parse_event(GOOD, now=NOW)


@pytest.mark.parametrize("name", ["event_id", "shopper", "kind"])
def test_what_every_event_needs(name: str) -> None:
    with pytest.raises(EventError) as refused:
        parse_event({key: value for key, value in GOOD.items() if key != name}, now=NOW)
    assert (refused.value.field, refused.value.reason) == (name, "is missing")


@pytest.mark.parametrize(
    ("kind", "members", "field"),
    [
        ("view", {}, "product"),
        ("click", {}, "product"),
        ("cart", {"coupon": COUPON}, "product"),
        ("purchase", {"coupon": COUPON}, "product"),
        ("impression", {"product": "p1"}, "coupon"),
        ("claim", {"product": "p1"}, "coupon"),
        ("redemption", {"product": "p1"}, "coupon"),
        ("rating", {"product": "p1"}, "rating"),
        ("rating", {"rating": 5}, "product"),
        ("purchase", {"product": "p1", "rating": 5}, "rating"),
    ],
)
def test_what_each_kind_needs(kind: str, members: dict[str, Any], field: str) -> None:
    with pytest.raises(EventError) as refused:
        parse_event({"event_id": "e1", "shopper": "ann", "kind": kind, **members}, now=NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("event_id", 7, "is not a text"),
        ("event_id", "", "is empty"),
        ("event_id", "x" * 65, "is longer than 64 characters"),
        ("event_id", "a\x00b", "contains a NUL character"),
        ("shopper", "\ud800", "contains half of a surrogate pair"),
        ("shopper", ["ann"], "is not a text"),
        ("shopper", True, "is not a text"),
        ("kind", "buy", "is none of view, click, cart, purchase, impression, claim, redemption, rating, dismissal"),
        ("kind", 4, "is none of view, click, cart, purchase, impression, claim, redemption, rating, dismissal"),
        ("kind", [], "is none of view, click, cart, purchase, impression, claim, redemption, rating, dismissal"),
        ("occurred_at", 1_700_000_000, "is not a time as a text, for example 2026-05-01T12:30:00Z"),
        ("occurred_at", "yesterday", "is not a time with its zone, for example 2026-05-01T12:30:00Z"),
        ("occurred_at", "2026-05-01T12:30:00", "is not a time with its zone, for example 2026-05-01T12:30:00Z"),
        ("occurred_at", "0001-01-01T00:00:00+14:00", "is not a time with its zone, for example 2026-05-01T12:30:00Z"),
        ("occurred_at", "1989-12-31T23:59:59Z", "is before 1990"),
        ("occurred_at", "9999-12-31T23:59:59Z", "is more than a day ahead"),
        ("coupon", "57940011075", "is not a UUID"),
        ("coupon", 5, "is not a UUID"),
        ("quantity", 0, "is not between 1 and 2147483647"),
        ("quantity", 2**31, "is not between 1 and 2147483647"),
        ("quantity", 1.5, "is not a whole number"),
        ("quantity", "2", "is not a whole number"),
        ("quantity", True, "is not a whole number"),
        ("value_minor", float("nan"), "is not a whole number"),
        ("value_minor", 2**63, "is not between -9223372036854775807 and 9223372036854775807"),
        ("discount_minor", -1, "is not between 0 and 9223372036854775807"),
        ("rating", 6, "is not between 1 and 5"),
        ("rating", 4.5, "is not a whole number"),
        ("slate_id", "x", "is not a UUID"),
        ("properties", [], "is not an object"),
        ("properties", {"a": float("inf")}, "contains NaN or an infinite number"),
        ("properties", {"a": ["\x00"]}, "contains a NUL character"),
        ("properties", {"\ud800": 1}, "contains half of a surrogate pair"),
        ("properties", {"a": "x" * 9000}, "is larger than 8192 bytes"),
        ("properties", {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}, "is nested deeper than 8 levels"),
        ("colour", "red", "is not a member of an event"),
    ],
)
def test_a_wrong_member_is_refused_by_name(field: str, value: Any, reason: str) -> None:
    with pytest.raises(EventError) as refused:
        parse_event({**GOOD, field: value}, now=NOW)
    assert (refused.value.field, refused.value.reason) == (field, reason)
    assert refused.value.value is value


def test_a_clock_may_be_a_day_ahead_and_no_more() -> None:
    day = timedelta(days=1)
    assert parse_event({**GOOD, "occurred_at": (NOW + day).isoformat()}, now=NOW).occurred_at == NOW + day
    with pytest.raises(EventError):
        parse_event({**GOOD, "occurred_at": (NOW + day + timedelta(microseconds=1)).isoformat()}, now=NOW)


@pytest.mark.parametrize("raw", [None, 1, "event", [], [GOOD], True])
def test_what_is_no_object_is_refused(raw: Any) -> None:
    with pytest.raises(EventError) as refused:
        parse_event(raw, now=NOW)
    assert refused.value.field == "event"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine may be busy with a training
@given(st.dictionaries(st.sampled_from([*GOOD, "occurred_at", "coupon", "rating", "quantity", "properties"]), JSON))
def test_whatever_comes_is_an_event_or_an_event_error(members: dict[str, Any]) -> None:
    try:
        parse_event({**GOOD, **members}, now=NOW)
    except EventError as error:
        assert error.reason


@pytest.mark.django_db
@pytest.mark.parametrize("event_id", ["e1", "Ünïcode 事件", "with:colon", " x "])
def test_the_key_is_the_same_in_sql(event_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(%s || ':' || %s)::uuid", [7, event_id])
        assert cursor.fetchone() == (event_key(7, event_id),)
