"""What was shown is written once, together, and by a process that ends before it ends."""

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from coupons.errors import NotFound
from coupons.models import Channel, Coupon, Shopper
from coupons.services import erase_shopper
from recommender.models import Impression, SlateLog
from recommender.selectors import recommend_for
from recommender.selectors.deciding import DecisionLog
from recommender.selectors.slate import Slate
from recommender.services import impressions, record_impressions
from recommender.services.feedback import FeedbackItem, record_feedback
from recommender.services.gathering import MOST_AT_ONCE, Gatherer
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupons,
    make_shopper,
    make_version,
    recommend,
)
from tests.recommender.made_up_policies import make_policy

ROOT = Path(__file__).resolve().parent.parent.parent


def make_stage() -> tuple[Channel, Shopper, list[Coupon]]:
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel, now=timezone.now()), 2)
    shopper = make_shopper(channel, "ann")
    recommend(make_version(), shopper, *coupons)
    return channel, shopper, coupons


def answer(channel: Channel) -> Slate:
    return recommend_for(channel=channel, shopper_external_id="ann", now=timezone.now(), limit=2)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- the rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_place_is_a_row_with_what_the_answer_said() -> None:
    channel, shopper, coupons = make_stage()
    slate = answer(channel)
    record_impressions(slate=slate)
    record_impressions(slate=slate)  # tried again after a commit that was not heard of
    columns = ("slate_id", "shopper", "coupon", "position", "score", "propensity", "fallback", "shown_at", "policy")
    assert list(Impression.objects.order_by("position").values_list(*columns)) == [
        (slate.slate_id, shopper.pk, coupon.pk, place, score, 1.0, "", slate.generated_at, None)
        for place, (coupon, score) in enumerate(zip(coupons, (0.9, 0.8), strict=True), start=1)
    ]
    assert not SlateLog.objects.exists()


@pytest.mark.django_db
def test_many_answers_are_one_statement(django_assert_num_queries: Any) -> None:
    channel, _shopper, _coupons = make_stage()
    policy = make_policy(channel)
    decision = DecisionLog(
        policy.pk, None, held_out=True, candidates=[7, 8], scores=[0.5, 0.25], removed=[0, 3], chances=[1, 0.5]
    )
    plain, decided = answer(channel), replace(answer(channel), decision=decision, items=[])
    rows = [impressions._row(slate) for slate in (plain, decided)]
    impressions.write_rows(rows)
    Impression.objects.all().delete()
    SlateLog.objects.all().delete()
    with django_assert_num_queries(1):
        impressions.write_rows(rows)
    assert set(Impression.objects.values_list("slate_id", flat=True)) == {plain.slate_id}
    log = SlateLog.objects.get()
    assert (log.slate_id, log.policy_id, log.held_out) == (decided.slate_id, policy.pk, True)
    assert (log.candidates, log.scores, log.removed) == ([7, 8], [0.5, 0.25], [0, 3])
    assert log.propensities == [1, 0.5]


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_was_written_already_keeps_none_from_being_written() -> None:
    channel, _shopper, _coupons = make_stage()
    first, second = answer(channel), answer(channel)
    rows = [impressions._row(slate) for slate in (first, second)]
    impressions.write_rows(rows[:1])
    impressions.write_rows(rows)
    assert list(Impression.objects.order_by("pk").values_list("slate_id", "position")) == [
        (slate.slate_id, position) for slate in (first, second) for position in (1, 2)
    ]


@pytest.mark.django_db
def test_a_score_that_is_not_known_stays_unknown() -> None:
    channel, _shopper, _coupons = make_stage()
    slate = answer(channel)
    record_impressions(slate=replace(slate, items=[replace(item, score=None) for item in slate.items]))
    record_impressions(slate=replace(answer(channel), shopper_id=None))
    assert set(Impression.objects.values_list("score", "shopper")) == {
        (None, slate.shopper_id),
        (0.9, None),
        (0.8, None),
    }


@pytest.mark.django_db
def test_who_was_erased_meanwhile_is_not_written_down() -> None:
    channel, shopper, _coupons = make_stage()
    slate = answer(channel)
    erase_shopper(shopper=shopper, actor="test", now=timezone.now())
    record_impressions(slate=slate)
    assert list(Impression.objects.values_list("shopper", flat=True)) == [None, None]


# --- gathering --------------------------------------------------------------------------------------------------------


class Paper:
    """What was written, and how often; refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.written: list[list[int]] = []
        self.refusals = refusals

    @property
    def all(self) -> list[int]:
        return [item for part in self.written for item in part]

    def write(self, items: Sequence[int]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OperationalError("no database")
        self.written.append(list(items))


def test_what_comes_within_the_delay_is_written_together_and_in_order() -> None:
    paper = Paper()
    gatherer = Gatherer(paper.write, delay_ms=lambda: 50)
    for number in range(MOST_AT_ONCE + 2):
        gatherer.add(number)
    wait_until(lambda: len(paper.written) == 2)
    assert [len(part) for part in paper.written] == [MOST_AT_ONCE, 2]
    assert [number for part in paper.written for number in part] == list(range(MOST_AT_ONCE + 2))


def test_without_a_database_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.services.gathering._PAUSE_SECONDS", 0.01)
    paper = Paper(refusals=3)
    gatherer = Gatherer(paper.write, delay_ms=lambda: 1)
    gatherer.add(1)
    wait_until(lambda: paper.refusals < 3)
    gatherer.add(2)
    wait_until(lambda: paper.all == [1, 2])


def test_the_thread_ends_when_there_is_nothing_to_do_and_starts_again() -> None:
    paper = Paper()
    gatherer = Gatherer(paper.write, delay_ms=lambda: 1)
    gatherer.add(1)
    wait_until(lambda: gatherer._thread is None)
    gatherer.add(2)
    wait_until(lambda: paper.written == [[1], [2]])


def test_many_threads_lose_and_repeat_nothing() -> None:
    paper = Paper()
    gatherer = Gatherer(paper.write, delay_ms=lambda: 1)

    def add_many(base: int) -> None:
        for number in range(500):
            gatherer.add(base + number)

    threads = [threading.Thread(target=add_many, args=(1_000 * thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: sum(map(len, paper.written)) == 2_000)
    assert sorted(paper.all) == [1_000 * thread + n for thread in range(4) for n in range(500)]


def test_too_much_at_once_is_written_by_who_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.services.gathering.MOST_GATHERED", 2)
    paper = Paper()
    gatherer = Gatherer(paper.write, delay_ms=lambda: 500)
    for number in range(3):
        gatherer.add(number)
    assert paper.written == [[0, 1, 2]]


# --- what others see --------------------------------------------------------------------------------------------------


@pytest.fixture
def gathering(transactional_db: None, settings: Any) -> Iterator[None]:
    settings.IMPRESSION_DELAY_MS = 20
    yield
    wait_until(lambda: impressions._gatherer._thread is None)


def test_feedback_finds_an_answer_that_was_just_given(gathering: None, settings: Any) -> None:
    settings.IMPRESSION_DELAY_MS = 300
    channel, _shopper, coupons = make_stage()
    slate = answer(channel)
    record_impressions(slate=slate)
    assert not Impression.objects.exists()
    item = FeedbackItem(kind="click", coupon=coupons[0].uid)
    results = record_feedback(channel=channel, slate_id=slate.slate_id, shopper="ann", items=[item], now=timezone.now())
    assert [result.status for result in results] == ["accepted"]
    settings.IMPRESSION_DELAY_MS = 20
    with pytest.raises(NotFound):
        record_feedback(channel=channel, slate_id=uuid.uuid4(), shopper="ann", items=[item], now=timezone.now())


_PROGRAM = """
import sys, django
django.setup()
from django.utils import timezone
from coupons.models import Channel
from recommender.selectors import recommend_for
from recommender.services import record_impressions
for _ in range(7):
    slate = recommend_for(channel=Channel.objects.get(), shopper_external_id="ann", now=timezone.now(), limit=2)
    record_impressions(slate=slate)
"""


def test_a_process_that_ends_writes_first(gathering: None, test_environment: dict[str, str]) -> None:
    make_stage()
    environment = {**test_environment, "IMPRESSION_DELAY_MS": "400"}
    subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, cwd=ROOT, check=True, timeout=60)
    assert Impression.objects.count() == 14
    connection.close()
