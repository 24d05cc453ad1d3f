"""The report of a training by e-mail: asked for on the run's page or by the schedule, sent by a worker, once."""

import json
import sys
from collections.abc import Iterator
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from couponsite.schedule import ensure_periodic_tasks
from recommender import tasks
from recommender.jobs.report_mail import mail_report
from recommender.models import ModelVersion, TrainingReport, TrainingRun
from recommender.services.report_mail import NOWHERE, clean_recipients
from tests.made_up_report import made_up_report
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_version
from tests.mail_server import Mailbox, mail_server

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4 made up"
TO = ["one@shop.example", "two@shop.example"]


@pytest.fixture
def run() -> TrainingRun:
    cache.clear()
    now = timezone.now()
    made = TrainingRun.objects.create(
        trigger="admin", status="succeeded", report=made_up_report(), started_at=now, finished_at=now
    )
    TrainingReport.objects.create(run=made, pdf=PDF, made_at=now)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was put on the queue, instead of a worker."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks.mail_training_report, "delay", lambda *arguments: calls.append(arguments))
    return calls


def _page(run: TrainingRun) -> str:
    return reverse("admin:recommender_trainingrun_mail", args=[run.pk])


def test_everybody_gets_a_letter_of_their_own_and_only_one(run: TrainingRun) -> None:
    link = "https://shop.example/run/1"
    assert mail_report(run_id=run.pk, recipients=TO, link=link, request_id="made-up") is True
    assert mail_report(run_id=run.pk, recipients=TO, link=link, request_id="made-up") is False
    assert [letter.to for letter in mail.outbox] == [[TO[0]], [TO[1]]]
    letter = mail.outbox[0]
    assert letter.subject == f"Training run {run.pk}: Finished"
    assert letter.body == f"The report of training run {run.pk} is attached.\n\n{link}"
    assert letter.attachments == [(f"run-{run.pk}-report.pdf", PDF, "application/pdf")]


def test_after_a_refusal_only_those_without_a_letter_are_written_to(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = mail.EmailMessage.send

    def refuses_the_second(letter: mail.EmailMessage, fail_silently: bool = False) -> int:
        if letter.to == [TO[1]]:
            raise SMTPServerDisconnected("made up")
        return send(letter, fail_silently)

    monkeypatch.setattr(mail.EmailMessage, "send", refuses_the_second)
    with pytest.raises(SMTPServerDisconnected):
        mail_report(run_id=run.pk, recipients=TO, link="", request_id="made-up")
    monkeypatch.undo()
    mail_report(run_id=run.pk, recipients=TO, link="", request_id="made-up")
    assert [letter.to for letter in mail.outbox] == [[TO[0]], [TO[1]]]


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server of this machine, and the site set up for it."""
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", box.port, False
        settings.DEFAULT_FROM_EMAIL = "Corner Market <coupons@shop.example>"
        yield box


def test_over_the_wire_each_gets_the_report_and_no_other_address(run: TrainingRun, mailbox: Mailbox) -> None:
    ModelVersion.objects.filter(pk=make_version(3).pk).update(run=run, verdict={"code": "first"})
    link = "https://shop.example/run/1"
    assert mail_report(run_id=run.pk, recipients=TO, link=link, request_id="made-up") is True
    assert [(letter.sender, letter.recipients) for letter in mailbox.letters] == [
        ("coupons@shop.example", [TO[0]]),
        ("coupons@shop.example", [TO[1]]),
    ]
    message = mailbox.letters[0].message
    assert message["From"] == "Corner Market <coupons@shop.example>"
    assert message["To"] == TO[0]
    assert TO[1] not in message.as_string()
    assert message["Subject"] == f"Training run {run.pk}: Finished"
    assert message["Message-ID"] != mailbox.letters[1].message["Message-ID"]
    body, report = message.iter_parts()
    assert body.get_content_type() == "text/plain"
    assert body.get_content().splitlines()[::2] == [
        f"The report of training run {run.pk} is attached.",
        "Model v3 is Live.",
        "Activated: no model was live.",
        link,
    ]
    assert (report.get_content_type(), report.get_filename()) == ("application/pdf", f"run-{run.pk}-report.pdf")
    assert report.get_content() == PDF


def test_over_the_wire_the_letter_is_in_the_sites_language(run: TrainingRun, mailbox: Mailbox, settings: Any) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    mail_report(run_id=run.pk, recipients=TO[:1], link="", request_id="made-up")
    message = mailbox.letters[0].message
    assert message["Subject"] == f"第 {run.pk} 次训练：已完成"
    body, _report = message.iter_parts()
    assert body.get_content() == f"附件是第 {run.pk} 次训练的报告。"


def test_whom_the_mail_server_refuses_is_tried_again_alone(run: TrainingRun, mailbox: Mailbox) -> None:
    mailbox.refused = {TO[1]}
    for _attempt in range(2):
        with pytest.raises(SMTPRecipientsRefused):
            mail_report(run_id=run.pk, recipients=TO, link="", request_id="made-up")
    mailbox.refused = set()
    assert mail_report(run_id=run.pk, recipients=TO, link="", request_id="made-up") is True
    assert [letter.recipients for letter in mailbox.letters] == [[TO[0]], [TO[1]]]


def test_a_run_without_a_report_sends_nothing(run: TrainingRun) -> None:
    TrainingReport.objects.all().delete()
    TrainingRun.objects.update(report={})
    assert mail_report(run_id=run.pk, recipients=TO, link="", request_id="made-up") is False
    assert mail.outbox == []


def test_the_button_asks_a_worker(run: TrainingRun, client: Client, asked: list[tuple[object, ...]]) -> None:
    client.force_login(make_superuser())
    assert _page(run) in client.get(reverse("admin:recommender_trainingrun_change", args=[run.pk])).content.decode()
    answer = client.post(_page(run), {"recipients": f"{TO[0]}, {TO[1]};{TO[0]}"})
    assert answer.status_code == 302
    [(run_id, addresses, link, _)] = asked
    assert (run_id, addresses) == (run.pk, TO)
    assert link == f"http://testserver/admin/recommender/trainingrun/{run.pk}/change/"


def test_a_wrong_address_is_named_and_nothing_asked(
    run: TrainingRun, client: Client, asked: list[tuple[object, ...]]
) -> None:
    client.force_login(make_superuser())
    answer = client.post(_page(run), {"recipients": f"{TO[0]}, nobody"})
    assert "nobody is not an e-mail address" in answer.content.decode()
    assert asked == []
    with pytest.raises(ValidationError, match="At most 20 addresses"):
        clean_recipients(f"{number}@shop.example" for number in range(21))


def test_without_a_mail_server_the_page_says_so(
    run: TrainingRun, client: Client, asked: list[tuple[object, ...]], settings: Any
) -> None:
    settings.EMAIL_BACKEND = NOWHERE
    client.force_login(make_superuser())
    answer = client.post(_page(run), {"recipients": TO[0]})
    assert "No mail server is set up" in answer.content.decode()
    assert asked == []


def test_who_may_not_train_sends_nothing(run: TrainingRun, client: Client, asked: list[tuple[object, ...]]) -> None:
    outsider = User.objects.create(username="made-up-reader", password="!", is_staff=True)
    outsider.user_permissions.set(Permission.objects.filter(codename="view_trainingrun"))
    client.force_login(outsider)
    page = client.get(reverse("admin:recommender_trainingrun_change", args=[run.pk]))
    assert page.status_code == 200
    assert _page(run) not in page.content.decode()
    assert client.post(_page(run), {"recipients": TO[0]}).status_code == 403
    assert asked == []


def test_a_schedule_keeps_who_is_told(client: Client) -> None:
    ensure_periodic_tasks(timezone="UTC")
    client.force_login(make_superuser())
    task = PeriodicTask.objects.get(name="Nightly training")
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    answer = client.post(page, _schedule(task, report_to=", ".join(TO)))
    assert answer.status_code == 302, answer.context["errors"]
    task.refresh_from_db()
    assert json.loads(task.kwargs) == {"report_to": TO}
    assert client.get(page).context["adminform"].form["report_to"].value() == ", ".join(TO)
    client.post(page, _schedule(task, report_to="", kwargs=task.kwargs))
    task.refresh_from_db()
    assert json.loads(task.kwargs) == {}


def test_only_a_training_has_a_report(client: Client) -> None:
    ensure_periodic_tasks(timezone="UTC")
    client.force_login(make_superuser())
    task = PeriodicTask.objects.get(name="Budget pace")
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    answer = client.post(page, _schedule(task, report_to=TO[0]))
    assert answer.context["adminform"].form.errors == {"report_to": ["Only a training has a report"]}
    task.refresh_from_db()
    assert json.loads(task.kwargs) == {}


def test_the_schedules_training_asks_for_the_letters(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[object, ...]]
) -> None:
    training = SimpleNamespace(run_training=lambda _run: None)  # the real one loads a learning library
    monkeypatch.setitem(sys.modules, "recommender.jobs.training", training)
    monkeypatch.setattr(tasks.make_training_report, "delay", lambda _run: None)
    tasks.retrain(run.pk, report_to=TO)
    assert [call[:3] for call in asked] == [(run.pk, TO, "")]


def _schedule(task: PeriodicTask, **changed: str) -> dict[str, str]:
    """What a browser sends of the schedule's form."""
    form = {
        "name": task.name, "task": task.task, "enabled": "on", "crontab": str(task.crontab_id), "args": "[]",
        "kwargs": "{}", "queue": task.queue or "", "headers": "{}", "description": task.description,
    }  # fmt: skip
    return {**form, **changed}
