"""What happened, written in the transaction that made it so, and sent to webhooks afterwards."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from coupons.enums import DeliveryStatus, WebhookKind
from coupons.models import OutboxEvent, WebhookDelivery
from coupons.services.moves import Stored
from coupons.services.orders import Order, Taken
from coupons.services.transactions import Level, finally_run

MAX_ATTEMPTS = 10
FIRST_DELAY_S = 10
LEASE_S = 60
TIMEOUT_S = 10
DELIVERED_KEPT = timedelta(days=30)
"""How long what everybody has accepted, or nobody asked for, can be looked up and sent again."""
FAILED_KEPT = timedelta(days=90)
"""The same for what an endpoint never accepted: it can be delivered again once that system works."""
SECRET_PREFIX = "whsec_"  # noqa: S105  how a secret begins, no secret

Send = Callable[[str, bytes, Mapping[str, str]], int]
"""URL, body, headers -> HTTP status; raises OSError where nobody answers."""


def write_event(channel_id: int, kind: str, payload: Mapping[str, Any]) -> None:
    """One row, in the open ledger transaction: an event is told if and only if its change was kept."""
    finally_run(
        Level.OWN,
        (),
        "INSERT INTO coupons_outboxevent (uid, channel_id, kind, payload)"
        " VALUES (%(uid)s, %(channel)s, %(kind)s, %(payload)s::jsonb)",
        {
            "uid": uuid4(),
            "channel": channel_id,
            "kind": WebhookKind(kind).value,
            "payload": json.dumps(payload, cls=DjangoJSONEncoder),
        },
    )


def has_listeners(cursor: CursorWrapper, channel_id: int) -> bool:
    cursor.execute("SELECT 1 FROM coupons_webhookendpoint WHERE channel_id = %s AND active LIMIT 1", [channel_id])
    return cursor.fetchone() is not None


def taken_payload(order: Order, taken: Taken) -> dict[str, Any]:
    return {
        "redemption": str(taken.uid),
        "order_ref": order.order_ref,
        "coupon_id": taken.coupon_id,
        "shopper": order.shopper.external_id,
        "amount_minor": taken.amount_minor,
        "currency": taken.currency,
    }


def redemption_payload(row: Stored, **more: Any) -> dict[str, Any]:
    return {
        "redemption": str(row.uid),
        "order_ref": row.order_ref,
        "coupon_id": row.coupon_id,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        **more,
    }


def fan_out_events(*, now: datetime, limit: int = 500) -> int:
    """Make the deliveries of events that have none yet; returns how many events were looked at."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH event AS (
                SELECT id, channel_id, kind FROM coupons_outboxevent WHERE fanned_out_at IS NULL
                ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            ), delivery AS (
                INSERT INTO coupons_webhookdelivery
                    (event_id, endpoint_id, status, attempts, next_attempt_at, last_error)
                SELECT event.id, w.id, 'pending', 0, %(now)s, '' FROM event
                JOIN coupons_webhookendpoint w ON w.channel_id = event.channel_id AND w.active
                    AND (w.kinds = '{}' OR event.kind = ANY(w.kinds))
                ON CONFLICT (event_id, endpoint_id) DO NOTHING
            )
            UPDATE coupons_outboxevent o SET fanned_out_at = %(now)s FROM event WHERE o.id = event.id
            """,
            {"now": now, "limit": limit},
        )
        return int(cursor.rowcount)


def deliver_due(*, now: datetime, limit: int = 100, send: Send | None = None) -> int:
    """Try the deliveries that are due; returns how many were accepted. No row is locked while anybody is waited for."""
    accepted = 0
    for delivery in _claim_due(now, limit):
        accepted += _deliver(delivery, now, send or _post)
    return accepted


def _claim_due(now: datetime, limit: int) -> list[WebhookDelivery]:
    """Lease them: another worker, or this one after a crash, comes back to them when the lease is over."""
    with transaction.atomic():
        due = list(
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(status=DeliveryStatus.PENDING, next_attempt_at__lte=now)
            .select_related("event", "endpoint")
            .order_by("next_attempt_at", "event_id")[:limit]
        )
        WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in due]).update(
            next_attempt_at=now + timedelta(seconds=LEASE_S), attempts=F("attempts") + 1
        )
    for delivery in due:
        delivery.attempts += 1
    return due


def _deliver(delivery: WebhookDelivery, now: datetime, send: Send) -> bool:
    body = event_body(delivery.event)
    error = ""
    try:
        headers = signed_headers(delivery.endpoint.secret, str(delivery.event.uid), body, now)
        status = send(delivery.endpoint.url, body, headers)
        if not 200 <= status < 300:
            error = f"HTTP {status}"
    except (OSError, ValueError) as failure:
        error = str(failure)[:200] or type(failure).__name__
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING)
    if not error:
        mine.update(status=DeliveryStatus.DELIVERED, last_error="")
        return True
    if delivery.attempts >= MAX_ATTEMPTS:
        mine.update(status=DeliveryStatus.FAILED, last_error=error)
    else:
        delay = timedelta(seconds=FIRST_DELAY_S * 2 ** (delivery.attempts - 1))
        mine.update(next_attempt_at=now + delay, last_error=error)
    return False


def redeliver(*, deliveries: Iterable[int], now: datetime) -> int:
    """Send these once more, whatever became of them, with all their attempts anew; returns how many."""
    return WebhookDelivery.objects.filter(pk__in=list(deliveries)).update(
        status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=now, last_error=""
    )


def prune_outbox(*, now: datetime, chunk: int = 5_000) -> int:
    """Delete settled events past their time with their deliveries, a chunk at a time; returns how many events.

    An event with a delivery still to be tried stays, however old it is.
    """
    times: dict[str, Any] = {"delivered": now - DELIVERED_KEPT, "failed": now - FAILED_KEPT, "chunk": chunk}
    pruned = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PRUNE, times)
            deleted = int(cursor.rowcount)
        pruned += deleted
        if deleted < chunk:
            return pruned


_PRUNE = """
    WITH old AS (
        SELECT o.id FROM coupons_outboxevent o
        WHERE o.fanned_out_at IS NOT NULL AND o.created_at < %(delivered)s AND NOT EXISTS (
            SELECT 1 FROM coupons_webhookdelivery d WHERE d.event_id = o.id
            AND (d.status = 'pending' OR (d.status = 'failed' AND o.created_at >= %(failed)s)))
        ORDER BY o.id LIMIT %(chunk)s FOR UPDATE SKIP LOCKED
    ), deliveries AS (
        DELETE FROM coupons_webhookdelivery d USING old WHERE d.event_id = old.id
    )
    DELETE FROM coupons_outboxevent o USING old WHERE o.id = old.id
"""


def new_webhook_secret() -> str:
    """192 random bits as Standard Webhooks writes a secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def event_body(event: OutboxEvent) -> bytes:
    """`sequence` grows with every event of the site: who needs them in order sorts by it, retries arrive late."""
    content = {
        "type": event.kind,
        "timestamp": event.created_at,
        "id": event.uid,
        "sequence": event.pk,
        "data": event.payload,
    }
    return json.dumps(content, cls=DjangoJSONEncoder, separators=(",", ":")).encode()


def signed_headers(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over "<id>.<unix time>.<body>", base64, marked v1.

    The id stays the same over all attempts, so that a receiver knows what it has; an old time is a replay.
    """
    sent_at = str(int(now.timestamp()))
    signed = f"{message_id}.{sent_at}.".encode() + body
    signature = base64.b64encode(hmac.new(_signing_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{signature}",
    }


def _signing_key(secret: str) -> bytes:
    """The bytes of a `whsec_` secret; of any other text, the text itself."""
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """A webhook that moves is set up anew by a person, not followed to wherever it points."""
        return


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    if not url.startswith(("https://", "http://")):
        raise ValueError("a webhook is an http or https address")
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310  checked above
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
