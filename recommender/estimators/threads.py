"""How many threads an estimator may use."""

import os


def thread_count() -> int:
    """OMP_NUM_THREADS where it is set, else every core this process may run on."""
    configured = os.environ.get("OMP_NUM_THREADS", "")
    if configured.isdecimal() and int(configured) > 0:
        return int(configured)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
