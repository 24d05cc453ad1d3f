"""Default periodic tasks: made once, then the operator's."""

import pytest
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from couponsite.celery import app
from couponsite.schedule import PLANS, ensure_periodic_tasks


@pytest.mark.django_db
def test_defaults_are_made_once_and_edits_stay() -> None:
    assert ensure_periodic_tasks(timezone="UTC") == [plan.name for plan in PLANS]
    nightly = PeriodicTask.objects.get(name="Nightly training")
    assert (nightly.task, nightly.queue, str(nightly.crontab.hour), nightly.enabled) == (
        "recommender.tasks.retrain",
        "train",
        "3",
        True,
    )
    PeriodicTask.objects.filter(pk=nightly.pk).update(enabled=False)
    assert ensure_periodic_tasks(timezone="UTC") == []
    assert PeriodicTask.objects.get(pk=nightly.pk).enabled is False
    assert PeriodicTask.objects.count() == len(PLANS)


def test_every_planned_task_exists() -> None:
    app.loader.import_default_modules()
    assert {plan.task for plan in PLANS} <= set(app.tasks)


def test_no_task_is_planned_twice() -> None:
    tasks = [plan.task for plan in PLANS]
    assert sorted(tasks) == sorted(set(tasks))


@pytest.mark.django_db
def test_prepare_site_can_be_run_again() -> None:
    call_command("prepare_site")
    before = list(PeriodicTask.objects.values_list("pk", flat=True))
    call_command("prepare_site")
    assert list(PeriodicTask.objects.values_list("pk", flat=True)) == before
