"""Webhooks in the admin: the events by name, what was sent, and nothing that disappears."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from coupons.enums import DeliveryStatus, WebhookKind
from coupons.models import (
    Brand,
    Category,
    Channel,
    CouponCode,
    OutboxEvent,
    Product,
    Shopper,
    WebhookDelivery,
    WebhookEndpoint,
)
from coupons.services.outbox import write_event
from tests.coupons.factories import make_channel
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def test_an_endpoint_is_told_of_the_events_that_are_ticked(staff: Client) -> None:
    channel = make_channel()
    form = {
        "channel": channel.pk, "url": "https://made-up.example/hook", "secret": "made-up-secret", "active": "on",
        "kinds": [WebhookKind.REDEEMED, WebhookKind.ROLLED_BACK],
    }  # fmt: skip
    assert staff.post(reverse("admin:coupons_webhookendpoint_add"), form).status_code == 302
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.kinds == ["redemption.redeemed", "redemption.rolled_back"]
    page = staff.get(reverse("admin:coupons_webhookendpoint_change", args=[endpoint.pk])).content.decode()
    assert "made-up-secret" not in page
    listed = staff.get(reverse("admin:coupons_webhookendpoint_changelist")).content.decode()
    assert "Coupon used, Use rolled back" in listed
    unknown = staff.post(reverse("admin:coupons_webhookendpoint_add"), {**form, "kinds": ["made.up"]})
    assert unknown.context["adminform"].form.errors.keys() == {"kinds"}
    assert WebhookEndpoint.objects.count() == 1


def test_a_delivery_shows_what_was_sent(staff: Client) -> None:
    channel = make_channel()
    event = OutboxEvent.objects.create(channel=channel, kind="redemption.redeemed", payload={"order": "<made-up>"})
    endpoint = WebhookEndpoint.objects.create(channel=channel, url="https://made-up.example/hook", secret="s")
    delivery = WebhookDelivery.objects.create(
        event=event, endpoint=endpoint, status=DeliveryStatus.PENDING, next_attempt_at=event.created_at
    )
    page = staff.get(reverse("admin:coupons_webhookdelivery_change", args=[delivery.pk])).content.decode()
    assert "Coupon used, https://made-up.example/hook" in page
    assert "&quot;order&quot;: &quot;&lt;made-up&gt;&quot;" in page


def test_only_named_events_are_written() -> None:
    with pytest.raises(ValueError, match=r"made\.up"):
        write_event(1, "made.up", {})


@pytest.mark.parametrize("model", [Brand, Category, Channel, CouponCode, Product, Shopper, WebhookEndpoint])
def test_what_others_refer_to_is_not_deleted(model: type, client: Client) -> None:
    request = RequestFactory().get("/")
    request.user = make_superuser()
    assert not admin.site._registry[model].has_delete_permission(request)
