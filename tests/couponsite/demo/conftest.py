"""A demo of its own for each test: data folder, port, and the certainty that nothing of it is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from couponsite import lifeline
from couponsite.embedded import services
from tests.conftest import LIVE_STATIC, ROOT, free_port

STAND_INS = Path(__file__).with_name("stand_ins.py")


@dataclass
class DemoRun:
    """Starts and ends demos in one data folder."""

    var_dir: Path
    port: int
    script: list[str] = field(default_factory=lambda: [str(STAND_INS)])
    extra: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        mine = {"VAR_DIR", "REDIS_URL", "DATABASE_URL", "STATICFILES_BACKEND", "LAKE_DIR", "MODEL_DIR", "LOG_LEVEL"}
        return {
            **{name: value for name, value in os.environ.items() if name not in mine},
            "VAR_DIR": str(self.var_dir),
            "PORT": str(self.port),
            "STATIC_ROOT": str(LIVE_STATIC),  # compressing them takes longer than the rest of the first step
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **self.extra,
        }

    @property
    def output(self) -> Path:
        return self.var_dir / "output.log"

    def start(self, part: str = "demo") -> subprocess.Popen[str]:
        with self.output.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, *self.script, part],
                env=self.environment,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                process_group=0,
            )
        self.started.append(process)
        return process

    def wait_for(self, text: str, process: subprocess.Popen[str], *, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output.read_text():
            assert process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def card(self) -> dict[str, str]:
        card: dict[str, str] = json.loads((self.var_dir / "demo.json").read_text())
        return card

    def below(self) -> list[psutil.Process]:
        """Every live process that carries this folder's mark: web, workers, beat, stages and their children."""
        found = []
        for process in psutil.process_iter():
            try:
                marked = process.environ().get(lifeline.SUPERVISOR_VAR_DIR) == str(self.var_dir)
                if marked and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def nothing_left(self, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.below():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@pytest.fixture
def demo_run() -> Iterator[DemoRun]:
    folder = Path(tempfile.mkdtemp(prefix="coupons-demo-"))
    folder.chmod(0o755)
    run = DemoRun(folder, free_port())
    yield run
    for process in run.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
    lifeline.end_orphans(folder)
    services.stop_all(folder)
    shutil.rmtree(folder, ignore_errors=True)
