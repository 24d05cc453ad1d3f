"""Reconcile finds each kind of drift, says what differs, and changes nothing."""

import io

import pytest
from django.core.management import call_command

from coupons.enums import BudgetKind
from coupons.models import Budget, BudgetCounter, Coupon, CouponCode, Redemption, ShopperUsage, UsageCounter
from coupons.reconcile import find_drift
from tests.coupons.factories import make_code, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, redeem, use

pytestmark = pytest.mark.django_db


def used() -> Coupon:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=2, claim_limit=3)
    Budget.objects.create(coupon=coupon, kind=BudgetKind.MONEY, limit_n=1_000)
    redeem(make_shopper(coupon.campaign.channel), "order-1", use(coupon, code=make_code(coupon, "C0DE1")))
    assert_balanced()
    return coupon


def test_each_counter_that_is_off_is_named_with_both_numbers() -> None:
    coupon = used()
    UsageCounter.objects.filter(scope="coupon").update(redeemed_n=3)
    UsageCounter.objects.filter(scope="claim").update(redeemed_n=2)
    ShopperUsage.objects.update(held_n=1)
    CouponCode.objects.update(redeemed_n=0)
    BudgetCounter.objects.update(spent_n=90)
    found = {drift.what: (drift.field, drift.stored, drift.ledger) for drift in find_drift()}
    assert found == {
        "coupon": ("redeemed_n", 3, 1),
        "claims of coupon": ("redeemed_n", 2, 0),
        "shopper usage": ("held_n", 1, 0),
        "code": ("redeemed_n", 0, 1),
        "budget": ("spent_n", 90, 100),
    }
    assert UsageCounter.objects.get(scope="coupon", scope_id=coupon.pk).redeemed_n == 3


def test_a_row_that_vanished_and_a_missing_counter_are_found() -> None:
    coupon = used()
    Redemption.objects.update(amount_minor=40)
    assert [str(d) for d in find_drift()] == [
        f"charge of redemption {Redemption.objects.get().uid} on budget {Budget.objects.get().pk}:"
        " charged is 100, the ledger says 40"
    ]
    UsageCounter.objects.filter(scope="coupon", scope_id=coupon.pk).delete()
    assert "coupon" in {d.what for d in find_drift()}


def test_the_command_prints_and_exits() -> None:
    used()
    out = io.StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue() == "No difference between the counters and the ledger.\n"
    UsageCounter.objects.filter(scope="coupon").update(redeemed_n=3)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", stdout=out, stderr=io.StringIO())
    assert ended.value.code == 1
    assert "redeemed_n is 3, the ledger says 1" in out.getvalue()


def test_past_redemptions_of_an_import_are_counted_even_beyond_the_limit() -> None:
    coupon = make_coupon(usage_limit=2)
    shopper = make_shopper(coupon.campaign.channel)
    Redemption.objects.bulk_create(
        Redemption(
            channel=shopper.channel,
            order_ref=f"past-{i}",
            coupon=coupon,
            shopper=shopper,
            status="redeemed",
            amount_minor=5,
            currency="USD",
        )
        for i in range(3)
    )
    counter = UsageCounter.objects.get()
    assert (counter.redeemed_n, counter.limit_n) == (3, 3)
    assert_balanced()
