"""What a shopper does changes the next answer, and the interests tell it: on a model whose weights are planted."""

from typing import Any

import pytest

from tests.coupons.api.client import Shop, open_shop
from tests.couponsite.shop.corner import Corner, open_corner, train_corner

pytestmark = pytest.mark.django_db


@pytest.fixture
def corner() -> Corner:
    corner = open_corner()
    train_corner(corner)
    return corner


@pytest.fixture
def shop(corner: Corner) -> Shop:
    return open_shop(corner.channel)


def do(shop: Shop, kind: str, *products: str, shopper: str = "1823") -> None:
    events = [
        {"event_id": f"{shopper}-{kind}-{product}", "shopper": shopper, "kind": kind, "product": product}
        for product in products
    ]
    assert shop.post("events", {"events": events}, key=None).json()["accepted"] == len(products)


def titles(shop: Shop, shopper: str = "1823") -> tuple[str, list[str]]:
    body: dict[str, Any] = shop.get(f"recommendations?shopper={shopper}").json()
    return body["freshness"], [item["title"].removeprefix("$0.50 off ") for item in body["items"]]


def test_a_look_at_a_kind_brings_its_coupon_to_the_front(shop: Shop) -> None:
    assert titles(shop) == ("published", ["yogurt", "bread", "coffee"])
    do(shop, "view", "coffee-1")
    assert titles(shop) == ("live", ["coffee", "yogurt", "bread"])
    do(shop, "cart", "bread-1")
    assert titles(shop) == ("live", ["bread", "coffee", "yogurt"])


def test_somebody_new_gets_personal_coupons_after_the_first_look(shop: Shop) -> None:
    do(shop, "view", "bread-2", shopper="new")
    assert titles(shop, "new") == ("live", ["bread", "yogurt", "coffee"])


def test_the_interests_name_what_was_just_acted_on_before_what_moved_more(shop: Shop) -> None:
    do(shop, "purchase", "bread-1")
    do(shop, "view", "coffee-1", "coffee-2", "coffee-3")
    body = shop.get("shoppers/1823/interests?limit=1").json()
    assert [(one["category"], one["acts"]) for one in body["interests"]] == [("Drinks > Coffee", 3)]
    both = shop.get("shoppers/1823/interests?limit=2").json()["interests"]
    assert [(one["name"], one["acts"], one["now"] > one["before"]) for one in both] == [
        ("Bread", 1, True),
        ("Coffee", 3, True),
    ]
    assert body["freshness"] == "live"
