"""The life of a use, one at a time: what moves, what is refused, and that a refusal leaves nothing behind."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from coupons.enums import CampaignStatus, CounterScope, CouponTrigger, GrantSource, GrantStatus, RedemptionStatus
from coupons.errors import (
    AlreadyRedeemed,
    CampaignEnded,
    CounterDrift,
    HoldExpired,
    NotEligible,
    NotFound,
    ShopperLimitReached,
    StateConflict,
    UsageLimitReached,
)
from coupons.models import (
    Campaign,
    Coupon,
    CouponGrant,
    Redemption,
    RedemptionLine,
    Shopper,
    ShopperUsage,
    UsageCounter,
)
from coupons.services import confirm_redemption, expire_holds, release_redemption
from tests.coupons.factories import NOW, make_campaign, make_channel, make_code, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, hold, redeem, use, use_with_lines

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def counter(coupon: Coupon) -> tuple[int, int]:
    row = UsageCounter.objects.get(scope=CounterScope.COUPON, scope_id=coupon.pk)
    return row.held_n, row.redeemed_n


def shopper_of(coupon: Coupon) -> Shopper:
    return make_shopper(coupon.campaign.channel)


def test_redeem_in_one_step() -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=1)
    shopper = shopper_of(coupon)
    [taken] = redeem(shopper, "order-1", use_with_lines(coupon, ("1", 2, 800, 60), ("2", 1, 500, 40)))
    row = Redemption.objects.get()
    assert (row.uid, row.status, row.amount_minor, row.currency) == (taken.uid, "redeemed", 100, "USD")
    assert (row.redeemed_at, row.hold_expires_at, row.counter_slot) == (NOW, None, 0)
    lines = RedemptionLine.objects.order_by("line_ref").values_list(
        "line_ref", "quantity", "spend_minor", "amount_minor"
    )
    assert list(lines) == [("1", 2, 800, 60), ("2", 1, 500, 40)]
    assert counter(coupon) == (0, 1)
    assert_balanced()


def test_hold_then_confirm_then_again() -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=2, hold_ttl_s=600)
    shopper = shopper_of(coupon)
    [held] = hold(shopper, "order-1", use(coupon))
    assert (held.status, held.hold_expires_at, counter(coupon)) == ("held", NOW + timedelta(minutes=10), (1, 0))
    assert_balanced()
    for replayed in (False, True):
        taken = confirm_redemption(channel=shopper.channel, uid=held.uid, now=LATER)
        assert (taken.status, taken.redeemed_at, taken.hold_expires_at) == ("redeemed", LATER, None)
        assert taken.replayed is replayed
        assert counter(coupon) == (0, 1)
    assert ShopperUsage.objects.values_list("held_n", "redeemed_n", "limit_n").get() == (0, 1, 2)
    assert_balanced()


def test_release_gives_the_use_back_at_once() -> None:
    coupon = make_coupon(usage_limit=1)
    first, second = shopper_of(coupon), shopper_of(coupon)
    [held] = hold(first, "order-1", use(coupon))
    with pytest.raises(UsageLimitReached):
        redeem(second, "order-2", use(coupon))
    for replayed in (False, True):
        taken = release_redemption(channel=first.channel, uid=held.uid)
        assert (taken.status, taken.replayed, counter(coupon)) == ("released", replayed, (0, 0))
    redeem(second, "order-2", use(coupon))
    assert_balanced()


def test_refused_release_and_confirm_change_nothing() -> None:
    coupon = make_coupon(usage_limit=1)
    shopper = shopper_of(coupon)
    [taken] = redeem(shopper, "order-1", use(coupon))
    with pytest.raises(StateConflict):
        release_redemption(channel=shopper.channel, uid=taken.uid)
    with pytest.raises(NotFound):
        confirm_redemption(channel=shopper.channel, uid=uuid4(), now=NOW)
    with pytest.raises(NotFound):
        confirm_redemption(channel=make_channel(), uid=taken.uid, now=NOW)
    assert counter(coupon) == (0, 1)
    assert_balanced()


def test_tc_02_the_same_order_twice_is_one_use() -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=1)
    shopper = shopper_of(coupon)
    [first] = redeem(shopper, "order-1", use(coupon))
    [again] = redeem(shopper, "order-1", use(coupon))
    assert (again.uid, again.status, again.replayed) == (first.uid, "redeemed", True)
    [held] = hold(shopper, "order-1", use(coupon))
    assert (held.uid, held.status) == (first.uid, "redeemed")
    assert counter(coupon) == (0, 1)
    assert Redemption.objects.count() == 1
    assert_balanced()


def test_tc_02_another_shopper_does_not_get_the_order() -> None:
    coupon = make_coupon(usage_limit=5)
    redeem(shopper_of(coupon), "order-1", use(coupon))
    with pytest.raises(AlreadyRedeemed):
        redeem(shopper_of(coupon), "order-1", use(coupon))
    assert counter(coupon) == (0, 1)


def test_tc_15_a_hold_never_counts_against_itself() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper = shopper_of(coupon)
    [first] = hold(shopper, "order-1", use(coupon))
    [again] = hold(shopper, "order-1", use(coupon), now=NOW + timedelta(minutes=5))
    assert (again.uid, again.hold_expires_at) == (first.uid, NOW + timedelta(minutes=20))
    assert Redemption.objects.get().hold_expires_at == again.hold_expires_at
    [changed] = hold(shopper, "order-1", use(coupon, 80))
    assert (changed.amount_minor, counter(coupon)) == (80, (1, 0))
    assert Redemption.objects.get(pk=first.id).status == RedemptionStatus.RELEASED
    [redeemed] = redeem(shopper, "order-1", use(coupon, 80))
    assert (redeemed.uid, redeemed.status, counter(coupon)) == (changed.uid, "redeemed", (0, 1))
    assert_balanced()


def test_redeem_with_another_amount_than_held_takes_the_new_one() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper = shopper_of(coupon)
    hold(shopper, "order-1", use(coupon, 100))
    [taken] = redeem(shopper, "order-1", use(coupon, 70))
    assert (taken.status, taken.amount_minor, counter(coupon)) == ("redeemed", 70, (0, 1))
    assert_balanced()


@pytest.mark.parametrize("ttl", [0, None])
def test_tc_16_a_ttl_of_zero_or_blank_is_impossible(ttl: int | None) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        make_coupon(usage_limit=1, hold_ttl_s=ttl)


def test_expired_holds_are_swept_and_a_late_confirmation_is_told() -> None:
    coupon = make_coupon(usage_limit=2, per_shopper_limit=1)
    shopper, other = shopper_of(coupon), shopper_of(coupon)
    [late] = hold(shopper, "order-1", use(coupon))
    hold(other, "order-2", use(coupon), now=LATER)
    assert expire_holds(now=NOW + timedelta(seconds=899)) == 0
    assert expire_holds(now=NOW + timedelta(seconds=900)) == 1
    assert counter(coupon) == (1, 0)
    with pytest.raises(HoldExpired):
        confirm_redemption(channel=shopper.channel, uid=late.uid, now=LATER)
    assert counter(coupon) == (1, 0)
    assert_balanced()


def test_a_late_confirmation_stands_while_the_use_is_still_reserved() -> None:
    coupon = make_coupon(usage_limit=1)
    shopper = shopper_of(coupon)
    [held] = hold(shopper, "order-1", use(coupon))
    assert confirm_redemption(channel=shopper.channel, uid=held.uid, now=LATER).status == "redeemed"
    assert expire_holds(now=LATER) == 0
    assert counter(coupon) == (0, 1)


def test_a_full_limit_gives_back_expired_holds_before_it_refuses() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    first, second = shopper_of(coupon), shopper_of(coupon)
    hold(first, "order-1", use(coupon))
    with pytest.raises(UsageLimitReached):
        redeem(second, "order-2", use(coupon), now=NOW + timedelta(seconds=899))
    redeem(second, "order-2", use(coupon), now=NOW + timedelta(seconds=900))
    assert list(Redemption.objects.order_by("pk").values_list("status", flat=True)) == ["expired", "redeemed"]
    assert_balanced()


def test_tc_05_limits_hold_without_a_code() -> None:
    coupon = make_coupon(trigger=CouponTrigger.AUTOMATIC, usage_limit=2, per_shopper_limit=1)
    shopper = shopper_of(coupon)
    redeem(shopper, "order-1", use(coupon))
    with pytest.raises(ShopperLimitReached):
        redeem(shopper, "order-2", use(coupon))
    redeem(shopper_of(coupon), "order-3", use(coupon))
    with pytest.raises(UsageLimitReached):
        redeem(shopper_of(coupon), "order-4", use(coupon))
    assert counter(coupon) == (0, 2)
    assert Redemption.objects.count() == 2
    assert_balanced()


def test_tc_10_a_limit_across_a_batch_of_codes_holds() -> None:
    from coupons.models import CodeBatch

    coupon = make_coupon(trigger=CouponTrigger.CODE)
    batch = CodeBatch.objects.create(coupon=coupon, name="Batch", size=4, usage_limit=2)
    codes = [make_code(coupon, batch=batch, usage_limit=1) for _ in range(4)]
    for number in (0, 1):
        redeem(shopper_of(coupon), f"order-{number}", use(coupon, code=codes[number]))
    with pytest.raises(UsageLimitReached):
        redeem(shopper_of(coupon), "order-2", use(coupon, code=codes[2]))
    with pytest.raises(UsageLimitReached):
        redeem(shopper_of(coupon), "order-3", use(coupon, code=codes[0]))
    codes[2].refresh_from_db()
    assert (codes[2].redeemed_n, Redemption.objects.count()) == (0, 2)
    assert_balanced()


def test_tc_11_an_update_of_no_row_fails_the_whole_transaction() -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=1)
    UsageCounter.objects.filter(scope_id=coupon.pk).delete()
    with pytest.raises(CounterDrift):
        redeem(shopper_of(coupon), "order-1", use_with_lines(coupon, ("1", 1, 500, 100)))
    assert (Redemption.objects.count(), RedemptionLine.objects.count(), ShopperUsage.objects.count()) == (0, 0, 0)


def test_tc_11_nor_is_half_an_order_kept() -> None:
    roomy, full = make_coupon(usage_limit=5), None
    full = make_coupon(roomy.campaign, usage_limit=1)
    redeem(shopper_of(roomy), "order-1", use(full))
    with pytest.raises(UsageLimitReached):
        redeem(shopper_of(roomy), "order-2", use(roomy), use(full))
    assert (counter(roomy), counter(full)) == ((0, 0), (0, 1))
    assert Redemption.objects.filter(order_ref="order-2").count() == 0


def test_tc_12_a_use_is_counted_in_the_transaction_and_by_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import Task

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a task was sent")

    monkeypatch.setattr(Task, "apply_async", refuse)
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    redeem(shopper_of(coupon), "order-1", use(coupon))
    assert counter(coupon) == (0, 1)


def test_tc_13_an_order_that_fails_after_consuming_gives_the_use_back() -> None:
    from django.db import transaction

    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper = shopper_of(coupon)

    class PaymentError(Exception):
        pass

    with pytest.raises(PaymentError), transaction.atomic():
        redeem(shopper, "order-1", use(coupon))
        raise PaymentError
    assert (counter(coupon), Redemption.objects.count(), ShopperUsage.objects.count()) == ((0, 0), 0, 0)
    redeem(shopper, "order-1", use(coupon))
    assert_balanced()


def test_tc_14_an_unlimited_coupon_touches_no_shared_row() -> None:
    coupon = make_coupon()
    shopper = shopper_of(coupon)
    before = rows_written()
    redeem(shopper, "order-1", use(coupon))
    assert rows_written() - before == Counter({"coupons_redemption": 1})


def rows_written() -> Counter[str]:
    """By table, in the transaction of this test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return Counter(dict(cursor.fetchall()))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": CampaignStatus.PAUSED}, NotEligible),
        ({"status": CampaignStatus.DRAFT}, NotEligible),
        ({"ends_at": NOW}, CampaignEnded),
        ({"starts_at": NOW + timedelta(seconds=1)}, NotEligible),
        ({"weekly_windows": [{"days": [3], "from": "13:00", "to": "14:00"}]}, NotEligible),
        ({"holdout_percent": 100}, NotEligible),
        ({"audience": "members"}, NotEligible),
    ],
)
def test_tc_08_what_does_not_run_is_not_redeemed(change: dict[str, object], error: type[Exception]) -> None:
    coupon = make_coupon(usage_limit=1)
    Campaign.objects.filter(pk=coupon.campaign_id).update(**change)
    with pytest.raises(error):
        redeem(shopper_of(coupon), "order-1", use(coupon))
    assert (counter(coupon), Redemption.objects.count()) == ((0, 0), 0)


def test_a_coupon_of_another_channel_is_not_found() -> None:
    coupon = make_coupon()
    with pytest.raises(NotFound):
        redeem(make_shopper(make_channel()), "order-1", use(coupon))


def test_a_code_is_needed_where_there_are_codes() -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    code = make_code(coupon, usage_limit=1)
    with pytest.raises(NotEligible) as refusal:
        redeem(shopper_of(coupon), "order-1", use(coupon))
    assert [reason.code for reason in refusal.value.reasons] == ["code_required"]
    redeem(shopper_of(coupon), "order-1", use(coupon, code=code))
    code.refresh_from_db()
    assert (code.held_n, code.redeemed_n) == (0, 1)
    assert_balanced()


def test_a_granted_coupon_comes_out_of_the_wallet_and_goes_back() -> None:
    coupon = make_coupon(trigger=CouponTrigger.GRANTED)
    shopper = shopper_of(coupon)
    with pytest.raises(NotEligible):
        redeem(shopper, "order-1", use(coupon))
    grant = CouponGrant.objects.create(coupon=coupon, shopper=shopper, source=GrantSource.OPERATOR)
    [held] = hold(shopper, "order-1", use(coupon))
    grant.refresh_from_db()
    assert grant.status == GrantStatus.HELD
    with pytest.raises(NotEligible):
        redeem(shopper, "order-2", use(coupon))
    release_redemption(channel=shopper.channel, uid=held.uid)
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ISSUED
    redeem(shopper, "order-2", use(coupon))
    grant.refresh_from_db()
    assert grant.status == GrantStatus.REDEEMED
    assert_balanced()


def test_first_order_only_counts_one_order_of_the_person() -> None:
    campaign = make_campaign()
    coupon, other = (make_coupon(campaign, first_order_only=True) for _ in range(2))
    shopper = make_shopper(campaign.channel)
    redeem(shopper, "order-1", use(coupon), use(other))
    with pytest.raises(NotEligible) as refusal:
        redeem(shopper, "order-2", use(coupon))
    assert [reason.code for reason in refusal.value.reasons] == ["not_first_order"]
    regular = make_shopper(campaign.channel)
    redeem(regular, "order-3", use(make_coupon(campaign)))
    with pytest.raises(NotEligible):
        redeem(regular, "order-4", use(coupon))


def test_slots_share_a_limit_exactly() -> None:
    coupon = make_coupon(usage_limit=20, counter_slots=16)
    for number in range(20):
        redeem(shopper_of(coupon), f"order-{number}", use(coupon))
    with pytest.raises(UsageLimitReached):
        redeem(shopper_of(coupon), "order-20", use(coupon))
    assert_balanced()
    assert sum(UsageCounter.objects.filter(scope_id=coupon.pk).values_list("redeemed_n", flat=True)) == 20
