"""record_events: stored once each, whatever else is in the batch and whoever else sends it at the same time."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from coupons.models import Channel, Shopper
from recommender.enums import EventKind
from recommender.event_input import event_key
from recommender.models import BehaviorEvent, EventReceipt, RejectedEvent
from recommender.services import EventStatus, TooManyEventsError, record_events
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon, make_product, make_shopper
from tests.racing import Gathering, race


@pytest.fixture
def channel(db: None) -> Channel:
    make_product("p1")
    return make_channel()


def purchase(event_id: str = "e1", **members: Any) -> dict[str, Any]:
    return {"event_id": event_id, "shopper": "ann", "kind": "purchase", "product": "p1", **members}


def send(channel: Channel, *items: object) -> list[str]:
    return [result.status.value for result in record_events(channel=channel, items=items, now=NOW)]


def test_a_good_event_is_stored_as_it_was_sent(channel: Channel) -> None:
    coupon = make_coupon(make_campaign(channel))
    shopper = make_shopper(channel, "ann")
    slate = uuid.uuid4()
    moment = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
    event = purchase(
        coupon=str(coupon.uid),
        occurred_at=moment.isoformat(),
        order_ref="1001",
        quantity=2,
        value_minor=598,
        discount_minor=20,
        coupon_discount_minor=100,
        slate_id=str(slate),
        properties={"till": 4},
    )
    assert send(channel, event) == ["accepted"]
    stored = BehaviorEvent.objects.get()
    assert (stored.channel, stored.shopper, stored.coupon) == (channel, shopper, coupon)
    assert stored.product is not None
    assert stored.product.external_id == "p1"
    assert (stored.kind, stored.occurred_at, stored.order_ref) == (EventKind.PURCHASE, moment, "1001")
    assert (stored.quantity, stored.value_minor, stored.discount_minor) == (2, 598, 20)
    assert (stored.coupon_discount_minor, stored.rating) == (100, None)
    assert (stored.slate_id, stored.properties) == (slate, {"till": 4})
    assert stored.event_key == event_key(channel.pk, "e1")


def test_it_lies_in_the_partition_of_its_month(channel: Channel) -> None:
    send(channel, purchase(occurred_at="2026-04-30T23:59:59Z"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM recommender_behaviorevent")
        assert cursor.fetchone() == ("recommender_behaviorevent_y2026m04",)


def test_old_events_make_no_partitions(channel: Channel) -> None:
    assert send(channel, *(purchase(f"e{year}", occurred_at=f"{year}-01-01T00:00:00Z") for year in range(1990, 2020)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM recommender_behaviorevent")
        assert cursor.fetchall() == [("recommender_behaviorevent_default",)]


def test_sending_again_changes_nothing(channel: Channel) -> None:
    assert send(channel, purchase("e1"), purchase("e2")) == ["accepted", "accepted"]
    assert send(channel, purchase("e2", value_minor=1), purchase("e3")) == ["duplicate", "accepted"]
    assert BehaviorEvent.objects.count() == EventReceipt.objects.count() == 3
    assert BehaviorEvent.objects.get(event_key=event_key(channel.pk, "e2")).value_minor is None


def test_an_id_counts_once_whatever_its_month(channel: Channel) -> None:
    assert send(channel, purchase(occurred_at="2026-03-01T00:00:00Z")) == ["accepted"]
    assert send(channel, purchase(occurred_at="2026-04-01T00:00:00Z")) == ["duplicate"]
    assert BehaviorEvent.objects.count() == 1


def test_an_id_counts_once_within_a_batch(channel: Channel) -> None:
    assert send(channel, purchase(quantity=1), purchase(quantity=2)) == ["accepted", "duplicate"]
    assert BehaviorEvent.objects.get().quantity == 1


def test_a_rejected_event_does_not_take_its_id(channel: Channel) -> None:
    assert send(channel, purchase(quantity=0), purchase(quantity=2)) == ["rejected", "accepted"]
    assert BehaviorEvent.objects.get().quantity == 2


def test_channels_do_not_share_ids(channel: Channel) -> None:
    other = make_channel("other")
    assert send(channel, purchase()) == ["accepted"]
    assert send(other, purchase()) == ["accepted"]
    assert BehaviorEvent.objects.count() == 2


def test_what_a_file_brought_in_is_a_duplicate(channel: Channel) -> None:
    BehaviorEvent.objects.create(
        event_key=event_key(channel.pk, "e1"),
        channel=channel,
        shopper=make_shopper(channel, "ann"),
        kind=EventKind.PURCHASE,
        occurred_at=NOW,
    )
    assert send(channel, purchase(occurred_at=NOW.isoformat())) == ["duplicate"]
    assert BehaviorEvent.objects.count() == 1


def test_a_new_shopper_is_made_once(channel: Channel) -> None:
    known = make_shopper(channel, "bob")
    assert send(channel, purchase("e1"), purchase("e2"), purchase("e3", shopper="bob")) == ["accepted"] * 3
    assert sorted(Shopper.objects.values_list("external_id", flat=True)) == ["ann", "bob"]
    assert BehaviorEvent.objects.filter(shopper=known).count() == 1


def test_a_rejected_event_makes_no_shopper(channel: Channel) -> None:
    assert send(channel, purchase(shopper="ghost", product="nothing")) == ["rejected"]
    assert Shopper.objects.count() == 0


def test_bad_events_are_kept_whole_and_do_not_hold_up_the_good(channel: Channel) -> None:
    bad = purchase("e2", product="nothing", properties={"till": 4})
    results = record_events(channel=channel, items=[purchase("e1"), bad, 7], now=NOW)
    assert [result.status for result in results] == [EventStatus.ACCEPTED, EventStatus.REJECTED, EventStatus.REJECTED]
    assert (results[1].field, results[1].value, results[1].reason) == ("product", "nothing", "is not in the catalog")
    assert (results[2].event_id, results[2].field, results[2].value) == (None, "event", 7)
    first, second = RejectedEvent.objects.order_by("id")
    assert (first.channel, first.field, first.value, first.reason) == (
        channel,
        "product",
        "nothing",
        "is not in the catalog",
    )
    assert (first.raw, second.raw) == (bad, 7)
    assert BehaviorEvent.objects.count() == 1


def test_another_channels_coupon_is_not_known_here(channel: Channel) -> None:
    theirs = make_coupon(make_campaign(make_channel("other")))
    (result,) = record_events(channel=channel, items=[purchase(coupon=str(theirs.uid))], now=NOW)
    assert (result.status, result.field, result.value) == (EventStatus.REJECTED, "coupon", str(theirs.uid))
    assert BehaviorEvent.objects.count() == 0


def test_what_postgres_could_not_keep_is_rejected_and_kept_as_text(channel: Channel) -> None:
    deep: Any = "end"
    for _ in range(200):
        deep = [deep]
    items: list[Any] = [
        purchase("nul", shopper="a\x00b"),
        purchase("half", shopper="\ud800"),
        purchase("nan", value_minor=float("nan")),
        purchase("huge", value_minor=10**30),
        purchase("deep", properties={"a": deep}),
        purchase("long", product="x" * 100_000),
        {"\x00": "\x00"},
        [float("inf")],
    ]
    results = record_events(channel=channel, items=items, now=NOW)
    assert [result.status for result in results] == [EventStatus.REJECTED] * 8
    assert [result.field for result in results] == [
        "shopper",
        "shopper",
        "value_minor",
        "value_minor",
        "properties",
        "product",
        "\\u0000",
        "event",
    ]
    kept = list(RejectedEvent.objects.order_by("id"))
    assert (kept[0].raw["shopper"], kept[2].raw["value_minor"], kept[7].raw) == ("a\\u0000b", "nan", ["inf"])
    assert kept[3].raw["value_minor"] == 10**30
    assert len(kept[5].raw["product"]) == 100_000
    assert len(str(results[5].value)) == 201
    assert BehaviorEvent.objects.count() == Shopper.objects.count() == 0


def test_a_batch_of_more_than_a_thousand_is_refused_whole(channel: Channel) -> None:
    with pytest.raises(TooManyEventsError):
        record_events(channel=channel, items=[purchase(f"e{n}") for n in range(1001)], now=NOW)
    assert BehaviorEvent.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_the_number_of_statements_does_not_grow_with_the_batch(
    channel: Channel, count: int, django_assert_num_queries: Any
) -> None:
    send(channel, purchase("first"))
    coupon = str(make_coupon(make_campaign(channel)).uid)
    # products, coupons, partitions, savepoint, shoppers, events with their receipts, release
    with django_assert_num_queries(7):
        assert Counter(send(channel, *(purchase(f"e{n}", coupon=coupon) for n in range(count)))) == {"accepted": count}
    # new shoppers: made and read once more; rejected events: kept
    items = [purchase(f"f{n}", shopper=f"new {n}", coupon=coupon) for n in range(count)] + [None] * (1000 - count)
    with django_assert_num_queries(9 + (count < 1000)):
        assert Counter(send(channel, *items))["accepted"] == count


BATCHES, SIZE = 8, 60


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_sent_many_times_at_once_counts_once() -> None:
    make_product("p1")
    channel = make_channel()
    items = [purchase(f"e{n}", shopper=f"s{n % 7}") for n in range(SIZE)]
    turned = [items[start:] + items[:start] for start in range(0, BATCHES * 5, 5)]
    outcomes = race(*(lambda batch=batch: send(channel, *batch) for batch in turned))
    counts = Counter(status for outcome in outcomes for status in outcome)  # type: ignore[union-attr]
    assert counts == {"accepted": SIZE, "duplicate": SIZE * (BATCHES - 1)}
    assert BehaviorEvent.objects.count() == EventReceipt.objects.count() == SIZE
    assert Shopper.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_the_naive_way_counts_twice() -> None:
    """The twin that proves the race is real: look, then write. The batches differ in their times, as retries do."""
    make_product("p1")
    channel = make_channel()
    shopper = make_shopper(channel, "ann")
    key, looked = event_key(channel.pk, "e1"), Gathering(BATCHES)

    def look_then_write(number: int) -> None:
        if not BehaviorEvent.objects.filter(event_key=key).exists():
            looked.wait()
            BehaviorEvent.objects.create(
                event_key=key,
                channel=channel,
                shopper=shopper,
                kind=EventKind.PURCHASE,
                occurred_at=NOW + timedelta(microseconds=number),
            )

    race(*(lambda number=number: look_then_write(number) for number in range(BATCHES)))
    assert BehaviorEvent.objects.count() > 1
