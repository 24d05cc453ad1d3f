"""The report of a training as a PDF: drawn by a worker, kept once a run, served to those who may see runs."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.jobs.report_file import make_report
from recommender.models import TrainingEpoch, TrainingReport, TrainingRun
from tests.made_up_report import made_up_report
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> TrainingRun:
    now = timezone.now()
    run = TrainingRun.objects.create(
        trigger="admin", status="succeeded", report=made_up_report(), started_at=now, finished_at=now
    )
    for epoch in (1, 2, 3):
        TrainingEpoch.objects.create(
            run=run, estimator="interest", epoch=epoch, epochs=3, loss=1 / epoch, val_loss=2 / epoch, seconds=1
        )
    return run


def test_a_report_has_two_pages_and_is_kept_once(run: TrainingRun, client: Client) -> None:
    report = make_report(run_id=run.pk)
    assert report is not None
    content = bytes(report.pdf)
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page ") == 2
    make_report(run_id=run.pk)
    assert TrainingReport.objects.count() == 1
    client.force_login(make_superuser())
    answer = client.get(reverse("admin:recommender_trainingrun_pdf", args=[run.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="run-{run.pk}-report.pdf"'
    assert answer.content == bytes(TrainingReport.objects.get().pdf)


def test_a_report_with_almost_nothing_is_drawn_all_the_same(run: TrainingRun) -> None:
    TrainingRun.objects.update(report={"test": {"systems": {}, "curves": {}}})
    TrainingEpoch.objects.all().delete()
    report = make_report(run_id=run.pk)
    assert report is not None
    assert bytes(report.pdf).startswith(b"%PDF-")


def test_a_run_without_a_report_gets_none(run: TrainingRun) -> None:
    TrainingRun.objects.update(report={})
    assert make_report(run_id=run.pk) is None
    assert make_report(run_id=run.pk + 1) is None


def test_what_is_not_drawn_yet_is_asked_for(run: TrainingRun, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("recommender.tasks.make_training_report.delay", asked.append)
    client.force_login(make_superuser())
    answer = client.get(reverse("admin:recommender_trainingrun_pdf", args=[run.pk]), follow=True)
    assert "The report is being drawn." in answer.content.decode()
    assert asked == [run.pk]


def test_an_outsider_gets_no_report(run: TrainingRun, client: Client) -> None:
    make_report(run_id=run.pk)
    client.force_login(User.objects.create(username="made-up-outsider", password="!", is_staff=True))
    assert client.get(reverse("admin:recommender_trainingrun_pdf", args=[run.pk])).status_code == 403
