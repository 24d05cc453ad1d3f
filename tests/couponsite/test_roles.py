"""Each role opens what is its own and is refused the rest, page by page; somebody without a role is refused all."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from coupons.enums import CampaignStatus
from coupons.models import Campaign, Coupon
from couponsite.roles import ROLES, ensure_roles
from recommender.enums import VersionStatus
from recommender.models import ModelVersion, TrainingRun
from tests.coupons.factories import make_campaign, make_coupon
from tests.made_up_shop import make_version

pytestmark = pytest.mark.django_db

READ = (
    "coupons_campaign", "coupons_coupon", "coupons_coupongrant", "coupons_redemption", "coupons_shopper",
    "coupons_product", "coupons_category", "coupons_brand", "coupons_importrun", "coupons_auditentry",
    "coupons_codebatch", "coupons_couponcode", "coupons_budget", "recommender_trainingrun",
    "recommender_modelversion", "recommender_recommendation", "recommender_impression",
)  # fmt: skip
ADMINISTRATORS = ("coupons_apikey", "coupons_webhookendpoint", "coupons_webhookdelivery", "auth_user", "auth_group")


def _client(*roles: str) -> Client:
    user = User.objects.create(username="-".join(["made-up", *roles]), password="!", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clients() -> dict[str, Client]:
    assert ensure_roles() == list(ROLES)
    return {"Outsider": _client(), **{name: _client(name) for name in ROLES}}


def _may(clients: dict[str, Client], method: str, url: str, **data: Any) -> list[str]:
    """Who is not refused."""
    answers = {name: getattr(client, method)(url, data).status_code for name, client in clients.items()}
    assert set(answers.values()) <= {200, 302, 403}, answers
    return [name for name, status in answers.items() if status != 403]


EVERY_ROLE = list(ROLES)


@pytest.mark.parametrize("name", READ)
def test_every_role_reads_and_an_outsider_does_not(clients: dict[str, Client], name: str) -> None:
    assert _may(clients, "get", reverse(f"admin:{name}_changelist")) == EVERY_ROLE


@pytest.mark.parametrize("name", ADMINISTRATORS)
def test_keys_and_staff_are_for_administrators(clients: dict[str, Client], name: str) -> None:
    assert _may(clients, "get", reverse(f"admin:{name}_changelist")) == []


def test_the_schedule_is_the_data_scientists(clients: dict[str, Client]) -> None:
    assert _may(clients, "get", reverse("admin:django_celery_beat_periodictask_changelist")) == ["Data scientist"]


def test_campaigns_and_coupons_are_made_by_operators(clients: dict[str, Client]) -> None:
    for name in ("campaign", "coupon", "stackinggroup", "campaignmember", "coupongrant"):
        assert _may(clients, "get", reverse(f"admin:coupons_{name}_add")) == ["Operator"], name
    coupon = make_coupon(make_campaign(status=CampaignStatus.DRAFT))
    assert _may(clients, "post", reverse("admin:coupons_coupon_generate_codes", args=[coupon.pk])) == ["Operator"]
    assert _may(clients, "get", reverse("admin:coupons_coupon_preview", args=[coupon.pk])) == EVERY_ROLE
    assert Campaign.objects.count() == 1


def test_an_edit_is_refused_and_changes_nothing(clients: dict[str, Client]) -> None:
    coupon = make_coupon(make_campaign(status=CampaignStatus.DRAFT), title="As it was")
    for page in (
        reverse("admin:coupons_coupon_change", args=[coupon.pk]),
        reverse("admin:coupons_campaign_change", args=[coupon.campaign_id]),
    ):
        others = {name: client for name, client in clients.items() if name != "Operator"}
        assert _may(others, "post", page, title="Changed", name="Changed") == []
    assert Coupon.objects.get().title == "As it was"
    assert Campaign.objects.get().version == 1


@pytest.mark.parametrize(
    ("step", "status", "who"),
    [
        ("submit", CampaignStatus.DRAFT, ["Operator"]),
        ("approve", CampaignStatus.IN_REVIEW, ["Approver"]),
        ("reopen", CampaignStatus.IN_REVIEW, ["Operator"]),
        ("pause", CampaignStatus.APPROVED, ["Operator", "Approver"]),
        ("resume", CampaignStatus.PAUSED, ["Operator", "Approver"]),
        ("archive", CampaignStatus.APPROVED, ["Operator", "Approver"]),
    ],
)
def test_a_campaigns_steps(clients: dict[str, Client], step: str, status: CampaignStatus, who: list[str]) -> None:
    for name, client in clients.items():
        campaign = make_coupon(make_campaign(status=status)).campaign
        answer = client.post(reverse(f"admin:coupons_campaign_{step}", args=[campaign.pk]))
        changed = Campaign.objects.get(pk=campaign.pk).status != status
        assert (answer.status_code, changed) == ((302, True) if name in who else (403, False)), name


def test_two_people_even_where_one_has_both_roles(clients: dict[str, Client]) -> None:
    both = _client("Operator", "Approver")
    campaign = make_coupon(make_campaign(status=CampaignStatus.DRAFT)).campaign
    both.post(reverse("admin:coupons_campaign_submit", args=[campaign.pk]))
    both.post(reverse("admin:coupons_campaign_approve", args=[campaign.pk]))
    assert Campaign.objects.get().status == CampaignStatus.IN_REVIEW
    clients["Approver"].post(reverse("admin:coupons_campaign_approve", args=[campaign.pk]))
    assert Campaign.objects.get().status == CampaignStatus.APPROVED


def test_models_are_trained_and_activated_by_data_scientists(clients: dict[str, Client]) -> None:
    version = make_version(2, VersionStatus.CANDIDATE)
    assert _may(clients, "get", reverse("admin:recommender_trainingrun_train_now")) == ["Data scientist"]
    others = {name: client for name, client in clients.items() if name != "Data scientist"}
    assert _may(others, "post", reverse("admin:recommender_trainingrun_train_now")) == []
    activate = reverse("admin:recommender_modelversion_activate", args=[version.pk])
    assert _may(others, "post", activate, reason="made up") == []
    assert not TrainingRun.objects.exists()
    assert ModelVersion.objects.get().status == VersionStatus.CANDIDATE
    assert _may(clients, "get", activate) == ["Data scientist"]


def test_a_group_that_a_shop_has_changed_stays_so() -> None:
    assert ensure_roles() == list(ROLES)
    operator = Group.objects.get(name="Operator")
    operator.permissions.set(Permission.objects.filter(codename="view_campaign"))
    Group.objects.get(name="Analyst").delete()
    assert ensure_roles() == ["Analyst"]
    assert list(operator.permissions.values_list("codename", flat=True)) == ["view_campaign"]
