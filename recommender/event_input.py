"""One behaviour event as a client sends it: checked member by member, in plain Python, without the database."""

import hashlib
import json
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recommender.enums import EventKind

MAX_ID_LENGTH = 64
MAX_PROPERTIES_DEPTH = 8
MAX_PROPERTIES_BYTES = 8_192
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)

KINDS = {kind.slug: kind for kind in EventKind}
_NEEDS_PRODUCT = {EventKind.CART, EventKind.PURCHASE}
_NEEDS_COUPON = {EventKind.IMPRESSION, EventKind.CLAIM, EventKind.REDEMPTION, EventKind.DISMISSAL}
_INT32, _INT64 = 2**31 - 1, 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class EventInput:
    """An event that is right in itself; whether its product and coupon exist is for the database to say.

    `shopper` and `product` are the shop's own ids. Money is in minor units of the channel's currency.
    """

    event_id: str
    shopper: str
    kind: EventKind
    occurred_at: datetime
    product: str | None
    coupon: uuid.UUID | None
    order_ref: str | None
    quantity: int | None
    value_minor: int | None
    discount_minor: int | None
    coupon_discount_minor: int | None
    rating: int | None
    slate_id: uuid.UUID | None
    properties: dict[str, Any] | None


class EventError(ValueError):
    """What is wrong with an event: the member, its value as it came, and the reason in words."""

    def __init__(self, field: str, value: Any, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


def event_key(channel_id: int, event_id: str) -> uuid.UUID:
    """The event's key in the table: the same as SQL's `md5(channel_id || ':' || event_id)::uuid`."""
    digest = hashlib.md5(f"{channel_id}:{event_id}".encode(), usedforsecurity=False)
    return uuid.UUID(bytes=digest.digest())


def parse_event(raw: object, *, now: datetime) -> EventInput:
    """Check one element of a batch. Raises EventError at the first member that is wrong."""
    if not isinstance(raw, dict):
        raise EventError("event", raw, "is not an object")
    unknown = raw.keys() - _READERS.keys()
    if unknown:
        first = min(map(str, unknown))
        raise EventError(first, raw[first], "is not a member of an event")
    values: dict[str, Any] = dict.fromkeys(_READERS)
    for name, reader in _READERS.items():
        if name in raw:
            values[name] = _read(raw, name, reader)
    for name in ("event_id", "shopper", "kind"):
        if values[name] is None:
            raise EventError(name, None, "is missing")
    values["occurred_at"] = _plausible_time(values["occurred_at"] or now, raw.get("occurred_at"), now)
    event = EventInput(**values)
    _check_fit(event)
    return event


def _read(raw: dict[Any, Any], name: str, reader: Callable[[Any], Any]) -> Any:
    value = raw.get(name)
    if value is None:
        return None
    try:
        return reader(value)
    except ValueError as error:
        raise EventError(name, value, str(error)) from None


def _check_fit(event: EventInput) -> None:
    """The members that a kind needs, and the rating that only a rating has."""
    kind = event.kind
    if kind in _NEEDS_PRODUCT and event.product is None:
        raise EventError("product", None, f"is missing: a {kind.slug} needs one")
    if kind in _NEEDS_COUPON and event.coupon is None:
        raise EventError("coupon", None, f"is missing: a {kind.slug} needs one")
    if event.product is None and event.coupon is None:
        raise EventError("product", None, f"is missing: a {kind.slug} needs a product or a coupon")
    if kind is EventKind.RATING and event.rating is None:
        raise EventError("rating", None, "is missing: a rating needs one")
    if kind is not EventKind.RATING and event.rating is not None:
        raise EventError("rating", event.rating, f"does not belong to a {kind.slug}")


def _plausible_time(moment: datetime, raw: object, now: datetime) -> datetime:
    if moment < EARLIEST:
        raise EventError("occurred_at", raw, "is before 1990")
    if moment > now + LATEST_AHEAD:
        raise EventError("occurred_at", raw, "is more than a day ahead")
    return moment


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a text")
    if not value.strip():
        raise ValueError("is empty")
    if len(value) > MAX_ID_LENGTH:
        raise ValueError(f"is longer than {MAX_ID_LENGTH} characters")
    _require_storable(value)
    return value


def _require_storable(value: str) -> None:
    """Postgres keeps every Unicode text but for NUL and halves of surrogate pairs."""
    if "\x00" in value:
        raise ValueError("contains a NUL character")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair") from None


def _kind(value: Any) -> EventKind:
    if isinstance(value, str) and value in KINDS:
        return KINDS[value]
    raise ValueError(f"is none of {', '.join(KINDS)}")


def _time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a time as a text, for example 2026-05-01T12:30:00Z")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time with its zone, for example 2026-05-01T12:30:00Z") from None


def _uuid(value: Any) -> uuid.UUID:
    try:
        if isinstance(value, str):
            return uuid.UUID(value)
    except ValueError:
        pass
    raise ValueError("is not a UUID")


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("is not a whole number")
        if not low <= value <= high:
            raise ValueError(f"is not between {low} and {high}")
        return value

    return read


def _properties(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("is not an object")
    _require_plain(value, MAX_PROPERTIES_DEPTH)
    if len(json.dumps(value)) > MAX_PROPERTIES_BYTES:
        raise ValueError(f"is larger than {MAX_PROPERTIES_BYTES} bytes")
    return value


def _require_plain(value: Any, depth: int) -> None:
    """Raise ValueError unless the value is JSON that Postgres can keep, nested at most `depth` deep."""
    if isinstance(value, str):
        _require_storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("contains NaN or an infinite number")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise ValueError(f"is nested deeper than {MAX_PROPERTIES_DEPTH} levels")
        for name in value if isinstance(value, dict) else ():
            _require_storable(name)
        for inner in value.values() if isinstance(value, dict) else value:
            _require_plain(inner, depth - 1)


_READERS: dict[str, Callable[[Any], Any]] = {
    "event_id": _text,
    "shopper": _text,
    "kind": _kind,
    "occurred_at": _time,
    "product": _text,
    "coupon": _uuid,
    "order_ref": _text,
    "quantity": _integer(1, _INT32),
    "value_minor": _integer(-_INT64, _INT64),
    "discount_minor": _integer(0, _INT64),
    "coupon_discount_minor": _integer(0, _INT64),
    "rating": _integer(1, 5),
    "slate_id": _uuid,
    "properties": _properties,
}
