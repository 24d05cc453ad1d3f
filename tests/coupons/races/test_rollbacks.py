"""TC-07: taking back and using at once keep the exact net; the twin without the row lock gives back twice."""

from collections import Counter
from uuid import UUID

import pytest
from django.db.backends.utils import CursorWrapper

from coupons.enums import RestorePolicy, RollbackKind
from coupons.models import Coupon, Redemption, Rollback, UsageCounter
from coupons.reconcile import find_drift
from coupons.services import confirm_redemption, expire_holds, moves, release_redemption, roll_back_redemption
from tests.coupons.factories import NOW, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, hold, race, redeem, use
from tests.coupons.races import naive

pytestmark = pytest.mark.django_db(transaction=True)


def cancel(row: Redemption) -> Rollback:
    return roll_back_redemption(channel=row.channel, uid=row.uid, kind=RollbackKind.CANCEL, now=NOW)


def test_tc_07_redeem_and_roll_back_in_parallel_keep_the_exact_net() -> None:
    coupon = make_coupon(usage_limit=40, per_shopper_limit=1, restore_policy=RestorePolicy.ON_FULL_REFUND)
    people = [make_shopper(coupon.campaign.channel) for _ in range(60)]
    for i in range(30):
        redeem(people[i], f"order-{i}", use(coupon))
    rows = list(Redemption.objects.select_related("channel").order_by("pk"))

    def work(i: int) -> None:
        if i % 2:
            cancel(rows[i // 2])
        else:
            redeem(people[30 + i // 2], f"order-{30 + i // 2}", use(coupon))

    outcomes = race(work, attempts=60)
    assert set(outcomes) <= {"ok", "usage_limit_reached"}
    assert UsageCounter.objects.get().redeemed_n == Redemption.objects.filter(status="redeemed").count()
    assert Redemption.objects.filter(status="rolled_back").count() == 30
    assert_balanced()


def cancel_race(coupon: Coupon) -> Counter[str]:
    people = [make_shopper(coupon.campaign.channel) for _ in range(4)]
    for i, person in enumerate(people):
        redeem(person, f"order-{i}", use(coupon))
    row = Redemption.objects.select_related("channel").earliest("pk")
    return race(lambda _: cancel(row), attempts=16)


def test_tc_07_the_same_cancellation_from_many_threads_gives_back_once() -> None:
    coupon = make_coupon(usage_limit=10)
    assert cancel_race(coupon) == {"ok": 16}
    assert (UsageCounter.objects.get().redeemed_n, Rollback.objects.count()) == (3, 1)
    assert_balanced()


def test_tc_04_tc_07_without_lock_and_compare_and_set_gives_back_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from coupons.services import rollbacks

    def look(cursor: CursorWrapper, channel_id: int, uid: UUID) -> moves.Stored:
        cursor.execute(f"{moves._SELECT} WHERE r.channel_id = %s AND r.uid = %s", [channel_id, uid])
        row = cursor.fetchone()
        naive.gathering.wait()
        return moves.Stored(*row)

    def write(row: moves.Stored, plan: object, *, gone: bool, restored: bool) -> None:
        Redemption.objects.filter(pk=row.id).update(status="rolled_back", rolled_back_minor=row.amount_minor)

    monkeypatch.setattr(moves, "lock_by_uid", look)
    monkeypatch.setattr(rollbacks, "_write", write)
    cancel_race(make_coupon(usage_limit=10))
    assert UsageCounter.objects.get().redeemed_n < 3
    assert find_drift()


def test_confirm_release_and_sweep_at_once_settle_each_hold_once() -> None:
    coupon = make_coupon(usage_limit=100, per_shopper_limit=1)
    people = [make_shopper(coupon.campaign.channel) for _ in range(30)]
    held = [hold(person, f"order-{i}", use(coupon))[0] for i, person in enumerate(people)]
    later = NOW.replace(hour=13)

    def work(i: int) -> None:
        channel = coupon.campaign.channel
        if i % 3 == 0:
            confirm_redemption(channel=channel, uid=held[i // 3].uid, now=later)
        elif i % 3 == 1:
            release_redemption(channel=channel, uid=held[i // 3].uid)
        else:
            expire_holds(now=later)

    outcomes = race(work, attempts=90)
    assert set(outcomes) <= {"ok", "hold_expired", "state_conflict"}
    assert Redemption.objects.filter(status="held").count() == 0
    assert_balanced()
