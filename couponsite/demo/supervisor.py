"""Runs several programs in the foreground as one: lines marked, the dead restarted, all stopped together."""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from couponsite import launch
from couponsite.demo.errors import DemoError
from couponsite.demo.programs import Program

STEADY_SECONDS = 60.0  # a program that ran this long starts with a clean slate
MOST_DEATHS = 5
FIRST_PAUSE = 0.5
STOP_SECONDS = 10.0


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[str]
    started: float
    deaths: int = 0
    restart_at: float | None = None
    ready: bool = False
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))


class Supervisor:
    """Keeps `programs` running. Children are of the caller's process group and die with it."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        environment: Mapping[str, str],
        folder: Path,
        write: Callable[[str], object] = sys.stdout.write,
    ) -> None:
        self._programs = programs
        self._environment = dict(environment)
        self._folder = folder
        self._write = write
        self._writing = threading.Lock()
        self._children: list[_Child] = []
        self._width = max(len(program.name) for program in programs)

    def start(self) -> None:
        for program in self._programs:
            self._children.append(_Child(program, self._launch(program), time.monotonic()))
            self._follow(self._children[-1])

    def tend(self) -> None:
        """Look after the children once: restart who died. Raises DemoError when one dies again and again."""
        now = time.monotonic()
        for child in self._children:
            if child.restart_at is None:
                if child.process.poll() is not None:
                    self._note_death(child, now)
            elif now >= child.restart_at:
                child.process, child.started, child.restart_at = self._launch(child.program), now, None
                self._follow(child)

    def waited_for(self) -> list[str]:
        """Names of the programs that have yet to say that they are at work."""
        return [child.program.name for child in self._children if child.program.ready_text and not child.ready]

    def stop(self) -> None:
        """Ask everybody to end, insist after a while, and return when all are gone, their own children included."""
        family = self._family()
        for patience, insist in ((STOP_SECONDS, psutil.Process.terminate), (5.0, psutil.Process.kill)):
            targets = family if insist is psutil.Process.kill else self._leaders()
            for process in targets:
                try:
                    insist(process)
                except psutil.NoSuchProcess:
                    continue
            _, family = psutil.wait_procs(family, timeout=patience)
            if not family:
                break
        for child in self._children:
            child.process.wait()
        self._children.clear()

    def _leaders(self) -> list[psutil.Process]:
        found = []
        for child in self._children:
            if child.process.poll() is None:
                found.append(psutil.Process(child.process.pid))
        return found

    def _family(self) -> list[psutil.Process]:
        family = []
        for leader in self._leaders():
            try:
                family += [leader, *leader.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return family

    def _launch(self, program: Program) -> subprocess.Popen[str]:
        # called on the main thread only: Linux counts the starting thread's end as the parent's death
        return subprocess.Popen(
            launch.command(program.command, with_parent=True),
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def _follow(self, child: _Child) -> None:
        threading.Thread(target=self._copy_lines, args=[child, child.process], daemon=True).start()

    def _copy_lines(self, child: _Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        for line in process.stdout:
            if line.strip():
                child.last_lines.append(line.rstrip())
                child.ready = child.ready or child.program.ready_text in line
                self._say(child.program, line.rstrip())

    def _say(self, program: Program, line: str) -> None:
        with self._writing:
            try:
                self._write(f"{program.name:<{self._width}} | {line}\n")
            except OSError:
                return  # nobody reads any more: the site goes on

    def _note_death(self, child: _Child, now: float) -> None:
        lived = now - child.started
        child.deaths = 1 if lived > STEADY_SECONDS else child.deaths + 1
        code = child.process.returncode
        if child.deaths >= MOST_DEATHS:
            last = child.last_lines[-1] if child.last_lines else "it said nothing"
            raise DemoError(f"{child.program.name} ended {child.deaths} times in a row (exit code {code}): {last}")
        pause = FIRST_PAUSE * 2 ** (child.deaths - 1)
        self._say(child.program, f"ended with exit code {code}, restarted in {pause:g} s")
        child.restart_at = now + pause
