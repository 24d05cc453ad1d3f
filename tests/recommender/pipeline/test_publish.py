"""Stage 9: slates of a shard replace what its shoppers had, and touch nobody else."""

from datetime import UTC, datetime

import numpy as np
import pytest

from recommender.models import ModelVersion, PopularCoupon, Recommendation, ShopperInterest
from recommender.pipeline.policy import Place
from recommender.pipeline.publish import publish_interests, publish_popular, publish_slates
from recommender.pipeline.scoring import InterestStates
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 10, tzinfo=UTC)


def places(*coupons: int, score: float = 0.5) -> list[Place]:
    return [Place(coupon, rank, score, 1.0, {"code": "interest"}) for rank, coupon in enumerate(coupons, start=1)]


def stored(version: ModelVersion) -> list[tuple[int, int, int]]:
    rows = Recommendation.objects.filter(model_version=version).order_by("shopper_id", "rank")
    return list(rows.values_list("shopper_id", "rank", "coupon_id"))


def test_a_shard_replaces_its_shoppers_only_and_may_run_twice() -> None:
    channel = make_channel()
    a, b, c = (coupon.pk for coupon in make_coupons(make_campaign(channel), 3))
    one, two = (make_shopper(channel, name).pk for name in ("s1", "s2"))
    version = make_version(1)
    publish_slates(version_id=version.pk, shoppers=[one, two], slates={one: places(a, b), two: places(c)}, now=NOW)
    for _ in range(2):
        written = publish_slates(version_id=version.pk, shoppers=[one], slates={one: places(c, a)}, now=NOW)
        assert written == 2
        assert stored(version) == [(one, 1, c), (one, 2, a), (two, 1, c)]


def test_a_shopper_without_a_slate_loses_the_old_one() -> None:
    channel = make_channel()
    (coupon,) = make_coupons(make_campaign(channel), 1)
    shopper, version = make_shopper(channel), make_version(1)
    publish_slates(version_id=version.pk, shoppers=[shopper.pk], slates={shopper.pk: places(coupon.pk)}, now=NOW)
    publish_slates(version_id=version.pk, shoppers=[shopper.pk], slates={}, now=NOW)
    assert stored(version) == []


def test_a_row_keeps_score_reason_and_propensity() -> None:
    channel = make_channel()
    (coupon,) = make_coupons(make_campaign(channel), 1)
    shopper, version = make_shopper(channel), make_version(1)
    slate = [Place(coupon.pk, 1, 1.0000001, 0.25, {"code": "exploration", "parts": {"boosting": 0.1}})]
    publish_slates(version_id=version.pk, shoppers=[shopper.pk], slates={shopper.pk: slate}, now=NOW)
    row = Recommendation.objects.get()
    assert (row.score, row.propensity, row.created_at) == (1.0, 0.25, NOW)
    assert row.reason == {"code": "exploration", "parts": {"boosting": 0.1}}


def test_interests_are_replaced() -> None:
    shopper, version = make_shopper(make_channel()), make_version(1)
    for value in (0.25, 0.75):
        states = InterestStates(
            np.array([shopper.pk]), np.array([[value, 0.5]], np.float32), np.array([[-1.0]], np.float32)
        )
        assert publish_interests(version_id=version.pk, states=states, as_of=NOW) == 1
    row = ShopperInterest.objects.get()
    assert (row.interests, row.hidden_state, row.as_of) == ([0.75, 0.5], [-1.0], NOW)


def test_the_popular_list_of_a_channel_is_replaced() -> None:
    channel, version = make_channel(), make_version(1)
    a, b = (coupon.pk for coupon in make_coupons(make_campaign(channel), 2))
    publish_popular(version_id=version.pk, channel_id=channel.pk, coupons=[(a, 0.4), (b, 0.2)], now=NOW)
    publish_popular(version_id=version.pk, channel_id=channel.pk, coupons=[(b, 0.5)], now=NOW)
    assert list(PopularCoupon.objects.values_list("coupon_id", "rank", "score")) == [(b, 1, 0.5)]
