"""Is the process that a pid file names still ours? After a crash its number may belong to a stranger."""

from pathlib import Path

import psutil


def server_process(pid_file: Path, *, names: tuple[str, ...], folder: Path) -> psutil.Process | None:
    """The live server that wrote `pid_file`: its first line names a process called like one of `names` in `folder`."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith(names):
            return None
        return process if _works_in(process, folder) else None
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()).resolve() == folder.resolve()
    except psutil.AccessDenied:
        return True  # another account's process of the right name: take it for ours rather than meddle


def log_tail(log: Path, *, since: int = 0) -> str:
    """The last line of weight in a server's log, for an error message; `since` skips bytes of earlier starts."""
    try:
        lines = log.read_bytes()[since:].decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    weighty = [line for line in lines if "FATAL" in line or "ERROR" in line or "HINT" in line]
    return (weighty or lines or [""])[-1].strip()
