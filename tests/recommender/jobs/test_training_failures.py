"""A training that fails, is called off, or meets another: why is kept, and the live model stays."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommender.enums import RunStatus, RunTrigger, VersionStatus
from recommender.estimators.base import EpochReport
from recommender.jobs import training
from recommender.jobs.heartbeat import Heartbeat, RunLostError, TrainingCancelledError
from recommender.jobs.progress import RunProgress
from recommender.models import ModelVersion, TrainingRun
from recommender.services.runs import TrainingBusyError, this_worker
from tests.made_up_shop import make_version

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """A live version, and a pipeline without data: what fails here fails in the job."""
    monkeypatch.setattr(training, "export_snapshot", lambda *_args, **_options: None)
    monkeypatch.setattr(training, "read_lake", lambda *_args: None)
    return make_version(7)


def queued() -> TrainingRun:
    return TrainingRun.objects.create(trigger=RunTrigger.ADMIN)


def stand_in(monkeypatch: pytest.MonkeyPatch, during: Any) -> None:
    """Training with one epoch, in which `during` happens."""

    def train(_lake: Any, _config: Any, *, on_progress: Any, on_epoch: Any) -> None:
        during()
        on_epoch(EpochReport("interest", 1, 1, loss=1.0))
        raise AssertionError("the epoch should have ended the run")

    monkeypatch.setattr(training, "train", train)


def check_nothing_changed(live: ModelVersion) -> None:
    live.refresh_from_db()
    assert live.status == VersionStatus.LIVE
    assert ModelVersion.objects.count() == 1


def test_a_failure_is_kept_and_the_lock_is_free(live: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise MemoryError("no room for 5 GB")

    stand_in(monkeypatch, fail)
    run = queued()
    with pytest.raises(MemoryError):
        training.run_training(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "MemoryError: no room for 5 GB")
    assert "Traceback" in run.log and "in fail" in run.log
    assert run.finished_at is not None
    check_nothing_changed(live)
    with pytest.raises(MemoryError):  # the next one gets to work
        training.run_training(queued().pk)


def test_a_run_that_is_called_off_ends_as_cancelled(live: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued()

    def call_off() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(cancel_requested=True)
        beats[0]._beat_once()

    beats: list[Any] = []

    class Kept(Heartbeat):
        def __init__(self, run_id: int) -> None:
            super().__init__(run_id)
            beats.append(self)

    monkeypatch.setattr(training, "Heartbeat", Kept)
    stand_in(monkeypatch, call_off)
    with pytest.raises(TrainingCancelledError):
        training.run_training(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.CANCELLED, "")
    assert "Traceback" not in run.log
    check_nothing_changed(live)


def test_a_run_that_was_taken_for_dead_writes_nothing_more(live: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued()

    def reaped() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.FAILED, error="The worker died")

    stand_in(monkeypatch, reaped)
    monkeypatch.setattr("recommender.jobs.heartbeat.INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(RunProgress, "epoch", lambda self, _report: _wait_for_loss(self))
    with pytest.raises(RunLostError):
        training.run_training(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "The worker died")
    check_nothing_changed(live)


def _wait_for_loss(progress: Any) -> None:
    import time

    for _ in range(500):
        progress._heartbeat.check()
        time.sleep(0.01)


def test_a_second_training_says_so_and_stays_queued(live: ModelVersion) -> None:
    now = timezone.now()
    TrainingRun.objects.create(
        trigger=RunTrigger.ADMIN, status=RunStatus.RUNNING, worker=this_worker(), started_at=now, heartbeat_at=now
    )
    second = queued()
    with pytest.raises(TrainingBusyError, match="another training is running"):
        training.run_training(second.pk)
    second.refresh_from_db()
    assert second.status == RunStatus.QUEUED
    with pytest.raises(CommandError, match="another training is running: wait for it or stop it in the admin"):
        call_command("train_model")
    assert TrainingRun.objects.count() == 2


def test_a_task_that_comes_again_does_nothing(live: ModelVersion) -> None:
    ended = TrainingRun.objects.create(trigger=RunTrigger.ADMIN, status=RunStatus.FAILED)
    assert training.run_training(ended.pk) is None
    check_nothing_changed(live)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "interest.epochs=0"], "--set interest.epochs: 0 is below 1"),
        (["--set", "interest.epoch=1"], "--set interest.epoch: no such setting"),
        (["--set", "epochs"], "--set epochs: is not of the form stage.setting=value"),
        (["--test-from", "soon"], "--set split.test_from: 'soon' is not a date"),
    ],
)
def test_a_wrong_setting_is_one_line_and_no_run(live: ModelVersion, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("train_model", *arguments)
    assert str(refused.value).startswith(message)
    assert TrainingRun.objects.count() == 0


def test_only_what_differs_from_the_defaults_is_kept(live: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("far enough")

    stand_in(monkeypatch, fail)
    with pytest.raises(CommandError, match=r"training run #\d+ failed: RuntimeError: far enough"):
        call_command("train_model", "--set", "interest.epochs=3", "--set", "seed=7", "--test-from", "2026-07-01")
    assert TrainingRun.objects.get().config == {
        "seed": 7,
        "interest": {"epochs": 3},
        "split": {"test_from": "2026-07-01"},
    }
