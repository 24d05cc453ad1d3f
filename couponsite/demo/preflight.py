"""What can be known to fail before anything is done: each finding is one line."""

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

from couponsite import env
from couponsite.demo.errors import DemoError

CONNECT_SECONDS = 5
FIRST_RUN_MB = 2500  # database with its log files, event snapshot, artefacts
LATER_RUN_MB = 300


def check_python() -> None:
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise DemoError(f"Python 3.11, 3.12 or 3.13 is needed, this is {sys.version.split()[0]}")


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody listens on, or that may not be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that just closed is free
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = f"choose another with PORT={port + 1 if port < 65535 else 8001}"
            raise DemoError(f"port {port} on {host} cannot be used ({error.strerror}): {hint}") from error


def check_disk(var_dir: Path) -> None:
    """Refuse to begin where the disk would fill up half-way."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        probe = var_dir / f".probe.{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise DemoError(f"{var_dir} cannot be written: {error.strerror}") from error
    needed = LATER_RUN_MB if (var_dir / "demo.json").exists() else FIRST_RUN_MB
    free = shutil.disk_usage(var_dir).free // 2**20
    if free < needed:
        raise DemoError(f"{free} MB free for {var_dir}, {needed} MB are needed: make room or set VAR_DIR")


def check_database() -> None:
    """Refuse a DATABASE_URL that is malformed or that nobody answers at."""
    try:
        keys = env.postgres_url("DATABASE_URL")
    except ImproperlyConfigured as error:
        raise DemoError(str(error)) from error
    if keys is None:
        return
    try:
        psycopg.connect(_libpq(keys), connect_timeout=CONNECT_SECONDS).close()
    except psycopg.Error as error:
        where = f"{keys['HOST'] or 'localhost'}:{keys['PORT'] or 5432}/{keys['NAME']}"
        raise DemoError(f"DATABASE_URL: no connection to {where}: {_reason(error)}") from error


def check_redis() -> None:
    """Refuse a REDIS_URL that is malformed or that nobody answers at."""
    url = os.environ.get("REDIS_URL")
    if not url:
        return
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        parts = urlsplit(url)
        where = parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}"
        raise DemoError(f"REDIS_URL: no connection to {where}: {_reason(error)}") from error


def _libpq(keys: Mapping[str, object]) -> str:
    """Django's connection keys as libpq's one string."""
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    options = keys.get("OPTIONS")
    extra = {str(key): str(value) for key, value in options.items()} if isinstance(options, dict) else {}
    return make_conninfo("", **{libpq: str(keys[name]) for name, libpq in names.items() if keys.get(name)}, **extra)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
