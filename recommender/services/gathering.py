"""Small writes of many threads gathered for a moment and done together, by a thread that is there only meanwhile."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

Item = TypeVar("Item")

MOST_AT_ONCE = 500
MOST_GATHERED = 20_000
"""Beyond it whoever adds writes: a database that is slow slows down what fills it."""
_IDLE_ROUNDS = 20
_PAUSE_SECONDS = 1.0
_LAST_TRIES = 3


class Gatherer(Generic[Item]):
    """Calls `write` with what was added within `delay_ms` milliseconds.

    What cannot be written for want of a database is kept and tried again. The thread is no daemon: an interpreter that
    ends in the ordinary way waits for it, and it ends once nothing is left.
    """

    def __init__(self, write: Callable[[Sequence[Item]], None], *, delay_ms: Callable[[], int]) -> None:
        self._write, self._delay_ms = write, delay_ms
        self._gathered: list[Item] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, item: Item) -> None:
        """Have it written soon. Never waits, unless too much is waiting already."""
        with self._lock:
            self._gathered.append(item)
            full = len(self._gathered) > MOST_GATHERED
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="gathered-writes", daemon=False)
                self._thread.start()
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered now, in this thread. Raises DatabaseError; then it is gathered still."""
        while items := self._take():
            try:
                self._write(items)
            except (DatabaseError, InterfaceError):
                self._put_back(items)
                raise

    def _take(self) -> list[Item]:
        with self._lock:
            items = self._gathered[:MOST_AT_ONCE]
            del self._gathered[:MOST_AT_ONCE]
            return items

    def _put_back(self, items: list[Item]) -> None:
        with self._lock:
            self._gathered[:0] = items

    def _run(self) -> None:
        idle, failed = 0, 0
        try:
            while True:
                time.sleep(self._delay_ms() / 1000)
                ending = not threading.main_thread().is_alive()
                idle = 0 if self._gathered else idle + 1
                if (ending or idle > _IDLE_ROUNDS) and self._leave():
                    return
                failed = 0 if self._try_to_write() else failed + 1
                if failed and ending and failed >= _LAST_TRIES:
                    logger.error("%d rows are lost: the database does not answer", len(self._gathered))
                    return
                if failed:
                    time.sleep(_PAUSE_SECONDS)
        finally:
            connection.close()

    def _leave(self) -> bool:
        """Whether nothing is left; then the next item starts another thread."""
        with self._lock:
            if self._gathered:
                return False
            self._thread = None
            return True

    def _try_to_write(self) -> bool:
        try:
            self.flush()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("%d rows wait for the database: %s", len(self._gathered), error)
            connection.close()
            return False
        return True
