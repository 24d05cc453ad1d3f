"""Claiming into the wallet, and people behind several accounts."""

from datetime import timedelta
from typing import Any

import pytest

from coupons.enums import CouponTrigger
from coupons.errors import (
    AlreadyClaimed,
    CampaignEnded,
    Malformed,
    NotFound,
    PoolExhausted,
    ShopperLimitReached,
    StateConflict,
)
from coupons.models import Coupon, CouponGrant, Shopper, ShopperIdentity, UsageCounter
from coupons.services import claim_coupon, expire_grants, resolve_shopper, revoke_grant
from coupons.services.shoppers import normalise_email
from tests.coupons.factories import NOW, make_campaign, make_channel, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, race, redeem, use


def claim(shopper: Shopper, coupon: Coupon) -> CouponGrant:
    return claim_coupon(channel=shopper.channel, shopper=shopper, coupon_uid=coupon.uid, now=NOW)


def wallet_coupon(**fields: Any) -> Coupon:
    return make_coupon(trigger=CouponTrigger.GRANTED, **fields)


@pytest.mark.django_db
def test_claim_once_then_use_then_claim_again() -> None:
    coupon = wallet_coupon(claim_limit=2)
    shopper = make_shopper(coupon.campaign.channel)
    grant = claim(shopper, coupon)
    with pytest.raises(AlreadyClaimed) as refusal:
        claim(shopper, coupon)
    assert refusal.value.extra == {"grant": grant}
    redeem(shopper, "order-1", use(coupon))
    claim(shopper, coupon)
    with pytest.raises(PoolExhausted):
        claim(make_shopper(coupon.campaign.channel), coupon)
    assert CouponGrant.objects.count() == 2
    assert_balanced()


@pytest.mark.django_db
def test_revoked_claims_return_to_the_pool() -> None:
    coupon = wallet_coupon(claim_limit=1)
    one, two = (make_shopper(coupon.campaign.channel) for _ in range(2))
    grant = claim(one, coupon)
    for _ in range(2):
        assert revoke_grant(channel=one.channel, uid=grant.uid).status == "revoked"
    second = claim(two, coupon)
    redeem(two, "order-1", use(coupon))
    with pytest.raises(StateConflict):
        revoke_grant(channel=one.channel, uid=second.uid)
    assert_balanced()


@pytest.mark.django_db
def test_what_cannot_be_used_cannot_be_claimed() -> None:
    ended = make_coupon(make_campaign(ends_at=NOW), trigger=CouponTrigger.GRANTED)
    with pytest.raises(CampaignEnded):
        claim(make_shopper(ended.campaign.channel), ended)
    with pytest.raises(NotFound):
        claim(make_shopper(make_channel()), ended)


@pytest.mark.django_db
def test_unused_coupons_of_ended_campaigns_leave_the_wallet() -> None:
    coupon = wallet_coupon(claim_limit=5)
    grant = claim(make_shopper(coupon.campaign.channel), coupon)
    assert expire_grants(now=NOW) == 0
    assert expire_grants(now=NOW + timedelta(days=31)) == 1
    grant.refresh_from_db()
    assert grant.status == "expired"
    assert_balanced()


@pytest.mark.django_db(transaction=True)
def test_a_pool_of_claims_is_never_overdrawn() -> None:
    coupon = wallet_coupon(claim_limit=10)
    people = [make_shopper(coupon.campaign.channel) for _ in range(40)]
    assert race(lambda i: claim(people[i], coupon), attempts=40) == {"ok": 10, "pool_exhausted": 30}
    assert (CouponGrant.objects.count(), UsageCounter.objects.get().redeemed_n) == (10, 10)
    assert_balanced()


@pytest.mark.parametrize(
    ("typed", "norm"),
    [
        ("Ann.Lee@Example.com", "ann.lee@example.com"),
        ("ann.lee+deals@example.com ", "ann.lee@example.com"),
        ("Ann.Lee+x@GoogleMail.com", "annlee@gmail.com"),
        ("ａｎｎ@example.com", "ann@example.com"),
    ],
)
def test_tc_32_spellings_of_one_address(typed: str, norm: str) -> None:
    assert normalise_email(typed) == norm


@pytest.mark.django_db
def test_tc_32_the_limit_per_shopper_survives_guests_case_and_alias() -> None:
    coupon = make_coupon(per_shopper_limit=1)
    channel = coupon.campaign.channel
    guest = resolve_shopper(channel=channel, email="Ann@example.com")
    redeem(guest, "order-1", use(coupon))
    again = resolve_shopper(channel=channel, email="ann+2@EXAMPLE.com")
    account = resolve_shopper(channel=channel, external_id="account-7", email="ann+3@example.com")
    for shopper in (again, account, resolve_shopper(channel=channel, external_id="account-7")):
        with pytest.raises(ShopperLimitReached):
            redeem(shopper, f"order-{shopper.pk}-2", use(coupon))
    redeem(resolve_shopper(channel=channel, email="bob@example.com"), "order-3", use(coupon))
    assert "ann" not in str(list(ShopperIdentity.objects.values_list("value_hmac", flat=True)))
    assert_balanced()


@pytest.mark.django_db
def test_tc_32_uses_of_two_accounts_add_up_once_they_are_known_to_be_one_person() -> None:
    coupon = make_coupon(per_shopper_limit=2)
    channel = coupon.campaign.channel
    one = resolve_shopper(channel=channel, external_id="a", email="ann@example.com")
    two = resolve_shopper(channel=channel, external_id="b")
    redeem(one, "order-1", use(coupon))
    redeem(two, "order-2", use(coupon))
    joined = resolve_shopper(channel=channel, external_id="b", email="ANN@example.com")
    assert joined.same_person_as_id == one.pk
    for shopper in (one, joined):
        with pytest.raises(ShopperLimitReached):
            redeem(shopper, f"order-{shopper.pk}-3", use(coupon))
    assert_balanced()


@pytest.mark.django_db
def test_nothing_to_go_by_is_refused() -> None:
    for fields in ({}, {"email": "not an address"}, {"phone": "1"}):
        with pytest.raises(Malformed):
            resolve_shopper(channel=make_channel(), **fields)
