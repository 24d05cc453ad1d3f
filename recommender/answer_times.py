"""How long answers take: counted by each web process in memory, joined in Redis, read by the home page.

An answer costs a comparison and an addition here; once in FLUSH_SECONDS one answer of a process sends the counts of
all. Counts, not times, are joined, so a quantile over any number of processes is exact to the width of a step: 10 %.
"""

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock

import redis

from coupons.api.throttling import redis_client

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""How long a Redis that did not answer is not asked."""
SLOT_SECONDS = 300
SLOTS = 12
"""The last hour."""
STEP = 1.1
BOUNDS_MS = tuple(0.1 * STEP**n for n in range(130))
"""The upper ends of the steps, from 0.1 ms to 22 s; what is longer counts as longer than the last."""


@dataclass(frozen=True)
class AnswerTime:
    """Of `answers` within the last hour, the time in milliseconds that 95 % did not exceed."""

    answers: int
    p95_ms: float


class AnswerClock:
    """The counts of this process. Safe to use from many threads."""

    def __init__(self, client: Callable[[], redis.Redis]) -> None:
        self._client = client
        self._counts: Counter[int] = Counter()
        self._next = 0.0
        self._lock = Lock()

    def note(self, seconds: float) -> None:
        """Count one answer. Never raises: what Redis does not take is counted again with the next."""
        moment = time.monotonic()
        with self._lock:
            self._counts[bisect_left(BOUNDS_MS, 1000 * seconds)] += 1
            if moment < self._next:
                return
            self._next = moment + FLUSH_SECONDS
            counts, self._counts = self._counts, Counter()
        try:
            self._send(counts)
        except redis.RedisError as error:
            logger.warning("Times of answers wait for Redis: %s", error)
            with self._lock:
                self._counts += counts
                self._next = moment + SILENT_SECONDS

    def _send(self, counts: Counter[int]) -> None:
        name = _slot_name(int(time.time() // SLOT_SECONDS))
        pipeline = self._client().pipeline(transaction=False)
        for step, n in counts.items():
            pipeline.hincrby(name, str(step), n)
        pipeline.expire(name, (SLOTS + 1) * SLOT_SECONDS)
        pipeline.execute()


clock = AnswerClock(redis_client)
"""Of this process."""


def read_answer_time() -> AnswerTime | None:
    """What all web processes counted within the last hour; None without an answer. Raises RedisError."""
    newest = int(time.time() // SLOT_SECONDS)
    pipeline = redis_client().pipeline(transaction=False)
    for slot in range(newest - SLOTS + 1, newest + 1):
        pipeline.hgetall(_slot_name(slot))
    counts: Counter[int] = Counter()
    for found in pipeline.execute():
        counts.update({int(step): int(n) for step, n in found.items()})
    return AnswerTime(counts.total(), quantile_ms(counts, 0.95)) if counts else None


def quantile_ms(counts: Counter[int], share: float) -> float:
    """The upper end of the step that holds the quantile, in milliseconds; of what is beyond all, the last one's."""
    steps = sorted(counts)
    reached = accumulate(counts[step] for step in steps)
    wanted = share * counts.total()
    step = next(step for step, n in zip(steps, reached, strict=True) if n >= wanted)
    return BOUNDS_MS[min(step, len(BOUNDS_MS) - 1)]


def _slot_name(slot: int) -> str:
    return f"answer-times:{slot}"
