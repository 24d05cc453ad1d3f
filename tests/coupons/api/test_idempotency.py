"""Keys in flight, answers that are not kept, and addresses that are none."""

from typing import Any

import pytest
from django.test import Client

from coupons.api import redemptions
from coupons.enums import KeyState
from coupons.errors import Contention
from coupons.models import IdempotencyKey, Redemption
from tests.coupons.api.client import Shop, cart, open_shop, refused, running_campaign
from tests.coupons.factories import make_coupon

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def order(shop: Shop) -> dict[str, Any]:
    coupon = make_coupon(running_campaign(shop.channel))
    return {
        "order_ref": "1",
        "shopper": "ann",
        "mode": "redeem",
        "cart": cart(1_000),
        "coupons": [str(coupon.uid)],
    }


def test_contention_is_503_with_retry_after_and_is_not_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    body = order(shop)

    def wait(**_: Any) -> Any:
        raise Contention

    with monkeypatch.context() as patch:
        patch.setattr(redemptions, "use_on_cart", wait)
        answer = shop.post("redemptions", body, key="once")
    assert refused(answer) == (503, "contention")
    assert answer["Retry-After"] == "1"
    assert IdempotencyKey.objects.count() == Redemption.objects.count() == 0
    retried = shop.post("redemptions", body, key="once")
    assert (retried.status_code, retried.get("Idempotent-Replayed")) == (201, None)
    assert Redemption.objects.count() == 1


def test_a_defect_is_500_and_is_not_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    body = order(shop)

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(redemptions, "_order_body", fail)  # after the use was taken
        assert refused(shop.post("redemptions", body, key="once")) == (500, "internal_error")
    assert IdempotencyKey.objects.count() == Redemption.objects.count() == 0
    assert shop.post("redemptions", body, key="once").status_code == 201


def test_a_first_request_that_is_not_answered_yet_is_409(shop: Shop) -> None:
    body = order(shop)
    assert shop.post("redemptions", body, key="once").status_code == 201
    IdempotencyKey.objects.update(state=KeyState.IN_FLIGHT)
    assert refused(shop.post("redemptions", body, key="once")) == (409, "idempotency_in_flight")
    assert Redemption.objects.count() == 1


def test_a_post_to_a_wrong_address_is_a_problem_document_even_where_tokens_are_checked() -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/redemptions/5/confirm", {}, "application/json")
    assert refused(answer) == (404, "not_found")
