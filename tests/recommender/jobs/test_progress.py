"""What a run tells while it trains."""

import pytest

from recommender.enums import RunStatus, RunTrigger
from recommender.estimators.base import EpochReport
from recommender.jobs.heartbeat import Heartbeat, RunLostError, TrainingCancelledError
from recommender.jobs.progress import RunProgress, epoch_line
from recommender.models import TrainingEpoch, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> TrainingRun:
    return TrainingRun.objects.create(trigger=RunTrigger.COMMAND, status=RunStatus.RUNNING)


def report(epoch: int, estimator: str = "interest", **fields: float) -> EpochReport:
    return EpochReport(estimator, epoch, 5, loss=0.5, val_loss=0.4, metrics={"auc": 0.75, **fields}, seconds=2.0)


def stages(run: TrainingRun) -> list[tuple[str, str]]:
    run.refresh_from_db()
    return [(stage["name"], stage["status"]) for stage in run.stages]


def test_stages_are_there_from_the_start_and_pass_through(run: TrainingRun) -> None:
    progress = RunProgress(run, Heartbeat(run.pk), ["read", "learn", "save"])
    assert stages(run) == [("read", "pending"), ("learn", "pending"), ("save", "pending")]
    with progress.stage("read"):
        assert stages(run)[0] == ("read", "running")
    assert stages(run)[0] == ("read", "done")
    with pytest.raises(ZeroDivisionError), progress.stage("learn"):
        raise ZeroDivisionError
    assert stages(run) == [("read", "done"), ("learn", "running"), ("save", "pending")]


def test_each_line_is_logged_and_said(run: TrainingRun) -> None:
    said: list[str] = []
    progress = RunProgress(run, Heartbeat(run.pk), ["read"], said.append)
    progress.tell("one")
    progress.tell("two")
    run.refresh_from_db()
    assert said == ["one", "two"]
    assert [line[9:] for line in run.log.splitlines()] == ["one", "two"]


def test_an_estimator_that_is_fitted_again_is_told_apart(run: TrainingRun) -> None:
    progress = RunProgress(run, Heartbeat(run.pk), [])
    for epoch in (1, 2, 1, 2, 3):
        progress.epoch(report(epoch))
    assert list(TrainingEpoch.objects.values_list("estimator", "epoch")) == [
        ("interest", 1),
        ("interest", 2),
        ("interest #2", 1),
        ("interest #2", 2),
        ("interest #2", 3),
    ]


def test_a_number_that_does_not_exist_is_left_out(run: TrainingRun) -> None:
    RunProgress(run, Heartbeat(run.pk), []).epoch(report(1, recall=float("nan")))
    assert TrainingEpoch.objects.get().metrics == {"auc": 0.75}


def test_the_line_of_an_epoch_says_how_long_it_lasts() -> None:
    line = "interest epoch 2/5 loss 0.50000 val_loss 0.40000 auc 0.7500 2.0 s at most 6 s left"
    assert " ".join(epoch_line(report(2)).split()) == line


def test_a_run_that_was_called_off_ends_at_its_next_epoch(run: TrainingRun) -> None:
    heartbeat = Heartbeat(run.pk)
    progress = RunProgress(run, heartbeat, [])
    progress.epoch(report(1))
    TrainingRun.objects.filter(pk=run.pk).update(cancel_requested=True)
    heartbeat._beat_once()
    with pytest.raises(TrainingCancelledError):
        progress.epoch(report(2))


def test_a_run_that_was_taken_for_dead_ends_at_its_next_epoch(run: TrainingRun) -> None:
    heartbeat = Heartbeat(run.pk)
    progress = RunProgress(run, heartbeat, [])
    TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)
    heartbeat._beat_once()
    with pytest.raises(RunLostError):
        progress.epoch(report(1))


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_beats_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from django.utils import timezone

    monkeypatch.setattr("recommender.jobs.heartbeat.INTERVAL_SECONDS", 0.05)
    begun = timezone.now()
    run = TrainingRun.objects.create(trigger=RunTrigger.COMMAND, status=RunStatus.RUNNING, heartbeat_at=begun)
    with Heartbeat(run.pk) as heartbeat:
        time.sleep(0.5)
        run.refresh_from_db()
        assert run.heartbeat_at and run.heartbeat_at > begun
        TrainingRun.objects.filter(pk=run.pk).update(cancel_requested=True)
        time.sleep(0.5)
        with pytest.raises(TrainingCancelledError):
            heartbeat.check()
