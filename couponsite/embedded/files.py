"""Two things that every start of an embedded server leans on: a lock between processes, and whole private files."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on `file` against every other process of this machine.

    The system drops the lock when its holder dies, so a lock file that a killed process left behind blocks nobody.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_private(file: Path, content: str) -> None:
    """Replace `file` whole, readable by its owner only: a reader sees the old content or the new, never a part."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(file)


def secret_once(file: Path, *, size: int) -> str:
    """The random text kept in `file`, made by whichever process asks first; `size` in bytes of randomness."""
    if content := _content(file):
        return content
    with locked(file.with_name(f".{file.name}.lock")):
        if not _content(file):
            write_private(file, secrets.token_urlsafe(size))
    return _content(file)


def _content(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""
