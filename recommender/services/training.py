"""Asking for a training, and calling one off. The training itself is in recommender.jobs, on a worker."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from recommender.config import TrainingConfig
from recommender.enums import RunStatus, RunTrigger
from recommender.models import TrainingRun
from recommender.services.runs import reap_dead_runs

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


class QueueUnreachableError(RuntimeError):
    """The run could not be handed to a worker because Redis does not answer."""


def request_training(
    *,
    config: Mapping[str, Any] | None = None,
    requested_by: "User | None" = None,
    trigger: RunTrigger,
    enqueue: bool = True,
) -> TrainingRun:
    """Queue a run with the settings that differ from the defaults; a worker begins it after the commit.

    Raises SettingError (recommender.config) naming a setting that is unknown or out of range.
    """
    overrides = dict(config or {})
    TrainingConfig.from_dict(overrides)
    run = TrainingRun.objects.create(config=overrides, requested_by=requested_by, trigger=trigger)
    if enqueue:
        transaction.on_commit(lambda: _enqueue(run))
    return run


def request_scheduled_training(*, now: datetime) -> int | None:
    """The id of the run that the schedule's call works on; None where one runs already.

    A run that waits is taken instead of a new one: the message that should have started it may have been lost.
    """
    reap_dead_runs(now=now)
    if TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
        logger.info("No training for the schedule: one is running")
        return None
    waiting = TrainingRun.objects.filter(status=RunStatus.QUEUED).order_by("id").first()
    return (waiting or request_training(trigger=RunTrigger.SCHEDULE, enqueue=False)).pk


def _enqueue(run: TrainingRun) -> None:
    """A run that no worker will ever hear of must not look queued."""
    from recommender import tasks

    try:
        tasks.retrain.delay(run.pk)
    except (BrokerError, OSError) as error:
        logger.exception("Training run %s could not be queued", run.pk)
        TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED).update(
            status=RunStatus.FAILED,
            finished_at=timezone.now(),
            error=f"The task queue (Redis) did not answer, so no worker could be asked: {error}",
        )


def cancel_training(*, run: TrainingRun, now: datetime) -> RunStatus:
    """Call a run off: a queued one ends here, a running one after its present epoch. The run's status after that."""
    ended = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED).update(
        status=RunStatus.CANCELLED, cancel_requested=True, finished_at=now
    )
    if not ended:
        TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(cancel_requested=True)
    run.refresh_from_db()
    return RunStatus(run.status)


def request_report(*, run_id: int) -> bool:
    """Have a worker draw the run's report; False where the queue does not answer."""
    from recommender import tasks

    try:
        tasks.make_training_report.delay(run_id)
    except (BrokerError, OSError):
        logger.exception("The report of training run %s could not be asked for", run_id)
        return False
    return True
