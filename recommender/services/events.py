"""Taking in behaviour events: each id counts once, however often and however concurrently it is sent."""

import json
import math
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import JSONField, Value

from coupons.models import Channel, Coupon, Product, Shopper
from recommender.enums import EventKind
from recommender.event_input import EventError, EventInput, event_key, parse_event
from recommender.models import RejectedEvent
from recommender.partitions import ensure_partitions

MAX_EVENTS = 1000
_PARTITIONED = timedelta(days=366)
"""Older events go to the default partition: one client's stray dates must not make hundreds of tables."""

_MAX_RAW_DEPTH = 30
_MAX_BRIEF = 200
_JSON_NULL = Value(None, JSONField())  # a bare None would be SQL's NULL


class EventStatus(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventResult:
    """What became of one element of a batch; `field`, `value` and `reason` say why it was rejected."""

    index: int
    event_id: str | None
    status: EventStatus
    field: str | None = None
    value: Any = None
    reason: str | None = None


class TooManyEventsError(ValueError):
    """A batch is larger than MAX_EVENTS."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Database ids of what a batch names."""

    products: dict[str, int]
    coupons: dict[uuid.UUID, int]


def record_events(*, channel: Channel, items: Sequence[object], now: datetime) -> list[EventResult]:
    """Store the good events of a batch, keep the bad ones whole in RejectedEvent, and say which is which.

    A handful of statements whatever the size of the batch. Shoppers that are not known yet are made; products
    and coupons are not. Raises TooManyEventsError above MAX_EVENTS.
    """
    if len(items) > MAX_EVENTS:
        raise TooManyEventsError(f"{len(items)} events; at most {MAX_EVENTS} fit in one call")
    parsed, results = _parse(items, now)
    known = _look_up(channel, parsed.values())
    _reject_unknown(parsed, results, known)
    unique = _drop_repeats(parsed, results)
    if unique:
        moments = [event.occurred_at for event in unique.values() if event.occurred_at > now - _PARTITIONED]
        if moments:
            ensure_partitions(first=min(moments), last=max(moments))
    with transaction.atomic():
        stored = _store(channel, list(unique.values()), known) if unique else set()
        _keep_rejected(channel, items, results)
    for index, event in unique.items():
        status = EventStatus.ACCEPTED if event_key(channel.pk, event.event_id) in stored else EventStatus.DUPLICATE
        results[index] = EventResult(index=index, event_id=event.event_id, status=status)
    return [results[index] for index in range(len(items))]


def _parse(items: Sequence[object], now: datetime) -> tuple[dict[int, EventInput], dict[int, EventResult]]:
    parsed: dict[int, EventInput] = {}
    results: dict[int, EventResult] = {}
    for index, raw in enumerate(items):
        try:
            parsed[index] = parse_event(raw, now=now)
        except EventError as error:
            results[index] = _rejected(index, _claimed_id(raw), error)
    return parsed, results


def _claimed_id(raw: object) -> str | None:
    claimed = raw.get("event_id") if isinstance(raw, dict) else None
    return _storable_text(claimed) if isinstance(claimed, str) else None


def _rejected(index: int, event_id: str | None, error: EventError) -> EventResult:
    return EventResult(
        index=index,
        event_id=event_id,
        status=EventStatus.REJECTED,
        field=_brief(error.field),
        value=_brief(error.value),
        reason=error.reason,
    )


def _look_up(channel: Channel, events: Collection[EventInput]) -> _Known:
    """Two statements, whatever the batch names."""
    products = {event.product for event in events if event.product is not None}
    coupons = {event.coupon for event in events if event.coupon is not None}
    return _Known(
        dict(Product.objects.filter(external_id__in=products).values_list("external_id", "pk")),
        dict(Coupon.objects.filter(uid__in=coupons, campaign__channel=channel).values_list("uid", "pk")),
    )


def _reject_unknown(parsed: dict[int, EventInput], results: dict[int, EventResult], known: _Known) -> None:
    for index, event in list(parsed.items()):
        error = None
        if event.product is not None and event.product not in known.products:
            error = EventError("product", event.product, "is not in the catalog")
        elif event.coupon is not None and event.coupon not in known.coupons:
            error = EventError("coupon", str(event.coupon), "is no coupon of this channel")
        if error is not None:
            del parsed[index]
            results[index] = _rejected(index, event.event_id, error)


def _drop_repeats(parsed: dict[int, EventInput], results: dict[int, EventResult]) -> dict[int, EventInput]:
    """The first good event of each id; the others of this batch are duplicates of it."""
    unique: dict[str, int] = {}
    for index, event in parsed.items():
        if unique.setdefault(event.event_id, index) != index:
            results[index] = EventResult(index=index, event_id=event.event_id, status=EventStatus.DUPLICATE)
    return {index: parsed[index] for index in unique.values()}


def _store(channel: Channel, events: Sequence[EventInput], known: _Known) -> set[uuid.UUID]:
    """Keys of the events that are new. Rows are taken in sorted order, so that two batches can't deadlock."""
    shoppers = _shopper_ids(channel, {event.shopper for event in events})
    by_key = {event_key(channel.pk, event.event_id): event for event in events}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommender_eventreceipt (event_key) SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING "
            "RETURNING event_key",
            [sorted(by_key)],
        )
        new = [row[0] for row in cursor.fetchall()]
        cursor.execute(_INSERT_EVENTS, _columns(channel, new, by_key, shoppers, known))
        stored = {row[0] for row in cursor.fetchall()}
        away = [event for event in events if event.kind is EventKind.DISMISSAL and event.coupon is not None]
        if away:
            cursor.execute(_INSERT_DISMISSALS, _dismissal_columns(away, shoppers, known))
        return stored


_INSERT_EVENTS = """
INSERT INTO recommender_behaviorevent (channel_id, event_key, shopper_id, kind, product_id, coupon_id, occurred_at,
    order_ref, quantity, value_minor, discount_minor, coupon_discount_minor, rating, slate_id, properties)
SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
    %s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::uuid[], %s::jsonb[])
ON CONFLICT DO NOTHING RETURNING event_key
"""


_INSERT_DISMISSALS = """
INSERT INTO recommender_dismissal (shopper_id, coupon_id, slate_id, dismissed_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[]) AS d (shopper, coupon, slate, at)
ORDER BY d.shopper, d.coupon ON CONFLICT DO NOTHING
"""


def _dismissal_columns(events: Sequence[EventInput], shoppers: dict[str, int], known: _Known) -> list[Any]:
    return [
        [shoppers[event.shopper] for event in events],
        [known.coupons[event.coupon] for event in events if event.coupon is not None],
        [event.slate_id for event in events],
        [event.occurred_at for event in events],
    ]


def _columns(
    channel: Channel,
    keys: Sequence[uuid.UUID],
    by_key: dict[uuid.UUID, EventInput],
    shoppers: dict[str, int],
    known: _Known,
) -> list[Any]:
    events = [by_key[key] for key in keys]
    return [
        channel.pk,
        list(keys),
        [shoppers[event.shopper] for event in events],
        [int(event.kind) for event in events],
        [known.products[event.product] if event.product else None for event in events],
        [known.coupons[event.coupon] if event.coupon else None for event in events],
        [event.occurred_at for event in events],
        [event.order_ref for event in events],
        [event.quantity for event in events],
        [event.value_minor for event in events],
        [event.discount_minor for event in events],
        [event.coupon_discount_minor for event in events],
        [event.rating for event in events],
        [event.slate_id for event in events],
        [None if event.properties is None else json.dumps(event.properties) for event in events],
    ]


def _shopper_ids(channel: Channel, external_ids: set[str]) -> dict[str, int]:
    """Ids of the channel's shoppers, made where they are new. Four statements at most, one where all are known."""
    shoppers = Shopper.objects.filter(channel=channel, external_id__in=external_ids)
    found = dict(shoppers.values_list("external_id", "pk"))
    missing = sorted(external_ids - found.keys())
    if missing:
        Shopper.objects.bulk_create(
            [Shopper(channel=channel, external_id=external_id) for external_id in missing], ignore_conflicts=True
        )
        found = dict(shoppers.values_list("external_id", "pk"))
    return found


def _keep_rejected(channel: Channel, items: Sequence[object], results: dict[int, EventResult]) -> None:
    RejectedEvent.objects.bulk_create(
        RejectedEvent(
            channel=channel,
            field=(result.field or "")[:60],
            value=result.value if isinstance(result.value, str) else json.dumps(result.value),
            reason=(result.reason or "")[:200],
            raw=_JSON_NULL if items[index] is None else _storable(items[index]),
        )
        for index, result in sorted(results.items())
        if result.status is EventStatus.REJECTED
    )


def _brief(value: Any) -> Any:
    """The value as an answer repeats it, cut where it is long; RejectedEvent.raw has the whole."""
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
        return value
    text = _storable_text(value if isinstance(value, str) else str(value))
    return text if len(text) <= _MAX_BRIEF else text[:_MAX_BRIEF] + "…"


def _storable(value: Any, depth: int = _MAX_RAW_DEPTH) -> Any:
    """The value as Postgres can keep it: what it can't is turned into text, so that nothing of a bad event is lost."""
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list) and depth == 0:
        return "... (nested too deeply to keep)"
    if isinstance(value, dict):
        return {_storable_text(str(name)): _storable(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner, depth - 1) for inner in value]
    return value


def _storable_text(value: str) -> str:
    return value.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()
