"""The steps between an empty folder and a site that can be served.

Each asks the database what is left to do, so a step that was killed goes on where it stopped and one that is complete
ends at once. The long ones are management commands in processes of their own: what a training used is gone with it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from couponsite import launch, lifeline
from couponsite.demo.database import django_ready
from couponsite.demo.errors import DemoError
from couponsite.demo.programs import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Stage:
    """One step: what the person reads, and the work; `work` raises DemoError where it fails."""

    title: str
    work: Callable[[Path], None]


def by_command(title: str, *command: str) -> Stage:
    """A step that is a management command, in a process of its own."""

    def work(var_dir: Path) -> None:
        if code := run_command(command, var_dir=var_dir):
            raise DemoError(f"stopped at: {title} (exit code {code}); the next `make demo` goes on from here")

    return Stage(title, work)


def by_training(*words: str) -> Stage:
    """A training; of the demo's data it keeps the campaigns for judging that the published protocol keeps."""

    def work(var_dir: Path) -> None:
        by_command("training", "train_model", *words, *protocol_cuts(var_dir)).work(var_dir)

    return Stage("training", work)


def protocol_cuts(var_dir: Path) -> list[str]:
    """train_model's flags for the cuts that the demo's data was converted with; none where it is not loaded."""
    try:
        manifest = json.loads((var_dir / "demo" / "manifest.json").read_text())
        cuts = {part: str(manifest[f"protocol_{part}_from"])[: len("2017-10-01")] for part in ("validation", "test")}
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [word for part, day in cuts.items() for word in (f"--{part}-from", day)]


def _prepare(_var_dir: Path) -> None:
    with django_ready():
        from couponsite.preparation import prepare_site

        prepare_site(say=lambda line: sys.stdout.write(f"{line}\n"))


PREPARE = Stage("database and static files", _prepare)
DATA = by_command("real data of a grocer", "load_demo_data")
TRAIN = by_training("--if-missing")
PRECOMPUTE = by_command("everybody's recommendations", "precompute", "--if-missing")
TRAIN_AGAIN = by_training()
PRECOMPUTE_AGAIN = by_command("everybody's recommendations", "precompute")


def child_environment(var_dir: Path) -> dict[str, str]:
    return {**os.environ, **environment(), **lifeline.mark(var_dir)}


def run_stages(stages: list[Stage], *, var_dir: Path) -> None:
    """Run the stages in order, each announced and timed."""
    for number, stage in enumerate(stages, start=1):
        sys.stdout.write(f"[{number}/{len(stages)}] {stage.title}\n")
        sys.stdout.flush()
        began = time.monotonic()
        stage.work(var_dir)
        sys.stdout.write(f"[{number}/{len(stages)}] {stage.title}: done in {time.monotonic() - began:.1f} s\n")


def run_command(command: tuple[str, ...], *, var_dir: Path) -> int:
    """Run a management command with our own output; its exit code. It is ended with us, whatever ends us."""
    process = subprocess.Popen(
        launch.command([sys.executable, str(BASE_DIR / "manage.py"), *command], with_parent=True),
        env=child_environment(var_dir),
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
    )
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
