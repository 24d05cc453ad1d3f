"""Counters follow the limits they stand for, whoever writes the limit."""

import pytest
from django.db import IntegrityError, connection, transaction

from coupons.enums import CounterScope, RedemptionStatus
from coupons.models import AuditEntry, CodeBatch, Coupon, Redemption, UsageCounter
from tests.coupons.factories import NOW, make_coupon, make_shopper

pytestmark = pytest.mark.django_db


def slots(coupon: Coupon, scope: str = CounterScope.COUPON) -> list[tuple[int, int, int, int]]:
    rows = UsageCounter.objects.filter(scope=scope, scope_id=coupon.pk).order_by("slot")
    return list(rows.values_list("slot", "limit_n", "held_n", "redeemed_n"))


def use(coupon: Coupon, order_ref: str, **fields: object) -> Redemption:
    channel = coupon.campaign.channel
    return Redemption.objects.create(
        channel=channel,
        order_ref=order_ref,
        coupon=coupon,
        shopper=make_shopper(channel),
        amount_minor=100,
        currency="USD",
        **{"status": RedemptionStatus.REDEEMED, "redeemed_at": NOW, **fields},
    )


def test_unlimited_coupon_has_no_counter() -> None:
    assert slots(make_coupon()) == []


def test_limit_makes_one_counter_and_slots_share_it() -> None:
    assert slots(make_coupon(usage_limit=7)) == [(0, 7, 0, 0)]
    assert slots(make_coupon(usage_limit=7, counter_slots=3)) == [(0, 3, 0, 0), (1, 2, 0, 0), (2, 2, 0, 0)]


def test_limit_set_later_counts_what_was_used_before() -> None:
    coupon = make_coupon()
    use(coupon, "a")
    use(coupon, "b", status=RedemptionStatus.HELD, hold_expires_at=NOW)
    use(coupon, "c", status=RedemptionStatus.RELEASED)
    use(coupon, "d", status=RedemptionStatus.ROLLED_BACK)
    use(coupon, "e", status=RedemptionStatus.ROLLED_BACK, kept_use=True)
    Coupon.objects.filter(pk=coupon.pk).update(usage_limit=10)
    assert slots(coupon) == [(0, 10, 1, 2)]


def test_changed_limit_moves_the_room_and_never_below_the_uses() -> None:
    coupon = make_coupon(usage_limit=4, counter_slots=2)
    UsageCounter.objects.filter(scope_id=coupon.pk, slot=0).update(redeemed_n=2)
    coupon.usage_limit = 9
    coupon.save()
    assert slots(coupon) == [(0, 6, 0, 2), (1, 3, 0, 0)]
    with pytest.raises(IntegrityError, match="below the uses"), transaction.atomic():
        Coupon.objects.filter(pk=coupon.pk).update(usage_limit=1)
    assert slots(coupon) == [(0, 6, 0, 2), (1, 3, 0, 0)]
    Coupon.objects.filter(pk=coupon.pk).update(usage_limit=None)
    assert slots(coupon) == []


def test_a_save_that_leaves_the_limit_alone_leaves_the_counter_alone() -> None:
    coupon = make_coupon(usage_limit=4)
    UsageCounter.objects.filter(scope_id=coupon.pk).update(redeemed_n=2, limit_n=5)
    coupon.title = "Another"
    coupon.save()
    assert slots(coupon) == [(0, 5, 0, 2)]


def test_claims_and_batches_have_counters_of_their_own() -> None:
    coupon = make_coupon(claim_limit=3)
    assert slots(coupon, CounterScope.CLAIM) == [(0, 3, 0, 0)]
    batch = CodeBatch.objects.create(coupon=coupon, name="Batch", size=2, usage_limit=5)
    counter = UsageCounter.objects.get(scope=CounterScope.BATCH, scope_id=batch.pk)
    assert (counter.limit_n, counter.held_n, counter.redeemed_n) == (5, 0, 0)


@pytest.mark.parametrize("change", ["held_n = -1", "redeemed_n = 8", "held_n = 4, redeemed_n = 4"])
def test_the_database_itself_refuses_an_impossible_counter(change: str) -> None:
    make_coupon(usage_limit=7)
    with pytest.raises(IntegrityError, match="usage_counter_within_limit"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE coupons_usagecounter SET {change}")  # noqa: S608  the three texts above


def test_audit_log_cannot_be_edited_or_deleted() -> None:
    entry = AuditEntry.objects.create(actor="user:1", action="approve", object_type="campaign", object_id="1")
    for attempt in (lambda: AuditEntry.objects.update(actor="user:2"), entry.delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attempt()
    assert AuditEntry.objects.get().actor == "user:1"
