"""Forms of rows that the till counts in: an edit keeps what was counted since the page was read."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from coupons.models import AuditEntry, CouponCode, Shopper
from tests.coupons.factories import make_channel, make_code, make_coupon, make_shopper
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def _save(row: Any, *changed: str) -> None:
    request = RequestFactory().post("/")
    request.user = make_superuser("made-up-editor")
    form = cast("Any", SimpleNamespace(changed_data=list(changed)))
    admin.site._registry[type(row)].save_model(request, row, form, change=True)


def test_a_use_taken_meanwhile_is_kept() -> None:
    code = make_code(make_coupon(), usage_limit=5)
    read, naive = CouponCode.objects.get(pk=code.pk), CouponCode.objects.get(pk=code.pk)
    CouponCode.objects.filter(pk=code.pk).update(redeemed_n=1)
    read.active = False
    _save(read, "active")
    code.refresh_from_db()
    assert (code.active, code.redeemed_n) == (False, 1)
    naive.save()  # as a form does by itself
    code.refresh_from_db()
    assert code.redeemed_n == 0


def test_a_first_order_taken_meanwhile_is_kept() -> None:
    shopper = make_shopper(make_channel())
    read, naive = Shopper.objects.get(pk=shopper.pk), Shopper.objects.get(pk=shopper.pk)
    Shopper.objects.filter(pk=shopper.pk).update(first_order_ref="order-1")
    read.segments = ["vip"]
    _save(read, "segments")
    shopper.refresh_from_db()
    assert (shopper.segments, shopper.first_order_ref) == (["vip"], "order-1")
    naive.save()  # as a form does by itself
    shopper.refresh_from_db()
    assert shopper.first_order_ref is None


def test_a_limit_below_the_uses_is_refused(staff: Client) -> None:
    code = make_code(make_coupon(), usage_limit=5)
    CouponCode.objects.filter(pk=code.pk).update(redeemed_n=3)
    answer = staff.post(reverse("admin:coupons_couponcode_change", args=[code.pk]), {"active": "on", "usage_limit": 2})
    assert answer.context["adminform"].form.errors == {
        "usage_limit": ["A limit cannot be set below the uses already taken."]
    }
    code.refresh_from_db()
    assert (code.usage_limit, code.redeemed_n) == (5, 3)


def test_a_change_of_consent_is_audited(staff: Client) -> None:
    shopper = make_shopper(make_channel(), attributes={"city": "A"})
    page = reverse("admin:coupons_shopper_edit", args=[shopper.pk])
    assert staff.post(page, {"attributes": '{"city": "B"}', "segments": "vip"}).status_code == 302
    shopper.refresh_from_db()
    assert (shopper.personalised, shopper.attributes, shopper.segments) == (False, {"city": "B"}, ["vip"])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.before, entry.after) == (
        "personalisation", {"personalised": True}, {"personalised": False}
    )  # fmt: skip
