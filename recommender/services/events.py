"""Taking in behaviour events: each id counts once, however often and however concurrently it is sent."""

import json
import math
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import JSONField, Value

from coupons.erasure_lock import HOLD_OFF
from coupons.models import Channel, Coupon, Product, Shopper
from recommender.enums import EventKind
from recommender.event_input import EventError, EventInput, event_key, parse_event
from recommender.models import RejectedEvent
from recommender.partitions import ensure_partitions

MAX_EVENTS = 1000
ERASED = "was erased: nothing more is kept of this shopper"
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
    and coupons are not. Events of a shopper who was erased are rejected. Raises TooManyEventsError above MAX_EVENTS.
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
        shoppers = _shopper_ids(channel, {event.shopper for event in unique.values()}) if unique else {}
        unique = _reject_erased(unique, results, shoppers)
        keys = {index: event_key(channel.pk, event.event_id) for index, event in unique.items()}
        stored = _store(channel, unique, keys, shoppers, known) if unique else set()
        _keep_rejected(channel, items, results)
    for index, event in unique.items():
        status = EventStatus.ACCEPTED if keys[index] in stored else EventStatus.DUPLICATE
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


def _reject_erased(
    events: dict[int, EventInput], results: dict[int, EventResult], shoppers: Mapping[str, int | None]
) -> dict[int, EventInput]:
    """Those of shoppers who still have an account: of the others nothing is learnt any more."""
    kept = {}
    for index, event in events.items():
        if shoppers[event.shopper] is None:
            results[index] = _rejected(index, event.event_id, EventError("shopper", event.shopper, ERASED))
        else:
            kept[index] = event
    return kept


def _store(
    channel: Channel,
    events: Mapping[int, EventInput],
    keys: Mapping[int, uuid.UUID],
    shoppers: Mapping[str, int | None],
    known: _Known,
) -> set[uuid.UUID]:
    """Keys of the events that are new. Rows are taken in sorted order, so that two batches can't deadlock."""
    rows = [_row(keys[index], event, shoppers, known) for index, event in events.items()]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_EVENTS, [orjson.dumps(rows).decode(), channel.pk])
        stored = {row[0] for row in cursor.fetchall()}
        away = [event for event in events.values() if event.kind is EventKind.DISMISSAL and event.coupon is not None]
        if away:
            cursor.execute(_INSERT_DISMISSALS, _dismissal_columns(away, shoppers, known))
        return stored


# One text for all the rows: arrays of five hundred values, fourteen of them, take longer to write than to store.
_INSERT_EVENTS = """
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS given (event_key uuid, shopper bigint, kind smallint, product bigint,
        coupon bigint, at timestamptz, order_ref text, quantity int, value_minor bigint, discount_minor bigint,
        coupon_discount_minor bigint, rating smallint, slate uuid, properties text)),
new AS (
    INSERT INTO recommender_eventreceipt (event_key) SELECT event_key FROM given ORDER BY event_key
    ON CONFLICT DO NOTHING RETURNING event_key)
INSERT INTO recommender_behaviorevent (channel_id, event_key, shopper_id, kind, product_id, coupon_id, occurred_at,
    order_ref, quantity, value_minor, discount_minor, coupon_discount_minor, rating, slate_id, properties)
SELECT %s, event_key, shopper, kind, product, coupon, at, order_ref, quantity, value_minor, discount_minor,
    coupon_discount_minor, rating, slate, properties::jsonb
FROM given JOIN new USING (event_key) ORDER BY event_key
ON CONFLICT DO NOTHING RETURNING event_key
"""


_INSERT_DISMISSALS = """
INSERT INTO recommender_dismissal (shopper_id, coupon_id, slate_id, dismissed_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[]) AS d (shopper, coupon, slate, at)
ORDER BY d.shopper, d.coupon ON CONFLICT DO NOTHING
"""


def _dismissal_columns(events: Sequence[EventInput], shoppers: Mapping[str, int | None], known: _Known) -> list[Any]:
    return [
        [shoppers[event.shopper] for event in events],
        [known.coupons[event.coupon] for event in events if event.coupon is not None],
        [event.slate_id for event in events],
        [event.occurred_at for event in events],
    ]


def _row(key: uuid.UUID, event: EventInput, shoppers: Mapping[str, int | None], known: _Known) -> dict[str, Any]:
    """The members that the event has; json_to_recordset takes the others for NULL."""
    row = {
        "event_key": key,
        "shopper": shoppers[event.shopper],
        "kind": int(event.kind),
        "product": known.products[event.product] if event.product else None,
        "coupon": known.coupons[event.coupon] if event.coupon else None,
        "at": event.occurred_at,
        "order_ref": event.order_ref,
        "quantity": event.quantity,
        "value_minor": event.value_minor,
        "discount_minor": event.discount_minor,
        "coupon_discount_minor": event.coupon_discount_minor,
        "rating": event.rating,
        "slate": event.slate_id,
        "properties": None if event.properties is None else json.dumps(event.properties),
    }
    return {name: value for name, value in row.items() if value is not None}


_SHOPPERS = f"""
{HOLD_OFF}; SELECT external_id, CASE WHEN erased_at IS NULL THEN id END FROM coupons_shopper
WHERE channel_id = %s AND external_id = ANY(%s)
"""  # noqa: S608 - the text is ours
# An erasure waits for the end of the transaction, and then finds these events.


def _shopper_ids(channel: Channel, external_ids: set[str]) -> dict[str, int | None]:
    """Ids of the channel's shoppers, made where they are new; None for those who were erased.

    Three statements at most, one where all are known.
    """
    found = _found_shoppers(channel, external_ids)
    missing = sorted(external_ids - found.keys())
    if missing:
        Shopper.objects.bulk_create(
            [Shopper(channel=channel, external_id=external_id) for external_id in missing], ignore_conflicts=True
        )
        found = _found_shoppers(channel, external_ids)
    return found


def _found_shoppers(channel: Channel, external_ids: set[str]) -> dict[str, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOPPERS, [channel.pk, channel.pk, list(external_ids)])
        cursor.nextset()
        return dict(cursor.fetchall())


def _keep_rejected(channel: Channel, items: Sequence[object], results: dict[int, EventResult]) -> None:
    RejectedEvent.objects.bulk_create(
        RejectedEvent(
            channel=channel,
            field=(result.field or "")[:60],
            value=result.value if isinstance(result.value, str) else json.dumps(result.value),
            reason=(result.reason or "")[:200],
            raw=_raw(items[index], result),
        )
        for index, result in sorted(results.items())
        if result.status is EventStatus.REJECTED
    )


def _raw(item: object, result: EventResult) -> Any:
    """The event as it came; of somebody erased only its id, for the rest would be what the erasure took away."""
    if result.reason == ERASED:
        return {"event_id": result.event_id}
    return _JSON_NULL if item is None else _storable(item)


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
