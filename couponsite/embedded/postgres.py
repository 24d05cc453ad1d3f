"""An embedded PostgreSQL: start or attach, and stop. Used only where DATABASE_URL is unset.

One server per data folder, on a Unix socket only. Every process may call `start` at any time: the first one makes the
cluster and starts the server, the others attach. A server outlives the process that started it, until `stop`.
"""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from couponsite import launch
from couponsite.embedded import paths
from couponsite.embedded.accounts import Account, server_account
from couponsite.embedded.binaries import postgres_bin_dir
from couponsite.embedded.errors import EmbeddedServerError
from couponsite.embedded.files import locked, secret_once
from couponsite.embedded.processes import log_tail, server_process

START_SECONDS = 120  # crash recovery after a bulk load may take its time
STOP_SECONDS = 60
_ORPHAN_RETRIES = 40  # half seconds that backends of a killed server get to notice and leave

# Modest, for a laptop: enough memory that the demo's events fit, few checkpoints while they are loaded
TUNING: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than the short queries of a site take
    "huge_pages": "off",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class _Cluster:
    """One start's view of the folders and of the account."""

    home: Path
    socket_dir: Path
    programs: Path
    account: Account | None
    password: str

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the account, untouched by the caller's PG* variables."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        words = [str(self.programs / program), *arguments]
        return subprocess.run(
            launch.command(words, uid=self.account.uid, gid=self.account.gid) if self.account else words,
            env=environment | {"LC_ALL": "C"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,  # a server would keep a pipe open
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C in the terminal is not for the server
        )

    def process(self) -> psutil.Process | None:
        return server_process(self.data / "postmaster.pid", names=("postgres",), folder=self.data)

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.socket_dir),
            port=5432,
            user=paths.DATABASE_USER,
            password=self.password,
            dbname=database,
            connect_timeout=10,
            autocommit=True,
        )


def start(var_dir: Path, *, options: Mapping[str, str] | None = None) -> None:
    """Start the server of `var_dir` or attach to it, and make its database. Safe to call from many processes at once.

    `options` are server settings beside the tuning; they count for the process that really starts the server.
    Raises EmbeddedServerError with one line that says why it cannot run.
    """
    try:
        with locked(var_dir / "postgres.lock"):
            cluster = _open(var_dir)
            if not _answers(cluster):
                _make_cluster(cluster)
                _start_server(cluster, {**TUNING, **(options or {})})
            _make_database(cluster)
    except OSError as error:
        raise EmbeddedServerError(f"PostgreSQL under {var_dir}: {error}") from error
    except psycopg.Error as error:
        raise EmbeddedServerError(f"PostgreSQL under {var_dir}: {_first_line(error)}") from error


def stop(var_dir: Path) -> bool:
    """Stop the server; False where none was running. Clients are disconnected, what they committed is kept."""
    if not paths.postgres_home(var_dir).exists():
        return False
    with locked(var_dir / "postgres.lock"):
        if not running(var_dir):  # pg_ctl itself would signal whoever has the number now
            return False
        cluster = _open(var_dir)
        for mode in ("fast", "immediate"):
            cluster.run("pg_ctl", "-D", str(cluster.data), "-m", mode, "-w", "-t", str(STOP_SECONDS), "stop")
            if cluster.process() is None:
                return True
    raise EmbeddedServerError(f"PostgreSQL under {cluster.home} does not stop: see {cluster.log}")


def running(var_dir: Path) -> bool:
    data = paths.postgres_home(var_dir) / "data"
    return server_process(data / "postmaster.pid", names=("postgres",), folder=data) is not None


def _open(var_dir: Path) -> _Cluster:
    """Make the folders with the rights that the server's account needs."""
    home = paths.postgres_home(var_dir)
    account = server_account(home / "data")
    if home.parent != var_dir and not (var_dir / "postgres").is_symlink():
        home.mkdir(parents=True, exist_ok=True)
        home.parent.chmod(0o711)  # whatever the umask: the account has to pass
        (var_dir / "postgres").symlink_to(home)
    home.mkdir(parents=True, exist_ok=True)
    socket_dir = paths.postgres_socket_dir(var_dir)
    socket_dir.mkdir(exist_ok=True)
    for folder in {home, socket_dir}:
        _hand_over(folder, account)
    if account and not account.may_enter(home):
        raise EmbeddedServerError(
            f"the account {account.name} cannot enter {home}: move the folder or set DATABASE_URL"
        )
    password = secret_once(home / "password", size=24)
    return _Cluster(home, socket_dir, postgres_bin_dir(home, account), account, password)


def _hand_over(folder: Path, account: Account | None) -> None:
    """Make `folder` the account's own and closed to others; refuse one that somebody else laid there."""
    status = folder.stat()
    owners = {os.geteuid(), account.uid if account else os.geteuid()}
    if status.st_uid not in owners:
        raise EmbeddedServerError(f"{folder} belongs to another account: run as its owner, or remove it")
    if account and status.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def _answers(cluster: _Cluster) -> bool:
    """Whether a server is there and takes connections; one that is still recovering is waited for."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            cluster.connect("postgres").close()
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise EmbeddedServerError(
                    f"{cluster.home / 'password'} is not the password of the data beside it: `make reset` starts afresh"
                ) from error
            if cluster.process() is None:
                return False
            if time.monotonic() > deadline:
                return _give_up(cluster)
            time.sleep(0.1)
        else:
            return True


def _give_up(cluster: _Cluster) -> bool:
    """Stop a server that runs but cannot be reached (its socket was deleted, say), so that it is started again."""
    cluster.run("pg_ctl", "-D", str(cluster.data), "-m", "fast", "-w", "-t", str(STOP_SECONDS), "stop")
    return False


def _make_cluster(cluster: _Cluster) -> None:
    """Run initdb once. It works in a folder of its own, renamed when whole: a killed initdb leaves nothing to trust."""
    if cluster.data.exists():
        return
    partial = cluster.home / "data.partial"
    _remove_tree(partial)
    password_file = cluster.home / "password.initdb"  # the account cannot read the real one
    password_file.unlink(missing_ok=True)
    try:
        password_file.touch(0o600)
        password_file.write_text(cluster.password)
        if cluster.account:
            os.chown(password_file, cluster.account.uid, cluster.account.gid)
        result = cluster.run(
            "initdb",
            *("-D", str(partial), "-U", paths.DATABASE_USER, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if result.returncode:
        raise EmbeddedServerError(f"initdb failed: {_said(result.stderr)}")
    partial.rename(cluster.data)


def _start_server(cluster: _Cluster, options: Mapping[str, str]) -> None:
    _disown_recycled_pid(cluster)
    settings = {
        **options,
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.socket_dir),
        "unix_socket_permissions": "0700",
        **_shared_memory(),
    }
    arguments = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    if cluster.log.exists() and cluster.log.stat().st_size > 10_000_000:
        cluster.log.unlink()
    for _ in range(_ORPHAN_RETRIES):
        logged = cluster.log.stat().st_size if cluster.log.exists() else 0
        result = cluster.run(
            "pg_ctl",
            *("-D", str(cluster.data), "-l", str(cluster.log), "-w", "-t", str(START_SECONDS), "-s"),
            *("-o", arguments, "start"),
        )
        if result.returncode == 0:
            return
        reason = log_tail(cluster.log, since=logged)
        if not _left_by_a_crash(cluster.log, logged):
            break
        time.sleep(0.5)
    raise EmbeddedServerError(f"PostgreSQL did not start: {reason or 'no word'} (log: {cluster.log})")


def _left_by_a_crash(log: Path, since: int) -> bool:
    """Whether the start failed only because backends of a killed server have not left yet."""
    with suppress(OSError):
        return b"pre-existing shared memory" in log.read_bytes()[since:]
    return False


def _shared_memory() -> dict[str, str]:
    """Parallel queries share memory through /dev/shm, which containers often keep at 64 MB: then use files instead."""
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size only
    except OSError:
        return {}
    roomy = status.f_bavail * status.f_frsize > 512 * 2**20
    return {} if roomy else {"dynamic_shared_memory_type": "mmap"}


def _disown_recycled_pid(cluster: _Cluster) -> None:
    """Let a pid file of a dead server not stop the next start.

    PostgreSQL refuses to start while the number in it belongs to any live process of the account, as after a restart
    of a container. The number is replaced by that of a process that has just ended; the rest of the file stays, since
    PostgreSQL finds there the shared memory by which it notices backends that are still at work.
    """
    pid_file = cluster.data / "postmaster.pid"
    if not pid_file.exists() or cluster.process() is not None:
        return
    ended = subprocess.Popen(["true"])
    ended.wait()
    _, _, rest = pid_file.read_text().partition("\n")
    pid_file.write_text(f"{ended.pid}\n{rest}")
    (cluster.socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _make_database(cluster: _Cluster) -> None:
    with cluster.connect("postgres") as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [paths.DATABASE]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(paths.DATABASE)))


def _remove_tree(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _said(stderr: str) -> str:
    lines = [line for line in stderr.strip().splitlines() if "error" in line] or stderr.strip().splitlines()
    return lines[-1] if lines else "no word"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
