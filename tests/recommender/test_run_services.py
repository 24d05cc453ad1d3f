"""A training run from queue to end: one at a time, by one worker, and never stuck behind a dead one."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from recommender import tasks
from recommender.config import SettingError
from recommender.enums import RunStatus, RunTrigger
from recommender.models import TrainingRun
from recommender.services import cancel_training, request_training
from recommender.services.runs import (
    SILENCE_UNTIL_DEAD,
    TrainingBusyError,
    beat_run,
    claim_run,
    end_run,
    reap_dead_runs,
    this_worker,
)
from recommender.services.training import request_scheduled_training
from tests.made_up_shop import NOW
from tests.racing import Gathering, race


def queued(**fields: Any) -> TrainingRun:
    return TrainingRun.objects.create(trigger=RunTrigger.ADMIN, **fields)


def running(*, worker: str | None = None, silent_for: timedelta = timedelta(0), **fields: Any) -> TrainingRun:
    """A run that this very process works on, unless another worker is named."""
    now = timezone.now()
    return queued(
        status=RunStatus.RUNNING,
        worker=worker if worker is not None else this_worker(),
        started_at=now,
        heartbeat_at=now - silent_for,
        **fields,
    )


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks.retrain, "delay", ids.append)
    return ids


@pytest.mark.django_db
class TestRequest:
    def test_a_run_is_queued_and_a_worker_asked_after_the_commit(
        self, enqueued: list[int], django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            run = request_training(config={"interest": {"epochs": 3}}, trigger=RunTrigger.ADMIN)
            assert enqueued == []
        run.refresh_from_db()
        assert (run.status, run.config, run.trigger) == (RunStatus.QUEUED, {"interest": {"epochs": 3}}, "admin")
        assert enqueued == [run.pk]

    @pytest.mark.parametrize(
        ("config", "setting"),
        [
            ({"interest": {"epochs": 0}}, "interest.epochs"),
            ({"interest": {"epoch": 1}}, "interest.epoch"),
            ({"intrest": {}}, "intrest"),
        ],
    )
    def test_a_wrong_setting_is_refused_by_name_and_nothing_is_queued(
        self, config: dict[str, Any], setting: str, enqueued: list[int]
    ) -> None:
        with pytest.raises(SettingError) as refused:
            request_training(config=config, trigger=RunTrigger.ADMIN)
        assert refused.value.setting == setting
        assert TrainingRun.objects.count() == 0

    def test_a_run_that_no_worker_will_hear_of_does_not_look_queued(
        self, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        def unreachable(_: int) -> None:
            raise BrokerError("Connection refused")

        monkeypatch.setattr(tasks.retrain, "delay", unreachable)
        with django_capture_on_commit_callbacks(execute=True):
            run = request_training(trigger=RunTrigger.ADMIN)
        run.refresh_from_db()
        assert run.status == RunStatus.FAILED
        assert "Connection refused" in run.error
        assert run.finished_at is not None

    def test_the_schedule_makes_a_run(self) -> None:
        run_id = request_scheduled_training(now=timezone.now())
        assert run_id is not None
        run = TrainingRun.objects.get(pk=run_id)
        assert (run.trigger, run.status) == (RunTrigger.SCHEDULE, RunStatus.QUEUED)

    def test_the_schedule_takes_a_run_that_waits(self) -> None:
        waiting = queued()
        assert request_scheduled_training(now=timezone.now()) == waiting.pk
        assert TrainingRun.objects.count() == 1

    def test_the_schedule_does_not_queue_behind_a_running_run(self) -> None:
        running()
        assert request_scheduled_training(now=timezone.now()) is None
        assert TrainingRun.objects.count() == 1


@pytest.mark.django_db
class TestCancel:
    def test_a_queued_run_ends_at_once(self) -> None:
        run = queued()
        assert cancel_training(run=run, now=NOW) is RunStatus.CANCELLED
        assert run.finished_at == NOW
        assert claim_run(run_id=run.pk, now=timezone.now()) is None

    def test_a_running_run_is_asked_to_end(self) -> None:
        run = running()
        assert cancel_training(run=run, now=NOW) is RunStatus.RUNNING
        assert run.cancel_requested
        assert beat_run(run_id=run.pk, now=timezone.now()) is True

    @pytest.mark.parametrize("status", [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED])
    def test_an_ended_run_is_left_alone(self, status: RunStatus) -> None:
        run = queued(status=status)
        assert cancel_training(run=run, now=NOW) is status
        assert (run.cancel_requested, run.finished_at) == (False, None)


@pytest.mark.django_db
class TestLife:
    def test_claiming_makes_it_run_here(self) -> None:
        run = claim_run(run_id=queued().pk, now=NOW)
        assert run is not None
        assert (run.status, run.worker, run.started_at, run.heartbeat_at) == (
            RunStatus.RUNNING,
            this_worker(),
            NOW,
            NOW,
        )

    def test_a_task_that_comes_twice_finds_nothing_to_do(self) -> None:
        run, now = queued(), timezone.now()
        assert claim_run(run_id=run.pk, now=now) is not None
        assert claim_run(run_id=run.pk, now=now) is None

    def test_a_second_run_stays_queued_while_one_lives(self) -> None:
        running()
        second = queued()
        with pytest.raises(TrainingBusyError):
            claim_run(run_id=second.pk, now=timezone.now())
        second.refresh_from_db()
        assert (second.status, second.worker) == (RunStatus.QUEUED, "")

    def test_a_dead_run_does_not_hold_up_the_next(self) -> None:
        dead = running(worker="1@elsewhere", silent_for=SILENCE_UNTIL_DEAD + timedelta(seconds=1))
        assert claim_run(run_id=queued().pk, now=timezone.now()) is not None
        dead.refresh_from_db()
        assert dead.status == RunStatus.FAILED

    def test_a_beat_is_kept(self) -> None:
        run = running()
        later = timezone.now() + timedelta(seconds=30)
        assert beat_run(run_id=run.pk, now=later) is False
        run.refresh_from_db()
        assert run.heartbeat_at == later

    def test_a_run_that_was_taken_for_dead_can_not_end_or_beat(self) -> None:
        run = running(worker="1@elsewhere", silent_for=timedelta(hours=1))
        assert reap_dead_runs(now=timezone.now()) == [run.pk]
        assert beat_run(run_id=run.pk, now=timezone.now()) is None
        assert end_run(run_id=run.pk, status=RunStatus.SUCCEEDED, now=timezone.now()) is False
        run.refresh_from_db()
        assert run.status == RunStatus.FAILED
        assert run.error.startswith("The worker died (1@elsewhere): no sign of life since ")


@pytest.mark.django_db
class TestReaper:
    def test_a_run_that_gives_signs_of_life_is_left_alone(self) -> None:
        running(worker="1@elsewhere", silent_for=SILENCE_UNTIL_DEAD - timedelta(seconds=5))
        assert reap_dead_runs(now=timezone.now()) == []

    def test_a_run_of_this_machine_is_left_alone_while_its_process_lives(self) -> None:
        running()
        assert reap_dead_runs(now=timezone.now()) == []

    def test_a_run_of_this_machine_dies_with_its_process(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        run = running(worker=this_worker().replace(str(os.getpid()), str(process.pid)))
        assert reap_dead_runs(now=timezone.now()) == []
        process.kill()
        time.sleep(0.2)
        assert reap_dead_runs(now=timezone.now()) == [run.pk]  # not waited for yet: a zombie
        TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
        process.wait()
        assert reap_dead_runs(now=timezone.now()) == [run.pk]

    def test_a_later_process_of_the_same_number_is_another_one(self) -> None:
        run = running()
        TrainingRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(days=30))
        assert reap_dead_runs(now=timezone.now()) == [run.pk]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_takes_the_run_and_the_others_are_told() -> None:
    runs = [queued() for _ in range(6)]
    outcomes = race(*(lambda run=run: claim_run(run_id=run.pk, now=timezone.now()) for run in runs))
    assert sum(isinstance(outcome, TrainingRun) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, TrainingBusyError) for outcome in outcomes) == 5
    assert TrainingRun.objects.filter(status=RunStatus.RUNNING).count() == 1
    assert TrainingRun.objects.filter(status=RunStatus.QUEUED).count() == 5


@pytest.mark.django_db(transaction=True)
def test_of_many_deliveries_of_one_run_one_claims_it() -> None:
    run = queued()
    outcomes = race(*(lambda: claim_run(run_id=run.pk, now=timezone.now()) for _ in range(6)))
    assert sum(isinstance(outcome, TrainingRun) for outcome in outcomes) == 1
    assert sum(outcome is None for outcome in outcomes) == 5


@pytest.mark.django_db(transaction=True)
def test_the_naive_way_lets_several_in() -> None:
    """The twin that proves the race is real: look, then write, each delivery for itself."""
    run, looked = queued(), Gathering(6)

    def naive() -> bool:
        mine = TrainingRun.objects.get(pk=run.pk)
        looked.wait()
        if mine.status != RunStatus.QUEUED:
            return False
        mine.status = RunStatus.RUNNING
        mine.save()
        return True

    assert sum(outcome is True for outcome in race(*(naive for _ in range(6)))) > 1
