"""The SECRET_KEY and other whole private files."""

import subprocess
import sys
from pathlib import Path

from couponsite.embedded import paths
from couponsite.embedded.files import write_private
from tests.conftest import ROOT

READ = "import pathlib, sys; from couponsite.embedded import paths; print(paths.secret_key(pathlib.Path(sys.argv[1])))"


def test_processes_that_race_for_the_key_read_the_same_one(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    command = [sys.executable, "-c", READ, str(var_dir)]
    racers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    keys = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert len(keys) == 1
    assert len(keys.pop()) >= 60
    assert (var_dir / "secret_key").stat().st_mode & 0o777 == 0o600


def test_an_empty_key_left_by_a_kill_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    key = paths.secret_key(tmp_path)
    assert len(key) >= 60
    assert paths.secret_key(tmp_path) == key


def test_write_private_replaces_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_text("old, and readable by all")
    write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
