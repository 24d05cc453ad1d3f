"""Every list of the admin: it opens, it shows its rows, and its queries do not grow with them."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommender.partitions import ensure_partitions
from tests.made_up_rows import make_row, make_superuser

QUERIES = {
    "auth.group": 5,
    "auth.user": 7,
    "coupons.apikey": 6,
    "coupons.auditentry": 3,
    "coupons.brand": 5,
    "coupons.budget": 6,
    "coupons.campaign": 9,
    "coupons.campaignmember": 3,
    "coupons.category": 6,
    "coupons.channel": 5,
    "coupons.codebatch": 5,
    "coupons.coupon": 4,
    "coupons.couponcode": 3,
    "coupons.coupongrant": 3,
    "coupons.coupontarget": 3,
    "coupons.importrun": 8,
    "coupons.ledgercheck": 3,
    "coupons.place": 6,
    "coupons.product": 3,
    "coupons.redemption": 4,
    "coupons.rejectedrow": 4,
    "coupons.shopper": 4,
    "coupons.stackinggroup": 6,
    "coupons.webhookdelivery": 4,
    "coupons.webhookendpoint": 6,
    "django_celery_beat.crontabschedule": 5,
    "django_celery_beat.intervalschedule": 5,
    "django_celery_beat.periodictask": 5,
    "recommender.behaviorevent": 7,
    "recommender.experiment": 6,
    "recommender.experimentreading": 3,
    "recommender.impression": 4,
    "recommender.modelactivation": 5,
    "recommender.modelversion": 5,
    "recommender.policy": 6,
    "recommender.popularcoupon": 5,
    "recommender.recommendation": 4,
    "recommender.rejectedevent": 4,
    "recommender.slatelog": 3,
    "recommender.trainingrun": 5,
}
"""Queries of each list, with 1 row as with 3: literal, so that a change is seen and thought about."""

WITHOUT_A_LIST = {
    "coupons.Benefit", "coupons.BenefitTier",  # on the coupon's page
    "coupons.RedemptionLine", "coupons.Rollback",  # on the redemption's page
    "coupons.BudgetCounter",  # on the budget's page
    "coupons.BudgetCharge", "coupons.UsageCounter", "coupons.ShopperUsage",  # held against the ledger by its check
    "coupons.IdempotencyKey", "coupons.OutboxEvent", "recommender.EventReceipt",  # plumbing
    "coupons.ShopperIdentity",  # a keyed hash, which says nothing to a reader
    "recommender.TrainingEpoch", "recommender.TrainingReport",  # on the run's page
    "recommender.ShadowCheck",  # on the version's page
    "recommender.PolicyBudget", "recommender.PolicyEstimate", "recommender.PolicyLearning",  # on the policy's page
    "recommender.ChannelUplift", "recommender.ShopperUplift", "recommender.SimulatedChannel",
    "recommender.ExperimentArm",  # on the experiment's page
    "recommender.ShopperInterest",  # on the shopper's page
    "recommender.LiveCandidates", "recommender.LiveCatalog",  # arrays of numbers
    "recommender.Dismissal", "recommender.SurveyInvitation",  # behaviour events
}  # fmt: skip
"""Tables that nobody works in: shown where they belong, or not at all."""

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def _list_url(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def visitor(client: Client, db: None) -> Client:
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=1), last=now)
    client.force_login(make_superuser())
    return client


def test_every_model_of_ours_has_a_list_or_a_reason_for_none() -> None:
    ours = [model for app in ("coupons", "recommender") for model in apps.get_app_config(app).get_models()]
    assert {model._meta.label for model in ours if not admin.site.is_registered(model)} == WITHOUT_A_LIST


def test_every_list_has_its_count_of_queries() -> None:
    assert sorted(QUERIES) == [model._meta.label_lower for model in REGISTERED]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
def test_queries_of_a_list_do_not_grow(visitor: Client, model: type[models.Model]) -> None:
    expected = QUERIES[model._meta.label_lower]
    url = _list_url(model)
    visitor.get(url)  # content types and the like are read once in a process
    make_row(model)
    with CaptureQueriesContext(connection) as one:
        answer = visitor.get(url)
    rows = len(answer.context["cl"].result_list)
    assert rows >= 1
    make_row(model)
    make_row(model)
    with CaptureQueriesContext(connection) as three:
        answer = visitor.get(url)
    assert len(answer.context["cl"].result_list) >= rows + 2
    assert (len(one), len(three)) == (expected, expected), "\n".join(query["sql"] for query in three.captured_queries)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
def test_the_page_of_a_row_opens(visitor: Client, model: type[models.Model]) -> None:
    row = make_row(model)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    answer = visitor.get(reverse(name, args=[quote(row.pk)]))
    assert answer.status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
def test_nobody_without_permission_sees_a_list(client: Client, db: None, model: type[models.Model]) -> None:
    outsider = make_superuser("made-up-outsider")
    outsider.is_superuser = False
    outsider.save()
    client.force_login(outsider)
    assert client.get(_list_url(model)).status_code == 403
