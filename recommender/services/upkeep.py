"""What keeps the tables that grow with every event and answer in shape, once a day."""

from datetime import datetime, timedelta

from django.conf import settings

from coupons.models import Channel
from recommender.enums import ExperimentStatus, VersionStatus
from recommender.models import (
    EventReceipt,
    ExperimentArm,
    ExperimentReading,
    ModelVersion,
    PopularCoupon,
    Recommendation,
    SlateLog,
)
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


def prune_decisions(*, now: datetime) -> int:
    """Delete how answers were decided DECISIONS_KEPT_DAYS ago or earlier; how many.

    What an experiment that still runs decided stays: shoppers enter it with their first answer.
    """
    running = ExperimentArm.objects.filter(experiment__status=ExperimentStatus.RUNNING)
    old = SlateLog.objects.filter(shown_at__lt=now - timedelta(days=settings.DECISIONS_KEPT_DAYS))
    # channel by channel, as the index is
    return sum(
        old.filter(channel=channel).exclude(arm__in=running).delete()[0]
        for channel in Channel.objects.order_by("pk").values_list("pk", flat=True)
    )


def prune_readings(*, now: datetime) -> int:
    """Delete readings older than READINGS_KEPT_DAYS; how many. Verdicts stay, and the newest of each experiment."""
    newest = ExperimentReading.objects.order_by("channel_id", "experiment_id", "-read_at").distinct(
        "channel_id", "experiment_id"
    )
    old = ExperimentReading.objects.filter(read_at__lt=now - timedelta(days=settings.READINGS_KEPT_DAYS), final=False)
    deleted, _ = old.exclude(pk__in=newest.values("pk")).delete()
    return deleted
