"""One hold, two ways to end at once: confirmed, released, expired. It ends once; the twins end it twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.backends.utils import CursorWrapper

from coupons.models import Coupon, Redemption, UsageCounter
from coupons.reconcile import find_drift
from coupons.services import confirm_redemption, expire_holds, moves, release_redemption
from tests.coupons.factories import NOW, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, hold, race
from tests.coupons.ledger import use as use_of
from tests.coupons.races import naive

pytestmark = pytest.mark.django_db(transaction=True)
HOLDS = 12
LATER = NOW + timedelta(hours=1)

End = Callable[[Redemption], object]


def confirm(row: Redemption) -> object:
    return confirm_redemption(channel=row.channel, uid=row.uid, now=LATER)


def release(row: Redemption) -> object:
    return release_redemption(channel=row.channel, uid=row.uid)


def sweep(row: Redemption) -> object:
    del row
    return expire_holds(now=LATER)


def end_twice_at_once(one: End, other: End) -> Counter[str]:
    coupon: Coupon = make_coupon(usage_limit=100)
    for i in range(HOLDS):
        hold(make_shopper(coupon.campaign.channel), f"order-{i}", use_of(coupon))
    rows = list(Redemption.objects.select_related("channel").order_by("pk"))
    return race(lambda i: (other if i % 2 else one)(rows[i // 2]), attempts=2 * HOLDS)


@pytest.mark.parametrize(("one", "other"), [(confirm, release), (confirm, sweep), (release, sweep)])
def test_a_hold_ends_once(one: End, other: End) -> None:
    outcomes = end_twice_at_once(one, other)
    assert set(outcomes) <= {"ok", "state_conflict", "hold_expired"}
    counter = UsageCounter.objects.get()
    assert (counter.held_n, counter.redeemed_n) == (0, Redemption.objects.filter(status="redeemed").count())
    assert_balanced()


def look(cursor: CursorWrapper, channel_id: int, uid: UUID) -> moves.Stored:
    cursor.execute(f"{moves._SELECT} WHERE r.channel_id = %s AND r.uid = %s", [channel_id, uid])
    row = cursor.fetchone()
    naive.gathering.wait()
    return moves.Stored(*row)


def look_for_expired(cursor: CursorWrapper, now: datetime, **_: Any) -> list[moves.Stored]:
    cursor.execute(f"{moves._SELECT} WHERE r.status = 'held' AND r.hold_expires_at <= %s ORDER BY r.id", [now])
    rows = cursor.fetchall()
    naive.gathering.wait()
    return [moves.Stored(*row) for row in rows]


def write(
    cursor: CursorWrapper, assignment: str, values: Sequence[Any], *, rows: Sequence[moves.Stored], was: str
) -> None:
    del was
    cursor.execute(
        f"UPDATE coupons_redemption SET {assignment} WHERE id = ANY(%s)",  # noqa: S608
        [*values, [row.id for row in rows]],
    )


@pytest.mark.parametrize(("one", "other"), [(confirm, release), (confirm, sweep), (release, sweep)])
def test_tc_04_without_lock_and_compare_and_set_a_hold_ends_twice(
    monkeypatch: pytest.MonkeyPatch, one: End, other: End
) -> None:
    monkeypatch.setattr(moves, "lock_by_uid", look)
    monkeypatch.setattr(moves, "lock_expired_holds", look_for_expired)
    monkeypatch.setattr(moves, "_set_status", write)
    outcomes = end_twice_at_once(one, other)
    # it is told: a counter that would fall below zero stops the transaction, and what went through does not add up
    assert outcomes["CounterDrift"] or find_drift()
