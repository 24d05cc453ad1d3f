"""How far a campaign would reach: exact intervals, the engine's own eligibility, and nothing kept of the asking."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.admin.rehearsal import coupons_of
from coupons.enums import Audience, BenefitType, CampaignStatus
from coupons.models import (
    Campaign,
    CampaignMember,
    Category,
    Channel,
    Coupon,
    CouponGrant,
    CouponTarget,
    Product,
    Redemption,
    Shopper,
)
from coupons.selectors import eligible_shoppers
from recommender.admin.reach import Reach, reach_of, sample_of
from recommender.admin.reach_estimate import (
    histogram,
    poisson_binomial_interval,
    poisson_interval,
    sampled_interval,
    spread_of_totals,
)
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Impression, ModelVersion, Recommendation
from recommender.partitions import ensure_partitions
from tests.coupons.factories import make_campaign, make_channel, make_coupon, make_shopper
from tests.made_up_rows import make_row, make_superuser
from tests.made_up_shop import make_version, recommend

NOW = timezone.now()


@pytest.mark.parametrize("chances", [[0.5] * 10, [0.01] * 300, [0.9, 0.1, 0.4, 0.02], [], [1.0, 1.0]])
def test_the_interval_is_that_of_a_count_by_hand(chances: list[float]) -> None:
    """Against the distribution built from its polynomial."""
    mass = np.ones(1)
    for chance in chances:
        mass = np.convolve(mass, [1 - chance, chance])
    below = np.cumsum(mass)
    expected = (int((below < 0.025).sum()), int((below < 0.975).sum()))
    assert poisson_binomial_interval(chances) == expected


def test_many_trials_are_normal() -> None:
    assert poisson_binomial_interval([0.1] * 10_000) == (941, 1_059)  # 1000 ± 1.96 · 30


def test_intervals_of_what_stands_in() -> None:
    assert poisson_interval(4.0, 4.0) == (1, 8)
    assert spread_of_totals([6.0]) == (3.0, 12.0)
    assert spread_of_totals([float(n) for n in range(11)]) == (1.0, 9.0)
    assert histogram([0.0, 0.04, 0.5, 1.0], [False, True, True, False], bins=2) == [(2, 1), (2, 1)]


def _shop(n: int = 4) -> tuple[Channel, list[Shopper]]:
    channel = make_channel()
    return channel, [make_shopper(channel) for _ in range(n)]


def _reach(campaign: Campaign) -> Reach:
    stored = Campaign.objects.select_related("channel").get(pk=campaign.pk)
    return reach_of(stored, coupons_of(stored), NOW)


@pytest.mark.django_db
def test_eligible_shoppers_are_those_of_the_engine() -> None:
    channel, shoppers = _shop()
    campaign = make_campaign(
        channel, audience=Audience.MEMBERS, starts_at=NOW - timedelta(1), ends_at=NOW + timedelta(1)
    )
    coupon = make_coupon(campaign)
    CampaignMember.objects.create(campaign=campaign, shopper=shoppers[1])
    make_shopper(make_channel())
    found = eligible_shoppers(channel=channel, coupons=[coupon.pk], now=NOW)
    assert list(found) == [shoppers[1]]
    Coupon.objects.update(active=False)
    assert list(found.all()) == []


@pytest.mark.django_db
def test_a_coupon_in_the_slates_is_told_by_its_own_chances() -> None:
    channel, shoppers = _shop()
    campaign = make_campaign(channel, status=CampaignStatus.DRAFT)
    coupon = make_coupon(campaign, usage_limit=100)
    version = make_version()
    for shopper in shoppers[:3]:
        recommend(version, shopper, coupon)  # a chance of 0.9 each
    found = _reach(campaign)
    assert (found.shoppers, found.eligible, found.control, found.recommended) == (4, 4, 0, 3)
    assert found.uses == poisson_binomial_interval([0.9] * 3) == (1, 3)
    assert found.cost_minor == (100, 300)
    assert found.most_minor == 10_000
    assert found.method == "From the calibrated chances of model v1 for each shopper it is recommended to."


@pytest.mark.django_db
def test_a_new_coupon_is_told_by_those_of_the_same_categories() -> None:
    channel, shoppers = _shop()
    dairy = Category.objects.create(external_id="DAIRY", name="Dairy", level=1)
    yogurt, milk = (Product.objects.create(external_id=name, title=name, category=dairy) for name in ("yogurt", "milk"))
    running = make_campaign(channel)
    like, other = make_coupon(running), make_coupon(running)
    CouponTarget.objects.create(coupon=like, kind="product", product=milk)
    version = make_version()
    for shopper in shoppers[:2]:
        recommend(version, shopper, like, other)
    draft = make_campaign(channel, status=CampaignStatus.DRAFT)
    new = make_coupon(draft, benefit={"type": BenefitType.AMOUNT, "amount_minor": 250}, usage_limit=2)
    CouponTarget.objects.create(coupon=new, kind="product", product=yogurt)
    found = _reach(draft)
    assert (found.eligible, found.recommended) == (4, 2)
    assert found.uses == (0, 2)  # Poisson of 0.9 to 3.6, cut at the limit
    assert found.cost_minor == (0, 500)
    assert found.method == "It is new: from 1 coupon of the same categories in model v1, half to double."


@pytest.mark.django_db
def test_without_a_model_the_eligible_are_told_all_the_same() -> None:
    channel, _ = _shop()
    campaign = make_campaign(channel, status=CampaignStatus.DRAFT)
    make_coupon(campaign)
    found = _reach(campaign)
    assert (found.eligible, found.recommended, found.uses, found.most_minor) == (4, None, None, None)
    assert found.method == "No model is live yet, so nothing says who would use it."


@pytest.mark.django_db
def test_the_control_group_is_left_out() -> None:
    channel, _ = _shop(60)
    campaign = make_campaign(channel, status=CampaignStatus.DRAFT, holdout_percent=50)
    coupon = make_coupon(campaign)
    found = _reach(campaign)
    held_out = 60 - eligible_shoppers(channel=channel, coupons=[coupon.pk], now=NOW).count()
    assert (found.eligible + found.control, found.control) == (60, held_out)
    assert 0 < held_out < 60


@pytest.mark.django_db
def test_of_a_large_shop_some_are_asked_about_and_all_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.admin.reach.MOST_ASKED", 40)
    channel, shoppers = _shop(200)
    campaign = make_campaign(channel, status=CampaignStatus.DRAFT)
    coupon = make_coupon(campaign, per_shopper_limit=1)
    version = make_version()
    for shopper in shoppers:
        recommend(version, shopper, coupon)  # a chance of 0.9 each
    sample = sample_of(channel)
    assert (sample.shoppers, sample.every) == (200, 5)
    assert 0 < sample.asked < 100
    found = _reach(campaign)
    assert (found.shoppers, found.eligible, found.recommended) == (200, 200, 200)
    assert found.uses == sampled_interval([0.9] * sample.asked, 200 / sample.asked)
    assert found.uses[0] < 180 < found.uses[1]
    assert found.most_minor == 200 * 100
    assert found.method.endswith(f"From a sample of {sample.asked} shoppers.")
    assert sample_of(channel) == sample


def test_a_sample_is_less_sure_than_everybody() -> None:
    assert sampled_interval([0.5] * 100, 1.0) == (40, 60)
    assert sampled_interval([0.5] * 100, 10.0) == (402, 598)


def _form(channel: Channel) -> dict[str, Any]:
    return {
        "name": "New", "channel": channel.pk, "timezone": "UTC", "audience": "everyone", "holdout_percent": "0",
        "priority": "0", "starts_at_0": "2030-03-01", "starts_at_1": "00:00", "ends_at_0": "2030-04-01",
        "ends_at_1": "00:00", "budgets-TOTAL_FORMS": "0", "budgets-INITIAL_FORMS": "0",
        "coupons-TOTAL_FORMS": "1", "coupons-INITIAL_FORMS": "0", "coupons-0-title": "New",
        "coupons-0-benefit_type": "amount", "coupons-0-amount": "1.00", "coupons-0-trigger": "automatic",
        "coupons-0-usage_limit": "7", "coupons-0-per_shopper_limit": "1", "coupons-0-restore_policy": "on_cancel",
        "coupons-0-below_minimum_policy": "keep", "coupons-0-allocation": "across",
    }  # fmt: skip


@pytest.mark.django_db
def test_the_form_is_asked_about_and_nothing_is_kept(client: Client) -> None:
    channel, _ = _shop(12)
    client.force_login(make_superuser())
    answer = client.post(reverse("admin:recommender_reach_new", args=["campaign"]), _form(channel)).json()
    assert "12</span>" in answer["html"]
    assert "$7.00" in answer["html"]
    assert answer["line"] == "Reaches 12 of 12 shoppers."
    assert (
        client.post(
            reverse("admin:recommender_reach_new", args=["campaign"]), {**_form(channel), "coupons-0-amount": "x"}
        ).json()
        == {}
    )
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_asking_about_a_stored_draft_leaves_it_a_draft(client: Client) -> None:
    channel, _ = _shop()
    campaign = make_campaign(channel, status=CampaignStatus.DRAFT, holdout_percent=5)
    make_coupon(campaign)
    client.force_login(make_superuser())
    form = {**_form(channel), "coupons-TOTAL_FORMS": "0"}
    assert "html" in client.post(reverse("admin:recommender_reach", args=["campaign", campaign.pk]), form).json()
    stored = Campaign.objects.get()
    assert (stored.status, stored.holdout_percent, stored.version) == ("draft", 5, 1)


@pytest.mark.django_db
def test_the_funnel_is_on_the_campaigns_page(client: Client) -> None:
    channel, shoppers = _shop()
    campaign = make_campaign(channel)
    coupon = make_coupon(campaign)
    ensure_partitions(first=NOW - timedelta(days=1), last=NOW)
    for shopper in shoppers:
        make_row(Impression, channel=channel, shopper=shopper, coupon=coupon)
    make_row(BehaviorEvent, channel=channel, shopper=shoppers[0], coupon=coupon, kind=EventKind.CLICK, occurred_at=NOW)
    make_row(CouponGrant, coupon=coupon, shopper=shoppers[0])
    make_row(Redemption, coupon=coupon, shopper=shoppers[0], channel=channel, amount_minor=150, rolled_back_minor=50)
    client.force_login(make_superuser())
    page = client.get(reverse("admin:coupons_campaign_change", args=[campaign.pk]))
    steps = page.context["sections"][0].context["steps"]
    assert [(step["name"], step["value"], step["note"]) for step in steps] == [
        ("Shown", "4", ""),
        ("Clicked", "1", "25.0% of the step before"),
        ("Claimed", "1", "100.0% of the step before"),
        ("Used", "1", "$1.00 given"),
    ]


@pytest.mark.django_db
def test_reach_is_for_those_who_may_see_recommendations_and_save_the_form() -> None:
    channel, _ = _shop()
    url = reverse("admin:recommender_reach_new", args=["campaign"])
    for name, codenames in {
        "made-up-operator": ["add_campaign", "view_campaign", "add_coupon"],
        "made-up-analyst": ["view_recommendation", "view_campaign"],
        "made-up-outsider": [],
    }.items():
        user = User.objects.create(username=name, password="!", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        assert client.post(url, _form(channel)).status_code == 403, name
        if name == "made-up-operator":
            page = client.get(reverse("admin:coupons_campaign_add"))
            assert page.context["guide"]["reach_url"] == ""
    assert not Recommendation.objects.exists()
    assert not ModelVersion.objects.exists()
