"""A value is kept for its time and no longer, and read anew by one thread while the others go on."""

import threading
import time
from collections.abc import Callable
from itertools import count

import pytest

from coupons.kept import EARLY, Kept


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def test_a_value_is_read_anew_after_most_of_its_time(clock: Callable[[float], None]) -> None:
    numbers, kept = count(1), Kept[str, int](10.0)
    assert [kept.get("a", lambda _: next(numbers)) for _ in range(2)] == [1, 1]
    clock(10 * EARLY - 0.01)
    assert kept.get("a", lambda _: next(numbers)) == 1
    clock(0.01)
    assert kept.get("a", lambda before: (before or 0) * 10 + next(numbers)) == 12
    assert kept.get("b", lambda before: 0 if before is None else 1) == 0
    kept.forget()
    assert kept.get("a", lambda _: next(numbers)) == 3


def test_one_thread_reads_while_the_others_take_what_there_is(clock: Callable[[float], None]) -> None:
    kept, reading, done = Kept[str, str](10.0), threading.Event(), threading.Event()
    assert kept.get("a", lambda _: "old") == "old"

    def slow(_before: str | None) -> str:
        reading.set()
        assert done.wait(20)
        return "new"

    clock(9)
    thread = threading.Thread(target=lambda: kept.get("a", slow))
    thread.start()
    assert reading.wait(20)
    assert kept.get("a", lambda _: "read twice") == "old"
    clock(1)  # its time is over: nobody is given it, whoever is reading
    assert kept.get("a", lambda _: "mine") == "mine"
    done.set()
    thread.join(20)


def test_a_reading_that_fails_is_tried_by_the_next(clock: Callable[[float], None]) -> None:
    kept = Kept[str, int](10.0)
    kept.get("a", lambda _: 1)
    clock(9)

    def fail(_before: int | None) -> int:
        raise OSError

    with pytest.raises(OSError):
        kept.get("a", fail)
    assert kept.get("a", lambda _: 2) == 2


def test_no_more_keys_are_kept_than_there_is_room_for(clock: Callable[[float], None]) -> None:
    kept = Kept[int, int](10.0, most=2)
    for key in (1, 2, 3):
        kept.get(key, lambda _: 0)
    assert kept.get(3, lambda _: 1) == 0
    assert kept.get(1, lambda _: 1) == 1
