"""A shopper's story in the demo shop: look, see the strip react, dismiss, claim, pay; and what the operator sees."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, Response, Route, expect

from coupons.enums import GrantStatus, RedemptionStatus
from coupons.models import CouponGrant, Redemption
from coupons.wallet_codes import wallet_code
from recommender.enums import EventKind
from recommender.models import BehaviorEvent
from recommender.selectors.activity import read_context
from tests.browser.conftest import Visit, picture
from tests.couponsite.shop.corner import Corner, open_corner, train_corner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]


expect.set_options(timeout=20_000)  # a page waits for three answers, on whatever machine this is


@pytest.fixture
def corner(transactional_db: None, redis_clean: None) -> Corner:
    return open_corner()


@pytest.fixture
def trained(corner: Corner) -> None:
    """A model is live: coupons of yogurt, bread and coffee, in this order for the household."""
    train_corner(corner)


@pytest.fixture
def page(browser: Browser, corner: Corner, live_site: str) -> Iterator[Page]:
    """The shop in a desktop window; errors of scripts and breaches of the content policy fail the test."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_site)
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert errors == []


def tickets(page: Page) -> list[str]:
    return page.locator("coupon-strip li h3").all_inner_texts()


def kinds() -> list[str]:
    return [EventKind(kind).slug for kind in BehaviorEvent.objects.order_by("id").values_list("kind", flat=True)][9:]


def _told_dismissal(answer: Response) -> bool:
    if not answer.url.endswith("/api/v1/feedback"):
        return False
    told = answer.request.post_data_json or {}
    return bool(told["feedback"][0]["kind"] == "dismiss")


@pytest.mark.usefixtures("trained")
def test_from_the_first_look_to_the_ledger(page: Page, corner: Corner, operator: User, visit: Visit) -> None:
    page.goto("/shop/")
    expect(page.locator("coupon-strip li h3")).to_have_text(["Yogurt", "Bread", "Coffee"])
    for number in (1, 2, 3):
        with page.expect_response(re.compile("/api/v1/events")) as told:
            page.goto(f"/shop/product/coffee-{number}/")
        assert told.value.status == 200
        expect(page.locator("#moves b").first).to_have_text(f"Viewed Coffee number {number}")
        expect(page.locator("coupon-strip li h3").first).to_have_text("Coffee")
    assert [kind for kind in kinds() if kind == "view"] == ["view", "view", "view"]
    expect(page.locator("#moves span").first).to_contain_text("Coffee 0.")
    page.goto("/shop/")
    expect(page.locator("coupon-strip li h3")).to_have_text(["Coffee", "Yogurt", "Bread"])
    picture(page, "shop-moved")

    bread = page.locator("coupon-strip li").filter(has_text="Bread")
    bread.get_by_role("button", name="Why this?").click()
    with page.expect_response(_told_dismissal) as told:
        bread.get_by_role("button", name="Not for me").click()
    assert told.value.status == 200
    page.reload()
    expect(page.locator("coupon-strip li h3")).to_have_text(["Coffee", "Yogurt"])

    yogurt = page.locator("coupon-strip li").filter(has_text="Yogurt")
    yogurt.get_by_role("button", name="Claim").click()
    expect(yogurt).to_contain_text("In your wallet")
    expect(page.locator("coupon-strip .open b")).to_have_text("1")
    grant = CouponGrant.objects.get()
    assert (grant.status, grant.coupon_id, grant.slate_id is not None) == ("issued", corner.coupons[0].pk, True)

    page.goto("/shop/product/yogurt-3/")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#cart-count")).to_have_text("1")
    page.get_by_role("link", name="Cart").click()
    expect(page.locator("#payable")).to_have_text("$2.75")
    picture(page, "shop-cart")
    page.get_by_label("A card that is declined").check()
    page.get_by_role("button", name="Pay $2.75").click()
    expect(page.get_by_role("alert")).to_contain_text("your coupon is back in the wallet")
    grant.refresh_from_db()
    assert (grant.status, Redemption.objects.get().status) == (GrantStatus.ISSUED, RedemptionStatus.RELEASED)

    page.get_by_role("button", name="Pay $2.75").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator(".paid")).to_contain_text("Your coupons took $0.50 off.")
    grant.refresh_from_db()
    paid = Redemption.objects.exclude(status=RedemptionStatus.RELEASED).get()
    assert (paid.status, paid.amount_minor, grant.status) == ("redeemed", 50, GrantStatus.REDEEMED)
    bought = BehaviorEvent.objects.filter(kind=EventKind.PURCHASE).latest("id")
    assert (bought.value_minor, bought.coupon_discount_minor) == (275, 50)
    assert {"view", "claim", "cart", "purchase", "redemption"} <= set(kinds())

    admin = visit("/admin/coupons/redemption/", operator)
    expect(admin.locator("#result_list")).to_contain_text("$0.50")
    expect(admin.locator("#result_list")).to_contain_text(paid.order_ref)
    admin.goto(f"/admin/coupons/campaign/{corner.coupons[0].campaign_id}/change/")
    expect(admin.locator("#funnel .cp-figure", has_text="Claimed").locator(".value")).to_have_text("1")
    used = admin.locator("#funnel .cp-figure", has_text="Used")
    expect(used.locator(".value")).to_have_text("1")
    expect(used).to_contain_text("$0.50 given")


def test_a_coupon_that_is_not_for_me_goes_and_stays_away(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    bread = page.locator("coupon-strip li").filter(has_text="Bread")
    bread.get_by_role("button", name="Why this?").click()
    expect(bread.get_by_role("button", name="Not for me")).to_be_focused()
    with page.expect_response(_told_dismissal) as told:
        bread.get_by_role("button", name="Not for me").click()
    assert told.value.status == 200
    expect(page.locator("coupon-strip [role=status]").first).to_have_text("You will not see this coupon again.")
    assert sorted(tickets(page)) == ["Coffee", "Yogurt"]

    page.reload()
    expect(page.locator("coupon-strip li h3")).to_have_count(2)
    assert sorted(tickets(page)) == ["Coffee", "Yogurt"]
    page.route("**/api/v1/**", lambda route: route.abort())  # what the browser keeps for such an hour forgot it too
    page.reload()
    expect(page.locator("coupon-strip li h3")).to_have_count(2)
    assert sorted(tickets(page)) == ["Coffee", "Yogurt"]


def test_what_a_visit_did_before_the_login_counts_after_it(page: Page, corner: Corner) -> None:
    page.goto("/shop/switch")
    page.get_by_role("button", name="A visitor without an account").click()
    for number in (1, 2):
        with page.expect_response(re.compile("/api/v1/events")) as told:
            page.goto(f"/shop/product/coffee-{number}/")
        assert told.value.status == 200
    visitor = BehaviorEvent.objects.latest("id").shopper
    assert visitor.external_id != corner.shopper.external_id
    page.goto("/shop/switch")
    page.locator(f"button[name=who][value='{corner.shopper.external_id}']").click()
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    visitor.refresh_from_db()
    assert visitor.same_person_as == corner.shopper
    known = read_context(channel=corner.channel, shopper_external_id="1823", now=timezone.now())
    assert sum(act.counted for act in known.acts) == len(corner.products) + 2


def test_the_wallet_shows_a_code_that_can_be_scanned_and_copied(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    ticket = page.locator("coupon-strip li").filter(has_text="Coffee")
    ticket.get_by_role("button", name="Claim").click()
    ticket.get_by_role("button", name="Show code").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Wallet")).to_be_focused()
    uid = CouponGrant.objects.get().uid
    assert dialog.locator("output").inner_text().replace(" ", "") == wallet_code(uid)
    expect(dialog.locator("svg path")).to_have_count(1)
    picture(page, "shop-wallet")
    dialog.get_by_role("tab", name="Ready to use 1").press("ArrowRight")
    expect(dialog.get_by_role("tab", name="Used 0")).to_be_focused()
    page.evaluate("document.querySelector('coupon-strip').refresh()")  # its ticket is filled anew meanwhile
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    expect(ticket.get_by_role("button", name="Show code")).to_be_focused()


def test_a_shopper_stops_personal_coupons(page: Page, corner: Corner) -> None:
    page.goto("/shop/")
    page.locator("coupon-strip .open").click()
    with page.expect_response(re.compile("/personalisation")) as answer:
        page.get_by_role("button", name="Stop personal coupons").click()
    assert answer.value.status == 200
    corner.shopper.refresh_from_db()
    assert corner.shopper.personalised is False
    expect(page.locator("#rules")).to_contain_text("You stopped personal coupons")


def test_the_page_sells_on_and_nothing_jumps_when_the_platform_is_away(page: Page, corner: Corner) -> None:
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto("/shop/product/bread-2/")
    expect(page.locator("coupon-strip")).to_contain_text("No coupons right now")
    height = page.locator("coupon-strip").evaluate("strip => strip.offsetHeight")
    assert height == 238
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#cart-count")).to_have_text("1")


def test_popular_coupons_stand_in_when_the_answer_is_late_and_a_lost_claim_can_be_sent_again(
    page: Page, corner: Corner
) -> None:
    held: list[Route] = []
    page.goto("/shop/")
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    page.route(re.compile(r"/recommendations\?"), lambda route: held.append(route))  # noqa: PLW0108  playwright asks what it can call for its module
    page.reload()
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    page.route("**/shoppers/**", lambda route: route.abort())
    ticket = page.locator("coupon-strip li").filter(has_text="Coffee")
    ticket.get_by_role("button", name="Claim").click()
    expect(ticket).to_contain_text("Not claimed. Nothing was charged.")
    page.unroute("**/shoppers/**")
    ticket.get_by_role("button", name="Try again").click()
    expect(ticket).to_contain_text("In your wallet")
    assert CouponGrant.objects.count() == 1


def test_nothing_moves_while_the_strip_comes(page: Page, corner: Corner) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) shift += e.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto("/shop/")
    expect(page.locator("coupon-strip li h3")).to_have_count(3)
    page.wait_for_timeout(300)
    assert page.evaluate("shift") < 0.02
