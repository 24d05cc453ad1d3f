"""Clients over processes and threads, all of which start together."""

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

# ruff: noqa: PLR0917  threads and processes are started with positional arguments

PROCESSES = 2

_MAKINGS = 5

Attempt = Callable[[int], str]
"""Makes attempt number n and says how it went: "ok", the code of a refusal, or an exception's name."""

Client = Callable[..., Attempt]
"""Made in the client's own thread from its number, how many there are, and further arguments."""


def run_clients(make: Client, clients: int, seconds: float, *args: Any) -> tuple[Counter[str], list[float]]:
    """Every client attempts for so many seconds; outcomes, and the seconds each attempt took."""
    from django.db import connections

    connections.close_all()  # a forked process must not share them
    processes = min(PROCESSES, clients)
    queue: Any = multiprocessing.Queue()
    barrier = multiprocessing.Barrier(clients)
    numbers = [list(range(first, clients, processes)) for first in range(processes)]
    running = [
        multiprocessing.Process(target=_process, args=(make, mine, clients, seconds, barrier, queue, args))
        for mine in numbers
    ]
    for process in running:
        process.start()
    outcomes: Counter[str] = Counter()
    times: list[float] = []
    for _ in running:
        counted, took = queue.get()
        outcomes += counted
        times += took
    for process in running:
        process.join()
    return outcomes, times


def _process(
    make: Client, numbers: list[int], clients: int, seconds: float, barrier: Any, queue: Any, args: tuple[Any, ...]
) -> None:
    found: list[tuple[Counter[str], list[float]]] = []
    threads = [
        threading.Thread(target=_client, args=(make, number, clients, seconds, barrier, found, args))
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes: Counter[str] = Counter()
    for counted, _ in found:
        outcomes += counted
    queue.put((outcomes, [second for _, took in found for second in took]))


def _client(
    make: Client,
    number: int,
    clients: int,
    seconds: float,
    barrier: Any,
    found: list[tuple[Counter[str], list[float]]],
    args: tuple[Any, ...],
) -> None:
    from django.db import connection

    outcomes: Counter[str] = Counter()
    times: list[float] = []
    try:
        attempt = _made(make, number, clients, args)
        barrier.wait(60)
        end, turn = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            started = time.perf_counter()
            outcome = attempt(turn)
            times.append(time.perf_counter() - started)
            outcomes[outcome] += 1
            turn += 1
    finally:
        found.append((outcomes, times))
        connection.close()


def _made(make: Client, number: int, clients: int, args: tuple[Any, ...]) -> Attempt:
    """The client, made anew where a storm killed its connection before it began: the others wait for it."""
    from django.db import OperationalError, connection

    for _ in range(_MAKINGS):
        try:
            return make(number, clients, *args)
        except OperationalError:
            connection.close()
    return make(number, clients, *args)


def guarded(work: Callable[[], object]) -> str:
    """The outcome of an attempt through the services; a broken connection is replaced."""
    from django.db import connection

    from coupons.errors import CouponError

    try:
        work()
    except CouponError as error:
        return error.code
    except Exception as error:
        connection.close()
        return type(error).__name__
    return "ok"
