"""A run's sign of life, from a thread of its own: estimators train for minutes without coming up for air."""

import logging
import threading
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection
from django.utils import timezone

from recommender.services.runs import beat_run

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0


class TrainingCancelledError(Exception):
    """Somebody called the run off."""


class RunLostError(Exception):
    """The run was marked as ended by somebody else, who took this worker for dead: nothing may be written any more."""


class Heartbeat:
    """While it is entered, the run's heartbeat_at is renewed; `check` raises where the run must end."""

    def __init__(self, run_id: int) -> None:
        self._run_id = run_id
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(INTERVAL_SECONDS * 5)

    def check(self) -> None:
        """Raises TrainingCancelledError or RunLostError."""
        if self._lost.is_set():
            raise RunLostError("the run was marked as ended while it was at work")
        if self._cancelled.is_set():
            raise TrainingCancelledError

    def _beat(self) -> None:
        try:
            while not self._stop.wait(INTERVAL_SECONDS):
                self._beat_once()
        finally:
            connection.close()

    def _beat_once(self) -> None:
        try:
            called_off = beat_run(run_id=self._run_id, now=timezone.now())
        except DatabaseError as error:
            # a moment without the database is no death; a longer one is judged by the reaper
            logger.warning("Heartbeat of training run %s failed: %s", self._run_id, error)
            connection.close()
            return
        if called_off is None:
            self._lost.set()
        elif called_off:
            self._cancelled.set()
