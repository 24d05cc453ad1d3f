"""The wallet, what-if and batches of codes over HTTP."""

import uuid
from typing import Any

import pytest

from coupons.enums import CouponTrigger, Scope
from coupons.models import CodeBatch, CouponCode, CouponGrant, Redemption, Shopper
from coupons.services import generate_codes
from tests.coupons.api.client import Shop, cart, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import NOW, make_channel, make_coupon, make_shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def test_claiming_is_201_then_409_with_the_one_that_is_there(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), trigger=CouponTrigger.GRANTED)
    claim = {"coupon": str(coupon.uid)}
    first = shop.post("shoppers/ann/coupons", claim, key="once")
    assert (first.status_code, first.json()["status"], first.json()["coupon"]) == (201, "issued", str(coupon.uid))
    replay = shop.post("shoppers/ann/coupons", claim, key="once")
    assert (replay.status_code, replay.content, replay["Idempotent-Replayed"]) == (201, first.content, "true")
    again = shop.post("shoppers/ann/coupons", claim)
    assert refused(again) == (409, "already_claimed")
    assert again.json()["grant"] == first.json()
    assert shop.get("shoppers/ann/coupons").json() == {"items": [first.json()], "next_cursor": None}
    assert CouponGrant.objects.count() == 1
    assert refused(shop.post("shoppers/ann/coupons", claim, key=None)) == (400, "idempotency_key_missing")


def test_a_pool_that_is_given_out_is_410(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), claim_limit=1)
    claim = {"coupon": str(coupon.uid)}
    assert shop.post("shoppers/ann/coupons", claim).status_code == 201
    assert refused(shop.post("shoppers/bob/coupons", claim)) == (410, "pool_exhausted")
    assert list(CouponGrant.objects.values_list("shopper__external_id", flat=True)) == ["ann"]


def test_the_wallet_takes_the_same_queries_for_one_and_three(shop: Shop, django_assert_num_queries: Any) -> None:
    for number in (1, 3):
        for _ in range(number - CouponGrant.objects.count()):
            coupon = make_coupon(running_campaign(shop.channel))
            assert shop.post("shoppers/ann/coupons", {"coupon": str(coupon.uid)}).status_code == 201
        with django_assert_num_queries(4):
            assert len(shop.get("shoppers/ann/coupons").json()["items"]) == number


def test_outsiders_have_no_wallet_here(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    make_shopper(shop.channel, external_id="ann")
    other = open_shop(make_channel())
    assert refused(other.get("shoppers/ann/coupons")) == (404, "not_found")
    assert refused(other.post("shoppers/ann/coupons", {"coupon": str(coupon.uid)})) == (404, "not_found")
    reader = open_shop(shop.channel, Scope.READ_WALLET)
    assert refused(reader.post("shoppers/ann/coupons", {"coupon": str(coupon.uid)})) == (403, "scope_missing")
    assert refused(shop.get("shoppers/%00/coupons")) == (400, "invalid_parameter")
    assert CouponGrant.objects.count() == 0


def test_tc_33_every_coupon_of_an_evaluation_is_applied_or_not_and_nothing_is_written(shop: Shop) -> None:
    campaign = running_campaign(shop.channel)
    near, far = make_coupon(campaign), make_coupon(campaign, min_spend_minor=1_800)
    answer = shop.post("evaluations", {"shopper": "nobody", "cart": cart(1_000, shipping_minor=300)}, key=None)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["spend_minor"], body["discount_minor"], body["payable_minor"]) == (1_000, 100, 1_200)
    found = {coupon["coupon"]: coupon for coupon in body["coupons"]}
    assert (found[str(near.uid)]["applied"], found[str(near.uid)]["reasons"]) == (True, [])
    assert found[str(near.uid)]["lines"] == [{"ref": "1", "amount_minor": 100}]
    [reason] = found[str(far.uid)]["reasons"]
    assert (found[str(far.uid)]["applied"], reason["code"], reason["distance"]) == (False, "min_spend", 800)
    assert Redemption.objects.count() == Shopper.objects.count() == 0
    unknown = shop.post("evaluations", {"cart": cart(1), "coupons": [str(uuid.uuid4())]})
    assert refused(unknown) == (404, "not_found")
    assert refused(open_shop(make_channel()).post("evaluations", {"cart": cart(1), "coupons": [str(near.uid)]})) == (
        404,
        "not_found",
    )
    writer = open_shop(shop.channel, Scope.WRITE_REDEMPTIONS)
    assert refused(writer.post("evaluations", {"cart": cart(1)})) == (403, "scope_missing")


def test_codes_are_a_job_with_a_location_and_stream_as_csv(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), trigger=CouponTrigger.CODE)
    path, body = f"coupons/{coupon.uid}/code-batches", {"name": "Leaflet", "size": 7, "prefix": "MAY"}
    first, again = (shop.post(path, body, key="once") for _ in range(2))
    assert (first.status_code, first.json()["status"], first.json()["generated"]) == (202, "pending", 0)
    assert (again.content, again["Location"], again["Idempotent-Replayed"]) == (
        *(first.content, first["Location"]),
        "true",
    )
    batch = CodeBatch.objects.get()
    generate_codes(batch_id=batch.pk, now=NOW)
    job = shop.get(first["Location"].removeprefix("/api/v1/")).json()
    assert (job["status"], job["generated"], job["size"]) == ("done", 7, 7)
    answer = shop.get(f"code-batches/{batch.uid}/codes.csv", Accept="text/csv")
    assert (answer.status_code, answer.streaming, answer["Content-Type"]) == (200, True, "text/csv; charset=utf-8")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    codes = CouponCode.objects.order_by("pk").values_list("code", flat=True)
    assert lines == ["code,uses,held,redeemed", *(f"{code},1,0,0" for code in codes)]
    other = open_shop(make_channel())
    for address in (f"code-batches/{batch.uid}", f"code-batches/{batch.uid}/codes.csv"):
        assert refused(other.get(address)) == (404, "not_found")
    assert refused(other.post(path, body)) == (404, "not_found")
    reader = open_shop(shop.channel, Scope.READ_COUPONS)
    assert refused(reader.get(f"code-batches/{batch.uid}/codes.csv")) == (403, "scope_missing")
    assert refused(open_browser(shop, "ann", *Scope).post(path, body)) == (403, "server_key_required")
    for size in (0, 5_000_001, "7", None, 10**40):
        assert refused(shop.post(path, {**body, "size": size})) == (400, "invalid_parameter")
    assert CodeBatch.objects.count() == 1
