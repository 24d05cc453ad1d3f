"""What keeps the event tables in shape, once a day."""

from datetime import datetime, timedelta

from recommender.enums import VersionStatus
from recommender.models import EventReceipt, ModelVersion, PopularCoupon, Recommendation
from recommender.partitions import ensure_partitions
from recommender.selectors.rules import tried_version_ids
from recommender.services.activation import previous_version_id

RECEIPTS_KEPT = timedelta(days=90)
"""A client that sends an event again does so within hours; after this the id would count a second time."""

PARTITIONS_AHEAD = timedelta(days=62)


def prepare_partitions(*, now: datetime) -> list[str]:
    """Make the partitions of this month and the two after it where they are missing; their names."""
    return ensure_partitions(first=now, last=now + PARTITIONS_AHEAD)


def prune_recommendations() -> int:
    """Delete the slates and popular lists of versions that neither serve, are tried nor are a roll-back away."""
    serving = ModelVersion.objects.filter(status__in=[VersionStatus.LIVE, VersionStatus.SHADOW])
    kept = {previous_version_id(), *serving.values_list("pk", flat=True)}
    waiting = (
        ModelVersion.objects.filter(status=VersionStatus.CANDIDATE).order_by("-number").values_list("pk", flat=True)
    )
    kept.update(waiting[:1])  # the newest candidate may be on its way to serve
    kept.update(tried_version_ids())
    old = ModelVersion.objects.exclude(pk__in=[pk for pk in kept if pk is not None])
    slates, _ = Recommendation.objects.filter(model_version__in=old).delete()
    popular, _ = PopularCoupon.objects.filter(model_version__in=old).delete()
    return slates + popular


def prune_receipts(*, now: datetime) -> int:
    """Delete receipts older than RECEIPTS_KEPT; how many."""
    deleted, _ = EventReceipt.objects.filter(received_at__lt=now - RECEIPTS_KEPT).delete()
    return deleted
