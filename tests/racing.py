"""Real threads against real Postgres: for tests of what must hold when two do the same thing at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


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
