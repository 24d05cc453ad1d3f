"""Requests that may be sent twice: one effect, one answer."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection

from coupons.enums import KeyState
from coupons.errors import Contention, CouponError, IdempotencyInFlight, IdempotencyKeyReused
from coupons.models import IdempotencyKey
from coupons.services.transactions import Level, finally_run, in_ledger_transaction
from coupons.statements import Statement

KEPT_FOR = timedelta(hours=24)
_LOCK_TIMEOUT = "55P03"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it was given; `replayed` says that nothing was done for it now."""

    status: int
    body: Any
    replayed: bool = False


def fingerprint_of(method: str, path: str, body: Any) -> str:
    """SHA-256 of what was asked, key order aside."""
    content = json.dumps([method, path, body], sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(content.encode()).hexdigest()


def run_idempotent(
    *,
    client: str,
    key: str,
    fingerprint: str,
    now: datetime,
    effect: Callable[[], Answer],
    refusal: Callable[[CouponError], Answer],
) -> Answer:
    """Do `effect` once for a client's key. Its answer commits with it; a refusal is kept too, a 5xx never.

    `refusal` renders an error as an answer. Raises IdempotencyKeyReused where the key came with another request,
    IdempotencyInFlight where the first request is not done within the lock timeout, Contention.
    """

    def work() -> Answer:
        known = _begin(client, key, fingerprint, now)
        if known is None:
            answer = effect()
            _keep(client, key, answer)
            return answer
        return known

    try:
        return in_ledger_transaction(work)
    except (IdempotencyInFlight, IdempotencyKeyReused):
        raise
    except CouponError as error:
        if error.status >= 500:
            raise
        refused = refusal(error)

    def record() -> Answer:
        # the effect is undone, the key with it: a twin may have come in between, then its answer counts for both
        known = _begin(client, key, fingerprint, now)
        if known is None:
            _keep(client, key, refused)
            return refused
        return known

    return in_ledger_transaction(record)


_BEGIN = Statement(
    "idempotency_begin",
    """
    INSERT INTO coupons_idempotencykey AS k (client, key, fingerprint, state, expires_at)
    VALUES (%(client)s, %(key)s, %(fingerprint)s, 'in_flight', %(until)s)
    ON CONFLICT (client, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, state = 'in_flight', response = NULL,
        response_status = NULL, expires_at = EXCLUDED.expires_at
    WHERE k.expires_at <= %(now)s
    RETURNING 1
    """,
    {"client": "text", "key": "text", "fingerprint": "text", "until": "timestamptz", "now": "timestamptz"},
)


def _begin(client: str, key: str, fingerprint: str, now: datetime) -> Answer | None:
    """Insert the row in flight; None when it is ours. A twin waits here for the first one's answer."""
    try:
        with connection.cursor() as cursor:
            asked = {"client": client, "key": key, "fingerprint": fingerprint, "until": now + KEPT_FOR, "now": now}
            _BEGIN.execute(cursor, asked)
            if cursor.fetchone() is not None:
                return None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_TIMEOUT:
            raise IdempotencyInFlight from error
        raise
    row = IdempotencyKey.objects.filter(client=client, key=key).first()
    if row is None:
        raise Contention
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if row.state != KeyState.DONE or row.response_status is None:
        raise IdempotencyInFlight
    return Answer(row.response_status, row.response, replayed=True)


def _keep(client: str, key: str, answer: Answer) -> None:
    """Store the answer with the effect, as one of the transaction's last steps; one from 500 on is not kept."""
    of = {"client": client, "key": key}
    if answer.status >= 500:
        finally_run(Level.OWN, (), "DELETE FROM coupons_idempotencykey WHERE client = %(client)s AND key = %(key)s", of)
        return
    finally_run(
        Level.OWN,
        (),
        "UPDATE coupons_idempotencykey SET state = 'done', response_status = %(status)s, response = %(body)s::jsonb"
        " WHERE client = %(client)s AND key = %(key)s",
        {**of, "status": answer.status, "body": json.dumps(answer.body, cls=DjangoJSONEncoder)},
    )


def forget_old_keys(*, now: datetime) -> int:
    """Delete answers kept long enough; returns how many."""
    return IdempotencyKey.objects.filter(expires_at__lte=now).delete()[0]


def as_body(body: Mapping[str, Any]) -> Any:
    """A body as it will be read back, so that the first answer and its replay are equal to the byte."""
    return json.loads(json.dumps(body, cls=DjangoJSONEncoder))
