"""A real Celery worker on the real broker: it trains, and it may be killed at any moment."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from coupons.models import Shopper
from recommender import tasks
from recommender.enums import RunStatus, RunTrigger, VersionStatus
from recommender.jobs import precompute
from recommender.models import ModelVersion, PopularCoupon, Recommendation, TrainingEpoch, TrainingRun
from recommender.services import request_training
from recommender.services.runs import reap_dead_runs
from tests.made_up_database import SMALL, load_made_up_journey
from tests.made_up_shop import make_version

pytestmark = pytest.mark.slow

ENDED = {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED}
SHORT = {**SMALL, "split": {"refit": False}}
LONG = {**SMALL, "interest": {"epochs": 1000, "patience": 1000, "hidden_size": 8, "embedding_size": 8}}


def wait_for(what: str, happened: Callable[[], bool], worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen:\n{log.read_text()[-4000:]}"
        time.sleep(0.1)


def status_of(run: TrainingRun) -> str:
    return TrainingRun.objects.values_list("status", flat=True).get(pk=run.pk)


def children(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(worker.pid).children(recursive=True)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def test_it_trains_and_a_shard_that_was_killed_is_computed_by_the_next(
    celery_worker_process: subprocess.Popen[bytes], tmp_path: Path, log: Path
) -> None:
    worker = celery_worker_process
    load_made_up_journey(tmp_path)
    run = request_training(config=SHORT, trigger=RunTrigger.ADMIN)
    wait_for("the end of the training", lambda: status_of(run) in ENDED, worker, log)
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.SUCCEEDED, "")
    version = ModelVersion.objects.get()
    assert (version.status, version.run) == (VersionStatus.LIVE, run)

    everybody = set(Shopper.objects.values_list("pk", flat=True))
    before = slates()
    Recommendation.objects.all().delete()
    PopularCoupon.objects.all().delete()
    (first_id, _last_id), *_ = precompute.shard_ranges()
    key: tuple[int, str] = (precompute._LOCK_CLASS, f"{version.pk}:{first_id}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", key)
        tasks.precompute.delay()
        wait_for("a worker at the last step of its shard", somebody_waits, worker, log)
        killed = children(worker)
        for child in killed:
            child.send_signal(signal.SIGKILL)
        psutil.wait_procs(killed, timeout=10)
        assert Recommendation.objects.count() == 0
        cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)
    wait_for("the shard by another process", lambda: set(slates()) == everybody, worker, log)
    wait_for("the popular list", PopularCoupon.objects.exists, worker, log)
    assert slates() == before
    assert b"WorkerLostError" in log.read_bytes()


def slates() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for shopper, coupon in Recommendation.objects.order_by("shopper", "rank").values_list("shopper", "coupon"):
        found.setdefault(shopper, []).append(coupon)
    return found


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        (waiting,) = cursor.fetchone() or (0,)
        return bool(waiting)


def test_a_killed_training_is_marked_failed_and_the_old_model_stays_live(
    celery_worker_process: subprocess.Popen[bytes], tmp_path: Path, log: Path
) -> None:
    worker = celery_worker_process
    load_made_up_journey(tmp_path)
    old = make_version(7)

    run = begun_training(worker, log)
    os.kill(pid_of(run), signal.SIGKILL)  # the task is handed out again, finds its run dead, and leaves it
    wait_for("the reaping", lambda: status_of(run) != RunStatus.RUNNING, worker, log)
    check_died(run, old)

    run = begun_training(worker, log)  # the lock is free
    family = children(worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert psutil.wait_procs(family, timeout=10)[1] == []  # none goes on without it
    assert reap_dead_runs(now=timezone.now()) == [run.pk]
    check_died(run, old)


def begun_training(worker: subprocess.Popen[bytes], log: Path) -> TrainingRun:
    """A run in the middle of its epochs."""
    run = request_training(config=LONG, trigger=RunTrigger.ADMIN)
    epochs = TrainingEpoch.objects.filter(run=run, estimator__startswith="interest", epoch__gte=2)
    wait_for("the second epoch", epochs.exists, worker, log)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    assert pid_of(run) in {child.pid for child in children(worker)}
    return run


def pid_of(run: TrainingRun) -> int:
    return int(run.worker.partition("@")[0])


def check_died(run: TrainingRun, old: ModelVersion) -> None:
    run.refresh_from_db()
    assert (run.status, run.finished_at is not None) == (RunStatus.FAILED, True)
    assert run.error.startswith(f"The worker died ({run.worker}): no sign of life since ")
    old.refresh_from_db()
    assert old.status == VersionStatus.LIVE
    assert ModelVersion.objects.count() == 1
