"""Events commit with their change and reach their endpoints signed, retried, and without holding a lock."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import transaction

from coupons.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from coupons.services import deliver_due, fan_out_events
from tests.coupons.factories import NOW, make_coupon, make_shopper
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
    expected = hmac.new(b"s3cret", f"{int(NOW.timestamp())}.".encode() + body, hashlib.sha256).hexdigest()
    assert (url, headers["Webhook-Signature"]) == ("https://shop.example/hook", f"v1={expected}")
    assert b'"kind":"redemption.redeemed"' in body


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
