"""Files in and out of the admin: what would change, what is wrong where, all of it or nothing."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from coupons.enums import CampaignStatus
from coupons.models import AuditEntry, Campaign, CodeBatch, Coupon, CouponCode, Shopper
from tests.coupons.factories import make_campaign, make_channel, make_code, make_coupon, make_shopper
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db
COUPONS, SHOPPERS = "coupon", "shopper"
CSV, XLSX = "0", "1"
GOOD = """campaign,coupon,title,benefit_type,amount,tiers,usage_limit,min_spend
spring,a,One off,amount,1.00,,500,10.00
spring,b,Steps,tiers,,200:30; 400:10%,,
"""


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def _draft(**fields: Any) -> Campaign:
    return make_campaign(make_channel(slug="web"), external_id="spring", status=CampaignStatus.DRAFT, **fields)


def _check(client: Client, model: str, content: str | bytes, kind: str = CSV) -> Any:
    data = content.encode() if isinstance(content, str) else content
    upload = SimpleUploadedFile("made-up.csv" if kind == CSV else "made-up.xlsx", data)
    url = reverse(f"admin:coupons_{model}_import")
    answer = client.post(url, {"import_file": upload, "format": kind, "resource": "0"})
    assert answer.status_code == 200
    return answer


def _confirm(client: Client, model: str, answer: Any) -> Any:
    initial = answer.context["confirm_form"].initial
    return client.post(reverse(f"admin:coupons_{model}_process_import"), initial, follow=True)


def _faults(answer: Any) -> list[tuple[Any, str, str]]:
    return [(fault["line"], fault["column"], fault["text"]) for fault in answer.context["faults"]]


def test_coupons_are_shown_first_and_written_when_confirmed(staff: Client) -> None:
    _draft()
    answer = _check(staff, COUPONS, GOOD)
    assert dict(answer.context["counts"]) == {"New": 2, "Changed": 0, "Unchanged": 0, "With errors": 0}
    assert not Coupon.objects.exists()
    _confirm(staff, COUPONS, answer)
    rows = Coupon.objects.order_by("external_id").values_list("external_id", "title", "usage_limit", "min_spend_minor")
    assert list(rows) == [("a", "One off", 500, 1_000), ("b", "Steps", None, 0)]
    tiers = Coupon.objects.get(external_id="b").benefit.tiers.values_list(
        "threshold_minor", "amount_minor", "percent_bp"
    )
    assert list(tiers) == [(20_000, 3_000, None), (40_000, None, 1_000)]
    assert AuditEntry.objects.filter(object_type="coupon", action="create").count() == 2


def test_again_changes_nothing_and_a_change_is_one(staff: Client) -> None:
    _draft()
    _confirm(staff, COUPONS, _check(staff, COUPONS, GOOD))
    assert dict(_check(staff, COUPONS, GOOD).context["counts"])["Unchanged"] == 2
    changed = GOOD.replace("1.00,,500", "1.50,,500").replace("Steps", "More steps")
    answer = _check(staff, COUPONS, changed)
    assert dict(answer.context["counts"]) == {"New": 0, "Changed": 2, "Unchanged": 0, "With errors": 0}
    _confirm(staff, COUPONS, answer)
    assert Coupon.objects.get(external_id="a").benefit.amount_minor == 150
    assert Coupon.objects.get(external_id="b").title == "More steps"


def test_problems_are_named_by_line_and_column_and_nothing_is_written(staff: Client) -> None:
    _draft()
    bad = """campaign,coupon,title,benefit_type,percent,amount,usage_limit
spring,a,Fine,amount,,1.00,5
autumn,b,Lost,amount,,1.00,
spring,c,,percent,,,many
spring,d,Yen,amount,,1.005,
"""
    answer = _check(staff, COUPONS, bad)
    assert _faults(answer) == [
        (3, "campaign", "there is no such campaign"),
        (4, "usage_limit", "a whole number from 1 is expected"),
        (5, "amount", "USD has 2 decimal places"),
    ]
    assert "confirm_form" not in answer.context
    assert not Coupon.objects.exists()
    lines = list(csv.reader(io.StringIO(staff.get(answer.context["bad_lines"]).content.decode())))
    assert [line[:3] + line[-1:] for line in lines] == [
        ["campaign", "coupon", "title", "problem"],
        ["autumn", "b", "Lost", "campaign: there is no such campaign"],
        ["spring", "c", "", "usage_limit: a whole number from 1 is expected"],
        ["spring", "d", "Yen", "amount: USD has 2 decimal places"],
    ]
    stranger = Client()
    stranger.force_login(make_superuser("made-up-second"))
    assert stranger.get(answer.context["bad_lines"]).status_code == 404


def test_a_campaign_that_is_approved_meanwhile_takes_nothing(staff: Client) -> None:
    _draft()
    answer = _check(staff, COUPONS, GOOD)
    Campaign.objects.update(status=CampaignStatus.APPROVED)
    _confirm(staff, COUPONS, answer)
    assert not Coupon.objects.exists()
    refusal = "The campaign is “Approved”: terms change in a draft only."
    assert _faults(_check(staff, COUPONS, GOOD))[0] == (2, "", refusal)


def test_a_file_without_its_columns_is_refused(staff: Client) -> None:
    assert _faults(_check(staff, COUPONS, "coupon,title\na,b\n")) == [("", "", "The file lacks the columns: campaign")]


def test_a_spreadsheet_is_read_and_what_is_exported_comes_back_unchanged(staff: Client) -> None:
    _draft()
    _confirm(staff, COUPONS, _check(staff, COUPONS, GOOD))
    url = reverse("admin:coupons_coupon_export")
    names = {f"couponfile_{name}": "on" for name in ("campaign", "coupon", "title", "benefit_type", "amount", "tiers")}
    exported = staff.post(url, {"format": XLSX, "resource": "0", **names}).content
    sheet = openpyxl.load_workbook(io.BytesIO(exported)).active
    assert sheet is not None
    assert sorted([str(cell) for cell in row] for row in sheet.iter_rows(values_only=True))[2][:3] == [
        "spring",
        "b",
        "Steps",
    ]
    again = _check(staff, COUPONS, exported, XLSX)
    assert dict(again.context["counts"])["Unchanged"] == 2, (_faults(again), again.context["counts"])


def test_shoppers_are_made_and_changed(staff: Client) -> None:
    channel = make_channel(slug="web")
    make_shopper(channel, external_id="s1")
    content = "channel,shopper,personalised,segments\nweb,s1,no,gold; new\nweb,s2,yes,\n"
    _confirm(staff, SHOPPERS, _check(staff, SHOPPERS, content))
    rows = Shopper.objects.order_by("external_id").values_list("external_id", "personalised", "segments")
    assert list(rows) == [("s1", False, ["gold", "new"]), ("s2", True, [])]
    wrong = "channel,shopper,personalised\nweb,a@b.example,yes\nnowhere,s3,yes\nweb,s4,perhaps\n"
    assert _faults(_check(staff, SHOPPERS, wrong)) == [
        (2, "shopper", "an id of at most 64 characters is expected, and no e-mail address"),
        (3, "channel", "there is no such channel"),
        (4, "personalised", "yes or no is expected"),
    ]
    assert Shopper.objects.count() == 2


def test_codes_are_tried_first_and_then_read(staff: Client) -> None:
    coupon = make_coupon()
    make_code(coupon, "KNOWN1")
    url = reverse("admin:coupons_coupon_import_codes", args=[coupon.pk])
    content = "code\nMAY-1\nknown 1\nMAY-2\nmay1\n!!\n"
    data = {"name": "Leaflet", "uses_per_code": "2", "file": SimpleUploadedFile("codes.csv", content.encode())}
    answer = staff.post(url, data)
    assert (answer.context["found"].new, CouponCode.objects.count(), CodeBatch.objects.count()) == (2, 1, 0)
    assert [(bad["line"], bad["text"]) for bad in answer.context["bad"]] == [
        (3, "it is known already"),
        (5, "the same code as in line 2"),
        (6, "letters and digits are expected"),
    ]
    confirm = {"confirm": "1", "key": str(answer.context["key"]), "name": "Leaflet", "uses_per_code": "2"}
    assert staff.post(url, confirm).status_code == 302
    batch = CodeBatch.objects.get()
    assert (batch.name, batch.size, batch.uses_per_code) == ("Leaflet", 2, 2)
    assert sorted(CouponCode.objects.filter(batch=batch).values_list("code", flat=True)) == ["MAY-1", "MAY-2"]
    assert "no longer here" in staff.post(url, confirm, follow=True).content.decode()
    assert CodeBatch.objects.count() == 1


def test_codes_of_a_spreadsheet(staff: Client) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["code"], ["JUNE-1"], [12345]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    url = reverse("admin:coupons_coupon_import_codes", args=[make_coupon().pk])
    answer = staff.post(url, {"name": "June", "file": SimpleUploadedFile("codes.xlsx", out.getvalue())})
    assert (answer.context["found"].new, answer.context["bad"]) == (2, [])
    broken = staff.post(url, {"name": "June", "file": SimpleUploadedFile("codes.csv", b"\xff\xfe\x00")})
    assert "file" in broken.context["form"].errors
    assert not CodeBatch.objects.exists()


def test_files_are_for_those_who_may_write_what_is_in_them() -> None:
    make_coupon()
    user = User.objects.create(username="made-up-viewer", password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_coupon", "view_shopper"]))
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:coupons_coupon_import")).status_code == 403
    assert client.post(reverse("admin:coupons_coupon_process_import")).status_code == 403
    codes = reverse("admin:coupons_coupon_import_codes", args=[Coupon.objects.get().pk])
    assert client.post(codes, {"name": "x"}).status_code == 403
    assert client.get(reverse("admin:coupons_shopper_export")).status_code == 403
    assert client.get(reverse("admin:coupons_coupon_export")).status_code == 200
