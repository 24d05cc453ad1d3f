"""At most one demo per data folder, found again by `make down`."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from couponsite.demo.errors import DemoError

DOWN_SECONDS = 60


def _lock_file(var_dir: Path) -> Path:
    return var_dir / "running.lock"


@contextmanager
def only_one(var_dir: Path) -> Iterator[None]:
    """Hold the folder's demo lock; DemoError where a demo runs already. A killed one holds nothing."""
    file = _lock_file(var_dir)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError(f"a demo runs here already (process {_holder(file)}): `make down` stops it") from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def stop_running(var_dir: Path) -> bool:
    """Ask a running demo to end and wait until it has; False where none runs."""
    if not _held(var_dir):
        return False
    with suppress(ProcessLookupError, ValueError):
        os.kill(int(_holder(_lock_file(var_dir))), signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while _held(var_dir):
        if time.monotonic() > deadline:
            raise DemoError(f"process {_holder(_lock_file(var_dir))} does not end")
        time.sleep(0.1)
    return True


def _held(var_dir: Path) -> bool:
    file = _lock_file(var_dir)
    if not file.exists():
        return False
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _holder(file: Path) -> str:
    return file.read_text().strip() or "?"
