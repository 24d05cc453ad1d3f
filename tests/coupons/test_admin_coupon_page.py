"""The page of a coupon: beside its form the ticket, its funnel and what is gone of its limits."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.enums import BudgetKind, BudgetPeriod, CampaignStatus, RedemptionStatus
from coupons.models import Budget, Coupon, CouponGrant, CouponTarget, Product, Redemption
from tests.coupons.factories import make_campaign, make_coupon
from tests.made_up_rows import make_row, make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def coupon() -> Coupon:
    """10 % off, at most four times."""
    draft = make_campaign(status=CampaignStatus.DRAFT)
    return make_coupon(draft, title="As it was", usage_limit=4, benefit={"type": "percent", "percent_bp": 1000})


def _page(coupon: Coupon) -> str:
    return reverse("admin:coupons_coupon_change", args=[coupon.pk])


def _typed(staff: Client, coupon: Coupon, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form as it stands, with some fields typed over."""
    context = staff.get(_page(coupon)).context
    form = context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if not form.fields[name].disabled}
    for each in context["inline_admin_formsets"]:
        management = each.formset.management_form
        sent |= {management.add_prefix(name): management[name].value() for name in management.fields}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False and value != []}
    return {name: "on" if value is True else value for name, value in sent.items()} | changes


def test_beside_the_form_stand_ticket_funnel_and_bars(staff: Client, coupon: Coupon) -> None:
    Budget.objects.create(campaign=coupon.campaign, kind=BudgetKind.MONEY, period=BudgetPeriod.TOTAL, limit_n=10_000)
    ends = timezone.now() + timedelta(hours=1)
    for status, hold in ((RedemptionStatus.REDEEMED, None), (RedemptionStatus.HELD, ends)):
        channel = coupon.campaign.channel
        make_row(Redemption, coupon=coupon, channel=channel, status=status, amount_minor=250, hold_expires_at=hold)
    make_row(CouponGrant, coupon=coupon)

    guide = staff.get(_page(coupon)).context["guide"]

    assert (guide["ticket"].title, guide["ticket"].value) == ("As it was", "10%")
    assert [(bar["name"], bar["gone"], bar["limit"], bar["percent"]) for bar in guide["bars"]] == [
        ("Uses", "2", "4", 50),
        ("Money, In all", "$0.00", "$100.00", 0),
    ]
    [funnel] = guide["sections"]
    steps = funnel.context["steps"]
    assert [(step["name"], step["value"]) for step in steps] == [
        ("Shown", "0"), ("Clicked", "0"), ("Claimed", "1"), ("Used", "1"),
    ]  # fmt: skip
    assert steps[3]["note"] == "$2.50 given"
    assert steps[3]["url"] == reverse("admin:coupons_redemption_changelist") + f"?coupon__id__exact={coupon.pk}"


def test_the_ticket_follows_what_is_typed_and_nothing_is_kept(staff: Client, coupon: Coupon) -> None:
    url = reverse("admin:coupons_coupon_live", args=[coupon.pk])
    answer = staff.post(url, _typed(staff, coupon, title="As it would be", percent="25")).json()
    assert answer["errors"] == {}
    assert (answer["ticket"]["title"], answer["ticket"]["value"]) == ("As it would be", "25%")
    wrong = staff.post(url, _typed(staff, coupon, percent="250")).json()
    assert wrong["errors"] == {"id_percent": ["Ensure this value is less than or equal to 100."]}
    stored = Coupon.objects.select_related("benefit").get()
    assert (stored.title, stored.version, stored.benefit.percent_bp) == ("As it was", coupon.version, 1000)


def test_a_ticket_says_a_name_once(staff: Client, coupon: Coupon) -> None:
    for number, title in enumerate(["Yogurt", "Yogurt", "Milk"]):
        product = Product.objects.create(external_id=f"p{number}", title=title)
        CouponTarget.objects.create(coupon=coupon, kind="product", product=product)
    assert staff.get(_page(coupon)).context["guide"]["ticket"].covers == "Yogurt, Milk"


def test_a_new_coupon_has_a_ticket_before_it_is_saved(staff: Client, coupon: Coupon) -> None:
    typed = _typed(staff, coupon, title="Second", campaign=coupon.campaign_id, percent="5")
    answer = staff.post(reverse("admin:coupons_coupon_live_new"), typed).json()
    assert (answer["ticket"]["title"], answer["ticket"]["value"]) == ("Second", "5%")
    assert list(Coupon.objects.all()) == [coupon]


def test_a_running_coupon_shows_how_it_is(staff: Client) -> None:
    running = make_coupon(make_campaign(), title="Running")
    answer = staff.post(reverse("admin:coupons_coupon_live", args=[running.pk]), {"title": "Changed"}).json()
    assert answer["ticket"]["title"] == "Running"


def test_who_may_not_save_is_told_and_asks_nothing(client: Client, coupon: Coupon) -> None:
    outsider = User.objects.create(username="made-up-reader", password="!", is_staff=True)
    outsider.user_permissions.set(Permission.objects.filter(codename="view_coupon"))
    client.force_login(outsider)
    guide = client.get(_page(coupon)).context["guide"]
    assert guide["ticket"].title == "As it was"
    assert (guide["live_url"], guide["reach_url"], guide["sections"]) == ("", "", [])
    assert client.post(reverse("admin:coupons_coupon_live", args=[coupon.pk]), {"title": "x"}).status_code == 403
    assert client.post(reverse("admin:coupons_coupon_live_new"), {"title": "x"}).status_code == 403
    reach = reverse("admin:recommender_reach", args=["coupon", coupon.pk])
    assert client.post(reach, {"title": "x"}).status_code == 403
