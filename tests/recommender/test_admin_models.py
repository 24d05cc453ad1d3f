"""Model versions in the admin: metrics beside the live one's, activation and rollback, and who may not."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from recommender.admin.measures import comparison, estimates, evaluation_table
from recommender.enums import VersionStatus
from recommender.models import ModelActivation, ModelVersion, TrainingRun
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_version

COMPARE = "/admin/recommender/modelversion/compare/"
ROLL_BACK = "/admin/recommender/modelversion/roll-back/"


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_superuser())
    return client


def _activate_url(version: ModelVersion) -> str:
    return reverse("admin:recommender_modelversion_activate", args=[version.pk])


def _live() -> list[int]:
    return list(ModelVersion.objects.filter(status=VersionStatus.LIVE).values_list("number", flat=True))


def test_activate_and_roll_back(staff: Client) -> None:
    one, two = make_version(1, VersionStatus.CANDIDATE), make_version(2, VersionStatus.CANDIDATE)
    staff.post(_activate_url(one), {"reason": "first"})
    staff.post(_activate_url(two), {"reason": "made up to be better"})
    assert _live() == [2]
    assert ROLL_BACK in staff.get(reverse("admin:recommender_modelversion_change", args=[two.pk])).content.decode()
    staff.post(ROLL_BACK, {"reason": "made up complaint"})
    assert _live() == [1]
    log = ModelActivation.objects.order_by("id").values_list("version__number", "actor__username", "reason")
    assert list(log) == [
        (1, "made-up-admin", "first"),
        (2, "made-up-admin", "made up to be better"),
        (1, "made-up-admin", "made up complaint"),
    ]


def test_looking_and_an_empty_reason_change_nothing(staff: Client) -> None:
    version = make_version(1, VersionStatus.CANDIDATE)
    assert staff.get(_activate_url(version)).status_code == 200
    assert staff.post(_activate_url(version), {"reason": ""}).status_code == 200
    assert (_live(), ModelActivation.objects.count()) == ([], 0)


def test_rolling_back_without_a_former_model_says_so(staff: Client) -> None:
    make_version(1)
    answer = staff.post(ROLL_BACK, {"reason": "x"}, follow=True)
    assert "No model was live before; nothing was changed." in answer.content.decode()
    assert _live() == [1]


def test_who_may_only_look_changes_nothing(client: Client, db: None) -> None:
    user = User.objects.create(username="made-up-outsider", password="!", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client.force_login(user)
    version = make_version(1, VersionStatus.CANDIDATE)
    assert client.post(_activate_url(version), {"reason": "x"}).status_code == 403
    assert client.post(ROLL_BACK, {"reason": "x"}).status_code == 403
    page = client.get(reverse("admin:recommender_modelversion_change", args=[version.pk]))
    assert page.status_code == 200
    assert _activate_url(version) not in page.content.decode()
    assert (_live(), ModelActivation.objects.count()) == ([], 0)


def test_estimates_read_a_report() -> None:
    read = estimates({"auc": 0.9, "ndcg": 0.5, "lists": 3, "intervals": {"ndcg": [0.4, 0.6]}, "confusion": {}})
    assert (read["auc"].value, read["auc"].low) == (0.9, None)
    assert (read["ndcg_10"].value, read["ndcg_10"].low, read["ndcg_10"].high) == (0.5, 0.4, 0.6)


def test_better_only_where_the_interval_leaves_the_live_value_out() -> None:
    live = estimates({"auc": 0.90, "ndcg": 0.50, "ece": 0.02, "pr_auc": 0.1})
    candidate = estimates(
        {
            "auc": 0.93,
            "ndcg": 0.52,
            "ece": 0.05,
            "pr_auc": 0.3,
            "intervals": {"auc": [0.91, 0.95], "ndcg": [0.49, 0.55], "ece": [0.04, 0.06]},
        }
    )
    rows = {row.label: (row.verdict, row.tone, row.change) for row in comparison(candidate, live)}
    assert rows == {
        "ROC AUC": ("Better", "ok", "+0.0300"),
        "PR-AUC": ("No clear change", "plain", "+0.200"),  # no interval, no verdict
        "NDCG@10": ("No clear change", "plain", "+0.0200"),
        "Calibration error": ("Worse", "warn", "+0.0300"),  # lower is better
    }


def test_the_stack_leads_the_table_and_popularity_closes_it() -> None:
    report = {"test": {"systems": {"popularity": {"ndcg": 0.9}, "als": {"ndcg": 0.2}, "stack": {"ndcg": 0.5}}}}
    columns, rows = evaluation_table(report)
    assert [label for label, _ in columns] == ["NDCG@10"]
    assert [row.system for row in rows] == ["stack", "als", "popularity"]


def test_recall_of_a_report_and_of_a_version_mean_what_they_mean() -> None:
    report = estimates({"recall": 0.7, "recall_at_threshold": 0.2, "intervals": {"recall": [0.6, 0.8]}})
    version = estimates({"recall_10": {"value": 0.7, "low": 0.6, "high": 0.8}, "recall": 0.2})
    assert report == version
    assert (report["recall_10"].value, report["recall_10"].low, report["recall"].value) == (0.7, 0.6, 0.2)


def _judged(number: int, low: float, high: float, **report: Any) -> ModelVersion:
    """A made-up candidate whose training judged it beside v1."""
    run = TrainingRun.objects.create(
        trigger="admin",
        status="succeeded",
        report={
            "comparison": {
                "live": "v1",
                "measures": {"ndcg_10": {"live": 0.5, "candidate": 0.5 + low, "low": low, "high": high}},
            },
            **report,
        },
    )
    return ModelVersion.objects.create(number=number, run=run, path=f"v{number:04}", manifest_sha256="0" * 64)


def test_a_version_that_fails_a_gate_does_not_go_live(staff: Client) -> None:
    make_version(1)
    worse = _judged(2, -0.2, -0.1)
    page = staff.get(_activate_url(worse))
    assert [(gate.state, gate.name) for gate in page.context["gates"]] == [
        ("warn", "Better than showing what is popular"),
        ("bad", "Not worse than the live model on the same test"),
        ("warn", "Its files are there"),
        ("ok", "Recommendations are computed"),
    ]
    staff.post(_activate_url(worse), {"reason": "made up"})
    assert (_live(), ModelActivation.objects.count()) == ([1], 0)
    staff.post(_activate_url(_judged(3, -0.01, 0.05)), {"reason": "made up"})
    assert _live() == [3]


def test_two_versions_are_compared_on_the_same_pairs_or_with_a_warning(staff: Client) -> None:
    one, two = make_version(1), _judged(2, 0.1, 0.2)
    page = staff.get(COMPARE, {"one": two.pk, "other": one.pk}).context
    assert [(row.live, row.candidate, row.verdict) for row in page["judged"].rows] == [("0.500", "0.600", "Better")]
    turned = staff.get(COMPARE, {"one": one.pk, "other": two.pk}).context
    assert [(row.live, row.candidate, row.verdict) for row in turned["judged"].rows] == [("0.600", "0.500", "Worse")]
    three = make_version(3, VersionStatus.CANDIDATE)
    ModelVersion.objects.filter(pk__in=[one.pk, three.pk]).update(metrics={"stack": {"auc": 0.9}})
    other = staff.get(COMPARE, {"one": three.pk, "other": one.pk}).context["judged"]
    assert other.verdict == ("warn", "info", "Different test sets")


def test_comparing_one_model_asks_for_another(staff: Client) -> None:
    make_version(1)
    assert "Two different models are needed" in staff.get(COMPARE).content.decode()
