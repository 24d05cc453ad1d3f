"""bin/setup: does nothing twice, and says in one line what is missing. Nothing is installed here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script and a lock, and programs of its own in front on PATH."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "fakes").mkdir()
    shutil.copy(ROOT / "bin/setup", tmp_path / "bin/setup")
    (tmp_path / "requirements.lock").write_text("made-up==1.0\n")
    return tmp_path


def program(folder: Path, name: str, script: str) -> Path:
    file = folder / "fakes" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def run(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = f"{folder / 'fakes'}:{os.environ['PATH']}"
    return subprocess.run(
        [str(folder / "bin/setup")],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("found", ["Python 3.9.2", "Python 3.14.0"])
def test_a_python_that_does_not_fit_is_one_line(clone: Path, found: str) -> None:
    python = program(clone, "old-python", f'[ "$1" = --version ] && echo "{found}" && exit 0\nexit 1')
    result = run(clone, PYTHON=str(python))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"setup: Python 3.11, 3.12 or 3.13 with its venv module is needed; here: {found} "
        "(Debian and Ubuntu: apt install python3-venv). PYTHON=/path/to/python3 chooses one.\n"
    )


def test_no_room_is_one_line(clone: Path) -> None:
    program(clone, "df", 'echo "Filesystem 1024-blocks Used Available"; echo "/dev/x 9 9 1048576 99% /"')
    result = run(clone, PYTHON=sys.executable)
    assert result.returncode == 1
    assert result.stderr == f"setup: 1024 MB free in {clone}, 4500 MB are needed for .venv and the data\n"


def test_what_is_installed_is_left_alone_until_the_lock_changes(clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    environment_python = program(clone, "environment-python", '[ "$2" = "" ]')  # runs, but is too bare to install with
    (clone / ".venv/bin/python").symlink_to(environment_python)
    stamp = clone / ".venv/.installed-requirements.lock"
    with (clone / "requirements.lock").open() as lock:
        stamp.write_text(subprocess.run(["cksum"], stdin=lock, capture_output=True, text=True, check=True).stdout)
    result = run(clone, PYTHON="/nowhere/python")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

    (clone / "requirements.lock").write_text("made-up==2.0\n")
    result = run(clone, PYTHON="/nowhere/python")
    assert result.returncode == 1
    assert result.stderr.startswith("setup: Python 3.11, 3.12 or 3.13 with its venv module is needed")


def test_locks_hold_every_pin_with_hashes_and_name_no_host() -> None:
    for requirements, lock in (
        ("requirements.txt", "requirements.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
    ):
        content = (ROOT / lock).read_text().lower()
        for line in (ROOT / requirements).read_text().splitlines():
            pin = line.split("#")[0].split(";")[0].strip().lower()
            if not pin or pin.startswith("-r "):
                continue
            name, separator, version = pin.partition("==")
            assert separator, f"{line!r} is not pinned"
            assert f"\n{name.split('[')[0]}" in content, name
            assert f"=={version} " in content, pin
        assert "http:" not in content and "https:" not in content
        pins = [line for line in content.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        assert len(pins) > 100
        assert content.count("--hash=sha256:") >= len(pins)
