"""A real worker on the real broker, and where tasks go."""

import os
import subprocess
from typing import Any

import pytest
from django.conf import settings

from couponsite.celery import app
from couponsite.embedded import paths


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


def test_processes_that_share_the_tests_have_a_redis_database_each() -> None:
    if not settings.REDIS_URL.startswith(paths.redis_url(settings.VAR_DIR)):
        pytest.skip("REDIS_URL is not the tests' own server")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = int(worker.removeprefix("gw")) % 15 if worker else 15
    assert f"{paths.redis_url(settings.VAR_DIR)}?db={number}" == settings.REDIS_URL
    with app.connection() as connection:
        channel: Any = connection.default_channel
        assert channel.client.connection_pool.connection_kwargs["db"] == number


def test_training_goes_to_its_own_queue_and_everything_else_to_the_default_one() -> None:
    router = app.amqp.router
    assert router.route({}, "recommender.tasks.retrain")["queue"].name == "train"
    assert router.route({}, "recommender.tasks.precompute")["queue"].name == "default"


def test_a_killed_workers_task_is_not_lost() -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
