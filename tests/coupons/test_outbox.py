"""Events commit with their change and reach their endpoints signed, retried, and without holding a lock."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import reverse

from coupons.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from coupons.services import deliver_due, fan_out_events, new_webhook_secret, prune_outbox, redeliver
from coupons.services.outbox import signed_headers
from tests.coupons.factories import NOW, make_campaign, make_coupon, make_shopper
from tests.coupons.ledger import redeem, use

pytestmark = pytest.mark.django_db


class Receiver:
    """Stands in for the other side: gives the answers in turn, keeps what came."""

    def __init__(self, *answers: int | OSError) -> None:
        self.answers = list(answers)
        self.got: list[tuple[str, bytes, Mapping[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, body, headers))
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


def one_event(**fields: object) -> WebhookEndpoint:
    coupon = make_coupon()
    endpoint = WebhookEndpoint.objects.create(
        channel=coupon.campaign.channel, url="https://shop.example/hook", secret="s3cret", **fields
    )
    redeem(make_shopper(coupon.campaign.channel), "order-1", use(coupon))
    fan_out_events(now=NOW)
    return endpoint


def test_without_an_endpoint_nothing_is_written() -> None:
    coupon = make_coupon()
    redeem(make_shopper(coupon.campaign.channel), "order-1", use(coupon))
    assert OutboxEvent.objects.count() == 0


def test_an_event_goes_with_its_change() -> None:
    coupon = make_coupon()
    WebhookEndpoint.objects.create(channel=coupon.campaign.channel, url="https://x.example", secret="s")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        redeem(make_shopper(coupon.campaign.channel), "order-1", use(coupon))
        raise ZeroDivisionError
    assert OutboxEvent.objects.count() == 0


def test_delivered_once_and_signed() -> None:
    one_event()
    receiver = Receiver(204)
    assert deliver_due(now=NOW, send=receiver) == 1
    assert deliver_due(now=NOW + timedelta(days=1), send=receiver) == 0
    [(url, body, headers)] = receiver.got
    event = OutboxEvent.objects.get()
    assert url == "https://shop.example/hook"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (str(event.uid), str(int(NOW.timestamp())))
    signed = f"{event.uid}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    content = json.loads(body)
    assert (content["type"], content["sequence"]) == ("redemption.redeemed", event.pk)
    assert content["data"]["order_ref"] == "order-1"


def test_the_signature_of_the_sample_in_the_specification() -> None:
    """Secret, id, time, body and signature as the Standard Webhooks repository publishes them."""
    body = b'{"test": 2432232314}'
    now = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", body, now)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_random_and_signs_with_its_bytes() -> None:
    one, other = new_webhook_secret(), new_webhook_secret()
    assert one != other
    key = base64.b64decode(one.removeprefix("whsec_"))
    assert len(key) == 24
    expected = hmac.new(key, b"1.1893456000.x", hashlib.sha256).digest()
    headers = signed_headers(one, "1", b"x", datetime(2030, 1, 1, tzinfo=UTC))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_events_due_together_go_in_the_order_they_happened() -> None:
    endpoint = one_event()
    for number in range(2, 6):
        coupon = make_coupon(make_campaign(endpoint.channel))
        redeem(make_shopper(endpoint.channel), f"order-{number}", use(coupon))
    fan_out_events(now=NOW)
    receiver = Receiver(*[200] * 5)
    assert deliver_due(now=NOW, send=receiver) == 5
    told = [json.loads(body)["data"]["order_ref"] for _, body, _ in receiver.got]
    assert told == [f"order-{number}" for number in range(1, 6)]


def test_a_failed_delivery_is_sent_again_on_request_with_the_same_id() -> None:
    one_event()
    now = NOW
    receiver = Receiver(*[500] * 10, 200)
    for _ in range(10):
        deliver_due(now=now, send=receiver)
        now = WebhookDelivery.objects.get().next_attempt_at
    delivery = WebhookDelivery.objects.get()
    assert delivery.status == "failed"
    assert redeliver(deliveries=[delivery.pk], now=now) == 1
    assert deliver_due(now=now, send=receiver) == 1
    assert WebhookDelivery.objects.get().status == "delivered"
    assert len({headers["webhook-id"] for _, _, headers in receiver.got}) == 1


def test_deliver_again_in_the_admin_is_for_who_sets_endpoints_up(client: Client, django_user_model: Any) -> None:
    one_event()
    WebhookDelivery.objects.update(status="failed", attempts=10)
    delivery = WebhookDelivery.objects.get()
    address = reverse("admin:coupons_webhookdelivery_changelist")
    chosen = {"action": "deliver_again", "_selected_action": [delivery.pk]}
    person = django_user_model.objects.create_user("outsider", password="x", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))
    client.force_login(person)
    client.post(address, chosen)
    assert WebhookDelivery.objects.get().status == "failed"
    person.user_permissions.add(Permission.objects.get(codename="change_webhookendpoint"))
    client.force_login(django_user_model.objects.get(pk=person.pk))
    client.post(address, chosen)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("pending", 0)


def test_retried_with_growing_delays_and_given_up_in_the_end() -> None:
    one_event()
    receiver = Receiver(500, OSError("refused"), *[500] * 8)
    now, waits = NOW, []
    for _ in range(10):
        assert deliver_due(now=now, send=receiver) == 0
        delivery = WebhookDelivery.objects.get()
        waits.append(int((delivery.next_attempt_at - now).total_seconds()))
        now = delivery.next_attempt_at
    assert waits[:4] == [10, 20, 40, 80]
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("failed", 10, "HTTP 500")
    assert deliver_due(now=now + timedelta(days=9), send=receiver) == 0


def test_only_the_kinds_asked_for() -> None:
    one_event(kinds=["redemption.rolled_back"])
    assert OutboxEvent.objects.filter(fanned_out_at=NOW).count() == 1
    assert WebhookDelivery.objects.count() == 0


def test_fanning_out_twice_makes_one_delivery() -> None:
    one_event()
    assert fan_out_events(now=NOW) == 0
    OutboxEvent.objects.update(fanned_out_at=None)
    fan_out_events(now=NOW)
    assert WebhookDelivery.objects.count() == 1


def test_a_crashed_worker_leaves_it_to_the_next() -> None:
    one_event()
    with pytest.raises(KeyboardInterrupt):
        deliver_due(now=NOW, send=lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert deliver_due(now=NOW + timedelta(seconds=59), send=Receiver()) == 0
    assert deliver_due(now=NOW + timedelta(seconds=60), send=Receiver(200)) == 1


@pytest.mark.parametrize(
    ("status", "days", "kept"),
    [
        ("delivered", 30, True),
        ("delivered", 31, False),
        (None, 30, True),
        (None, 31, False),
        ("failed", 31, True),
        ("failed", 90, True),
        ("failed", 91, False),
        ("pending", 400, True),
    ],
)
def test_settled_events_are_pruned_when_their_time_is_over(status: str | None, days: int, kept: bool) -> None:
    """None: an event of a kind that no endpoint asked for."""
    one_event(**({"kinds": ["redemption.rolled_back"]} if status is None else {}))
    OutboxEvent.objects.update(created_at=NOW - timedelta(days=days))
    WebhookDelivery.objects.update(status=status)
    assert prune_outbox(now=NOW) == (0 if kept else 1)
    left = 1 if kept else 0
    assert (OutboxEvent.objects.count(), WebhookDelivery.objects.count()) == (left, 0 if status is None else left)


def test_an_event_that_was_not_fanned_out_yet_is_never_pruned() -> None:
    one_event()
    WebhookDelivery.objects.all().delete()
    OutboxEvent.objects.update(created_at=NOW - timedelta(days=400), fanned_out_at=None)
    assert prune_outbox(now=NOW) == 0
    assert OutboxEvent.objects.count() == 1


def test_one_endpoint_that_has_not_accepted_it_keeps_the_event_for_all() -> None:
    endpoint = one_event()
    event = OutboxEvent.objects.get()
    other = WebhookEndpoint.objects.create(channel=endpoint.channel, url="https://other.example", secret="s")
    WebhookDelivery.objects.update(status="delivered")
    late = WebhookDelivery.objects.create(event=event, endpoint=other, next_attempt_at=NOW)
    OutboxEvent.objects.update(created_at=NOW - timedelta(days=31))
    assert prune_outbox(now=NOW) == 0
    late.status = "delivered"
    late.save()
    assert prune_outbox(now=NOW) == 1
    assert (OutboxEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_pruning_goes_on_chunk_by_chunk_and_leaves_what_is_young() -> None:
    endpoint = one_event()
    for number in range(2, 7):
        redeem(make_shopper(endpoint.channel), f"order-{number}", use(make_coupon(make_campaign(endpoint.channel))))
    fan_out_events(now=NOW)
    WebhookDelivery.objects.update(status="delivered")
    *old, young = OutboxEvent.objects.order_by("pk").values_list("pk", flat=True)
    OutboxEvent.objects.filter(pk__in=old).update(created_at=NOW - timedelta(days=31))
    OutboxEvent.objects.filter(pk=young).update(created_at=NOW)
    assert prune_outbox(now=NOW, chunk=2) == 5
    assert list(OutboxEvent.objects.values_list("pk", flat=True)) == [young]
    assert list(WebhookDelivery.objects.values_list("event_id", flat=True)) == [young]
