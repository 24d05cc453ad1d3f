"""The whole of `make demo` with made-up stages: killed in a stage, ready, killed when ready, ready again, stopped."""

import signal
import time

import pytest

from couponsite.demo import readiness
from couponsite.embedded import postgres, redis
from tests.couponsite.demo.conftest import DemoRun

STAGES_ONCE = ["data begins", "train begins", "precompute begins"]


@pytest.mark.slow
def test_killed_twice_and_ready_with_nothing_redone_then_stopped_cleanly(demo_run: DemoRun) -> None:
    log = demo_run.var_dir / "stand-ins.log"
    demo_run.extra = {"STAND_IN_SECONDS": "600"}
    first = demo_run.start()
    deadline = time.monotonic() + 120
    while not log.exists():
        assert time.monotonic() < deadline, demo_run.output.read_text()
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)  # in the middle of a stage
    first.wait()
    assert demo_run.nothing_left(seconds=20), demo_run.below()

    demo_run.extra = {}
    second = demo_run.start()
    demo_run.wait_for(f"READY http://127.0.0.1:{demo_run.port}", second)
    assert log.read_text().splitlines() == ["data begins", *STAGES_ONCE]  # only the stage that was killed came twice
    card = demo_run.card()
    assert card == {
        "url": f"http://127.0.0.1:{demo_run.port}",
        "admin_user": "admin",
        "admin_password": card["admin_password"],
        "api_key": card["api_key"],
        "example_shopper": "data",
    }
    assert len(card["admin_password"]) >= 16
    assert (demo_run.var_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    assert readiness.status_of(card["url"] + "/admin/login/") == 200
    names = [" ".join(process.cmdline()) for process in demo_run.below()]
    assert sum("granian" in name for name in names) >= 3  # main and two processes
    assert sum("--queues default" in name for name in names) >= 2
    assert sum("--queues train" in name for name in names) >= 2
    assert sum("couponsite --quiet beat" in name for name in names) == 1

    second.send_signal(signal.SIGKILL)  # while it serves
    second.wait()
    assert demo_run.nothing_left(seconds=20), demo_run.below()
    assert postgres.running(demo_run.var_dir)
    assert redis.running(demo_run.var_dir)

    third = demo_run.start()
    demo_run.wait_for("READY ", third)
    assert demo_run.card() == card
    assert log.read_text().splitlines() == ["data begins", *STAGES_ONCE]

    third.send_signal(signal.SIGINT)
    assert third.wait(120) == 0
    assert demo_run.below() == []
    assert "stopping" in demo_run.output.read_text()
    assert not postgres.running(demo_run.var_dir)
    assert not redis.running(demo_run.var_dir)


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_is_refused_and_down_stops_the_first(demo_run: DemoRun) -> None:
    demo_run.extra = {"STAND_IN_SECONDS": "600"}
    first = demo_run.start()
    demo_run.wait_for("[2/4] data", first)
    second = demo_run.start()
    assert second.wait(60) == 1
    assert demo_run.output.read_text() == (
        f"make demo: a demo runs here already (process {first.pid}): `make down` stops it\n"
    )
    third = demo_run.start("down")
    assert third.wait(120) == 0, demo_run.output.read_text()
    assert "demo stopped" in demo_run.output.read_text()
    assert first.wait(5) == 128 + signal.SIGTERM
    assert demo_run.below() == []
