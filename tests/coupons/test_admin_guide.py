"""The guided page of a campaign: one form, what it says before it is saved, and that nothing said is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coupons.admin.checks import checks_of
from coupons.admin.rehearsal import coupons_of, next_open
from coupons.enums import BenefitType, BudgetKind, BudgetPeriod, CampaignStatus
from coupons.exposure import exposure, periods
from coupons.models import AuditEntry, Budget, Campaign, Coupon, CouponTarget, Product
from tests.coupons.factories import NOW, make_campaign, make_channel, make_coupon
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db
ADD = "/admin/coupons/campaign/add/"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def _client(name: str, *codenames: str) -> Client:
    user = User.objects.create(username=name, password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="coupons"))
    client = Client()
    client.force_login(user)
    return client


def _form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Evening saver", "timezone": "Europe/Berlin", "audience": "everyone", "holdout_percent": "0",
        "priority": "0", "starts_at_0": "2030-03-01", "starts_at_1": "00:00:00", "ends_at_0": "2030-04-01",
        "ends_at_1": "00:00:00", "weekly_windows-0-days": ["1", "2", "3", "4", "5"],
        "weekly_windows-0-from": "18:00", "weekly_windows-0-to": "22:00",
        "budgets-TOTAL_FORMS": "1", "budgets-INITIAL_FORMS": "0", "budgets-0-kind": "money",
        "budgets-0-period": "day", "budgets-0-limit": "5000.00",
        "coupons-TOTAL_FORMS": "1", "coupons-INITIAL_FORMS": "0", "coupons-0-title": "30 off 200, 80 off 400",
        "coupons-0-benefit_type": "tiers", "coupons-0-tiers-0-threshold": "200.00", "coupons-0-tiers-0-amount": "30.00",
        "coupons-0-tiers-0-percent": "", "coupons-0-tiers-1-threshold": "400", "coupons-0-tiers-1-amount": "80",
        "coupons-0-tiers-1-percent": "", "coupons-0-trigger": "automatic", "coupons-0-usage_limit": "10000",
        "coupons-0-per_shopper_limit": "3", "coupons-0-restore_policy": "on_cancel",
        "coupons-0-below_minimum_policy": "keep", "coupons-0-allocation": "across",
        **changes,
    }  # fmt: skip


def _live(staff: Client, **changes: Any) -> dict[str, Any]:
    answer = staff.post(reverse("admin:coupons_campaign_live_new"), _form(**changes))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_campaign_coupon_and_budget_are_saved_from_one_page(staff: Client) -> None:
    channel = make_channel()
    product = Product.objects.create(external_id="p1", title="Yogurt")
    covers = [f"include|product|{product.pk}"]
    answer = staff.post(ADD, _form(channel=channel.pk, **{"coupons-0-covers": covers}))
    assert answer.status_code == 302
    campaign = Campaign.objects.get()
    assert (campaign.external_id, campaign.status) == ("evening-saver", "draft")
    # clocks are those of Berlin, which is an hour ahead in March and two after its last Sunday
    assert (campaign.starts_at, campaign.ends_at) == (
        datetime(2030, 2, 28, 23, tzinfo=UTC),
        datetime(2030, 3, 31, 22, tzinfo=UTC),
    )
    coupon = Coupon.objects.get()
    assert (coupon.external_id, coupon.usage_limit, coupon.per_shopper_limit) == ("1", 10_000, 3)
    assert list(coupon.benefit.tiers.values_list("threshold_minor", "amount_minor")) == [
        (20_000, 3_000),
        (40_000, 8_000),
    ]
    assert list(CouponTarget.objects.values_list("mode", "product")) == [("include", product.pk)]
    assert list(Budget.objects.values_list("campaign", "period", "limit_n")) == [(campaign.pk, "day", 500_000)]


def test_saving_the_page_untouched_changes_nothing(staff: Client) -> None:
    staff.post(ADD, _form(channel=make_channel().pk))
    coupon, budget = Coupon.objects.get(), Budget.objects.get()
    url = reverse("admin:coupons_campaign_change", args=[coupon.campaign_id])
    page = staff.get(url)
    assert page.context["guide"]["form"].initial["starts_at"] == datetime(2030, 3, 1)  # noqa: DTZ001  a clock of Berlin
    form = _form(edited_version="1", external_id="evening-saver")
    form |= {
        "coupons-INITIAL_FORMS": "1", "coupons-0-id": coupon.pk, "coupons-0-campaign": coupon.campaign_id,
        "coupons-0-external_id": "1", "coupons-0-edited_version": "1", "coupons-0-min_spend": "0.00",
        "coupons-0-min_quantity": "0", "coupons-0-hold_ttl_s": "900", "coupons-0-counter_slots": "1",
        "budgets-INITIAL_FORMS": "1", "budgets-0-id": budget.pk, "budgets-0-campaign": coupon.campaign_id,
    }  # fmt: skip
    before = AuditEntry.objects.count()
    assert staff.post(url, form).status_code == 302
    assert AuditEntry.objects.count() == before
    assert staff.post(url, {**form, "coupons-0-tiers-1-amount": "90"}).status_code == 302
    assert AuditEntry.objects.count() == before + 2  # its version, and its terms
    assert list(coupon.benefit.tiers.model.objects.values_list("amount_minor", flat=True)) == [3_000, 9_000]


def test_a_draft_may_be_incomplete_and_the_checks_say_what_is_missing(staff: Client) -> None:
    channel = make_channel()
    bare = {"coupons-0-title": "", "coupons-0-benefit_type": "amount", "budgets-0-limit": ""}
    bare |= {f"coupons-0-tiers-{n}-{name}": "" for n in (0, 1) for name in ("threshold", "amount")}
    answer = staff.post(ADD, _form(channel=channel.pk, _submit="1", **bare), follow=True)
    campaign = Campaign.objects.get()
    assert campaign.status == CampaignStatus.DRAFT
    assert not hasattr(Coupon.objects.get(), "benefit")
    assert "Saved, and not sent: Evening saver does not say what it gives." in answer.content.decode()
    checks = checks_of(campaign, coupons_of(campaign), user=User.objects.get())
    assert [(check.state, check.text) for check in checks] == [
        ("failed", "Evening saver does not say what it gives"),
        ("passed", "It has time to run"),
        ("passed", "Limits cap what this can cost"),
        ("failed", "Nobody else may approve it"),
    ]


def test_send_for_approval_from_the_page(staff: Client) -> None:
    make_superuser("made-up-second")
    staff.post(ADD, _form(channel=make_channel().pk, _submit="1"))
    assert Campaign.objects.get().status == CampaignStatus.IN_REVIEW


def test_what_is_wrong_is_told_and_nothing_is_kept(staff: Client) -> None:
    channel = make_channel()
    wrong = {"coupons-0-tiers-0-amount": "lots", "coupons-0-covers": ["include|product|99"], "budgets-0-limit": "x"}
    assert staff.post(ADD, _form(channel=channel.pk, **wrong)).status_code == 200
    assert not Campaign.objects.exists()
    found = _live(staff, channel=channel.pk, **wrong)
    assert sorted(found["errors"]) == ["id_budgets-0-limit", "id_coupons-0-covers", "id_coupons-0-tiers"]


def test_the_aside_says_ticket_discount_and_checks_and_keeps_nothing(staff: Client) -> None:
    make_superuser("made-up-second")
    channel = make_channel()
    found = _live(staff, channel=channel.pk)
    assert found["errors"] == {}
    assert (found["ticket"]["value"], found["ticket"]["unit"], found["ticket"]["covers"]) == (
        "$80.00",
        "off, at best",
        "The whole order",
    )
    assert (found["sample"]["spend"], found["sample"]["off"], found["sample"]["pay"]) == (
        "$400.00",
        "$80.00",
        "$320.00",
    )
    assert [(check["state"], check["text"], check["value"]) for check in found["checks"]] == [
        ("passed", "The coupon says what it gives", "1"),
        ("passed", "It has time to run", "1 Mar"),
        ("warning", "The budget caps the cost before the uses are all taken", "$155,000.00"),
        ("waiting", "Somebody else approves it", "made-up-second"),
    ]
    assert found["live"]
    assert _live(staff, channel=channel.pk, sample_spend="200")["sample"]["off"] == "$30.00"
    assert _live(staff, channel=channel.pk, sample_spend="180")["sample"]["reasons"] == [
        "The first spend threshold is not reached: $20.00 more to spend"
    ]
    assert (Campaign.objects.count(), Coupon.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)


def test_the_aside_of_a_stored_draft_leaves_it_as_it_was(staff: Client) -> None:
    staff.post(ADD, _form(channel=make_channel().pk))
    coupon = Coupon.objects.get()
    url = reverse("admin:coupons_campaign_live", args=[coupon.campaign_id])
    form = _form(edited_version="1", external_id="evening-saver", name="Other")
    form |= {
        "coupons-INITIAL_FORMS": "1", "coupons-0-id": coupon.pk, "coupons-0-campaign": coupon.campaign_id,
        "coupons-0-external_id": "1", "coupons-0-tiers-1-amount": "90", "budgets-TOTAL_FORMS": "0",
    }  # fmt: skip
    found = staff.post(url, form).json()
    assert found["ticket"]["value"] == "$90.00"
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.version, Coupon.objects.get().version) == ("Evening saver", 1, 1)


def test_the_aside_is_for_those_who_may_save_the_form() -> None:
    campaign = make_coupon(make_campaign(status=CampaignStatus.DRAFT)).campaign
    new, old = reverse("admin:coupons_campaign_live_new"), reverse("admin:coupons_campaign_live", args=[campaign.pk])
    viewer = _client("made-up-viewer", "view_campaign", "view_coupon")
    outsider = _client("made-up-outsider")
    for client in (viewer, outsider):
        assert client.post(new, _form()).status_code == 403
        assert client.post(old, _form()).status_code == 403
    assert viewer.get(reverse("admin:coupons_coupon_targets"), {"q": "a"}).status_code == 200
    assert outsider.get(reverse("admin:coupons_coupon_targets"), {"q": "a"}).status_code == 403


def test_a_campaign_of_the_same_things_at_the_same_time_is_named(staff: Client) -> None:
    channel = make_channel()
    product = Product.objects.create(external_id="p1", title="Yogurt")
    dates: dict[str, Any] = {"starts_at": datetime(2030, 3, 5, tzinfo=UTC), "ends_at": datetime(2030, 3, 9, tzinfo=UTC)}
    other = make_coupon(make_campaign(channel, name="Dairy week", priority=5, **dates))
    CouponTarget.objects.create(coupon=other, kind="product", product=product)
    covers = {"coupons-0-covers": [f"include|product|{product.pk}"]}
    assert _live(staff, channel=channel.pk, **covers)["overlap"] == (
        "Overlaps Dairy week until 9 Mar: both cover the same product. On one order Dairy week comes first."
    )
    assert _live(staff, channel=channel.pk)["overlap"] == ""


def test_outside_draft_the_page_reads_and_only_the_name_is_edited(staff: Client) -> None:
    campaign = make_coupon(make_campaign(name="As it was")).campaign
    url = reverse("admin:coupons_campaign_change", args=[campaign.pk])
    assert "guide" not in staff.get(url).context
    form = staff.get(url, {"edit": "1"}).context["guide"]["form"]
    assert [name for name, field in form.fields.items() if not field.disabled] == ["name", "edited_version"]


def test_queries_of_the_page_do_not_grow_with_coupons(staff: Client) -> None:
    campaign = make_coupon().campaign
    url = reverse("admin:coupons_campaign_change", args=[campaign.pk])
    staff.get(url)
    with CaptureQueriesContext(connection) as one:
        assert len(staff.get(url).context["rows"]) == 1
    make_coupon(campaign)
    make_coupon(campaign)
    with CaptureQueriesContext(connection) as three:
        assert len(staff.get(url).context["rows"]) == 3
    assert (len(one), len(three)) == (18, 18), "\n".join(query["sql"] for query in three.captured_queries)


@pytest.mark.parametrize(
    ("benefit", "limits", "budgets", "most"),
    [
        ({"type": BenefitType.AMOUNT, "amount_minor": 100}, {"usage_limit": 488}, {}, 48_800),
        ({"type": BenefitType.AMOUNT, "amount_minor": 100}, {}, {}, None),
        ({"type": BenefitType.AMOUNT, "amount_minor": 100}, {}, {"day": 5_000}, 310_000 // 2),
        ({"type": BenefitType.AMOUNT, "amount_minor": 100, "allocation": "each"}, {"usage_limit": 9}, {}, None),
        ({"type": BenefitType.PERCENT, "percent_bp": 1500}, {"usage_limit": 10}, {}, None),
        ({"type": BenefitType.PERCENT, "percent_bp": 1500, "max_discount_minor": 700}, {"usage_limit": 10}, {}, 7_000),
        ({"type": BenefitType.AMOUNT, "amount_minor": 100}, {"usage_limit": 488}, {"total": 10_000}, 10_000),
    ],
)
def test_the_most_it_can_cost(
    benefit: dict[str, Any], limits: dict[str, Any], budgets: dict[str, int], most: int | None
) -> None:
    campaign = make_campaign(starts_at=datetime(2030, 3, 1, tzinfo=UTC), ends_at=datetime(2030, 4, 1, tzinfo=UTC))
    make_coupon(campaign, benefit=benefit, **limits)
    for period, limit in budgets.items():
        Budget.objects.create(campaign=campaign, kind=BudgetKind.MONEY, period=period, limit_n=limit)
    assert exposure(campaign, coupons_of(campaign)).most_minor == most


def test_periods_are_counted_in_the_campaigns_zone() -> None:
    start, end = datetime(2030, 3, 1, 5, tzinfo=UTC), datetime(2030, 4, 1, 4, tzinfo=UTC)  # March in New York
    found = [periods(period, start, end, "America/New_York") for period in BudgetPeriod.values]
    assert dict(zip(BudgetPeriod.values, found, strict=True)) == {"total": 1, "day": 31, "week": 5, "month": 1}


def test_the_next_time_it_is_open() -> None:
    evenings = [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}]
    campaign = make_campaign(weekly_windows=evenings)
    assert next_open(campaign, NOW) == datetime(2030, 3, 13, 18, tzinfo=UTC)
    friday_night = datetime(2030, 3, 15, 22, tzinfo=UTC)
    assert next_open(campaign, friday_night) == datetime(2030, 3, 18, 18, tzinfo=UTC)
    assert next_open(campaign, friday_night - timedelta(minutes=1)) == friday_night - timedelta(minutes=1)
    assert next_open(campaign, campaign.ends_at) is None


def test_duplicating_copies_the_terms_and_nothing_that_happened(staff: Client) -> None:
    staff.post(ADD, _form(channel=make_channel().pk))
    old = Campaign.objects.get()
    url = reverse("admin:coupons_campaign_duplicate", args=[old.pk])
    assert _client("made-up-viewer", "view_campaign").post(url, {"name": "Copy"}).status_code == 403
    assert Campaign.objects.count() == 1
    assert staff.post(url, {"name": "Evening saver"}).status_code == 302
    copy = Campaign.objects.exclude(pk=old.pk).get()
    assert (copy.external_id, copy.status, copy.weekly_windows) == ("evening-saver-2", "draft", old.weekly_windows)
    coupon = copy.coupons.get()
    assert coupon.uid != old.coupons.get().uid
    assert list(coupon.benefit.tiers.values_list("threshold_minor", "amount_minor")) == [
        (20_000, 3_000),
        (40_000, 8_000),
    ]
    assert list(copy.budgets.values_list("period", "limit_n")) == [("day", 500_000)]
