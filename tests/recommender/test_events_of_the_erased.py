"""Of a shopper who was erased no event is kept any more, whoever is first: the erasure or the event."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection, transaction

from coupons.models import Channel, Shopper
from coupons.services import erase_shopper
from recommender.enums import EventKind
from recommender.event_input import event_key
from recommender.models import BehaviorEvent, EventReceipt, RejectedEvent
from recommender.services import EventStatus, record_events
from recommender.services.events import ERASED
from tests.made_up_shop import NOW, make_channel, make_product, make_shopper


def view(event_id: str, shopper: str) -> dict[str, str]:
    return {"event_id": event_id, "shopper": shopper, "kind": "view", "product": "p1"}


@pytest.mark.django_db
def test_an_event_of_somebody_erased_is_rejected_and_its_neighbour_stored() -> None:
    make_product("p1")
    channel = make_channel()
    erase_shopper(shopper=make_shopper(channel, "ann"), actor="test", now=NOW)
    make_shopper(make_channel("other"), "ann")
    refused, stored = record_events(channel=channel, items=[view("1", "ann"), view("2", "bob")], now=NOW)
    assert (refused.status, refused.field, refused.value, refused.reason) == (
        EventStatus.REJECTED,
        "shopper",
        "ann",
        ERASED,
    )
    assert stored.status is EventStatus.ACCEPTED
    assert [event.shopper.external_id for event in BehaviorEvent.objects.all()] == ["bob"]
    assert [receipt.event_key for receipt in EventReceipt.objects.all()] == [event_key(channel.pk, "2")]
    # what it told is not kept by the side door either
    assert RejectedEvent.objects.get().raw == {"event_id": "1"}


def store(channel: Channel) -> None:
    record_events(channel=channel, items=[view("1", "ann")], now=NOW)


def store_without_the_lock(channel: Channel) -> None:
    shopper = Shopper.objects.get(external_id="ann", erased_at=None)
    key = event_key(channel.pk, "1")
    BehaviorEvent.objects.create(event_key=key, channel=channel, shopper=shopper, kind=EventKind.VIEW, occurred_at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("way", "left"), [(store, 0), (store_without_the_lock, 1)])
def test_an_erasure_finds_the_events_that_are_being_stored(way: Callable[[Channel], None], left: int) -> None:
    """The second way is the twin that proves the race is real: the erasure goes by, and the event stays."""
    make_product("p1")
    channel = make_channel()
    shopper = make_shopper(channel, "ann")

    def erase() -> None:
        try:
            erase_shopper(shopper=shopper, actor="test", now=NOW)
        finally:
            connection.close()

    erasure = Thread(target=erase)
    with transaction.atomic():
        way(channel)
        erasure.start()
        erasure.join(1)
        assert erasure.is_alive() == (left == 0)
    erasure.join(20)
    assert not erasure.is_alive()
    assert BehaviorEvent.objects.filter(shopper=shopper).count() == left
