"""Monthly partitions of the event table."""

import threading
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection

from recommender.enums import EventKind
from recommender.models import BehaviorEvent
from recommender.partitions import EVENT_TABLE, ensure_partitions, next_month, partition_name

MARCH = datetime(2031, 3, 14, 15, 9, tzinfo=UTC)


def _partition_of(event: BehaviorEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {EVENT_TABLE} WHERE id = %s", [event.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def _event(moment: datetime) -> BehaviorEvent:
    return BehaviorEvent.objects.create(
        event_key=uuid.uuid4(), channel_id=1, shopper_id=1, kind=EventKind.VIEW, occurred_at=moment
    )


@pytest.mark.django_db
def test_makes_each_missing_month_once() -> None:
    december, february = MARCH.replace(year=2030, month=12), MARCH.replace(month=2)

    made = ensure_partitions(first=december, last=february)

    assert made == [f"{EVENT_TABLE}_y2030m12", f"{EVENT_TABLE}_y2031m01", f"{EVENT_TABLE}_y2031m02"]
    assert ensure_partitions(first=december, last=february) == []


@pytest.mark.django_db
def test_an_event_lands_in_its_utc_month() -> None:
    ensure_partitions(first=MARCH, last=MARCH)

    last_moment = datetime.fromisoformat("2031-04-01T01:30:00+02:00")  # still March in UTC

    assert _partition_of(_event(last_moment)) == partition_name(MARCH.date().replace(day=1))


@pytest.mark.django_db
def test_rows_that_came_before_their_partition_move_into_it() -> None:
    early = _event(MARCH)
    assert _partition_of(early) == f"{EVENT_TABLE}_default"

    ensure_partitions(first=MARCH, last=MARCH)

    assert _partition_of(early) == f"{EVENT_TABLE}_y2031m03"


@pytest.mark.django_db(transaction=True)
def test_processes_racing_for_one_month_make_it_once() -> None:
    barrier, made, errors = threading.Barrier(4), [], []

    def make() -> None:
        barrier.wait()
        try:
            made.append(ensure_partitions(first=MARCH.replace(year=2032), last=MARCH.replace(year=2032)))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert partition_name(MARCH.date().replace(year=2032, day=1)) in [name for names in made for name in names]
    _drop(partition_name(MARCH.date().replace(year=2032, day=1)))


def _drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")


def test_the_month_after_december_is_january() -> None:
    assert next_month(datetime(2030, 12, 1, tzinfo=UTC).date()) == datetime(2031, 1, 1, tzinfo=UTC).date()
