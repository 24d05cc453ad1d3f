"""The demo shop's pages on a made-up corner shop: there only where a setting says so, strict, and quick."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.models import ApiKey, Coupon, Redemption
from coupons.shopper_tokens import read_shopper_token, signing_prefix
from couponsite.shop import shelves
from couponsite.shop.glyphs import glyph_of
from couponsite.shop.urls import urlpatterns
from tests.couponsite.shop.corner import Corner, open_corner
from tests.made_up_model import put_planted_model_live

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def corner() -> Corner:
    return open_corner()


@pytest.fixture
def shop(client: Client, settings: Any, tmp_path: Any) -> Client:
    settings.DEMO_SHOP = True
    settings.VAR_DIR = tmp_path
    return client


def test_a_production_site_has_no_shop(corner: Corner, client: Client, settings: Any) -> None:
    assert settings.DEMO_SHOP is False
    arguments: dict[str | None, list[Any]] = {"department": [1], "product": ["yogurt-1"]}
    for pattern in urlpatterns:
        address = reverse(f"shop:{pattern.name}", args=arguments.get(pattern.name, []))
        assert (client.get(address).status_code, client.post(address).status_code) == (404, 404), address
    assert ApiKey.objects.count() == 0


def test_the_first_page_shows_what_sells_and_keeps_to_a_strict_policy(corner: Corner, shop: Client) -> None:
    page = shop.get("/shop/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "You are household 1823." in text
    assert text.count('class="tile"') == 3
    assert "$1.25" in text
    policy = page["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "style=" not in text
    assert "onclick" not in text
    assert "no-store" in page["Cache-Control"]


def test_the_browser_key_in_the_page_is_one_and_the_servers_is_nowhere(corner: Corner, shop: Client) -> None:
    text = shop.get("/shop/").content.decode() + shop.get("/shop/").content.decode()
    server, browser = ApiKey.objects.order_by("kind").reverse()
    assert (server.kind, browser.kind) == ("server", "browser")
    assert browser.prefix in text
    assert server.prefix not in text


def test_the_token_is_of_whoever_is_shopping(corner: Corner, shop: Client) -> None:
    token = shop.get("/shop/shopper-token").json()["token"]
    key = ApiKey.objects.select_related("channel").get(prefix=signing_prefix(token))
    now = timezone.now()
    assert read_shopper_token(token, signed_by=key, channel_id=corner.channel.pk, now=now) == "1823"
    shop.post("/shop/switch", {"who": "anonymous"})
    visit = read_shopper_token(
        shop.get("/shop/shopper-token").json()["token"], signed_by=key, channel_id=corner.channel.pk, now=now
    )
    assert visit.startswith("visit-")


@pytest.mark.usefixtures("no_second_passes")
@pytest.mark.parametrize("products_each", [1, 3])
def test_a_shelf_costs_the_same_queries_however_full(
    shop: Client, products_each: int, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "NOTHING_KEPT_SECONDS", 60)
    corner = open_corner(products_each=products_each)
    category = corner.products[0].category
    address = f"/shop/department/{category.pk if category else 0}/"
    assert shop.get(address).content.decode().count('class="tile"') == products_each
    with django_assert_num_queries(QUERIES_OF_A_SHELF):
        shop.get(address)


QUERIES_OF_A_SHELF = 9
"""Session and visitor, channel, category, products, the visitor's coupons and what they cover, the shop's keys."""


def test_search_finds_every_word_and_says_so_where_nothing_is(corner: Corner, shop: Client) -> None:
    assert shop.get("/shop/search?q=yogurt+2").content.decode().count('class="tile"') == 1
    nothing = shop.get("/shop/search?q=<b>caviar</b>%00").content.decode()
    assert "Nothing found" in nothing
    assert "<b>caviar" not in nothing
    assert nothing.count('class="tile"') == 3  # what sells well instead


def test_tiles_name_the_visitors_own_coupon(corner: Corner, shop: Client) -> None:
    assert "Coupon: $0.50 off" in shop.get("/shop/product/yogurt-1/").content.decode()


def test_the_cart_counts_and_sells_at_full_price_where_the_platform_is_away(
    corner: Corner, shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = shop.post("/shop/cart/add", {"product": "yogurt-1"}, headers={"Accept": "application/json"})
    assert added.json() == {"count": 1}
    assert shop.post("/shop/cart/add", {"product": "yogurt-1", "change": "1"}).status_code == 302
    monkeypatch.setattr("django.http.HttpRequest.build_absolute_uri", lambda *_: "http://127.0.0.1:9/")
    page = shop.get("/shop/cart").content.decode()
    assert "Coupons cannot be checked at the moment" in page
    assert 'id="payable">$2.50<' in page
    assert "Thank you" in shop.post("/shop/pay", {"card": "good"}).content.decode()
    assert Redemption.objects.count() == 0
    empty = shop.get("/shop/cart").content.decode()
    assert "Your cart is empty" in empty
    assert empty.count('class="tile"') == 3
    assert "<h1>购物车</h1>" in shop.get("/shop/cart", headers={"accept-language": "zh-hans"}).content.decode()


@pytest.mark.parametrize("form", [{"product": "nothing"}, {"product": "yogurt-1", "change": "7"}, {}])
def test_nothing_else_goes_into_the_cart(corner: Corner, shop: Client, form: dict[str, str]) -> None:
    assert shop.post("/shop/cart/add", form).status_code == 400


def test_somebody_who_is_not_there_cannot_be_chosen(corner: Corner, shop: Client) -> None:
    told = shop.post("/shop/switch", {"who": "no-such"})
    assert told.status_code == 400
    assert "There is no household “no-such”. You are still who you were." in told.content.decode()
    assert "household 1823" in shop.get("/shop/").content.decode()
    shop.post("/shop/switch", {"who": "new"})
    assert "You are a new shopper" in shop.get("/shop/").content.decode()


def test_every_page_changes_its_language_where_it_is(corner: Corner, shop: Client) -> None:
    for path in ("/shop/", "/shop/switch", "/shop/cart", "/shop/search?q=coffee"):
        page = shop.get(path).content.decode()
        assert f'name="next" value="{path}"' in page
        assert page.count('<button name="language"') == 2
    assert shop.get("/shop/pay").headers["Location"] == "/shop/cart"  # where a page that was paid on leads


def test_the_panel_says_what_is_known_and_the_rules(corner: Corner, shop: Client) -> None:
    learned = shop.get("/shop/learned").json()
    assert learned["shopper"] == "1823"
    assert learned["interests"] == []
    assert {coupon["title"] for coupon in learned["coupons"]} == set(Coupon.objects.values_list("title", flat=True))
    assert learned["rules"] == ["3 coupons run now; you may use 3."]


def test_the_panel_tells_interests_of_one_name_apart_by_their_path(corner: Corner, shop: Client) -> None:
    kinds = ["Dairy > Soup", "Bakery > Soup", "Drinks > COFFEE"]
    coupons = dict(zip(corner.coupons, kinds, strict=True))
    put_planted_model_live(corner.channel, coupons, known=[corner.shopper], now=timezone.now())
    found = shop.get("/shop/learned").json()["interests"]
    assert [(interest["category"], interest["name"], interest["now"] == interest["before"]) for interest in found] == [
        ("Dairy > Soup", "Soup", True),
        ("Bakery > Soup", "Soup", True),
        ("Drinks > COFFEE", "Coffee", True),
    ]


def test_every_state_of_a_coupon_is_there_for_designers(corner: Corner, shop: Client) -> None:
    page = shop.get("/shop/states?lang=ar").content.decode()
    content = page.split('type="application/json">')[1].split("</script>")[0]
    assert [item["state"] for item in json.loads(content)] == [
        *("available", "claiming", "claimed", "used", "ended", "gone", "failed", "offline"),
    ]
    assert 'lang="ar"' in page


def test_a_drawing_stands_for_the_kind(corner: Corner) -> None:
    assert [glyph_of(product.category) for product in corner.products[::3]] == [
        ("cup", "violet"),
        ("loaf", "brown"),
        ("bag", "brown"),
    ]
    assert glyph_of(None) == ("box", "grey")
