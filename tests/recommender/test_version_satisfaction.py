"""What shoppers made of one model version: the figures with their intervals, and the card that shows them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from coupons.models import Channel, Coupon
from recommender.enums import EventKind
from recommender.models import ModelVersion, SurveyInvitation
from recommender.partitions import ensure_partitions
from recommender.selectors.version_satisfaction import Estimate, mean_of, share_of, version_satisfaction
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version
from tests.recommender.test_satisfaction import happen, show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _partitions(db: None) -> None:
    ensure_partitions(first=timezone.now() - timedelta(days=40), last=timezone.now())


@pytest.fixture
def version() -> ModelVersion:
    return make_version(1)


def react(version: ModelVersion, channel: Channel, coupons: list[Coupon], shopper: str, rating: int) -> None:
    """An answer of two coupons: one put away, the other clicked twice and rated, first wrongly."""
    who, at = make_shopper(channel, shopper), timezone.now() - timedelta(hours=2)
    slate = show(who, coupons, at, version)
    happen(who, EventKind.DISMISSAL, coupons[0], at, slate_id=slate)
    for minute in range(2):
        happen(who, EventKind.CLICK, coupons[1], at + timedelta(minutes=minute), slate_id=slate)
    for minute, stars in enumerate([6 - rating, rating]):
        happen(who, EventKind.RATING, coupons[1], at + timedelta(minutes=minute), slate_id=slate, rating=stars)
    SurveyInvitation.objects.create(
        slate_id=slate,
        channel=channel,
        shopper=who,
        model_version=version,
        activity=0,
        asked_at=at,
        rating=rating,
        answered_at=at,
    )


def page_of(client: Client, version: ModelVersion) -> Any:
    return client.get(reverse("admin:recommender_modelversion_change", args=[version.pk]))


def test_figures_are_of_the_version_and_the_time_alone(version: ModelVersion, django_assert_num_queries: Any) -> None:
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel), 2)
    react(version, channel, coupons, "ann", 5)
    react(version, make_channel("app"), coupons, "bob", 4)
    react(make_version(2, "candidate"), channel, coupons, "carl", 1)  # type: ignore[arg-type]  # stored as text
    show(make_shopper(channel, "dora"), coupons, timezone.now() - timedelta(days=30), version)
    now = timezone.now()
    with django_assert_num_queries(4):
        found = version_satisfaction(version=version, since=now - timedelta(days=28), until=now)
    assert (found.answers, found.shown, found.clicks, found.dismissals, found.ratings) == (2, 4, 2, 2, 2)
    assert found.rating is not None
    assert [found.rating.value, found.rating.low, found.rating.high] == pytest.approx([4.5, 4.5 - 0.979982, 5.0])
    assert (found.survey.asked, found.survey.answered, found.survey.weighted_mean) == (2, 2, 4.5)


def test_intervals() -> None:
    half = share_of(5, 10)
    assert half is not None
    assert [half.value, half.low, half.high] == pytest.approx([0.5, 0.236593, 0.763407], abs=1e-6)
    none = share_of(0, 10)
    assert none is not None
    assert [none.low, none.high] == pytest.approx([0.0, 0.277533])
    assert share_of(0, 0) is None
    assert (mean_of({}), mean_of({4: 1})) == (None, Estimate(4.0, None, None))


def test_the_page_tells_what_was_counted(client: Client, version: ModelVersion) -> None:
    client.force_login(make_superuser())
    assert "It was shown to nobody in this time" in page_of(client, version).content.decode()
    channel = make_channel()
    react(version, channel, make_coupons(make_campaign(channel), 2), "ann", 5)
    text = page_of(client, version).content.decode()
    for words in ("1 of 2 coupons shown", "1 rating<", "1 of 1 asked have answered", "50.0%", "9.5% – 90.5%", "5.00"):
        assert words in text, words


def test_the_page_costs_the_same_for_one_reaction_and_three(client: Client, version: ModelVersion) -> None:
    client.force_login(make_superuser())
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel), 2)
    page_of(client, version)
    counts = []
    for names in (["ann"], ["bob", "carl"]):
        for name in names:
            react(version, channel, coupons, name, 4)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert page_of(client, version).status_code == 200
        counts.append(len(queries))
    assert counts == [11, 11]
