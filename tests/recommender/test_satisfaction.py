"""Which answer a redemption is credited to, what shoppers thought of each model, and the one question."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from coupons.errors import NotFound
from coupons.models import Channel, Coupon, Shopper
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Impression, ModelVersion, SurveyInvitation
from recommender.partitions import ensure_partitions
from recommender.selectors.attribution import Touch, credited_redemptions
from recommender.selectors.satisfaction import Stratum, satisfaction, survey_of
from recommender.services.surveys import answer_survey, invite_to_survey, is_sampled
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupons, make_shopper, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _partitions(db: None) -> None:
    ensure_partitions(first=NOW - timedelta(days=40), last=NOW)


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def coupons(channel: Channel) -> list[Coupon]:
    return make_coupons(make_campaign(channel), 2)


def show(
    shopper: Shopper, coupons: list[Coupon], at: datetime, version: ModelVersion | None = None, slate: Any = None
) -> uuid.UUID:
    slate = slate or uuid.uuid4()
    for position, coupon in enumerate(coupons, start=1):
        Impression.objects.create(
            slate_id=slate,
            channel=shopper.channel,
            shopper=shopper,
            coupon=coupon,
            model_version=version,
            position=position,
            propensity=1.0,
            shown_at=at,
        )
    return uuid.UUID(str(slate))


def happen(shopper: Shopper, kind: EventKind, coupon: Coupon, at: datetime, **fields: Any) -> None:
    BehaviorEvent.objects.create(
        event_key=uuid.uuid4(),
        channel=shopper.channel,
        shopper=shopper,
        kind=kind,
        coupon=coupon,
        occurred_at=at,
        **fields,
    )


def credited(channel: Channel) -> list[tuple[uuid.UUID, Touch]]:
    found = credited_redemptions(channel_id=channel.pk, since=NOW - timedelta(days=30), until=NOW)
    return [(credit.slate_id, credit.touch) for credit in found]


def test_a_click_within_its_window_goes_before_a_later_view(channel: Channel, coupons: list[Coupon]) -> None:
    ann = make_shopper(channel, "ann")
    at = NOW - timedelta(hours=1)
    clicked = show(ann, coupons, at - timedelta(days=6))
    happen(ann, EventKind.CLICK, coupons[0], at - timedelta(days=6), slate_id=clicked)
    viewed = show(ann, coupons, at - timedelta(hours=2))
    for coupon in coupons:
        happen(ann, EventKind.REDEMPTION, coupon, at, order_ref=coupon.external_id)
    assert sorted(credited(channel), key=str) == sorted([(clicked, Touch.CLICK), (viewed, Touch.VIEW)], key=str)


def test_windows_end(channel: Channel, coupons: list[Coupon]) -> None:
    ann = make_shopper(channel, "ann")
    at = NOW - timedelta(hours=1)
    old = show(ann, coupons, at - timedelta(days=7, seconds=1))
    happen(ann, EventKind.CLICK, coupons[0], at - timedelta(days=7), slate_id=old)
    show(ann, coupons, at - timedelta(days=1))
    happen(ann, EventKind.REDEMPTION, coupons[0], at)
    assert credited(channel) == []


def test_the_answer_that_was_named_goes_before_all(channel: Channel, coupons: list[Coupon]) -> None:
    ann = make_shopper(channel, "ann")
    at = NOW - timedelta(hours=1)
    named = show(ann, coupons, at - timedelta(days=20))
    clicked = show(ann, coupons, at - timedelta(hours=3))
    happen(ann, EventKind.CLICK, coupons[0], at - timedelta(hours=3), slate_id=clicked)
    happen(ann, EventKind.REDEMPTION, coupons[0], at, slate_id=named)
    assert credited(channel) == [(named, Touch.NAMED)]


def test_what_one_account_saw_counts_for_the_person(channel: Channel, coupons: list[Coupon]) -> None:
    ann = make_shopper(channel, "ann")
    app = make_shopper(make_channel("app"), "ann", same_person_as=ann)
    slate = show(app, coupons, NOW - timedelta(hours=5))
    happen(ann, EventKind.REDEMPTION, coupons[0], NOW - timedelta(hours=1))
    assert credited(channel) == [(slate, Touch.VIEW)]


def test_each_version_has_its_figures_and_a_repeated_reaction_counts_once(
    channel: Channel, coupons: list[Coupon], django_assert_num_queries: Any
) -> None:
    ann = make_shopper(channel, "ann")
    old, new = make_version(1), make_version(2, "candidate")  # type: ignore[arg-type]  # stored as text
    at = NOW - timedelta(hours=3)
    first, second = show(ann, coupons, at, old), show(ann, coupons, at, new)
    for _ in range(2):
        happen(ann, EventKind.CLICK, coupons[0], at, slate_id=second)
    happen(ann, EventKind.DISMISSAL, coupons[1], at, slate_id=second)
    happen(ann, EventKind.RATING, coupons[0], at, slate_id=first, rating=1)
    happen(ann, EventKind.RATING, coupons[0], at + timedelta(minutes=1), slate_id=first, rating=4)
    happen(ann, EventKind.REDEMPTION, coupons[0], at + timedelta(hours=1))
    with django_assert_num_queries(5):
        rows = satisfaction(channel_id=channel.pk, since=NOW - timedelta(days=2), until=NOW)
    figures = [(r.number, r.answers, r.shown, r.clicks, r.dismissals, r.redemptions, r.rating_mean) for r in rows]
    assert figures == [(2, 1, 2, 1, 1, 1, None), (1, 1, 2, 0, 0, 0, 4.0)]
    assert [row.dismissal_rate for row in rows] == [0.5, 0.0]


def test_answers_are_weighted_by_how_likely_they_were() -> None:
    """10 busy shoppers of whom all answer 5, 90 others of whom 3 answer 2: the mean of all is 2.3, not 4.3."""
    survey = survey_of([Stratum(10, [5] * 10), Stratum(90, [2, 2, 2])])
    assert (survey.asked, survey.answered, survey.covered) == (100, 13, 1.0)
    assert survey.mean == pytest.approx(56 / 13)
    assert survey.weighted_mean == pytest.approx(0.1 * 5 + 0.9 * 2)
    assert (survey.low, survey.high) == (survey.weighted_mean, survey.weighted_mean)


def test_a_group_that_did_not_answer_is_told_as_not_covered() -> None:
    survey = survey_of([Stratum(10, [3, 5]), Stratum(30, [])])
    assert (survey.weighted_mean, survey.covered) == (4.0, 0.25)
    assert survey.low == pytest.approx(4 - 1.959964)
    assert survey_of([]).weighted_mean is None


def sampled(settings: Any) -> uuid.UUID:
    settings.SURVEY_PERCENT = 50.0
    return next(slate for slate in (uuid.UUID(int=n) for n in range(100)) if is_sampled(slate))


def test_the_sample_is_the_share_that_was_set(settings: Any) -> None:
    settings.SURVEY_PERCENT = 10.0
    drawn = sum(is_sampled(uuid.UUID(int=n)) for n in range(10_000))
    assert 900 < drawn < 1100
    settings.SURVEY_PERCENT = 0.0
    assert not any(is_sampled(uuid.UUID(int=n)) for n in range(1000))


def test_nobody_is_asked_twice_within_the_pause(channel: Channel, coupons: list[Coupon], settings: Any) -> None:
    ann, first = make_shopper(channel, "ann"), sampled(settings)
    settings.SURVEY_PERCENT = 100.0
    show(ann, coupons, NOW, slate=first)
    second = show(ann, coupons, NOW)
    happen(ann, EventKind.CLICK, coupons[0], NOW - timedelta(days=2))
    happen(ann, EventKind.CLICK, coupons[0], NOW - timedelta(days=3))

    def ask(slate: uuid.UUID, at: datetime) -> SurveyInvitation | None:
        return invite_to_survey(channel=channel, slate_id=slate, shopper=None, now=at)

    asked = ask(first, NOW)
    assert asked is not None
    assert asked.activity == 2
    assert ask(first, NOW) == asked
    assert ask(second, NOW + timedelta(days=1)) is None
    answer_survey(channel=channel, slate_id=first, shopper="ann", rating=4, now=NOW)
    assert ask(first, NOW) is None
    assert ask(second, NOW + timedelta(days=31)) is not None
    assert list(SurveyInvitation.objects.order_by("pk").values_list("rating", flat=True)) == [4, None]


def test_a_question_is_for_the_shopper_of_the_answer_alone(
    channel: Channel, coupons: list[Coupon], settings: Any
) -> None:
    slate = sampled(settings)
    show(make_shopper(channel, "ann"), coupons, NOW, slate=slate)
    with pytest.raises(NotFound):
        invite_to_survey(channel=channel, slate_id=slate, shopper="bob", now=NOW)
    with pytest.raises(NotFound):
        answer_survey(channel=channel, slate_id=slate, shopper="ann", rating=4, now=NOW)
    assert SurveyInvitation.objects.count() == 0
