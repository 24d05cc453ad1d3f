"""Programs started by way of the launcher: the same process, with nothing of ours run between a fork and an exec."""

import os
import subprocess
import sys

import pytest

from couponsite import launch
from tests.conftest import ROOT

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")

FORKS = """
import ctypes, os, pathlib, subprocess, sys
from couponsite import launch
from couponsite.demo.programs import Program
from couponsite.demo.supervisor import Supervisor

forks = []
prepare = ctypes.CFUNCTYPE(None)(lambda: forks.append(1))  # where libraries wait for threads of theirs
assert ctypes.CDLL(None).__register_atfork(prepare, None, None, None) == 0
{start}
print(len(forks))
"""
SUPERVISED = """
supervisor = Supervisor([Program("a", ("true",))], environment=os.environ, folder=pathlib.Path("."))
supervisor.start()
supervisor.stop()
"""
AS_AN_ACCOUNT = "subprocess.run(launch.command(['true'], uid=os.geteuid(), gid=os.getegid()), check=os.geteuid() == 0)"
NAIVE = "subprocess.run(['true'], preexec_fn=launch.die_with_parent)"


def forks(start: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FORKS.format(start=start)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@linux
@pytest.mark.parametrize(("start", "number"), [(SUPERVISED, 0), (AS_AN_ACCOUNT, 0), (NAIVE, 1)])
def test_no_library_is_asked_before_a_fork(start: str, number: int) -> None:
    assert forks(start) == number


def test_the_process_becomes_the_program() -> None:
    program = [sys.executable, "-c", "import os, sys; print(os.getpid()); sys.exit(3)"]
    with subprocess.Popen(launch.command(program), stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate(timeout=60)[0] == f"{process.pid}\n"
    assert process.returncode == 3


def test_a_program_that_is_not_there_is_one_line() -> None:
    done = subprocess.run(launch.command(["/nowhere/program"]), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (127, "/nowhere/program: No such file or directory\n")


def test_it_does_not_begin_where_its_parent_is_gone_already() -> None:
    words = launch.command([sys.executable, "-c", "print('begun')"], with_parent=True)
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "begun\n"
    words[words.index(str(os.getpid()))] = str(os.getppid())  # as it looks to one whose parent has ended
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another account")
def test_it_runs_as_the_account_and_with_no_group_of_ours() -> None:
    done = subprocess.run(
        launch.command(["id", "-u"], uid=65534, gid=65534), capture_output=True, text=True, check=True
    )
    assert done.stdout == "65534\n"
    done = subprocess.run(
        launch.command(["id", "-G"], uid=65534, gid=65534), capture_output=True, text=True, check=True
    )
    assert done.stdout == "65534\n"
