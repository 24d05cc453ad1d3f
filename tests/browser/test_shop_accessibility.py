"""axe finds nothing in the demo shop and its strip: WCAG 2.2 A and AA, light and dark, at 390 and 1280 px."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import ALL_RULES, CONTRAST, violations
from tests.browser.conftest import fits
from tests.couponsite.shop.corner import Corner, open_corner, train_corner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

expect.set_options(timeout=20_000)


@pytest.fixture
def corner(transactional_db: None, redis_clean: None) -> Corner:
    corner = open_corner()
    train_corner(corner)
    return corner


def problems(page: Page, where: str) -> list[str]:
    """All rules in light at 390 px; in dark, which changes colours and nothing else, contrast at 1280 px."""
    found = []
    for width, scheme, rules in ((390, "light", ALL_RULES), (1280, "dark", CONTRAST)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        if not fits(page):
            found.append(f"{where} at {width}: scrolls sideways")
        found += [f"{where} at {width} in {scheme}: {problem}" for problem in violations(page, rules)]
    return found


def test_axe_finds_nothing_in_the_shop(page: Page, corner: Corner) -> None:
    category = corner.products[0].category
    assert category is not None
    department = category.parent_id
    found = []
    for path in (f"department/{department}/", "search?q=bread", "search?q=nothing-of-the-kind", "states", "switch"):
        answer = page.goto(f"/shop/{path}")
        assert answer is not None
        assert answer.status == 200, path
        found += problems(page, path)
    page.goto("/shop/product/bread-1/")
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    expect(page.locator("#moves b").first).to_contain_text("Viewed")
    found += problems(page, "product")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#cart-count")).to_have_text("1")
    page.goto("/shop/cart")
    found += problems(page, "cart")
    page.get_by_label("A card that is declined").check()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += problems(page, "declined")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    found += problems(page, "paid")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_the_strip_and_its_wallet(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    found = problems(page, "home")
    coffee = page.locator("coupon-strip li").filter(has_text="Coffee")
    coffee.get_by_role("button", name="Why this?").click()
    expect(coffee.get_by_role("button", name="Not for me")).to_be_focused()
    found += problems(page, "why this")
    bread = page.locator("coupon-strip li").filter(has_text="Bread")
    bread.get_by_role("button", name="Claim").click()
    expect(bread).to_contain_text("In your wallet")
    found += problems(page, "claimed")
    bread.get_by_role("button", name="Show code").click()
    expect(page.get_by_role("dialog").locator("output")).to_be_visible()
    found += problems(page, "wallet")
    page.keyboard.press("Escape")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto("/shop/product/bread-2/")
    expect(page.locator("coupon-strip")).to_contain_text("No coupons right now")
    found += problems(page, "away")
    assert not found, "\n".join(found)
