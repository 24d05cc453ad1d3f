"""The embedded Redis: races, crashes, kept data."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis as client

from couponsite.embedded import paths, redis
from couponsite.embedded.errors import EmbeddedServerError
from tests.conftest import ROOT

START = "import pathlib, sys; from couponsite.embedded import redis; redis.start(pathlib.Path(sys.argv[1]))"


def server_pid(var_dir: Path) -> int:
    return int((paths.redis_home(var_dir) / "server.pid").read_text())


def connect(var_dir: Path) -> "client.Redis":
    return client.Redis.from_url(paths.redis_url(var_dir))


def test_four_processes_racing_on_an_empty_folder_all_attach_to_one_server(var_dir: Path) -> None:
    command = [sys.executable, "-c", START, str(var_dir)]
    racers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = [(racer.communicate(timeout=60)[1], racer.returncode) for racer in racers]
    assert [code for _, code in outcomes] == [0, 0, 0, 0], outcomes
    home = paths.redis_home(var_dir)
    servers = [p for p in psutil.process_iter(["name"]) if "valkey" in p.info["name"] and p.cwd() == str(home)]
    assert [p.pid for p in servers] == [server_pid(var_dir)]


def test_what_was_written_survives_kill_9(var_dir: Path) -> None:
    redis.start(var_dir)
    with connect(var_dir) as before:
        before.set("kept", "yes")
    time.sleep(1.2)  # it syncs every second
    killed = psutil.Process(server_pid(var_dir))
    killed.kill()
    killed.wait(10)
    assert not redis.running(var_dir)
    redis.start(var_dir)
    with connect(var_dir) as after:
        assert after.get("kept") == b"yes"
        assert after.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert after.config_get("port") == {"port": "0"}


def test_pid_file_that_names_a_stranger_harms_nobody(var_dir: Path) -> None:
    paths.redis_home(var_dir).mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (paths.redis_home(var_dir) / "server.pid").write_text(f"{stranger.pid}\n")
        assert not redis.stop(var_dir)
        redis.start(var_dir)
        assert stranger.poll() is None
        stranger.kill()
    assert redis.running(var_dir)


def test_stop_keeps_the_data_and_is_exact_about_what_it_did(var_dir: Path) -> None:
    assert not redis.stop(var_dir)
    redis.start(var_dir)
    with connect(var_dir) as connection:
        connection.rpush("queue", "task")
    assert redis.stop(var_dir)
    assert not redis.running(var_dir)
    assert not redis.stop(var_dir)
    redis.start(var_dir)
    with connect(var_dir) as connection:
        assert connection.lrange("queue", 0, -1) == [b"task"]


def test_missing_program_is_named(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_BIN", "/nowhere/redis-server")
    with pytest.raises(EmbeddedServerError, match="REDIS_BIN=/nowhere/redis-server does not exist"):
        redis.start(var_dir)


def test_broker_url_is_the_same_server_in_celerys_words() -> None:
    assert paths.broker_url("unix:///srv/redis.sock?db=3") == "redis+socket:///srv/redis.sock?virtual_host=3"
    assert paths.broker_url("rediss://cache:6380/1") == "rediss://cache:6380/1"
