"""Shards of a precompute: which there are, and that one handed out twice is still written once."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from coupons.models import Shopper
from recommender.jobs import precompute
from recommender.models import ModelVersion, Recommendation
from recommender.pipeline.policy import Place
from recommender.pipeline.publish import publish_slates
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version
from tests.racing import race


@pytest.mark.django_db
def test_a_shard_is_the_same_wherever_it_is_planned() -> None:
    channel = make_channel()
    for pk in (1, 1999, 2000, 9001):
        Shopper.objects.create(pk=pk, channel=channel, external_id=str(pk))
    assert precompute.shard_ranges() == [(0, 1999), (2000, 3999), (8000, 9999)]


@pytest.mark.django_db
def test_without_a_model_or_without_shoppers_there_is_no_plan() -> None:
    assert precompute.plan_precompute() is None
    version = make_version()
    assert precompute.plan_precompute() is None
    make_shopper(make_channel())
    plan = precompute.plan_precompute()
    assert plan is not None
    assert (plan.version_id, len(plan.ranges)) == (version.pk, 1)


@pytest.fixture
def write_shard(transactional_db: None) -> Callable[[bool], None]:
    """Writes a made-up slate of 10 coupons for 20 shoppers; slowly, as a loaded database would."""
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel), 10)
    shoppers = [make_shopper(channel, str(number)).pk for number in range(20)]
    version: ModelVersion = make_version()
    slates = {
        shopper: [
            Place(coupon=coupon.pk, rank=rank, score=0.5, propensity=1.0, reason={})
            for rank, coupon in enumerate(coupons, start=1)
        ]
        for shopper in shoppers
    }
    looked = threading.Barrier(2)

    def write(locked: bool) -> None:
        with transaction.atomic():
            if locked:
                precompute._lock_shard(version.pk, 0)
            else:
                Recommendation.objects.filter(model_version=version).delete()  # both have looked before one writes
                looked.wait(10)
            publish_slates(version_id=version.pk, shoppers=shoppers, slates=slates, now=timezone.now())
            time.sleep(0.1)

    return write


def test_a_shard_that_two_workers_finish_at_once_is_written_whole(write_shard: Callable[[bool], None]) -> None:
    outcomes = race(lambda: write_shard(True), lambda: write_shard(True))
    assert list(outcomes) == [None, None]
    assert Recommendation.objects.count() == 200


def test_the_naive_way_fails_one_of_them(write_shard: Callable[[bool], None]) -> None:
    """The twin that proves the race is real: the same writes without the shard's lock."""
    outcomes = race(lambda: write_shard(False), lambda: write_shard(False))
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1
