"""The strip on a terminal in a store: only what is of use there, and why a coupon cannot be set aside."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from coupons.models import CouponGrant, Place, Redemption
from tests.couponsite.shop.corner import Corner, open_corner, train_corner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

expect.set_options(timeout=20_000)

ORDER = "made-up-order-1"
CART = {"items": [{"ref": "1", "quantity": 1, "unit_price_minor": 125, "product": "coffee-1"}]}


@pytest.fixture
def corner(transactional_db: None, redis_clean: None) -> Corner:
    """Coffee's coupon is of use in the north, 11.1 km from the south; those of yogurt and bread everywhere."""
    corner = open_corner()
    train_corner(corner)
    for name, latitude in (("north", 52.6), ("south", 52.5)):
        Place.objects.create(
            channel=corner.channel, external_id=name, name=name.title(), latitude=latitude, longitude=13.4
        )
    Place.objects.get(external_id="north").coupons.add(corner.coupons[2])
    return corner


def put_in(page: Page, place: str) -> None:
    page.evaluate("place => document.querySelector('coupon-strip').setAttribute('place', place)", place)


def titles(page: Page) -> Locator:
    return page.locator("coupon-strip li h3")


def test_a_terminal_shows_what_is_of_use_in_its_store(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    expect(titles(page)).to_have_text(["Yogurt", "Bread", "Coffee"])
    put_in(page, "south")
    expect(titles(page)).to_have_text(["Yogurt", "Bread"])
    put_in(page, "north")
    expect(titles(page)).to_have_text(["Yogurt", "Bread", "Coffee"])


def test_it_says_why_a_coupon_is_not_set_aside_and_sets_it_aside_where_it_may(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    coffee = page.locator("coupon-strip li").filter(has_text="Coffee")
    coffee.get_by_role("button", name="Claim").click()
    expect(coffee).to_contain_text("In your wallet")
    grant = CouponGrant.objects.get()
    page.evaluate(
        """([order, cart]) => {
            const strip = document.querySelector('coupon-strip')
            strip.cart = cart
            strip.setAttribute('order-ref', order)
            window.held = []
            strip.addEventListener('coupon-held', (event) => held.push(event.detail))
        }""",
        [ORDER, CART],
    )
    use = coffee.get_by_role("button", name="Use on this order")
    said = page.locator("coupon-strip [role=status]")
    page.route("**/api/v1/recommendations?**", lambda route: route.abort())  # what is on screen stays there
    put_in(page, "south")
    use.click()
    expect(said).to_have_text("Not set aside: it is for another store, 11.1 km away.")
    put_in(page, "north")
    tomorrow = (timezone.now() + timedelta(days=1)).isoweekday()
    Place.objects.filter(external_id="north").update(
        opening_hours=[{"days": [tomorrow], "from": "10:00", "to": "11:00"}]
    )
    use.click()
    expect(said).to_have_text("Not set aside: the store is closed now.")
    page.evaluate("document.querySelector('coupon-strip').lang = 'ar'")
    coffee.get_by_role("button", name="استخدمها لهذا الطلب").click()
    expect(said).to_have_text("لم تُحجز: المتجر مغلق الآن.")
    assert page.locator("coupon-strip ul").evaluate("list => getComputedStyle(list).direction") == "rtl"
    page.evaluate("document.querySelector('coupon-strip').lang = 'en'")
    assert Redemption.objects.count() == 0
    Place.objects.update(opening_hours=[])
    use.click()
    expect(said).to_have_text("Set aside for this order")
    expect(coffee.get_by_role("button", name="Show code")).to_be_visible()
    expect(use).to_have_count(0)
    redemption = Redemption.objects.get()
    assert (redemption.order_ref, redemption.status, redemption.coupon) == (ORDER, "held", grant.coupon)
    assert json.loads(page.evaluate("JSON.stringify(held)")) == [
        {"coupon": str(grant.coupon.uid), "order_ref": ORDER, "redemption": page.evaluate("held[0].redemption")}
    ]
