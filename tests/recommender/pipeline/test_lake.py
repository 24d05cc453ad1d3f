"""What a lake holds of the process's memory and of the disk."""

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.pipeline.lake import Lake, memory_for, read_lake
from tests.recommender.pipeline.made_up_lake import build, shop_tables


def _lake(folder: Path) -> Lake:
    return read_lake(build(folder, shop_tables(shoppers=5)))


def _limit(lake: Lake) -> str:
    return _setting(lake, "memory_limit")


def _setting(lake: Lake, name: str) -> str:
    [(value,)] = lake.connection.raw_sql(f"select current_setting('{name}')").fetchall()
    return str(value)


def test_a_resting_lake_keeps_its_tables_in_little_memory(tmp_path: Path) -> None:
    lake = _lake(tmp_path)
    held = lake.hold(lake.events)
    count, awake = held.count().execute(), _limit(lake)

    lake.rest()

    assert (_limit(lake), awake) == ("95.3 MiB", "953.6 MiB")
    assert held.count().execute() == count > 0
    lake.wake()
    assert _limit(lake) == awake


def test_a_larger_shop_has_more_memory() -> None:
    limits = [memory_for(events, 16 * 10**9) for events in (0, 1_500_000, 10_000_000, 100_000_000)]
    assert limits == ["1000MB", "1000MB", "6500MB", "8000MB"]  # never more than half of the machine's


def test_lakes_of_two_processes_share_no_temporary_folder(tmp_path: Path) -> None:
    folders = {_setting(_lake(tmp_path / name), "temp_directory") for name in ("one", "two")}
    assert len(folders) == 2


HOLD = """
import sys
from pathlib import Path
from recommender.pipeline.lake import read_lake
lake = read_lake(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of this process and of those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def _holder(snapshot: Path) -> "subprocess.Popen[str]":
    """A process that has the snapshot open, as a module's global."""
    command = [sys.executable, "-c", HOLD, str(snapshot)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_what_was_written_for_want_of_memory_goes_with_the_lake(tmp_path: Path, temporary: Path) -> None:
    lake = _lake(tmp_path / "lake")
    assert len(list(temporary.iterdir())) == 1
    del lake
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_it_goes_with_a_process_that_ends_and_after_one_that_is_killed(tmp_path: Path, temporary: Path) -> None:
    snapshot = build(tmp_path / "lake", shop_tables(shoppers=5))
    ended, killed, living = (_holder(snapshot) for _ in range(3))
    assert len(list(temporary.iterdir())) == 3
    ended.communicate("")
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert len(list(temporary.iterdir())) == 2  # nobody has looked for the killed one's yet
    lake = read_lake(snapshot)
    mine = Path(_setting(lake, "temp_directory")).parent
    theirs = [folder for folder in temporary.iterdir() if f"-{living.pid}-" in folder.name]
    assert set(temporary.iterdir()) == {mine, *theirs}
    assert len(theirs) == 1
    living.communicate("")
