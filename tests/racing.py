"""Real threads against real Postgres: for tests of what must hold when two do the same thing at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


class Gathering:
    """Where the first `size` callers wait for one another; whoever comes later passes.

    For the twin without its guard: so many have looked before the first one writes, however slow the machine is.
    Callers that can't all come, for a lock lets one of them in only, go on after `patience_s`.
    """

    def __init__(self, size: int, *, patience_s: float = 5) -> None:
        self._barrier, self._patience_s = threading.Barrier(size), patience_s
        self._met = False

    def wait(self) -> None:
        if not self._met:
            with suppress(threading.BrokenBarrierError):
                self._barrier.wait(self._patience_s)
            self._met = True


def race(*contestants: Callable[[], T]) -> Sequence[T | BaseException]:
    """Run them all at the same moment, each on a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(contestants))

    def run(contestant: Callable[[], T]) -> T | BaseException:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            return contestant()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(contestants)) as pool:
        return list(pool.map(run, contestants))
