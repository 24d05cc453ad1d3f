"""The command line of each long-running program, in one place: the demo, `make serve` and `make worker` share them."""

import os
import sys
from dataclasses import dataclass

WEB_PROCESSES = 2
THREADS_PER_WEB_PROCESS = 3  # each keeps a database connection of its own: decisions/0013

MOST_KB_BETWEEN_TASKS = 400_000


@dataclass(frozen=True)
class Program:
    """A program to supervise. `name` marks its lines; a line with `ready_text` says that it is at work."""

    name: str
    command: tuple[str, ...]
    ready_text: str = ""


def web(host: str, port: int, processes: int = WEB_PROCESSES) -> Program:
    return Program(
        "web",
        (
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", host, "--port", str(port)),
            *("--workers", str(processes), "--blocking-threads", str(THREADS_PER_WEB_PROCESS)),
            *("--workers-kill-timeout", "5", "--respawn-failed-workers"),
            *("--log-level", "warning", "couponsite.wsgi:application"),
        ),
    )


def worker() -> Program:
    """Serving work: short tasks and shards of a precompute, one process per core."""
    # a process that has scored a shard holds the learning libraries: it is replaced after that task
    bound = ("--max-memory-per-child", str(MOST_KB_BETWEEN_TASKS))
    return _celery_worker("worker", "default", "--concurrency", str(os.cpu_count() or 2), *bound)


def train_worker() -> Program:
    """Training: one at a time, in a process that ends with its task and gives the memory back."""
    return _celery_worker("train", "train", "--concurrency", "1", "--max-tasks-per-child", "1")


def beat() -> Program:
    return Program(
        "beat",
        (
            sys.executable,
            "-m",
            "celery",
            "-A",
            "couponsite",
            "--quiet",
            "beat",
            "--loglevel",
            "warning",
            "--pidfile",
            "",
        ),
    )


def _celery_worker(name: str, queue: str, *options: str) -> Program:
    return Program(
        name,
        (
            *(sys.executable, "-m", "celery", "-A", "couponsite", "--quiet", "worker"),
            *("--queues", queue, "--hostname", f"{name}@%h", "--pool", "prefork", *options),
            *("--loglevel", "info", "--without-gossip", "--without-mingle"),
        ),
        ready_text=" ready.",
    )


def environment() -> dict[str, str]:
    """What every program gets on top of the caller's environment."""
    cores = str(os.cpu_count() or 2)
    wanted = {
        "DJANGO_SETTINGS_MODULE": "couponsite.settings",
        "PYTHONUNBUFFERED": "1",
        "DEMO_SHOP": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",  # in a container that is so
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_NUM_INTRAOP_THREADS": cores,
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin between steps take the web's cores
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # macOS would abort Celery's forked processes
    }
    return {name: value for name, value in wanted.items() if name not in os.environ}
