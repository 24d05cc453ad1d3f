"""Daily upkeep of the event tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.enums import ExperimentStatus, VersionStatus
from recommender.event_input import event_key
from recommender.models import (
    EventReceipt,
    Experiment,
    ExperimentArm,
    ExperimentReading,
    PopularCoupon,
    Recommendation,
    SlateLog,
)
from recommender.services import activate_model
from recommender.services.upkeep import (
    RECEIPTS_KEPT,
    prepare_partitions,
    prune_decisions,
    prune_readings,
    prune_receipts,
    prune_recommendations,
)
from tests.made_up_shop import (
    NOW,
    make_campaign,
    make_channel,
    make_coupon,
    make_popular,
    make_shopper,
    make_version,
    recommend,
)
from tests.recommender.made_up_policies import log_slate

pytestmark = pytest.mark.django_db


def test_partitions_are_ready_before_their_month_begins() -> None:
    far = datetime(2031, 11, 30, tzinfo=UTC)
    made = [f"recommender_behaviorevent_{month}" for month in ("y2031m11", "y2031m12", "y2032m01")]
    assert prepare_partitions(now=far) == made
    assert prepare_partitions(now=far) == []


def test_only_slates_that_may_serve_again_are_kept() -> None:
    channel = make_channel()
    coupon, shopper = make_coupon(make_campaign(channel)), make_shopper(channel)
    versions = [make_version(number, VersionStatus.CANDIDATE) for number in range(1, 6)]
    for version in versions[:3]:
        activate_model(version=version, reason="x")
    for version in versions:
        recommend(version, shopper, coupon)
        make_popular(version, channel, coupon)
    assert prune_recommendations() == 4  # of v1, retired, and v4, overtaken
    for model in (Recommendation, PopularCoupon):
        kept = model.objects.order_by("model_version__number").values_list("model_version__number", flat=True)
        assert list(kept) == [2, 3, 5]
    assert prune_recommendations() == 0


def test_receipts_are_kept_as_long_as_a_resend_is_likely() -> None:
    for name, age in {"new": timedelta(0), "kept": RECEIPTS_KEPT, "old": RECEIPTS_KEPT + timedelta(seconds=1)}.items():
        EventReceipt.objects.create(event_key=event_key(1, name), received_at=NOW - age)
    assert prune_receipts(now=NOW) == 1
    assert not EventReceipt.objects.filter(event_key=event_key(1, "old")).exists()
    assert EventReceipt.objects.count() == 2


def test_decisions_are_kept_for_a_while_and_while_their_experiment_runs(settings: Any) -> None:
    settings.DECISIONS_KEPT_DAYS = 30
    channel = make_channel()
    shopper, edge = make_shopper(channel), NOW - timedelta(days=30)
    arms = []
    for name, status in (("runs", ExperimentStatus.RUNNING), ("stopped", ExperimentStatus.STOPPED)):
        experiment = Experiment.objects.create(channel=channel, name=name, status=status)
        arms.append(ExperimentArm.objects.create(experiment=experiment, position=0, name=name))
    kept = [log_slate(shopper, edge), log_slate(shopper, edge - timedelta(days=300), arms[0])]
    log_slate(shopper, edge - timedelta(seconds=1))
    log_slate(shopper, edge - timedelta(seconds=1), arms[1])
    log_slate(make_shopper(make_channel("other")), edge - timedelta(seconds=1))
    assert prune_decisions(now=NOW) == 3
    assert set(SlateLog.objects.all()) == set(kept)
    assert prune_decisions(now=NOW) == 0


def test_of_old_readings_verdicts_and_the_newest_stay(settings: Any) -> None:
    settings.READINGS_KEPT_DAYS = 30
    channel = make_channel()
    experiment = Experiment.objects.create(channel=channel, name="long ago")
    old = NOW - timedelta(days=31)

    def read(at: datetime, **fields: Any) -> ExperimentReading:
        return ExperimentReading.objects.create(channel=channel, read_at=at, **fields)

    read(old - timedelta(days=2), experiment=experiment)
    read(old)  # of the hold-out, which has a newer one
    kept = [
        read(old - timedelta(days=3), experiment=experiment, final=True),
        read(old, experiment=experiment),
        read(NOW - timedelta(days=30)),
    ]
    assert prune_readings(now=NOW) == 2
    assert set(ExperimentReading.objects.all()) == set(kept)
    assert prune_readings(now=NOW) == 0
