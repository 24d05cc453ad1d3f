"""The life of a training run in its table: claimed by one worker, alive while it says so, ended once."""

import logging
import os
import socket
from datetime import datetime, timedelta
from typing import Any

import psutil
from django.db import IntegrityError, transaction

from recommender.enums import RunStatus
from recommender.models import TrainingRun

logger = logging.getLogger(__name__)

SILENCE_UNTIL_DEAD = timedelta(seconds=60)
_ERROR_LENGTH = 2000


class TrainingBusyError(RuntimeError):
    """Another training is running; this one stays queued."""


def this_worker() -> str:
    """The calling process as it is kept in TrainingRun.worker."""
    return f"{os.getpid()}@{socket.gethostname()}"


def claim_run(*, run_id: int, now: datetime) -> TrainingRun | None:
    """Take a queued run for this process; None where it is not queued (any more), so a task may come twice.

    The table allows one running run: TrainingBusyError where another one lives. One whose worker is dead is
    reaped first.
    """
    reap_dead_runs(now=now)
    try:
        with transaction.atomic():
            claimed = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
                status=RunStatus.RUNNING, worker=this_worker(), started_at=now, heartbeat_at=now
            )
    except IntegrityError:
        raise TrainingBusyError("another training is running") from None
    return TrainingRun.objects.get(pk=run_id) if claimed else None


def beat_run(*, run_id: int, now: datetime) -> bool | None:
    """Say that the run lives. True: it was called off; False: go on; None: it is not running any more."""
    if not TrainingRun.objects.filter(pk=run_id, status=RunStatus.RUNNING).update(heartbeat_at=now):
        return None
    return TrainingRun.objects.values_list("cancel_requested", flat=True).get(pk=run_id)


def end_run(*, run_id: int, status: RunStatus, now: datetime, error: str = "", **fields: Any) -> bool:
    """End a running run; False where it had ended already, in which case nothing is changed."""
    ended = TrainingRun.objects.filter(pk=run_id, status=RunStatus.RUNNING).update(
        status=status, finished_at=now, error=error[:_ERROR_LENGTH], **fields
    )
    return bool(ended)


def reap_dead_runs(*, now: datetime) -> list[int]:
    """Mark running runs whose worker is gone as failed, which frees the lock; ids of those.

    Gone means: no sign of life for SILENCE_UNTIL_DEAD, or the process of this machine does not exist any more.
    """
    reaped = []
    for run in TrainingRun.objects.filter(status=RunStatus.RUNNING):
        if not is_dead(run, now):
            continue
        last = f"{run.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC" if run.heartbeat_at else "its start"
        died = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING, heartbeat_at=run.heartbeat_at)
        error = f"The worker died ({run.worker}): no sign of life since {last}."
        if died.update(status=RunStatus.FAILED, finished_at=now, error=error):
            logger.warning("Training run %s: %s", run.pk, error)
            reaped.append(run.pk)
    return reaped


def is_dead(run: TrainingRun, now: datetime) -> bool:
    """Whether nobody works on a running run any more."""
    if run.heartbeat_at is None or now - run.heartbeat_at > SILENCE_UNTIL_DEAD:
        return True
    pid, _, host = run.worker.partition("@")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        process = psutil.Process(int(pid))
        # a later process with the same number is another one
        return process.status() == psutil.STATUS_ZOMBIE or bool(
            run.started_at and process.create_time() > run.started_at.timestamp() + 1
        )
    except psutil.NoSuchProcess:
        return True
