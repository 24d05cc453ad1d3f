"""From an empty admin to a redeemed coupon: campaign, coupon, preview, approval by a second person, codes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from coupons.enums import CampaignStatus, RedemptionStatus
from coupons.models import AuditEntry, Budget, Campaign, Channel, CodeBatch, Coupon, CouponCode, Redemption
from coupons.services import generate_codes, use_on_cart
from tests.coupons.factories import NOW, make_campaign, make_channel, make_code, make_coupon, make_shopper
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db


def _staff(name: str, *codenames: str) -> User:
    user = User.objects.create(username=name, password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="coupons"))
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff() -> Client:
    return _client(make_superuser())


def _formset(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


EMPTY_CAMPAIGN = {**_formset("coupons"), **_formset("budgets")}


def _campaign_form(channel: Channel, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Evening saver",
        "kind": "",
        "channel": channel.pk,
        "external_id": "evening-saver",
        "starts_at_0": "2030-03-01",
        "starts_at_1": "00:00:00",
        "ends_at_0": "2030-04-01",
        "ends_at_1": "00:00:00",
        "timezone": "Europe/Berlin",
        "audience": "everyone",
        "holdout_percent": "0",
        "priority": "0",
        "weekly_windows-0-days": ["1", "2", "3", "4", "5"],
        "weekly_windows-0-from": "18:00",
        "weekly_windows-0-to": "22:00",
        "weekly_windows-1-from": "",
        "weekly_windows-1-to": "",
        **EMPTY_CAMPAIGN,
        **changes,
    }


def _coupon_form(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    return {
        "title": "30 off 200, 80 off 400",
        "campaign": campaign.pk,
        "external_id": "saver",
        "trigger": "automatic",
        "active": "on",
        "benefit_type": "tiers",
        "allocation": "across",
        "tiers-0-threshold": "200.00",
        "tiers-0-amount": "30.00",
        "tiers-0-percent": "",
        "tiers-1-threshold": "400",
        "tiers-1-amount": "80",
        "tiers-1-percent": "",
        "usage_limit": "10000",
        "per_shopper_limit": "3",
        "claim_limit": "",
        "min_spend": "",
        "min_quantity": "0",
        "segments": "",
        "restore_policy": "on_cancel",
        "below_minimum_policy": "keep",
        "hold_ttl_s": "900",
        "margin": "",
        "counter_slots": "1",
        **_formset("budgets", {"kind": "money", "period": "day", "limit": "5000.00"}),
        **_formset("targets"),
        **changes,
    }


def _errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer.headers
    errors: dict[str, list[str]] = dict(answer.context["adminform"].form.errors)
    for each in answer.context["inline_admin_formsets"]:
        for form in each.formset.forms:
            errors |= dict(form.errors)
    return errors


def _draft(staff: Client, channel: Channel | None = None) -> tuple[Campaign, Coupon]:
    answer = staff.post("/admin/coupons/campaign/add/", _campaign_form(channel or make_channel()))
    assert answer.status_code == 302, _errors(answer)
    campaign = Campaign.objects.latest("pk")
    answer = staff.post("/admin/coupons/coupon/add/", _coupon_form(campaign))
    assert answer.status_code == 302, _errors(answer)
    return campaign, Coupon.objects.latest("pk")


def _step(client: Client, campaign: Campaign, name: str) -> Any:
    return client.post(reverse(f"admin:coupons_campaign_{name}", args=[campaign.pk]), follow=True)


def _status(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).status


def _preview(client: Client, coupon: Coupon, at: str, price: str, shopper: str = "") -> Any:
    url = reverse("admin:coupons_coupon_preview", args=[coupon.pk])
    query = {"shopper": shopper, "at": at, "lines-0-product": "", "lines-0-quantity": "1", "lines-0-price": price}
    return client.get(url, query).context.get("outcome")


def test_the_whole_coupon_is_set_up_in_the_admin_exactly(staff: Client) -> None:
    campaign, coupon = _draft(staff)
    assert campaign.status == CampaignStatus.DRAFT
    assert campaign.weekly_windows == [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}]
    assert (coupon.usage_limit, coupon.per_shopper_limit, coupon.benefit.type) == (10_000, 3, "tiers")
    tiers = list(coupon.benefit.tiers.values_list("threshold_minor", "amount_minor", "percent_bp"))
    assert tiers == [(20_000, 3_000, None), (40_000, 8_000, None)]
    assert list(Budget.objects.values_list("coupon", "kind", "period", "limit_n")) == [
        (coupon.pk, "money", "day", 500_000)
    ]
    actions = list(AuditEntry.objects.order_by("pk").values_list("object_type", "action"))
    assert actions == [("campaign", "create"), ("coupon", "create"), ("coupon", "edit_budgets")]


def test_the_page_shows_what_was_stored_and_saving_it_untouched_changes_nothing(staff: Client) -> None:
    _, coupon = _draft(staff)
    url = reverse("admin:coupons_coupon_change", args=[coupon.pk])
    page = staff.get(url)
    form = page.context["adminform"].form
    assert [str(row["amount"]) for row in form.initial["tiers"]] == ["30.00", "80.00"]
    assert 'value="5000.00"' in page.content.decode()
    budget = Budget.objects.get()
    row = {"id": budget.pk, "coupon": coupon.pk, "kind": "money", "period": "day", "limit": "5000.00"}
    before = AuditEntry.objects.count()
    data = _coupon_form(
        coupon.campaign, min_spend="0.00", edited_version=coupon.version, **_formset("budgets", row, initial=1)
    )
    answer = staff.post(url, data)
    assert answer.status_code == 302, _errors(answer)
    assert AuditEntry.objects.count() == before
    assert Coupon.objects.get().version == coupon.version


def test_money_is_exact_and_so_is_percent(staff: Client) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT)
    data = _coupon_form(campaign, benefit_type="percent", percent="12.35", at_most="0.29", min_spend="1.15")
    data |= {"tiers-0-threshold": "", "tiers-0-amount": "", "tiers-1-threshold": "", "tiers-1-amount": ""}
    answer = staff.post("/admin/coupons/coupon/add/", data)
    assert answer.status_code == 302, _errors(answer)
    coupon = Coupon.objects.get()
    assert (coupon.benefit.percent_bp, coupon.benefit.max_discount_minor, coupon.min_spend_minor) == (1_235, 29, 115)


def test_a_budget_row_that_nobody_filled_is_not_one(staff: Client) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT)
    row = _formset("budgets", {"kind": "money", "period": "total", "limit": ""})
    answer = staff.post("/admin/coupons/coupon/add/", _coupon_form(campaign, **row))
    assert answer.status_code == 302, _errors(answer)
    assert not Budget.objects.exists()


def test_yen_have_no_decimals(staff: Client) -> None:
    campaign = make_campaign(make_channel(currency="JPY"), status=CampaignStatus.DRAFT)
    data = _coupon_form(campaign, **_formset("budgets"))
    assert list(_errors(staff.post("/admin/coupons/coupon/add/", {**data, "tiers-0-amount": "30.50"}))) == ["tiers"]
    assert staff.post("/admin/coupons/coupon/add/", data).status_code == 302
    assert list(Coupon.objects.get().benefit.tiers.values_list("threshold_minor", "amount_minor")) == [
        (200, 30),
        (400, 80),
    ]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("tiers", {"tiers-0-threshold": "lots"}),
        ("tiers", {"tiers-0-percent": "10"}),
        ("tiers", {"tiers-1-threshold": "200"}),
        ("tiers", {"tiers-0-amount": "30.001"}),
        ("tiers", {"tiers-0-threshold": "0"}),
        ("min_spend", {"min_spend": "1.005"}),
        ("percent", {"percent": "10"}),
        ("amount", {"benefit_type": "amount"}),
        ("usage_limit", {"usage_limit": "-1"}),
        ("limit", {"budgets-0-limit": "5000.001"}),
        ("limit", {"budgets-0-kind": "uses", "budgets-0-limit": "1.5"}),
    ],
)
def test_an_error_is_told_at_its_field_and_nothing_is_kept(staff: Client, field: str, changes: dict[str, str]) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT)
    assert field in _errors(staff.post("/admin/coupons/coupon/add/", _coupon_form(campaign, **changes)))
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("weekly_windows", {"weekly_windows-0-from": "6 pm"}),
        ("weekly_windows", {"weekly_windows-0-to": "17:00"}),
        ("weekly_windows", {"weekly_windows-0-days": []}),
        ("timezone", {"timezone": "Moon/Base"}),
        ("ends_at", {"ends_at_0": "2030-02-01"}),
    ],
)
def test_a_campaigns_error_is_told_at_its_field(staff: Client, field: str, changes: dict[str, Any]) -> None:
    form = _campaign_form(make_channel(), **changes)
    assert list(_errors(staff.post("/admin/coupons/campaign/add/", form))) == [field]
    assert not Campaign.objects.exists()


def test_status_is_not_a_field(staff: Client) -> None:
    campaign, _ = _draft(staff)
    url = reverse("admin:coupons_campaign_change", args=[campaign.pk])
    form = _campaign_form(campaign.channel, status="approved", edited_version=campaign.version)
    assert staff.post(url, form).status_code == 302
    assert _status(campaign) == CampaignStatus.DRAFT


def test_two_people_approve_and_every_step_is_on_the_page(staff: Client) -> None:
    campaign, _ = _draft(staff)
    other = _client(make_superuser("made-up-second"))
    answer = _step(staff, campaign, "submit")
    assert _status(campaign) == CampaignStatus.IN_REVIEW
    asked = staff.get(reverse("admin:coupons_campaign_approve", args=[campaign.pk])).content.decode()
    assert "somebody else approves it" in asked
    answer = _step(staff, campaign, "approve")
    assert "You sent this campaign for approval" in answer.content.decode()
    assert _status(campaign) == CampaignStatus.IN_REVIEW
    assert _step(other, campaign, "approve").status_code == 200
    assert _status(campaign) == CampaignStatus.APPROVED
    for name, becomes in (("pause", "paused"), ("resume", "approved"), ("pause", "paused"), ("reopen", "draft")):
        _step(other, campaign, name)
        assert _status(campaign) == becomes
    page = _step(other, campaign, "archive")
    assert _status(campaign) == CampaignStatus.ARCHIVED
    told = [(str(entry["who"]), str(entry["what"])) for entry in page.context["timeline"]]
    assert told == [
        ("made-up-second", "archived"),
        ("made-up-second", "reopened"),
        ("made-up-second", "paused"),
        ("made-up-second", "resumed"),
        ("made-up-second", "paused"),
        ("made-up-second", "approved"),
        ("made-up-admin", "sent for approval"),
        ("made-up-admin", "changed the budgets"),
        ("made-up-admin", "created"),
        ("made-up-admin", "created"),
    ]


def test_asking_changes_nothing_and_a_step_out_of_turn_is_refused(staff: Client) -> None:
    campaign, _ = _draft(staff)
    assert staff.get(reverse("admin:coupons_campaign_submit", args=[campaign.pk])).status_code == 200
    refusal = "The campaign is “Draft”: only one in review is approved."
    assert refusal in _step(staff, campaign, "approve").content.decode()
    assert _status(campaign) == CampaignStatus.DRAFT


@pytest.mark.parametrize("name", ["submit", "approve", "reopen", "pause", "resume", "archive"])
def test_who_may_only_edit_takes_no_step(staff: Client, name: str) -> None:
    campaign, _ = _draft(staff)
    editor = _client(_staff("made-up-editor", "view_campaign", "change_campaign"))
    assert _step(editor, campaign, name).status_code == 403
    assert _status(campaign) == CampaignStatus.DRAFT


@pytest.mark.parametrize(
    ("permission", "may"),
    [("submit_campaign", {"submit"}), ("approve_campaign", {"approve"}), ("run_campaign", {"pause", "archive"})],
)
def test_each_permission_opens_its_own_steps(permission: str, may: set[str]) -> None:
    user = _client(_staff("made-up-one", "view_campaign", permission))
    for name in ("submit", "approve", "pause", "archive"):
        status = {"approve": "in_review", "pause": "approved"}.get(name, "draft")
        campaign = make_campaign(status=status)
        make_coupon(campaign)
        assert (_step(user, campaign, name).status_code == 200) == (name in may), name
        assert (_status(campaign) != status) == (name in may), name


def test_terms_are_locked_outside_draft_but_the_title_is_not(staff: Client) -> None:
    campaign, coupon = _draft(staff)
    _step(staff, campaign, "submit")
    url = reverse("admin:coupons_coupon_change", args=[coupon.pk])
    form = _coupon_form(campaign, title="Saver", edited_version=coupon.version, **_formset("budgets"))
    answer = staff.post(url, {**form, "usage_limit": "99999", "tiers-0-amount": "99.00"})
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert (coupon.title, coupon.usage_limit) == ("Saver", 10_000)
    assert coupon.benefit.tiers.order_by("pk").values_list("amount_minor", flat=True)[0] == 3_000
    assert Budget.objects.get().limit_n == 500_000


def test_an_edit_on_an_old_page_loses_nothing(staff: Client) -> None:
    campaign, coupon = _draft(staff)
    Coupon.objects.update(version=7)
    url = reverse("admin:coupons_coupon_change", args=[coupon.pk])
    form = _coupon_form(campaign, title="Mine", edited_version=coupon.version, **_formset("budgets"))
    answer = staff.post(url, form, follow=True)
    assert "Somebody else changed it" in answer.content.decode()
    assert Coupon.objects.get().title == "30 off 200, 80 off 400"


def test_preview_says_the_discount_or_the_reason_and_writes_nothing(staff: Client) -> None:
    _, coupon = _draft(staff)
    counts = (AuditEntry.objects.count(), Redemption.objects.count())
    evening, weekend = "2030-03-13T19:00", "2030-03-16T19:00"  # a Wednesday, a Saturday
    found = _preview(staff, coupon, evening, "200.00")
    assert (found["applied"], found["discount"], found["payable"], found["reasons"]) == (True, "$30.00", "$170.00", [])
    assert found["assumed_approved"]
    assert [line["off"] for line in found["lines"]] == ["$30.00"]
    assert _preview(staff, coupon, evening, "400.00")["discount"] == "$80.00"
    found = _preview(staff, coupon, evening, "180.00")
    assert (found["applied"], found["reasons"]) == (
        False,
        ["The first spend threshold is not reached: $20.00 more to spend"],
    )
    found = _preview(staff, coupon, weekend, "400.00")
    assert (found["applied"], found["reasons"]) == (False, ["The campaign runs at other hours of the week"])
    found = _preview(staff, coupon, "2030-02-27T23:00", "400.00")
    assert found["reasons"] == ["The campaign has not started: in 1 d 1 h 0 min"]
    assert (AuditEntry.objects.count(), Redemption.objects.count()) == counts


def test_preview_knows_the_shopper(staff: Client) -> None:
    _, coupon = _draft(staff)
    assert _preview(staff, coupon, "2030-03-13T19:00", "200.00", shopper="nobody") is None
    shopper = make_shopper(coupon.campaign.channel)
    assert _preview(staff, coupon, "2030-03-13T19:00", "200.00", shopper=shopper.external_id)["applied"]


def test_preview_is_for_those_who_may_see_coupons() -> None:
    url = reverse("admin:coupons_coupon_preview", args=[make_coupon().pk])
    assert _client(_staff("made-up-outsider", "view_campaign")).get(url).status_code == 403
    assert _client(_staff("made-up-viewer", "view_coupon")).get(url).status_code == 200


def test_who_approves_without_editing_reads_the_terms(staff: Client) -> None:
    _, coupon = _draft(staff)
    second = _client(_staff("made-up-second", "view_coupon", "view_campaign", "view_budget", "approve_campaign"))
    page = second.get(reverse("admin:coupons_coupon_change", args=[coupon.pk])).content.decode()
    assert "$30.00 off from $200.00; $80.00 off from $400.00" in page
    assert "$5,000.00" in page
    assert second.post(reverse("admin:coupons_coupon_change", args=[coupon.pk]), {"title": "x"}).status_code == 403


def test_a_use_shows_in_the_list_of_redemptions(staff: Client) -> None:
    from coupons.carts import Item, make_cart

    campaign, coupon = _draft(staff)
    _step(staff, campaign, "submit")
    _step(_client(make_superuser("made-up-second")), campaign, "approve")
    use_on_cart(
        channel=campaign.channel,
        shopper=make_shopper(campaign.channel),
        order_ref="order-1",
        cart=make_cart(items=[Item("1", 1, 20_000)]),
        mode=RedemptionStatus.REDEEMED,
        now=datetime(2030, 3, 13, 19, 0, tzinfo=UTC),
        coupons=[coupon.uid],
    )
    page = staff.get("/admin/coupons/redemption/").content.decode()
    assert "order-1" in page
    assert "$30.00" in page


def test_codes_are_generated_shown_and_downloaded(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[int] = []
    monkeypatch.setattr("coupons.admin.coupon_actions._enqueue", queued.append)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda work: work())
    coupon = make_coupon()
    url = reverse("admin:coupons_coupon_generate_codes", args=[coupon.pk])
    assert "size" in staff.post(url, {"name": "Leaflet", "size": "0"}).context["form"].errors
    assert not CodeBatch.objects.exists()
    staff.post(url, {"name": "Leaflet", "size": "25", "prefix": "MAY", "uses_per_code": "1"})
    batch = CodeBatch.objects.get()
    assert (queued, batch.size, batch.coupon) == ([batch.pk], 25, coupon)
    page = reverse("admin:coupons_codebatch_change", args=[batch.pk])
    waiting = staff.get(page)
    assert (waiting.headers["Refresh"], "0 / 25 (0 %)" in waiting.content.decode()) == ("3", True)
    generate_codes(batch_id=batch.pk, now=NOW)
    done = staff.get(page)
    assert ("Refresh" in done.headers, "25 / 25 (100 %)" in done.content.decode()) == (False, True)
    answer = staff.get(reverse("admin:coupons_codebatch_download", args=[batch.pk]))
    lines = b"".join(answer.streaming_content).decode().split()  # type: ignore[attr-defined]
    assert (len(lines), answer.headers["Content-Type"]) == (26, "text/csv; charset=utf-8")
    assert set(CouponCode.objects.values_list("code", flat=True)) == {line.split(",")[0] for line in lines[1:]}


def test_codes_are_not_for_everybody() -> None:
    batch = CodeBatch.objects.create(coupon=make_coupon(), name="Leaflet", size=1)
    viewer = _client(_staff("made-up-viewer", "view_coupon", "change_coupon", "view_codebatch"))
    assert viewer.get(reverse("admin:coupons_codebatch_change", args=[batch.pk])).status_code == 200
    assert viewer.get(reverse("admin:coupons_codebatch_download", args=[batch.pk])).status_code == 403
    url = reverse("admin:coupons_coupon_generate_codes", args=[batch.coupon_id])
    assert viewer.post(url, {"name": "x", "size": "5"}).status_code == 403
    assert CodeBatch.objects.count() == 1


def test_targets_go_through_the_service(staff: Client) -> None:
    from coupons.models import Product

    campaign = make_campaign(status=CampaignStatus.DRAFT)
    product = Product.objects.create(external_id="p1", title="Yogurt")
    row = {"mode": "include", "kind": "product", "product": product.pk}
    data = _coupon_form(campaign, **_formset("targets", {**row, "kind": "brand"}))
    assert _errors(staff.post("/admin/coupons/coupon/add/", data)).keys() == {"brand", "product"}
    answer = staff.post("/admin/coupons/coupon/add/", _coupon_form(campaign, **_formset("targets", row)))
    assert answer.status_code == 302, _errors(answer)
    assert list(Coupon.objects.get().targets.values_list("kind", "product")) == [("product", product.pk)]


def test_budgets_of_a_campaign_are_set_and_removed(staff: Client) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, starts_at=NOW - timedelta(days=1))
    url = reverse("admin:coupons_campaign_change", args=[campaign.pk])
    form = _campaign_form(campaign.channel, edited_version=1)
    form |= _formset("budgets", {"kind": "uses", "period": "total", "limit": "100", "campaign": campaign.pk})
    assert staff.post(url, form).status_code == 302
    budget = Budget.objects.get()
    assert (budget.campaign, budget.limit_n) == (campaign, 100)
    form = _campaign_form(campaign.channel, edited_version=2)
    row = {"id": budget.pk, "campaign": campaign.pk, "kind": "uses", "period": "total", "limit": "100", "DELETE": "on"}
    assert staff.post(url, {**form, **_formset("budgets", row, initial=1)}).status_code == 302
    assert not Budget.objects.exists()


def test_tc_30_a_million_codes_are_listed_without_counting_them(staff: Client) -> None:
    """Literal query counts, the same with 1 and 3 codes, and never a COUNT over the table."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    coupon = make_coupon()
    url = reverse("admin:coupons_couponcode_changelist")
    make_code(coupon)
    staff.get(url)
    with CaptureQueriesContext(connection) as one:
        assert len(staff.get(url).context["cl"].result_list) == 1
    make_code(coupon)
    make_code(coupon)
    with CaptureQueriesContext(connection) as three:
        assert len(staff.get(url).context["cl"].result_list) == 3
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO coupons_couponcode (channel_id, coupon_id, code, code_norm)"
            " SELECT %s, %s, 'N' || n, 'N' || n FROM generate_series(1, 1000000) n",
            [coupon.campaign.channel_id, coupon.pk],
        )
        cursor.execute("ANALYZE coupons_couponcode")
    with CaptureQueriesContext(connection) as many:
        assert len(staff.get(url).context["cl"].result_list) == 50
    with CaptureQueriesContext(connection) as found:
        page = staff.get(url, {"q": "n-777"})
        assert [code.code for code in page.context["cl"].result_list] == ["N777"]
    assert [len(queries) for queries in (one, three, many, found)] == [3, 3, 3, 3]
    statements = [query["sql"].upper() for query in [*many.captured_queries, *found.captured_queries]]
    assert [text for text in statements if "COUNT(" in text] == []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {found.captured_queries[-1]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "code_once_per_channel" in plan
    assert "Seq Scan on coupons_couponcode" not in plan
