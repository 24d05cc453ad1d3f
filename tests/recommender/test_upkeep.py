"""Daily upkeep of the event tables."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.event_input import event_key
from recommender.models import EventReceipt
from recommender.services.upkeep import RECEIPTS_KEPT, prepare_partitions, prune_receipts
from tests.made_up_shop import NOW

pytestmark = pytest.mark.django_db


def test_partitions_are_ready_before_their_month_begins() -> None:
    far = datetime(2031, 11, 30, tzinfo=UTC)
    made = [f"recommender_behaviorevent_{month}" for month in ("y2031m11", "y2031m12", "y2032m01")]
    assert prepare_partitions(now=far) == made
    assert prepare_partitions(now=far) == []


def test_receipts_are_kept_as_long_as_a_resend_is_likely() -> None:
    for name, age in {"new": timedelta(0), "kept": RECEIPTS_KEPT, "old": RECEIPTS_KEPT + timedelta(seconds=1)}.items():
        EventReceipt.objects.create(event_key=event_key(1, name), received_at=NOW - age)
    assert prune_receipts(now=NOW) == 1
    assert not EventReceipt.objects.filter(event_key=event_key(1, "old")).exists()
    assert EventReceipt.objects.count() == 2
