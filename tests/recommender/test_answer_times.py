"""Times of answers: counted in a process, joined in Redis, and no answer waits for a Redis that is away."""

from collections import Counter
from pathlib import Path
from threading import Thread

import pytest
import redis

from coupons.api.throttling import redis_client
from recommender import answer_times
from recommender.answer_times import BOUNDS_MS, AnswerClock, AnswerTime, quantile_ms, read_answer_time


def _rounded(found: AnswerTime | None) -> tuple[int, float]:
    assert found is not None
    return found.answers, round(found.p95_ms, 2)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer sends the counts."""
    monkeypatch.setattr(answer_times, "FLUSH_SECONDS", 0.0)


def test_nothing_was_answered(redis_clean: None) -> None:
    assert read_answer_time() is None


def test_two_processes_are_joined(redis_clean: None, always: None) -> None:
    one, other = AnswerClock(redis_client), AnswerClock(redis_client)
    for _ in range(94):
        one.note(0.002)
    for _ in range(6):
        other.note(0.050)
    # 95 of 100 took at most 50 ms; the step that holds it ends at 0.1 * 1.1 ** 66
    assert _rounded(read_answer_time()) == (100, 53.94)
    one.note(0.001)
    for _ in range(20):
        one.note(0.001)
    assert _rounded(read_answer_time()) == (121, 2.11)


def test_counts_are_sent_together(redis_clean: None) -> None:
    clock = AnswerClock(redis_client)
    for _ in range(50):
        clock.note(0.003)
    assert _rounded(read_answer_time())[0] == 1  # the first went at once, the others wait for their time


def test_no_count_is_lost_between_threads(redis_clean: None, always: None) -> None:
    clock = AnswerClock(redis_client)

    def note_a_hundred() -> None:
        for _ in range(100):
            clock.note(0.004)

    threads = [Thread(target=note_a_hundred) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _rounded(read_answer_time())[0] == 400


def test_without_redis_answers_go_on_and_are_counted_later(
    redis_clean: None, tmp_path: Path, always: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    clients = {"away": redis.Redis(unix_socket_path=str(tmp_path / "nobody.sock")), "back": redis_client()}
    now = "away"

    def client() -> redis.Redis:
        asked.append(now)
        return clients[now]

    clock = AnswerClock(client)
    for _ in range(10):
        clock.note(0.001)
    assert asked == ["away"]  # and then not for a while
    now = "back"
    monkeypatch.setattr(clock, "_next", 0.0)
    clock.note(0.001)
    assert _rounded(read_answer_time())[0] == 11


@pytest.mark.parametrize(
    ("counts", "step"),
    [({3: 1}, 3), ({3: 95, 9: 5}, 3), ({3: 94, 9: 6}, 9), ({0: 1, 500: 99}, len(BOUNDS_MS) - 1)],
)
def test_the_quantile_is_the_end_of_its_step(counts: dict[int, int], step: int) -> None:
    assert quantile_ms(Counter(counts), 0.95) == BOUNDS_MS[step]
