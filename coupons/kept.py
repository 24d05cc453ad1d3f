"""Values of the database that a process keeps for a moment, each read anew by one thread at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

EARLY = 0.8
"""The share of its time after which a value is read anew."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value
    due: float
    until: float
    in_hand: bool = False


class Kept(Generic[Key, Value]):
    """Values by key, none of them older than `seconds`.

    Who comes first after EARLY of that time reads, and whoever comes meanwhile takes what there is: all threads of a
    busy process would otherwise read the same at once, and their requests were its slowest hundredth.
    """

    def __init__(self, seconds: float, *, most: int = 1_000) -> None:
        """At most `most` keys; beyond them all are forgotten."""
        self.seconds, self._most = seconds, most
        self._entries: dict[Key, _Entry[Value]] = {}
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[Value | None], Value]) -> Value:
        """The value; `read` makes it of the one before. What it raises is passed on, and the next caller reads."""
        began = time.monotonic()
        entry = self._entries.get(key)
        if entry is not None and began < entry.until and (began < entry.due or not self._take(entry)):
            return entry.value
        try:
            value = read(entry.value if entry is not None else None)
        except BaseException:
            if entry is not None:
                entry.in_hand = False
            raise
        self.put(key, value, since=began)
        return value

    def put(self, key: Key, value: Value, *, since: float) -> None:
        """Keep a value that was read elsewhere, at `since` by time.monotonic."""
        with self._lock:
            if len(self._entries) >= self._most and key not in self._entries:
                self._entries.clear()
            self._entries[key] = _Entry(value, since + EARLY * self.seconds, since + self.seconds)

    def _take(self, entry: _Entry[Value]) -> bool:
        """Whether the caller is the one who reads."""
        with self._lock:
            free, entry.in_hand = not entry.in_hand, True
        return free

    def forget(self) -> None:
        """Read all anew with the next question."""
        with self._lock:
            self._entries.clear()
