"""No process outlives the one that supervises it, even when that one is killed without warning.

Three nets, since none holds alone: Linux signals the direct children of a process that dies (`launch`); every Django
process below a supervisor watches for it; and the next start ends whatever still carries a dead supervisor's mark.
"""

import os
import signal
import threading
import time
from pathlib import Path

import psutil

SUPERVISOR_PID = "SITE_SUPERVISOR_PID"
SUPERVISOR_VAR_DIR = "SITE_SUPERVISOR_VAR_DIR"


def mark(var_dir: Path) -> dict[str, str]:
    """Environment of a child of the calling process, by which it and its own children are known."""
    return {SUPERVISOR_PID: str(os.getpid()), SUPERVISOR_VAR_DIR: str(var_dir)}


def watch_supervisor() -> None:
    """Start a thread that kills the calling process once its supervisor is gone; nothing where it has none."""
    raw = os.environ.get(SUPERVISOR_PID)
    if raw and raw.isdigit() and int(raw) != os.getpid():
        threading.Thread(target=_watch, args=[int(raw)], name="lifeline", daemon=True).start()


def _watch(supervisor: int, *, interval: float = 1.0) -> None:
    while psutil.pid_exists(supervisor):
        time.sleep(interval)
    os.kill(os.getpid(), signal.SIGKILL)


def end_orphans(var_dir: Path) -> int:
    """Kill what supervisors of `var_dir` that are dead left behind; how many processes those were."""
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, var_dir)]
    for process in orphans:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(orphans, timeout=10)
    return len(orphans)


def _is_orphan(process: psutil.Process, var_dir: Path) -> bool:
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return False  # another account's, or gone
    supervisor = environment.get(SUPERVISOR_PID, "")
    if environment.get(SUPERVISOR_VAR_DIR) != str(var_dir) or not supervisor.isdigit():
        return False
    return not psutil.pid_exists(int(supervisor))
