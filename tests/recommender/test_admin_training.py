"""Training in the admin: the form of settings, the run's page and its poll, stopping; each with an outsider."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.admin.run_page import split_estimator
from recommender.admin.train_form import TrainForm
from recommender.config import TrainingConfig
from recommender.enums import RunStatus
from recommender.models import ModelVersion, TrainingEpoch, TrainingRun
from tests.made_up_report import made_up_report
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_version

TRAIN = "/admin/recommender/trainingrun/train/"


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def outsider(client: Client, db: None) -> Client:
    """Staff who may look at runs and models, and change nothing."""
    user = User.objects.create(username="made-up-outsider", password="!", is_staff=True)
    looks = Permission.objects.filter(codename__in=["view_trainingrun", "view_modelversion"])
    user.user_permissions.set(looks)
    client.force_login(user)
    return client


def _untouched() -> dict[str, Any]:
    """What a browser sends when nothing was changed: unchecked boxes are absent."""
    form = TrainForm()
    values = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in values.items() if value is not None and value is not False}
    return {name: "on" if value is True else value for name, value in kept.items()}


def _run(**fields: Any) -> TrainingRun:
    now = timezone.now()
    defaults = {
        "status": RunStatus.RUNNING,
        "trigger": "admin",
        "started_at": now - timedelta(seconds=65),
        "heartbeat_at": now,
        "stages": [
            {"name": "cleaning", "status": "done", "seconds": 12.0},
            {"name": "interest", "status": "running"},
            {"name": "evaluation", "status": "waiting"},
        ],
    }
    return TrainingRun.objects.create(**{**defaults, **fields})


def test_the_form_has_every_setting_once() -> None:
    names = [info.name.replace(".", "__") for info in TrainingConfig.describe()]
    form = TrainForm()
    assert list(form.fields) == names
    assert [bound.name for stage in form.stages() for bound, _ in stage.fields] == names
    assert all(form.fields[name].help_text for name in names)


def test_defaults_make_an_empty_config() -> None:
    form = TrainForm(_untouched())
    assert form.is_valid(), form.errors
    assert form.overrides == {}


def test_only_what_differs_is_kept(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.tasks.retrain.delay", lambda _run_id: None)
    answer = staff.post(TRAIN, {**_untouched(), "seed": "7", "interest__epochs": "3", "features__backend": "spark"})
    run = TrainingRun.objects.get()
    assert answer.url == reverse("admin:recommender_trainingrun_change", args=[run.pk])  # type: ignore[attr-defined]
    assert run.config == {"seed": 7, "interest": {"epochs": 3}, "features": {"backend": "spark"}}
    assert (run.status, run.trigger, run.requested_by.username) == ("queued", "admin", "made-up-admin")  # type: ignore[union-attr]


def test_a_setting_out_of_range_queues_nothing(staff: Client) -> None:
    answer = staff.post(TRAIN, {**_untouched(), "interest__dropout": "7"})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["interest__dropout"]
    assert TrainingRun.objects.count() == 0


def test_who_may_only_look_queues_and_stops_nothing(outsider: Client) -> None:
    run = _run()
    assert outsider.get(TRAIN).status_code == 403
    assert outsider.post(TRAIN, _untouched()).status_code == 403
    stop = reverse("admin:recommender_trainingrun_stop", args=[run.pk])
    assert outsider.post(stop).status_code == 403
    page = outsider.get(reverse("admin:recommender_trainingrun_change", args=[run.pk])).content.decode()
    assert stop not in page
    assert list(TrainingRun.objects.values_list("pk", "cancel_requested")) == [(run.pk, False)]


def test_stopping_asks_first(staff: Client) -> None:
    run = _run()
    stop = reverse("admin:recommender_trainingrun_stop", args=[run.pk])
    assert staff.get(stop).status_code == 200
    assert not TrainingRun.objects.get().cancel_requested
    assert staff.post(stop).status_code == 302
    assert TrainingRun.objects.get().cancel_requested


def _epoch(run: TrainingRun, number: int) -> TrainingEpoch:
    return TrainingEpoch.objects.create(
        run=run, estimator="interest", epoch=number, epochs=4, loss=1 / number, val_loss=2 / number, seconds=1
    )


def test_a_poll_brings_only_new_points(staff: Client) -> None:
    run = _run()
    first = _epoch(run, 1)
    url = reverse("admin:recommender_trainingrun_progress", args=[run.pk])
    answer = staff.get(url).json()
    assert answer["epochs"] == [["interest", "Interest model (RNN)", "", 1, 4, 1.0, 2.0]]
    assert answer["cursor"] == first.pk
    second = _epoch(run, 2)
    answer = staff.get(url, {"after": first.pk}).json()
    assert [point[3:] for point in answer["epochs"]] == [[2, 4, 0.5, 1.0]]
    assert answer["cursor"] == second.pk
    assert [stage["state"] for stage in answer["stages"]] == ["done", "now", ""]
    assert (answer["status"], answer["ended"], answer["percent"]) == ("running", False, 50)


def test_a_poll_is_small_and_asks_little(staff: Client, django_assert_num_queries: Any) -> None:
    run = _run(log="made-up line\n" * 1000)
    for number in range(1, 60):
        last = _epoch(run, number)
    url = reverse("admin:recommender_trainingrun_progress", args=[run.pk])
    with django_assert_num_queries(6):  # session, user, run, new points, newest point, earlier run
        answer = staff.get(url, {"after": last.pk})
    assert len(answer.content) < 2048
    assert len(staff.get(url, {"after": 0}).json()["epochs"]) == 20  # the rest comes with the next polls


def test_a_poll_goes_on_with_the_log(staff: Client) -> None:
    run = _run(log="first\nsecond\nthird")
    url = reverse("admin:recommender_trainingrun_progress", args=[run.pk])
    answer = staff.get(url, {"log": 5}).json()
    assert (answer["log"], answer["log_cursor"]) == ("\nsecond\nthird", 18)
    assert staff.get(url, {"log": 18}).json()["log"] == ""


def test_silence_is_said(staff: Client) -> None:
    run = _run(heartbeat_at=timezone.now() - timedelta(seconds=45))
    url = reverse("admin:recommender_trainingrun_progress", args=[run.pk])
    assert re.fullmatch(r"No news for (4[5-9]|5\d) s. The worker may be busy\.", staff.get(url).json()["silence"])


def test_the_stage_that_ran_when_a_run_failed_is_the_one_that_failed(staff: Client) -> None:
    run = _run(status=RunStatus.FAILED, error="made up: out of memory", finished_at=timezone.now())
    answer = staff.get(reverse("admin:recommender_trainingrun_change", args=[run.pk]))
    assert [stage["state"] for stage in answer.context["state"]["stages"]] == ["done", "failed", ""]
    assert "made up: out of memory" in answer.content.decode()


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("als", ("als", "")),
        ("interest #2", ("interest", "#2")),
        ("fusion literal tuning", ("fusion literal", "tuned")),
        ("boosting refit #3", ("boosting", "on everything #3")),
    ],
)
def test_an_estimator_is_told_from_its_fits(stored: str, expected: tuple[str, str]) -> None:
    assert split_estimator(stored) == expected


def test_a_finished_run_shows_all_that_its_report_holds(staff: Client) -> None:
    run = _run(status=RunStatus.SUCCEEDED, finished_at=timezone.now(), report=made_up_report())
    make_version(1)
    ModelVersion.objects.create(number=2, run=run, path="v0002", manifest_sha256="0" * 64)
    page = staff.get(reverse("admin:recommender_trainingrun_change", args=[run.pk])).context
    assert [(row.label, row.live, row.candidate, row.verdict) for row in page["judged"].rows] == [
        ("ROC AUC", "0.880", "0.900", "Better"),
        ("NDCG@10", "0.490", "0.500", "No clear change"),
        ("Log loss", "0.0700", "0.0800", "Worse"),
        ("Coverage", "60.0%", "70.0%", "No clear change"),
    ]
    assert page["judged"].verdict == ("warn", "trending_down", "Worse on 1 of 4")
    cut = page["cut_off"]
    assert (cut["threshold"], cut["hundred"], cut["data"]["positives"], cut["data"]["negatives"]) == (
        "0.2000", 50, 200, 9800,
    )  # fmt: skip
    assert cut["data"]["points"][cut["start"]] == [0.2, 60, 60]
    assert [chart.id for chart in page["charts"]] == ["chart-roc", "chart-reliability", "chart-pr"]
    assert [name for name, _colour, _dashed in page["charts"][0].legend] == [
        "Stack (what is served)", "Live model", "Chance",
    ]  # fmt: skip
    assert [(row.name, row.width) for row in page["importances"]][:2] == [
        ("product_trips", "100.0"),
        ("interest_score", "62.5"),
    ]


def test_a_failed_run_says_the_likely_cause_and_the_last_lines(staff: Client) -> None:
    log = "\n".join(f"line {number}" for number in range(1, 41))
    run = _run(status=RunStatus.FAILED, error="MemoryError: made up", log=log, finished_at=timezone.now())
    page = staff.get(reverse("admin:recommender_trainingrun_change", args=[run.pk]))
    assert page.context["cause"].startswith("The worker ran out of memory.")
    assert page.context["last_lines"].splitlines() == [f"line {number}" for number in range(21, 41)]
    assert "The live model is not affected." in page.content.decode()


def test_the_remaining_time_comes_from_the_last_run_that_ended_well(staff: Client) -> None:
    stages = [{"name": name, "status": "done", "seconds": 300.0} for name in ("cleaning", "interest")]
    _run(status=RunStatus.SUCCEEDED, stages=stages, finished_at=timezone.now())
    run = _run(stages=[{**stages[0], "status": "done"}, {"name": "interest", "status": "running"}])
    url = reverse("admin:recommender_trainingrun_progress", args=[run.pk])
    assert (staff.get(url).json()["percent"], staff.get(url).json()["left"]) == (50, "about 5 m left")


def test_training_again_starts_from_the_settings_of_that_run(staff: Client) -> None:
    run = _run(config={"seed": 7, "interest": {"epochs": 3}})
    form = staff.get(TRAIN, {"like": run.pk}).context["form"]
    assert (form["seed"].value(), form["interest__epochs"].value()) == (7, 3)
