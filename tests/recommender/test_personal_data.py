"""Erasure and export reach what the recommender holds, though the coupon engine does not know it."""

import uuid

import pytest
from django.apps import apps
from django.utils import timezone

from coupons.enums import CounterScope, GrantSource, GrantStatus, IdentityKind, Scope
from coupons.models import (
    AuditEntry,
    CampaignMember,
    CouponGrant,
    Redemption,
    Shopper,
    ShopperIdentity,
    UsageCounter,
)
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Impression, ModelVersion, Recommendation, RejectedEvent, ShopperInterest
from recommender.services.personal_data import _tables
from tests.coupons.api.client import Shop, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, redeem, use
from tests.made_up_shop import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def known_shopper(shop: Shop, external_id: str) -> Shopper:
    """Somebody of whom every kind of data is held."""
    campaign = running_campaign(shop.channel)
    coupon = make_coupon(campaign, claim_limit=5)
    shopper = make_shopper(shop.channel, external_id=external_id, attributes={"age": "35-44"}, segments=["vip"])
    ShopperIdentity.objects.create(
        channel=shop.channel, shopper=shopper, kind=IdentityKind.EMAIL, value_hmac=uuid.uuid4().hex
    )
    CampaignMember.objects.create(campaign=campaign, shopper=shopper)
    CouponGrant.objects.create(coupon=coupon, shopper=shopper, source=GrantSource.CLAIM)
    UsageCounter.objects.filter(scope=CounterScope.CLAIM, scope_id=coupon.pk).update(redeemed_n=1)
    redeem(shopper, f"order-{external_id}", use(make_coupon(campaign)), now=timezone.now())
    version = ModelVersion.objects.first() or make_version()
    Recommendation.objects.create(
        model_version=version, shopper=shopper, coupon=coupon, rank=1, score=0.5, propensity=0.5
    )
    ShopperInterest.objects.create(
        shopper=shopper, model_version=version, interests=[0.5], hidden_state=[0.1], as_of=timezone.now()
    )
    Impression.objects.create(
        slate_id=uuid.uuid4(), channel=shop.channel, shopper=shopper, coupon=coupon, position=1, propensity=0.5
    )
    BehaviorEvent.objects.create(
        event_key=uuid.uuid4(), channel=shop.channel, shopper=shopper, kind=EventKind.VIEW, occurred_at=timezone.now()
    )
    RejectedEvent.objects.create(
        channel=shop.channel, field="kind", value="look", reason="unknown", raw={"shopper": external_id, "kind": "look"}
    )
    return shopper


def test_an_export_holds_everything_of_one_shopper_and_nothing_of_another(shop: Shop) -> None:
    known_shopper(shop, "ann")
    known_shopper(shop, "ben")
    answer = shop.get("shoppers/ann/export")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert body["shopper"]["attributes"] == {"age": "35-44"}
    assert {name: len(body[name]) for name in ("identities", "campaigns", "wallet", "redemptions")} == {
        "identities": 1,
        "campaigns": 1,
        "wallet": 1,
        "redemptions": 1,
    }
    held = body["held_by"]["recommender"]
    assert {name: len(rows) for name, rows in held.items() if rows} == {
        "behaviorevent": 1,
        "impression": 1,
        "recommendation": 1,
        "rejectedevent": 1,
        "shopperinterest": 1,
    }
    assert set(held) == {"rejectedevent", *(model._meta.model_name for model, _ in _tables())}
    assert b"order-ben" not in answer.content


def test_erasing_leaves_the_books_and_nothing_else(shop: Shop) -> None:
    ann, ben = known_shopper(shop, "ann"), known_shopper(shop, "ben")
    first, again = shop.delete("shoppers/ann"), shop.delete("shoppers/ann")
    assert (first.status_code, first.content, again.status_code) == (204, b"", 204)
    ann.refresh_from_db()
    assert (ann.attributes, ann.segments, ann.personalised, ann.erased_at is None) == ({}, [], False, False)
    assert list(CouponGrant.objects.filter(shopper=ann).values_list("status", flat=True)) == [GrantStatus.REVOKED]
    assert (ShopperIdentity.objects.get().shopper, CampaignMember.objects.get().shopper) == (ben, ben)
    for model, link in _tables():
        assert not model._base_manager.filter(**{link.name: ann}).exists(), model
    assert RejectedEvent.objects.get().raw["shopper"] == "ben"
    # what was shown stays, without a shopper, and the redemption stays with one
    assert Impression.objects.filter(shopper=None).count() == 1
    assert Redemption.objects.filter(shopper=ann, order_ref="order-ann").count() == 1
    for model in (BehaviorEvent, Recommendation, ShopperInterest, Impression):
        assert model._base_manager.filter(shopper=ben).count() == 1
    entry = AuditEntry.objects.get(action="erase")
    assert (entry.object_id, entry.actor) == (str(ann.pk), f"key:{shop.key.prefix}")
    assert entry.after["rows"] == {
        "behaviorevent": 1,
        "campaignmember": 1,
        "impression": 1,
        "recommendation": 1,
        "rejectedevent": 1,
        "shopperidentity": 1,
        "shopperinterest": 1,
    }
    assert_balanced()


def test_outsiders_neither_see_nor_erase(shop: Shop) -> None:
    known_shopper(shop, "ann")
    other = open_shop()
    assert refused(other.get("shoppers/ann/export")) == (404, "not_found")
    assert refused(other.delete("shoppers/ann")) == (404, "not_found")
    reader = open_shop(shop.channel, Scope.EXPORT_SHOPPERS)
    assert refused(reader.delete("shoppers/ann")) == (403, "scope_missing")
    assert refused(open_shop(shop.channel, Scope.ERASE_SHOPPERS).get("shoppers/ann/export")) == (403, "scope_missing")
    browser = open_browser(shop, "ann", *Scope)
    assert refused(browser.get("shoppers/ann/export")) == (403, "server_key_required")
    assert refused(browser.delete("shoppers/ann")) == (403, "server_key_required")
    assert Shopper.objects.filter(erased_at=None).count() == 1


def test_every_table_that_points_at_a_shopper_has_somebody_who_erases_it() -> None:
    """A new table of another app needs a holder, and one of ours a line in coupons.services.erasure."""
    kept: dict[str, set[str]] = {}
    for model in apps.get_models():
        if any(field.related_model is Shopper for field in model._meta.concrete_fields):
            kept.setdefault(model._meta.app_label, set()).add(str(model._meta.model_name))
    assert kept.pop("recommender") == {str(model._meta.model_name) for model, _ in _tables()}
    assert kept == {
        "coupons": {"campaignmember", "coupongrant", "redemption", "shopper", "shopperidentity", "shopperusage"}
    }
