"""Which coupons a shopper may use now: every rule refuses what it should, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from coupons.enums import Audience, CampaignStatus, CouponTrigger, GrantSource, GrantStatus, RedemptionStatus
from coupons.models import CampaignMember, Channel, Coupon, CouponGrant, Redemption, Shopper
from coupons.selectors import eligible_coupons, eligible_for_each
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon, make_shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def shopper(channel: Channel) -> Shopper:
    return make_shopper(channel, "insider")


@pytest.fixture
def outsider(channel: Channel) -> Shopper:
    return make_shopper(channel, "outsider")


def eligible(channel: Channel, shopper: Shopper | None, **question: Any) -> list[str]:
    coupons = eligible_coupons(channel=channel, shopper=shopper, **{"now": NOW, **question})
    return sorted(coupons.values_list("external_id", flat=True))


def redeem(coupon: Coupon, shopper: Shopper, order: str, status: str = RedemptionStatus.REDEEMED) -> Redemption:
    return Redemption.objects.create(
        channel=coupon.campaign.channel,
        order_ref=order,
        coupon=coupon,
        shopper=shopper,
        status=status,
        amount_minor=100,
        currency="USD",
        hold_expires_at=NOW + timedelta(minutes=15),
    )


def test_a_running_coupon_for_everyone_is_for_everyone(channel: Channel, shopper: Shopper) -> None:
    make_coupon(make_campaign(channel), "free")
    assert eligible(channel, shopper) == ["free"]
    assert eligible(channel, None) == ["free"]


@pytest.mark.parametrize(
    "campaign",
    [
        {"status": CampaignStatus.PAUSED},
        {"status": CampaignStatus.DRAFT},
        {"starts_at": NOW + timedelta(seconds=1)},
        {"ends_at": NOW},
    ],
)
def test_a_campaign_that_does_not_run_gives_nothing(
    channel: Channel, shopper: Shopper, campaign: dict[str, Any]
) -> None:
    make_coupon(make_campaign(channel, **campaign))
    assert eligible(channel, shopper) == []
    assert eligible(channel, None) == []


def test_the_window_is_closed_at_its_start_and_open_at_its_end(channel: Channel) -> None:
    campaign = make_campaign(channel)
    make_coupon(campaign, "c")
    assert eligible(channel, None, now=campaign.starts_at) == ["c"]
    assert eligible(channel, None, now=campaign.starts_at - timedelta(microseconds=1)) == []
    assert eligible(channel, None, now=campaign.ends_at - timedelta(microseconds=1)) == ["c"]
    assert eligible(channel, None, now=campaign.ends_at) == []


def test_an_inactive_coupon_is_for_nobody(channel: Channel, shopper: Shopper) -> None:
    make_coupon(make_campaign(channel), active=False)
    assert eligible(channel, shopper) == []


def test_another_channels_coupon_is_for_nobody_here(channel: Channel, shopper: Shopper) -> None:
    make_coupon(make_campaign(make_channel("elsewhere")))
    assert eligible(channel, shopper) == []


def test_a_campaign_for_members_is_for_its_members(channel: Channel, shopper: Shopper, outsider: Shopper) -> None:
    campaign = make_campaign(channel, audience=Audience.MEMBERS)
    make_coupon(campaign, "sent")
    CampaignMember.objects.create(campaign=campaign, shopper=shopper)
    assert eligible(channel, shopper) == ["sent"]
    assert eligible(channel, outsider) == []
    assert eligible(channel, None) == []


def test_a_list_of_receivers_does_not_narrow_a_campaign_for_everyone(
    channel: Channel, shopper: Shopper, outsider: Shopper
) -> None:
    campaign = make_campaign(channel, audience=Audience.EVERYONE)
    make_coupon(campaign, "sent")
    CampaignMember.objects.create(campaign=campaign, shopper=shopper)
    assert eligible(channel, outsider) == ["sent"]


def test_a_wallet_coupon_is_for_its_holder_while_it_is_unused(
    channel: Channel, shopper: Shopper, outsider: Shopper
) -> None:
    coupon = make_coupon(make_campaign(channel), "wallet", trigger=CouponTrigger.GRANTED)
    grant = CouponGrant.objects.create(coupon=coupon, shopper=shopper, source=GrantSource.OPERATOR)
    assert eligible(channel, shopper) == ["wallet"]
    assert eligible(channel, outsider) == []
    assert eligible(channel, None) == []
    for status in set(GrantStatus.values) - {GrantStatus.ISSUED.value}:
        CouponGrant.objects.filter(pk=grant.pk).update(status=status)
        assert eligible(channel, shopper) == [], status


def test_a_coupon_is_gone_once_its_uses_are(channel: Channel, shopper: Shopper, outsider: Shopper) -> None:
    coupon = make_coupon(make_campaign(channel), "two", usage_limit=2, per_shopper_limit=None)
    redeem(coupon, outsider, "order 1")
    assert eligible(channel, shopper) == ["two"]
    redeem(coupon, outsider, "order 2", RedemptionStatus.HELD)
    assert eligible(channel, shopper) == []
    assert eligible(channel, None) == []


def test_a_use_that_was_given_back_counts_no_more(channel: Channel, shopper: Shopper) -> None:
    coupon = make_coupon(make_campaign(channel), "one", usage_limit=1)
    for order, status in enumerate((RedemptionStatus.ROLLED_BACK, RedemptionStatus.RELEASED, RedemptionStatus.EXPIRED)):
        redeem(coupon, shopper, f"order {order}", status)
    assert eligible(channel, shopper) == ["one"]
    redeem(coupon, shopper, "order 9", RedemptionStatus.PARTIALLY_ROLLED_BACK)
    assert eligible(channel, shopper) == []


def test_a_limit_per_shopper_binds_that_shopper_alone(channel: Channel, shopper: Shopper, outsider: Shopper) -> None:
    coupon = make_coupon(make_campaign(channel), "each", per_shopper_limit=2)
    redeem(coupon, shopper, "order 1")
    assert eligible(channel, shopper) == ["each"]
    redeem(coupon, shopper, "order 2")
    assert eligible(channel, shopper) == []
    assert eligible(channel, outsider) == ["each"]


def test_the_batch_answers_as_each_shopper_would_be(channel: Channel, shopper: Shopper, outsider: Shopper) -> None:
    everyone, closed = make_campaign(channel, "E"), make_campaign(channel, "M", audience=Audience.MEMBERS)
    CampaignMember.objects.create(campaign=closed, shopper=shopper)
    wallet = make_coupon(everyone, "wallet", trigger=CouponTrigger.GRANTED)
    CouponGrant.objects.create(coupon=wallet, shopper=outsider, source=GrantSource.OPERATOR)
    used, gone = make_coupon(everyone, "used"), make_coupon(everyone, "gone", usage_limit=1)
    redeem(used, shopper, "order 1"), redeem(gone, outsider, "order 2")
    free, members = make_coupon(everyone, "free"), make_coupon(closed, "members")
    make_coupon(make_campaign(make_channel("elsewhere")), "elsewhere")
    elsewhere = make_shopper(Channel.objects.get(slug="elsewhere"), "elsewhere")
    answer = eligible_for_each(channel=channel, shoppers=[shopper.pk, outsider.pk, elsewhere.pk], now=NOW)
    assert answer == {shopper.pk: {free.pk, members.pk}, outsider.pk: {free.pk, used.pk, wallet.pk}}
    for each in (shopper, outsider):
        alone = eligible_coupons(channel=channel, shopper=each, now=NOW)
        assert answer[each.pk] == set(alone.values_list("pk", flat=True))
    among = [free.pk, members.pk]
    narrowed = eligible_for_each(channel=channel, shoppers=[outsider.pk], now=NOW, among=among)
    assert narrowed == {outsider.pk: {free.pk}}


@pytest.mark.parametrize("count", [1, 3])
def test_the_batch_is_one_query(channel: Channel, count: int, django_assert_num_queries: Any) -> None:
    coupons = [make_coupon(make_campaign(channel, str(n)), str(n)) for n in range(count)]
    shoppers = [make_shopper(channel, str(n)).pk for n in range(count)]
    with django_assert_num_queries(1):
        answer = eligible_for_each(channel=channel, shoppers=shoppers, now=NOW)
    assert answer == {shopper: {coupon.pk for coupon in coupons} for shopper in shoppers}


def test_among_narrows_the_question(channel: Channel, shopper: Shopper) -> None:
    campaign = make_campaign(channel)
    first, _second = make_coupon(campaign, "first"), make_coupon(campaign, "second")
    assert eligible(channel, shopper, among=[first.pk]) == ["first"]
    assert eligible(channel, shopper, among=[]) == []
