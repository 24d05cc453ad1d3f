"""Where DuckDB writes what does not fit into its memory: some hundred MB, gone with the process that needed it."""

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

PREFIX = "recommender-duckdb-"
LOCK = "lock"


def spill_folder() -> tuple[Path, IO[bytes]]:
    """A new folder of this process alone, and the lock that says it is in use until it is closed.

    Two processes in one folder would write over each other's files. Those of processes that were killed are removed.
    """
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{PREFIX}*"):
        _remove_unused(left)
    while True:
        folder = root / f"{PREFIX}{os.getpid()}-{uuid4().hex[:8]}"
        folder.mkdir(mode=0o700)
        lock = (folder / LOCK).open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink:  # not swept between opening and locking
            return folder, lock
        lock.close()


def remove_with(owner: Any, folder: Path, lock: IO[bytes]) -> None:
    """Remove the folder when nobody refers to `owner` any more, at the end of the process at the latest."""
    weakref.finalize(owner, _remove, folder, lock)


def _remove(folder: Path, lock: IO[bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


def _remove_unused(folder: Path) -> None:
    try:
        lock = (folder / LOCK).open("rb")
    except OSError:  # just begun, just gone, or somebody else's
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(folder, ignore_errors=True)
