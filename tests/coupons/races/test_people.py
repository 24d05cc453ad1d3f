"""Accounts that become one person, or two, while they buy: no use is lost, and limits are those of who they are."""

from threading import Event

import pytest
from django.db import transaction

from coupons.errors import ShopperLimitReached
from coupons.models import Coupon, Redemption, Shopper, ShopperUsage
from coupons.reconcile import find_drift
from coupons.services import merge_shoppers, split_shopper
from tests.coupons.factories import make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, redeem, use
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = "key:made-up"
ROUNDS = 8


def pair(coupon: Coupon) -> tuple[Shopper, Shopper]:
    return make_shopper(coupon.campaign.channel), make_shopper(coupon.campaign.channel)


def fresh(shopper: Shopper) -> Shopper:
    return Shopper.objects.select_related("channel").get(pk=shopper.pk)


def naive_merge(keep: Shopper, other: Shopper, looked: Event, bought: Event) -> None:
    """Look first, write afterwards, and lock nobody."""
    with transaction.atomic():
        used = {row.coupon_id: row.redeemed_n for row in ShopperUsage.objects.filter(shopper=other)}
        looked.set()
        bought.wait(5)
        Shopper.objects.filter(pk=other.pk).update(same_person_as=keep)
        ShopperUsage.objects.filter(shopper=other).delete()
        for row in ShopperUsage.objects.filter(shopper=keep):
            ShopperUsage.objects.filter(pk=row.pk).update(redeemed_n=row.redeemed_n + used.get(row.coupon_id, 0))


def test_a_merge_during_redemptions_loses_no_use() -> None:
    coupon = make_coupon(per_shopper_limit=1)
    for number in range(ROUNDS):
        keep, other = pair(coupon)
        bought = race(
            lambda keep=keep, n=number: redeem(keep, f"a-{n}", use(coupon)),  # type: ignore[misc]
            lambda other=other, n=number: redeem(other, f"b-{n}", use(coupon)),  # type: ignore[misc]
            lambda keep=keep, other=other: merge_shoppers(keep=keep, other=other, actor=ACTOR),  # type: ignore[misc]
        )
        assert not isinstance(bought[2], BaseException)
        refused = [one for one in bought[:2] if isinstance(one, BaseException)]
        assert {type(one) for one in refused} <= {ShopperLimitReached}
        uses = Redemption.objects.filter(shopper__in=[keep, other]).count()
        assert uses == 2 - len(refused) >= 1
        assert ShopperUsage.objects.get(shopper=keep).redeemed_n == uses
        for account in (keep, other):
            with pytest.raises(ShopperLimitReached):
                redeem(fresh(account), f"again-{account.pk}", use(coupon))
    assert_balanced()


def test_without_its_locks_a_merge_leaves_counters_that_differ_from_the_ledger() -> None:
    coupon = make_coupon(per_shopper_limit=2)
    keep, other = pair(coupon)
    redeem(keep, "a", use(coupon))
    looked, bought = Event(), Event()

    def buy() -> None:
        looked.wait(5)
        redeem(other, "b", use(coupon))
        bought.set()

    outcomes = race(buy, lambda: naive_merge(keep, other, looked, bought))
    assert [one for one in outcomes if isinstance(one, BaseException)] == []
    assert Redemption.objects.filter(shopper__in=[keep, other]).count() == 2
    assert find_drift() != []


def test_a_split_during_redemptions_leaves_each_person_their_own() -> None:
    coupon = make_coupon(per_shopper_limit=2)
    for number in range(ROUNDS):
        keep, other = pair(coupon)
        merge_shoppers(keep=keep, other=other, actor=ACTOR)
        redeem(fresh(keep), f"first-{number}", use(coupon))
        one, two = fresh(keep), fresh(other)
        outcomes = race(
            lambda one=one, n=number: redeem(one, f"a-{n}", use(coupon)),  # type: ignore[misc]
            lambda two=two, n=number: redeem(two, f"b-{n}", use(coupon)),  # type: ignore[misc]
            lambda two=two: split_shopper(shopper=two, actor=ACTOR),  # type: ignore[misc]
        )
        assert not isinstance(outcomes[2], BaseException)
        refused = [each for each in outcomes[:2] if isinstance(each, BaseException)]
        assert {type(each) for each in refused} <= {ShopperLimitReached}
        for account in (keep, other):
            uses = Redemption.objects.filter(shopper=account).count()
            counted = ShopperUsage.objects.filter(shopper=account).values_list("redeemed_n", flat=True)
            assert (uses, sum(counted)) == (uses, uses)
            assert uses <= 2
    assert_balanced()
