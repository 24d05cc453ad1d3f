"""The supervisor with made-up programs: restart, give up, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from couponsite.demo import supervisor as module
from couponsite.demo.errors import DemoError
from couponsite.demo.programs import Program
from couponsite.demo.supervisor import Supervisor
from tests.conftest import ROOT

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "c = subprocess.Popen([sys.executable, '-c', 'import signal, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)']); print('child', c.pid, flush=True); c.wait()"
)


def python(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., tuple[Supervisor, list[str]]]]:
    made = []

    def build(*programs: Program) -> tuple[Supervisor, list[str]]:
        lines: list[str] = []
        made.append(Supervisor(programs, environment=os.environ, folder=tmp_path, write=lines.append))
        return made[-1], lines

    yield build
    for supervisor in made:
        supervisor.stop()


Make = Callable[..., tuple[Supervisor, list[str]]]


def until(condition: Callable[[], bool], tend: Callable[[], None] = lambda: None) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        tend()
        time.sleep(0.02)


def test_lines_are_marked_by_program(make: Make) -> None:
    supervisor, lines = make(python("web", SLEEP), python("worker", SLEEP))
    supervisor.start()
    until(lambda: len(lines) == 2)
    assert sorted(lines) == ["web    | up\n", "worker | up\n"]


def test_a_program_that_dies_is_started_again(make: Make, tmp_path: Path) -> None:
    once = f"import os, pathlib, sys, time; p = pathlib.Path({str(tmp_path / 'ran')!r})\nif not p.exists():\n"
    once += "    p.touch(); sys.exit(3)\nprint('second life', flush=True); time.sleep(60)"
    supervisor, lines = make(python("web", once))
    supervisor.start()
    until(lambda: "web | second life\n" in lines, supervisor.tend)
    assert "web | ended with exit code 3, restarted in 0.5 s\n" in lines


def test_a_program_that_dies_again_and_again_stops_the_whole(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    supervisor, lines = make(python("worker", "import sys; sys.exit('no broker')"))
    supervisor.start()
    with pytest.raises(DemoError, match=r"worker ended 5 times in a row \(exit code 1\): no broker"):
        until(lambda: False, supervisor.tend)
    assert len([line for line in lines if "restarted in" in line]) == 4


def test_stop_ends_those_who_will_not_and_their_children(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.5)
    supervisor, lines = make(python("web", STUBBORN))
    supervisor.start()
    until(lambda: bool(lines))
    grandchild = int(lines[0].split()[-1])
    assert psutil.pid_exists(grandchild)
    supervisor.stop()
    assert not psutil.pid_exists(grandchild)


def test_ctrl_c_is_left_to_the_supervisor(make: Make) -> None:
    supervisor, lines = make(python("web", SLEEP))
    supervisor.start()
    until(lambda: bool(lines))
    process = supervisor._children[0].process
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    supervisor.stop()
    assert process.poll() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only Django processes watch for their supervisor")
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys, time; from couponsite.demo.programs import Program;"
        "from couponsite.demo.supervisor import Supervisor;"
        f"s = Supervisor([Program('p', (sys.executable, '-c', {SLEEP!r}))], environment=os.environ,"
        " folder=pathlib.Path('.'));"
        "s.start(); sys.stdout.write(f'{s._children[0].process.pid}\\n'); sys.stdout.flush(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(next(line for line in supervisor.stdout if line.strip().isdigit()))
        assert psutil.pid_exists(child)
        supervisor.kill()
    until(lambda: not psutil.pid_exists(child))
