"""A real worker on the real broker, and where tasks go."""

import subprocess

import pytest

from couponsite.celery import app


@pytest.mark.slow
def test_a_real_worker_answers_through_the_test_broker(celery_worker_process: subprocess.Popen[bytes]) -> None:
    answers = app.control.ping(timeout=5)
    assert answers is not None
    assert len(answers) == 1
    (name,) = answers[0]
    assert name.startswith("test-")
    queues = app.control.inspect([name], timeout=5).active_queues()
    assert queues is not None
    assert sorted(queue["name"] for queue in queues[name]) == ["default", "train"]


def test_training_goes_to_its_own_queue_and_everything_else_to_the_default_one() -> None:
    router = app.amqp.router
    assert router.route({}, "recommender.tasks.retrain")["queue"].name == "train"
    assert router.route({}, "recommender.tasks.precompute")["queue"].name == "default"


def test_a_killed_workers_task_is_not_lost() -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
