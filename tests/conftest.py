"""Real Postgres, Redis, Celery, web server and Chromium for the tests.

The servers are embedded ones with a data folder of their own (var/test), so a running demo is not disturbed; where
DATABASE_URL or REDIS_URL is set, those are used. pytest-django reads the settings only after `pytest_configure` below.
"""

import fcntl
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("TEST_VAR_DIR") or ROOT / "var" / "test").resolve()
XDIST_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

# before anything reads the settings
os.environ["VAR_DIR"] = str(VAR_DIR)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
os.environ.setdefault("STATICFILES_BACKEND", "django.contrib.staticfiles.storage.StaticFilesStorage")
os.environ.setdefault("LOG_LEVEL", "WARNING")
# on the few rows of a test, threads wait for each other longer than they work
os.environ.setdefault("OMP_NUM_THREADS", "1")
# most tests ask again at once whether a change is seen, and read what was written: those of kept answers and of
# gathered impressions say so
os.environ.setdefault("ANSWERS_KEPT", "0")
os.environ.setdefault("IMPRESSION_DELAY_MS", "0")
_scratch = Path(tempfile.mkdtemp(prefix="coupons-test-"))
os.environ["LAKE_DIR"] = str(_scratch / "lake")
os.environ["MODEL_DIR"] = str(_scratch / "models")
# this process reads no collected files; those of the live sites (below) come and go while it starts
os.environ["STATIC_ROOT"] = str(_scratch / "static")
(_scratch / "static").mkdir()

LIVE_STATIC = VAR_DIR / "static"
NOTHING_OUTLIVES_A_CRASH = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# else a query's plan depends on which test's rows autovacuum looked at last, and when
PLANNED_ALIKE = {"autovacuum": "off"}
# what a test has left open is ended, and what waits for it is told, before the test's own time is over
NOTHING_WAITS_FOR_EVER = {"lock_timeout": "240s", "idle_in_transaction_session_timeout": "240s"}
_sessions: list[int] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start or attach to the servers, and give each xdist worker a Redis database of its own."""
    from couponsite.embedded import paths, postgres, redis

    VAR_DIR.mkdir(parents=True, exist_ok=True)
    if not XDIST_WORKER:
        handle = os.open(VAR_DIR / "sessions.lock", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(handle, fcntl.LOCK_SH)
        _sessions.append(handle)
    if not os.environ.get("DATABASE_URL"):
        postgres.start(VAR_DIR, options={**NOTHING_OUTLIVES_A_CRASH, **PLANNED_ALIKE, **NOTHING_WAITS_FOR_EVER})
    # an xdist worker inherits what its controller has set, and would share the database of all others
    if not os.environ.get("REDIS_URL") or os.environ["REDIS_URL"].startswith(paths.redis_url(VAR_DIR)):
        redis.start(VAR_DIR)
        number = int(XDIST_WORKER.removeprefix("gw") or 0) % 15 if XDIST_WORKER else 15
        os.environ["REDIS_URL"] = f"{paths.redis_url(VAR_DIR)}?db={number}"
    from django.conf import settings

    assert settings.VAR_DIR == VAR_DIR  # read now, with the password that the server's start has made
    assert str(_scratch / "lake") == str(settings.LAKE_DIR)  # and not before the lines above
    if config.getoption("dist", "no") != "no" and not XDIST_WORKER:
        # xdist's workers inherit the environment, and pytest-django would read their settings before this file is read
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers unless another session of this clone still uses them."""
    shutil.rmtree(_scratch, ignore_errors=True)
    for handle in _sessions:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            from couponsite.embedded import services

            services.stop_all(VAR_DIR)
        os.close(handle)
    _sessions.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: then no worker sits over one of them while the others have nothing left."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True, scope="module")
def _folders_for_itself() -> None:
    """A file of tests finds no models and no lake of the file that the same process ran before it."""
    for name in ("lake", "models"):
        shutil.rmtree(_scratch / name, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Whatever is loaded by now stays: no collection looks at its million objects again, and Keras asks for many."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _language_for_itself() -> Iterator[None]:
    """A request in another language leaves that language active in its thread, which is the tests' own."""
    yield
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def redis_clean() -> Iterator[None]:
    """An empty test Redis before and after. Never one of REDIS_URL's that is not the tests' own."""
    import redis
    from django.conf import settings

    if not settings.REDIS_URL.startswith(f"unix://{VAR_DIR}") and "coupons-" not in settings.REDIS_URL:
        pytest.skip("REDIS_URL is not the tests' own server: it is not flushed")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield
        client.flushdb()


@pytest.fixture
def test_environment(django_db_setup: None) -> dict[str, str]:
    """Environment of a subprocess that works on this session's test database, Redis and folders."""
    from django.db import connection

    keys = connection.settings_dict
    login = f"{quote(str(keys['USER']))}:{quote(str(keys['PASSWORD']))}"
    place = urlencode({"host": keys["HOST"], **({"port": keys["PORT"]} if keys["PORT"] else {})})
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@/{quote(str(keys['NAME']))}?{place}",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def celery_worker_process(
    test_environment: dict[str, str], transactional_db: None, redis_clean: None, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker for the queues default and train, on the test database; its log is tmp_path/worker.log."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "couponsite", "worker", "--pool", "prefork", "--concurrency", "2"]
    command += ["--queues", "default,train", "--hostname", f"test-{os.getpid()}@localhost", "--loglevel", "info"]
    command += ["--without-gossip", "--without-mingle"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=test_environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 120
        while b" ready." not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nobody waits for the tasks that it has
        end(process)


@pytest.fixture(scope="session")
def static_files(django_db_setup: None) -> None:
    """The static files of live sites, collected once a session; all its processes share them."""
    environment = {name: value for name, value in os.environ.items() if name != "STATICFILES_BACKEND"}
    environment["STATIC_ROOT"] = str(LIVE_STATIC)
    collect = "import django; django.setup(); from couponsite.static_files import collect_if_changed as collect; "
    collect += "from django.conf import settings; collect(settings.STATIC_ROOT)"
    subprocess.run([sys.executable, "-c", collect], check=True, env=environment, cwd=ROOT)


@pytest.fixture
def live_site(test_environment: dict[str, str], transactional_db: None, static_files: None) -> Iterator[str]:
    """The URL of the real web process on the test database, static files included."""
    from django.conf import settings

    from couponsite.demo import programs, readiness
    from couponsite.roles import ensure_roles
    from couponsite.schedule import ensure_periodic_tasks

    ensure_roles()
    ensure_periodic_tasks(timezone=settings.TIME_ZONE)
    environment = {name: value for name, value in test_environment.items() if name != "STATICFILES_BACKEND"}
    environment |= {"DEMO_SHOP": "1", "STATIC_ROOT": str(LIVE_STATIC)}
    port = free_port()
    process = subprocess.Popen(programs.web("127.0.0.1", port, processes=1).command, env=environment, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        readiness.wait_for_web(url, tend=lambda: None)
        yield url
    finally:
        end(process)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium to drive; the test is skipped, and says so, where none is found."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("browser test skipped: no Chromium found (CHROMIUM_PATH, or chromium on PATH)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def no_second_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process looks at once a second is looked at once: a slow machine costs no more queries.

    Coupons that an earlier test left in the process would be looked at with the second answer, so there are none.
    """
    from recommender.selectors import shown

    monkeypatch.setattr(shown, "_coupons", {})
    second = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: second)
