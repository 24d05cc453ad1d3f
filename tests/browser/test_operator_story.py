"""An operator's story, in the admin alone: set a coupon up, preview it, have it approved, see it used and recommended.

"30 off 200, 80 off 400, at most 3 per shopper, 10,000 in all, 5,000.00 a day, weekday evenings only."
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from coupons.carts import Item, make_cart
from coupons.enums import RedemptionStatus
from coupons.errors import NotEligible
from coupons.models import Budget, Campaign, Channel, Coupon, Redemption, Shopper
from coupons.services import use_on_cart
from recommender.selectors import recommend_for
from tests.browser.conftest import PASSWORD, Visit, fits, picture
from tests.coupons.factories import make_channel, make_shopper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVENING = "2030-03-13T19:00"  # a Wednesday
SATURDAY = "2030-03-16T19:00"


def _person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="coupons"))
    return user


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("body")).to_contain_text("successfully")


def _set_up(page: Page, channel: Channel) -> Coupon:
    """Campaign, coupon, limits and budget on one page."""
    page.goto("/admin/coupons/campaign/add/")
    page.fill("#id_name", "Evening saver")
    expect(page.locator("#id_channel")).to_have_value(str(channel.pk))
    page.fill("#id_starts_at_0", "2030-03-01")
    page.fill("#id_starts_at_1", "00:00:00")
    page.fill("#id_ends_at_0", "2030-04-01")
    page.fill("#id_ends_at_1", "00:00:00")
    for day in ("1", "2", "3", "4", "5"):
        page.check(f"[name=weekly_windows-0-days][value='{day}']")
    page.fill("[name=weekly_windows-0-from]", "18:00")
    page.fill("[name=weekly_windows-0-to]", "22:00")
    page.fill("#id_coupons-0-title", "30 off 200, 80 off 400")
    page.select_option("#id_coupons-0-benefit_type", "tiers")
    expect(page.locator("#id_coupons-0-amount")).to_be_hidden()
    for number, (threshold, off) in enumerate((("200.00", "30.00"), ("400.00", "80.00"))):
        page.fill(f"[name=coupons-0-tiers-{number}-threshold]", threshold)
        page.fill(f"[name=coupons-0-tiers-{number}-amount]", off)
    page.select_option("#id_coupons-0-trigger", "automatic")
    page.fill("#id_coupons-0-usage_limit", "10000")
    page.fill("#id_coupons-0-per_shopper_limit", "3")
    page.select_option("#id_budgets-0-kind", "money")
    page.select_option("#id_budgets-0-period", "day")
    page.fill("#id_budgets-0-limit", "5000.00")
    expect(page.locator("[data-ticket=value]")).to_have_text("$80.00")
    expect(page.locator("[data-ticket=title]")).to_have_text("30 off 200, 80 off 400")
    expect(page.locator("#sample-off")).to_have_text("−$80.00 → $320.00")
    page.fill("#sample-spend", "180.00")
    expect(page.locator("#sample-off")).to_contain_text("$20.00 more to spend")
    expect(page.locator("#checks li.waiting")).to_contain_text("made-up-second")
    assert not Campaign.objects.exists()
    picture(page, "campaign-new")
    _save(page)
    return Coupon.objects.get()


def _preview(page: Page, coupon: Coupon, shopper: Shopper, at: str, price: str) -> None:
    page.goto(f"/admin/coupons/coupon/{coupon.pk}/change/")
    page.get_by_role("link", name="Preview…").click()
    page.fill("#id_shopper", shopper.external_id)
    page.fill("#id_at", at)
    page.fill("[name=lines-0-quantity]", "1")
    page.fill("[name=lines-0-price]", price)
    page.get_by_role("button", name="Preview").click()


def _step(page: Page, campaign: Campaign, link: str, button: str) -> None:
    page.goto(f"/admin/coupons/campaign/{campaign.pk}/change/")
    page.get_by_role("link", name=link).click()
    page.get_by_role("button", name=button, exact=True).click()


def _redeem(coupon: Coupon, shopper: Shopper, order: str, at: datetime, spend_minor: int) -> int:
    done = use_on_cart(
        channel=coupon.campaign.channel,
        shopper=shopper,
        order_ref=order,
        cart=make_cart(items=[Item("1", 1, spend_minor)]),
        mode=RedemptionStatus.REDEEMED,
        now=at,
        coupons=[coupon.uid],
    )
    return done.uses[0].amount_minor


def test_from_an_empty_admin_to_a_redeemed_coupon(visit: Visit) -> None:
    channel = make_channel(name="Made-up shop")
    shopper = make_shopper(channel, external_id="1823")
    edit = [f"{verb}_{model}" for verb in ("add", "change", "view") for model in ("campaign", "coupon", "budget")]
    maker = _person("made-up-maker", *edit, "submit_campaign", "approve_campaign", "view_coupontarget")
    second = _person("made-up-second", "view_campaign", "view_coupon", "approve_campaign", "view_redemption")

    page = visit("/admin/coupons/campaign/", maker)
    coupon = _set_up(page, channel)
    campaign = coupon.campaign
    assert campaign.weekly_windows == [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}]
    assert list(coupon.benefit.tiers.values_list("threshold_minor", "amount_minor")) == [
        (20_000, 3_000),
        (40_000, 8_000),
    ]
    assert (coupon.usage_limit, coupon.per_shopper_limit) == (10_000, 3)
    assert list(Budget.objects.values_list("kind", "period", "limit_n")) == [("money", "day", 500_000)]

    for price, told in (("200.00", "$30.00 off"), ("400.00", "$80.00 off")):
        _preview(page, coupon, shopper, EVENING, price)
        expect(page.locator("#h-outcome")).to_have_text(told)
    picture(page, "preview")
    _preview(page, coupon, shopper, EVENING, "180.00")
    expect(page.locator("#reasons li")).to_have_text(["The first spend threshold is not reached: $20.00 more to spend"])
    _preview(page, coupon, shopper, SATURDAY, "400.00")
    expect(page.locator("#h-outcome")).to_have_text("No discount")
    expect(page.locator("#reasons li")).to_have_text(["The campaign runs at other hours of the week"])
    picture(page, "preview-refused")
    assert not Redemption.objects.exists()

    page.goto(f"/admin/coupons/campaign/{campaign.pk}/change/")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.locator("#timeline li").first).to_contain_text("made-up-maker sent for approval")
    page.get_by_role("link", name="Approve…").click()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    expect(page.locator(".cp-note").first).to_contain_text("somebody else approves it")
    picture(page, "approve-own")

    reader = visit(f"/admin/coupons/campaign/{campaign.pk}/change/", second)
    _step(reader, campaign, "Approve…", "Approve")
    expect(reader.locator("#timeline li").first).to_contain_text("made-up-second approved")
    campaign.refresh_from_db()
    assert (campaign.status, campaign.approved_by) == ("approved", f"user:{second.pk}")

    wednesday = datetime(2030, 3, 13, 19, 0, tzinfo=UTC)
    slate = recommend_for(channel=channel, shopper_external_id=shopper.external_id, now=wednesday)
    assert [item.coupon for item in slate.items] == [coupon]
    assert _redeem(coupon, shopper, "order-200", wednesday, 20_000) == 3_000
    assert _redeem(coupon, shopper, "order-400", wednesday, 40_000) == 8_000
    with pytest.raises(NotEligible):
        _redeem(coupon, shopper, "order-sat", datetime(2030, 3, 16, 19, 0, tzinfo=UTC), 40_000)
    reader.goto("/admin/coupons/redemption/")
    rows = reader.locator("#result_list tbody tr")
    expect(rows).to_have_count(2)
    expect(reader.locator("#result_list")).to_contain_text("$30.00")
    expect(reader.locator("#result_list")).to_contain_text("$80.00")
    picture(reader, "redemptions")
    _dresses(visit, maker, campaign, coupon)
    _is_recommended(visit, shopper, coupon)


def _is_recommended(visit: Visit, shopper: Shopper, coupon: Coupon) -> None:
    """The shopper's page of today recommends it, brought forward from the made-up dates that the form was given."""
    now = timezone.now()
    Campaign.objects.filter(pk=coupon.campaign_id).update(
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), weekly_windows=[]
    )
    looks = _person("made-up-analyst", "view_shopper", "view_coupon", "view_recommendation")
    page = visit(f"/admin/coupons/shopper/{shopper.pk}/change/", looks)
    expect(page.locator(".cp-rec .cp-ticket .main b")).to_have_text([coupon.title])
    picture(page, "recommended")


DRESSES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390}}


def _dresses(visit: Visit, user: User, campaign: Campaign, coupon: Coupon) -> None:
    pages = {
        "campaign": f"/admin/coupons/campaign/{campaign.pk}/change/",
        "coupon": f"/admin/coupons/coupon/{coupon.pk}/change/",
        "preview-form": f"/admin/coupons/coupon/{coupon.pk}/preview/",
    }
    for name, dress in DRESSES.items():
        page = visit(pages["campaign"], user, **dress)
        for what, path in pages.items():
            page.goto(path)
            picture(page, f"{what}-{name}")
            assert fits(page), (what, name)
