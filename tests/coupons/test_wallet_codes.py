"""The code of a coupon in a wallet: what it looks like, what it opens, and for whom."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coupons.codes import normalise_code
from coupons.enums import CouponTrigger, GrantStatus
from coupons.models import CouponGrant, Redemption
from coupons.wallet_codes import _uids_of, wallet_code
from tests.coupons.api.client import Shop, cart, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_code, make_coupon

UID = UUID("5c8a4b1e-2f0d-4b57-9b63-1f3a5e0c7a11")


def test_a_code_is_the_ids_first_sixty_bits_in_letters_that_survive_being_read_out() -> None:
    assert wallet_code(UID) == "WBJ54P7HF1N5N"


@given(st.uuids(version=4))
def test_every_id_is_within_the_range_of_its_own_code(uid: UUID) -> None:
    code = wallet_code(uid)
    assert normalise_code(code) == code
    found = _uids_of(code)
    assert found is not None
    assert found[0] <= uid <= found[1]
    assert found[1].int - found[0].int == 2**68 - 1


@pytest.mark.parametrize("text", ["", "W", "WBJ54P7HF1N5", "XBJ54P7HF1N5N", "WBJ54P7HF1N5U"])
def test_other_texts_are_no_wallets_code(text: str) -> None:
    assert _uids_of(text) is None


@pytest.fixture
def shop(db: None, redis_clean: None) -> Shop:
    return open_shop()


def claim(shop: Shop, who: str = "ann", **coupon: Any) -> dict[str, Any]:
    made = make_coupon(running_campaign(shop.channel), **coupon)
    answer = shop.post(f"shoppers/{who}/coupons", {"coupon": str(made.uid)})
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


def pay(client: Shop, order_ref: str, code: str, **more: Any) -> Any:
    order = {"order_ref": order_ref, "mode": "redeem", "cart": cart(1_000), "codes": [code], **more}
    return client.post("redemptions", order)


def test_a_till_needs_nothing_but_the_code(shop: Shop) -> None:
    grant = claim(shop, trigger=CouponTrigger.GRANTED)
    typed = f"{grant['code'][:5].lower()}-{grant['code'][5:]}"
    told = shop.post("evaluations", {"cart": cart(1_000), "codes": [typed]}).json()
    assert [(coupon["coupon"], coupon["applied"]) for coupon in told["coupons"]] == [(grant["coupon"], True)]
    answer = pay(shop, "1", typed)
    assert (answer.status_code, answer.json()["shopper"], answer.json()["discount_minor"]) == (201, "ann", 100)
    assert CouponGrant.objects.get().status == GrantStatus.REDEEMED
    [shown] = shop.get("shoppers/ann/coupons").json()["items"]
    assert (shown["status"], shown["saved_minor"]) == ("redeemed", 100)
    assert shown["used_at"] is not None


def test_a_code_that_was_used_opens_nothing_more_and_the_same_order_again_is_the_same_use(shop: Shop) -> None:
    grant = claim(shop)
    assert pay(shop, "1", grant["code"]).status_code == 201
    assert refused(pay(shop, "2", grant["code"])) == (404, "code_unusable")
    assert pay(shop, "1", grant["code"]).json()["discount_minor"] == 100
    assert Redemption.objects.count() == 1


def test_the_code_of_one_wallet_is_of_no_use_to_another_shopper_or_channel(shop: Shop) -> None:
    grant = claim(shop)
    claim(shop, "bob")
    assert refused(pay(shop, "1", grant["code"], shopper="bob")) == (404, "code_unusable")
    browser = open_browser(shop, "bob")
    assert refused(pay(browser, "1", grant["code"], mode="hold")) == (404, "code_unusable")
    assert refused(browser.post("evaluations", {"cart": cart(1_000), "codes": [grant["code"]]})) == (
        404,
        "code_unusable",
    )
    assert refused(pay(open_shop(), "1", grant["code"], shopper="ann")) == (404, "code_unusable")
    assert Redemption.objects.count() == 0


def test_a_coupons_own_code_that_looks_like_a_wallets_counts_first(shop: Shop) -> None:
    grant = claim(shop)
    other = make_coupon(running_campaign(shop.channel), trigger=CouponTrigger.CODE)
    make_code(other, grant["code"])
    answer = pay(shop, "1", grant["code"], shopper="bob")
    assert [use["coupon"] for use in answer.json()["redemptions"]] == [str(other.uid)]
