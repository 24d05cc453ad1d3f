"""An embedded Redis-compatible server (Valkey): start or attach, and stop. Used only where REDIS_URL is unset.

On a Unix socket only. What it holds is appended to a file and synced every second: queued tasks outlive a crash.
"""

import socket
import subprocess
import time
from pathlib import Path

import psutil

from couponsite.embedded import paths
from couponsite.embedded.binaries import redis_program
from couponsite.embedded.errors import EmbeddedServerError
from couponsite.embedded.files import locked
from couponsite.embedded.processes import log_tail, server_process

START_SECONDS = 30
STOP_SECONDS = 30
_PROGRAMS = ("valkey-server", "redis-server", "valkey", "redis")


def start(var_dir: Path) -> None:
    """Start the server of `var_dir` or attach to it. Safe to call from many processes at once.

    Raises EmbeddedServerError with one line that says why it cannot run.
    """
    home, address = paths.redis_home(var_dir), paths.redis_socket(var_dir)
    try:
        with locked(var_dir / "redis.lock"):
            for folder in (home, address.parent):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o700)  # fails where somebody else laid the folder there
            if not _answers(var_dir):
                _launch(var_dir)
    except OSError as error:
        raise EmbeddedServerError(f"Redis under {home}: {error}") from error


def stop(var_dir: Path) -> bool:
    """Stop the server after it has written everything; False where none was running."""
    if not paths.redis_home(var_dir).exists():
        return False
    with locked(var_dir / "redis.lock"):
        process = _process(var_dir)
        if process is None:
            return False
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        return True


def running(var_dir: Path) -> bool:
    return _process(var_dir) is not None


def _process(var_dir: Path) -> psutil.Process | None:
    home = paths.redis_home(var_dir)
    return server_process(home / "server.pid", names=_PROGRAMS, folder=home)


def _ping(address: Path) -> bytes:
    """The server's answer to a PING; empty where nobody listens."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(address))
            connection.sendall(b"PING\r\n")
            return connection.recv(64)
    except OSError:
        return b""


def _answers(var_dir: Path) -> bool:
    """Whether a server takes commands; one that is still loading is waited for, an unreachable one is ended."""
    address = paths.redis_socket(var_dir)
    deadline = time.monotonic() + START_SECONDS
    while True:
        answer = _ping(address)
        if answer.startswith(b"+PONG"):
            return True
        process = _process(var_dir)
        if process is None:
            return False
        if not answer and time.monotonic() > deadline:
            process.kill()
            process.wait(STOP_SECONDS)
            return False
        time.sleep(0.05)


def _launch(var_dir: Path) -> None:
    home, address = paths.redis_home(var_dir), paths.redis_socket(var_dir)
    log, pid_file = home / "server.log", home / "server.pid"
    pid_file.unlink(missing_ok=True)
    logged = log.stat().st_size if log.exists() else 0
    arguments = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # a broker must never drop a task to make room
        "logfile": str(log),
        "pidfile": str(pid_file),
        "daemonize": "yes",
    }
    words = [word for name, value in arguments.items() for word in (f"--{name}", value)]
    subprocess.run(
        [str(redis_program()), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        start_new_session=True,  # Ctrl-C in the terminal is not for the server
    )
    deadline = time.monotonic() + START_SECONDS
    born = time.monotonic() + 2  # the pid file is written after the fork
    while time.monotonic() < deadline:
        if _ping(address).startswith(b"+PONG"):
            return
        if _process(var_dir) is not None:
            deadline = time.monotonic() + START_SECONDS  # alive and loading its file
        elif time.monotonic() > born:
            break
        time.sleep(0.05)
    raise EmbeddedServerError(f"Redis did not start: {log_tail(log, since=logged) or 'no word'} (log: {log})")
