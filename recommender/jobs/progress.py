"""What a run tells while it trains: its stages, its epochs and its log, kept in the run's own rows."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import psutil
from django.utils import timezone

from recommender.estimators.base import EpochReport
from recommender.jobs.heartbeat import Heartbeat
from recommender.models import TrainingEpoch, TrainingRun

Listen = Callable[[str], None]
"""Takes one line of progress, for a terminal."""


@dataclass
class _Round:
    """How often an estimator was fitted in this run, and the last epoch seen."""

    number: int = 1
    epoch: int = 0


class RunProgress:
    """Writes stages and epochs to the database and lines to whoever listens; ends the run where it was called off."""

    def __init__(
        self, run: TrainingRun, heartbeat: Heartbeat, stages: Sequence[str], say: Listen | None = None
    ) -> None:
        self._run = run
        self._heartbeat = heartbeat
        self._say = say
        self._log: list[str] = []
        self._rounds: dict[str, _Round] = {}
        self._stages: list[dict[str, Any]] = [
            {"name": name, "status": "pending", "started_at": None, "seconds": None, "detail": ""} for name in stages
        ]
        self._save()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times the block; what it raises leaves the stage as the one that failed."""
        self.begin(name)
        started = perf_counter()
        yield
        self.end(name, perf_counter() - started)

    def begin(self, name: str) -> None:
        self._heartbeat.check()
        self._entry(name).update(status="running", started_at=timezone.now().isoformat())
        self.tell(name)

    def end(self, name: str, seconds: float, detail: str = "") -> None:
        self._entry(name).update(
            status="done", seconds=round(seconds, 2), detail=detail, memory_mb=psutil.Process().memory_info().rss >> 20
        )
        self.tell(f"{name}: {seconds:.1f} s{' ' + detail if detail else ''}")
        self._heartbeat.check()

    def epoch(self, report: EpochReport) -> None:
        """Keep one epoch; raises where the run was called off."""
        named = self._named(report)
        TrainingEpoch.objects.create(
            run=self._run,
            estimator=named.estimator[:40],
            epoch=named.epoch,
            epochs=named.epochs,
            loss=named.loss,
            val_loss=named.val_loss,
            metrics={name: value for name, value in named.metrics.items() if math.isfinite(value)},
            seconds=named.seconds,
        )
        self.tell(epoch_line(named))
        self._heartbeat.check()

    def tell(self, line: str) -> None:
        """One line for the log of the run and for the terminal."""
        self._log.append(f"{timezone.now():%H:%M:%S} {line}")
        self._save()
        if self._say:
            self._say(line)

    def _named(self, report: EpochReport) -> EpochReport:
        """The same estimator is fitted several times in a run: the later ones are told apart by a number."""
        seen = self._rounds.setdefault(report.estimator, _Round())
        if report.epoch <= seen.epoch:
            seen.number += 1
        seen.epoch = report.epoch
        return report if seen.number == 1 else replace(report, estimator=f"{report.estimator} #{seen.number}")

    def _entry(self, name: str) -> dict[str, Any]:
        return next(entry for entry in self._stages if entry["name"] == name)

    def _save(self) -> None:
        TrainingRun.objects.filter(pk=self._run.pk).update(stages=self._stages, log="\n".join(self._log))


def epoch_line(report: EpochReport) -> str:
    """`interest  epoch 3/12  loss 0.2134  val_loss 0.2210  auc 0.8123  4.1 s  left 37 s`."""
    parts = [f"{report.estimator:<20} epoch {report.epoch:>3}/{report.epochs:<3} loss {report.loss:.5f}"]
    if report.val_loss is not None:
        parts.append(f"val_loss {report.val_loss:.5f}")
    parts += [f"{name} {value:.4f}" for name, value in report.metrics.items()]
    parts.append(f"{report.seconds:.1f} s")
    parts.append(f"at most {(report.epochs - report.epoch) * report.seconds:.0f} s left")
    return "  ".join(parts)
