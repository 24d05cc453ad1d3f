"""Wallet coupons in the admin: given and taken back through the ledger, and by nobody unasked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.enums import CounterScope, GrantSource, GrantStatus
from coupons.models import AuditEntry, Campaign, Channel, CouponGrant, UsageCounter
from tests.coupons.factories import make_campaign, make_channel, make_coupon, make_shopper
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db

ADD = "/admin/coupons/coupongrant/add/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def _running(channel: Channel) -> Campaign:
    now = timezone.now()
    return make_campaign(channel, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))


def _claimed(coupon_id: int) -> int:
    return UsageCounter.objects.get(scope=CounterScope.CLAIM, scope_id=coupon_id).redeemed_n


def test_a_coupon_is_given_and_taken_back_by_its_ledger(staff: Client) -> None:
    channel = make_channel()
    coupon, shopper = make_coupon(_running(channel), claim_limit=1), make_shopper(channel)
    answer = staff.post(ADD, {"shopper": shopper.pk, "coupon": coupon.pk})
    assert answer.status_code == 302
    grant = CouponGrant.objects.get()
    assert (grant.coupon, grant.shopper, grant.status, grant.source) == (
        coupon, shopper, GrantStatus.ISSUED, GrantSource.OPERATOR
    )  # fmt: skip
    assert _claimed(coupon.pk) == 1
    page = reverse("admin:coupons_coupongrant_take_back", args=[grant.pk])
    assert staff.get(page).status_code == 200
    assert _claimed(coupon.pk) == 1
    assert staff.post(page).status_code == 302
    grant.refresh_from_db()
    assert (grant.status, _claimed(coupon.pk)) == (GrantStatus.REVOKED, 0)
    entries = AuditEntry.objects.order_by("pk").values_list("action", "object_type", "object_id")
    assert list(entries) == [("give", "coupongrant", str(grant.pk)), ("revoke", "coupongrant", str(grant.pk))]


def test_a_refusal_keeps_what_was_chosen(staff: Client) -> None:
    channel = make_channel()
    coupon = make_coupon(_running(channel), claim_limit=1)
    first, second = make_shopper(channel, external_id="made-up-1"), make_shopper(channel, external_id="made-up-2")
    staff.post(ADD, {"shopper": first.pk, "coupon": coupon.pk})
    answer = staff.post(ADD, {"shopper": second.pk, "coupon": coupon.pk}, follow=True)
    assert answer.redirect_chain == [(f"{ADD}?shopper={second.pk}&coupon={coupon.pk}", 302)]
    assert "Nothing was saved" in answer.content.decode()
    assert CouponGrant.objects.count() == 1


def test_what_was_used_is_not_taken_back(staff: Client) -> None:
    channel = make_channel()
    grant = CouponGrant.objects.create(
        coupon=make_coupon(_running(channel)), shopper=make_shopper(channel), status="redeemed", source="claim"
    )
    page = staff.get(reverse("admin:coupons_coupongrant_change", args=[grant.pk])).content.decode()
    assert "Take back" not in page
    assert staff.post(reverse("admin:coupons_coupongrant_take_back", args=[grant.pk])).status_code == 403
    grant.refresh_from_db()
    assert grant.status == GrantStatus.REDEEMED


def test_whoever_may_only_read_neither_gives_nor_takes(client: Client) -> None:
    channel = make_channel()
    coupon, shopper = make_coupon(_running(channel)), make_shopper(channel)
    grant = CouponGrant.objects.create(coupon=coupon, shopper=shopper, source="claim")
    reader = make_superuser("made-up-reader")
    reader.is_superuser = False
    reader.save()
    reader.user_permissions.set(Permission.objects.filter(codename="view_coupongrant"))
    client.force_login(reader)
    page = reverse("admin:coupons_coupongrant_take_back", args=[grant.pk])
    assert client.get(reverse("admin:coupons_coupongrant_change", args=[grant.pk])).status_code == 200
    assert (client.get(ADD).status_code, client.get(page).status_code, client.post(page).status_code) == (403, 403, 403)
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ISSUED
