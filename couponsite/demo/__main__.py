"""`python -m couponsite.demo [part]`: what the Makefile's targets call."""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from couponsite import env, lifeline
from couponsite.demo import instance, preflight, programs, readiness, stages
from couponsite.demo.card import read_card, write_card
from couponsite.demo.database import django_ready
from couponsite.demo.errors import DemoError, DemoInterrupted
from couponsite.demo.programs import Program
from couponsite.demo.supervisor import Supervisor
from couponsite.embedded import paths, services
from couponsite.embedded.errors import EmbeddedServerError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m couponsite.demo", description=__doc__)
    parser.add_argument("part", nargs="?", default="demo", choices=sorted(_PARTS))
    part = parser.parse_args().part
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        _PARTS[part](paths.var_dir())
    except (DemoError, EmbeddedServerError, ImproperlyConfigured) as error:
        sys.stderr.write(f"make {part}: {error}\n")
        return 1
    except DemoInterrupted as interruption:
        return 128 + interruption.signal_number
    return 0


def _interrupt(number: int, _frame: object) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # once is enough: what follows is the clean stop
    raise DemoInterrupted(number)


def demo(var_dir: Path) -> None:
    """Everything, in the foreground, until somebody stops it."""
    host, port = _address()
    preflight.check_python()
    preflight.check_disk(var_dir)
    with instance.only_one(var_dir):
        lifeline.end_orphans(var_dir)
        preflight.check_port(host, port)
        with _servers(var_dir, stop=True):
            stages.run_stages([stages.PREPARE, stages.DATA, stages.TRAIN, stages.PRECOMPUTE], var_dir=var_dir)
            everything = [programs.web(host, port), programs.worker(), programs.train_worker(), programs.beat()]
            _supervise(everything, var_dir, ready=lambda site: _announce(_url(host, port), var_dir, site))


def data(var_dir: Path) -> None:
    """The demo's data only."""
    _run([stages.PREPARE, stages.DATA], var_dir)


def train(var_dir: Path) -> None:
    """A new training and everybody's recommendations by it."""
    _run([stages.PREPARE, stages.DATA, stages.TRAIN_AGAIN, stages.PRECOMPUTE_AGAIN], var_dir)


def serve(var_dir: Path) -> None:
    """The web process alone, on whatever the database holds."""
    host, port = _address()
    preflight.check_port(host, port)
    with _servers(var_dir):
        stages.run_stages([stages.PREPARE], var_dir=var_dir)

        def ready(site: Supervisor) -> None:
            readiness.wait_for_web(_url(host, port), tend=site.tend)
            _say(f"READY {_url(host, port)}")

        _supervise([programs.web(host, port)], var_dir, ready=ready)


def worker(var_dir: Path) -> None:
    """Both Celery workers."""
    with _servers(var_dir):
        _supervise([programs.worker(), programs.train_worker()], var_dir)


def beat(var_dir: Path) -> None:
    """The scheduler; one for all machines."""
    with _servers(var_dir):
        _supervise([programs.beat()], var_dir)


def down(var_dir: Path) -> None:
    """Stop a running demo and the embedded servers, those of the tests included."""
    if instance.stop_running(var_dir):
        _say("demo stopped")
    lifeline.end_orphans(var_dir)
    for folder in (var_dir, var_dir / "test"):
        for name in services.stop_all(folder):
            _say(f"{name} stopped")


def reset(var_dir: Path) -> None:
    """Stop everything and delete what is under var/: database, models, snapshots, login."""
    if sys.stdin.isatty():
        sys.stdout.write(f"Delete everything under {var_dir}? [y/N] ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise DemoError("nothing was deleted")
    down(var_dir)
    for home in {paths.postgres_home(folder) for folder in (var_dir, var_dir / "test")}:
        if home.exists():
            shutil.rmtree(home)
    if var_dir.exists():
        shutil.rmtree(var_dir)
    _say(f"{var_dir} deleted")


@contextmanager
def _servers(var_dir: Path, *, stop: bool = False) -> Iterator[None]:
    """The embedded servers, or proof that those of DATABASE_URL and REDIS_URL answer."""
    preflight.check_database()
    preflight.check_redis()
    try:
        services.start_missing(var_dir)
        yield
    finally:
        if stop:
            services.stop_all(var_dir)


def _run(wanted: list[stages.Stage], var_dir: Path) -> None:
    preflight.check_disk(var_dir)
    with _servers(var_dir):
        stages.run_stages(wanted, var_dir=var_dir)


def _supervise(wanted: list[Program], var_dir: Path, *, ready: Callable[[Supervisor], None] | None = None) -> None:
    """Run the programs until a signal; a stop that was asked for is a success."""
    supervisor = Supervisor(wanted, environment=stages.child_environment(var_dir), folder=stages.BASE_DIR)
    try:
        supervisor.start()
        if ready:
            ready(supervisor)
        while True:
            supervisor.tend()
            time.sleep(0.2)
    except DemoInterrupted:
        _say("stopping")
    finally:
        supervisor.stop()


def _announce(url: str, var_dir: Path, site: Supervisor) -> None:
    """Write the card once the site answers, print it, and say READY."""
    readiness.wait_for_web(url, tend=site.tend)
    with django_ready():
        from couponsite.demo.login import confirmed_card

        card = confirmed_card(read_card(var_dir), url=url)
    write_card(var_dir, card)
    readiness.wait_for_workers(site.waited_for, tend=site.tend)
    answer = readiness.status_of(card.api_url, card.api_headers)
    _say(card.block())
    if answer != 200:
        _say(f"warning: {card.api_url} answers {answer}")
    _say(f"READY {url}")


def _address() -> tuple[str, int]:
    port = env.integer("PORT", 8000, minimum=1)
    if port > 65535:
        raise DemoError(f"PORT={port} is above 65535")
    return env.text("HOST", "127.0.0.1"), port


def _url(host: str, port: int) -> str:
    """What a browser on this machine types; a wildcard address is reached as localhost."""
    name = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


_PARTS: dict[str, Callable[[Path], None]] = {
    "demo": demo,
    "demo-data": data,
    "train": train,
    "serve": serve,
    "worker": worker,
    "beat": beat,
    "down": down,
    "reset": reset,
}

if __name__ == "__main__":
    sys.exit(main())
