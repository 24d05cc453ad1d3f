"""What keeps the event tables in shape, once a day."""

from datetime import datetime, timedelta

from recommender.models import EventReceipt
from recommender.partitions import ensure_partitions

RECEIPTS_KEPT = timedelta(days=90)
"""A client that sends an event again does so within hours; after this the id would count a second time."""

PARTITIONS_AHEAD = timedelta(days=62)


def prepare_partitions(*, now: datetime) -> list[str]:
    """Make the partitions of this month and the two after it where they are missing; their names."""
    return ensure_partitions(first=now, last=now + PARTITIONS_AHEAD)


def prune_receipts(*, now: datetime) -> int:
    """Delete receipts older than RECEIPTS_KEPT; how many."""
    deleted, _ = EventReceipt.objects.filter(received_at__lt=now - RECEIPTS_KEPT).delete()
    return deleted
