"""Two `make demo` in one folder, with made-up stages."""

import signal

import pytest

from tests.couponsite.demo.conftest import DemoRun


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
