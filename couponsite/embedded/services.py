"""Both servers together: what a command starts and stops. One that a URL replaces is left alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from couponsite.embedded import postgres, redis


def start_missing(var_dir: Path) -> list[str]:
    """Start or attach to each server that no URL replaces; the names of those."""
    names = []
    for name, server in _ours():
        server.start(var_dir)
        names.append(name)
    return names


def stop_all(var_dir: Path) -> list[str]:
    """Stop the servers of `var_dir`, if any run; the names of those stopped."""
    return [name for name, server in (("Redis", redis), ("PostgreSQL", postgres)) if server.stop(var_dir)]


def status(var_dir: Path) -> dict[str, str]:
    """Server name -> `running`, `stopped`, or which variable replaces it."""
    states = {}
    for name, server, variable in _SERVERS:
        if os.environ.get(variable):
            states[name] = f"replaced by {variable}"
        else:
            states[name] = "running" if server.running(var_dir) else "stopped"
    return states


_SERVERS = (("PostgreSQL", postgres, "DATABASE_URL"), ("Redis", redis, "REDIS_URL"))


def _ours() -> Iterator[tuple[str, ModuleType]]:
    for name, server, variable in _SERVERS:
        if not os.environ.get(variable):
            yield name, server
