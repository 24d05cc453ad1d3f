"""A file with a mistake, mended and imported, in a real browser; and a role that may not."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from coupons.enums import CampaignStatus
from coupons.models import Category, Coupon, CouponTarget, Product
from tests.browser.conftest import PASSWORD, Visit, fits, picture
from tests.coupons.factories import make_campaign, make_channel

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IMPORT = "/admin/coupons/coupon/import/"
WRONG = "campaign,coupon,title,benefit_type,amount\nspring,a,One off,amount,1.00\nspring,b,Two off,amount,lots\n"


def _person(name: str, role: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def _check(page: Page, file: Path) -> None:
    page.set_input_files("[name=import_file]", file)
    expect(page.locator("[name=format]")).to_have_value("0")  # by the name of the file
    page.get_by_role("button", name="Check the file").click()


def test_a_file_with_a_mistake_is_mended_and_imported(visit: Visit, tmp_path: Path) -> None:
    make_campaign(make_channel(slug="web"), external_id="spring", status=CampaignStatus.DRAFT)
    operator, analyst = _person("made-up-operator", "Operator"), _person("made-up-analyst", "Analyst")
    file = tmp_path / "made-up.csv"
    file.write_text(WRONG)
    page = visit(IMPORT, operator)
    _check(page, file)
    expect(page.locator("#h-result")).to_have_text("Nothing was written")
    expect(page.locator("#faults tbody tr")).to_have_text(["3amountlotsan amount such as 30.00 is expected"])
    picture(page, "import-wrong")
    assert not Coupon.objects.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bad lines").click()
    assert "Two off,amount,lots,amount: an amount such as 30.00 is expected" in download.value.path().read_text()

    file.write_text(WRONG.replace("lots", "2.00"))
    _check(page, file)
    expect(page.locator("#changes tbody tr")).to_have_count(2)
    picture(page, "import-right")
    page.get_by_role("button", name="Confirm import").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    assert list(Coupon.objects.order_by("external_id").values_list("title", "benefit__amount_minor")) == [
        ("One off", 100),
        ("Two off", 200),
    ]
    refused = visit("/admin/coupons/coupon/", analyst)
    answer = refused.goto(IMPORT)
    assert answer is not None
    assert answer.status == 403


def test_what_a_coupon_covers_is_found_by_typing(visit: Visit) -> None:
    make_channel()
    dairy = Category.objects.create(external_id="DAIRY", name="Dairy", level=1)
    Product.objects.create(external_id="p1", title="Plain yogurt", category=dairy)
    page = visit("/admin/coupons/campaign/add/", _person("made-up-operator", "Operator"), width=390)
    page.fill("#id_name", "Yogurt week")
    page.fill("#id_coupons-0-amount", "1.00")
    search = page.get_by_role("combobox", name="Search products, categories, brands")
    search.press_sequentially("yog")
    expect(page.locator(".cp-targets [role=option]")).to_have_count(1)
    search.press("Enter")
    expect(page.locator(".cp-chips li")).to_contain_text("Plain yogurt")
    expect(page.locator("[data-ticket=covers]")).to_have_text("Plain yogurt")
    assert fits(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("body")).to_contain_text("successfully")
    assert list(CouponTarget.objects.values_list("product__title", "mode")) == [("Plain yogurt", "include")]
