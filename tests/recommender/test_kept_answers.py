"""An answer is given again while nothing that it was made of has changed, and is made anew otherwise."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from coupons.enums import Audience, BudgetKind, CampaignStatus, CouponTrigger, GrantStatus, RedemptionStatus
from coupons.models import (
    Budget,
    BudgetCounter,
    Campaign,
    CampaignMember,
    Channel,
    Coupon,
    CouponGrant,
    Redemption,
    Shopper,
    UsageCounter,
)
from recommender.models import Dismissal, ModelVersion, PopularCoupon, Recommendation
from recommender.selectors import Freshness, kept_answers, recommend_for, shown
from recommender.selectors.kept_answers import forget_answers
from recommender.selectors.slate import Slate
from recommender.services import record_events
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupon,
    make_coupons,
    make_popular,
    make_product,
    make_shopper,
    make_version,
    recommend,
)

pytestmark = pytest.mark.django_db


class Stage:
    """A shopper with four published coupons, of which the places after the first two are tried."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.now = timezone.now()
        self.channel: Channel = make_channel()
        self.campaign: Campaign = make_campaign(self.channel, now=self.now)
        self.coupons: list[Coupon] = make_coupons(self.campaign, 4)
        self.other = make_coupon(make_campaign(self.channel, "B", now=self.now), "other")
        self.version: ModelVersion = make_version()
        self.shopper: Shopper = make_shopper(self.channel, "ann")
        recommend(self.version, self.shopper, *self.coupons, self.other)
        make_popular(self.version, self.channel, *self.coupons)

    def ask(self, seconds: float = 0, **options: Any) -> Slate:
        options = {"shopper_external_id": "ann", "limit": 2, **options}
        return recommend_for(channel=self.channel, now=self.now + timedelta(seconds=seconds), **options)

    def before(self) -> Slate:
        """The answer after it was asked for so many times: made, then compared by its row, then by marks alone."""
        return [self.ask() for _ in range(self.times)][-1]

    def anew(self, seconds: float = 0) -> Slate:
        forget_answers()
        return self.ask(seconds)


@pytest.fixture(autouse=True)
def _keeping(settings: Any, no_second_passes: None, tmp_path: Path) -> None:
    """Answers are kept, no second passes but those that a test asks for, and the version has no files."""
    settings.ANSWERS_KEPT = 100
    settings.MODEL_DIR = tmp_path
    forget_answers()


@pytest.fixture(params=[1, 3], ids=["by its row", "by marks"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


def places(slate: Slate) -> list[int]:
    return [item.coupon.pk for item in slate.items]


def content(slate: Slate) -> Slate:
    return replace(slate, slate_id=uuid.UUID(int=0), generated_at=datetime.min.replace(tzinfo=UTC))


def test_the_same_question_costs_one_round_trip_and_has_an_id_of_its_own(
    stage: Stage, django_assert_num_queries: Any
) -> None:
    first, *_ = (stage.ask() for _ in range(3))
    with django_assert_num_queries(1):  # what is the shopper's own, and how the coupons shown stand
        second = stage.ask()
    assert places(first) == [coupon.pk for coupon in stage.coupons[:2]]
    assert content(first) == content(second)
    assert first.slate_id != second.slate_id
    assert second.items is first.items


def use(stage: Stage) -> None:
    Redemption.objects.create(
        channel=stage.channel,
        order_ref="1",
        coupon=stage.coupons[0],
        shopper=stage.shopper,
        status=RedemptionStatus.REDEEMED,
        amount_minor=100,
        currency="USD",
    )


def dismiss(stage: Stage) -> None:
    Dismissal.objects.create(shopper=stage.shopper, coupon=stage.coupons[0], dismissed_at=stage.now)


def leave_personalisation(stage: Stage) -> None:
    Shopper.objects.update(personalised=False)


def publish_anew(stage: Stage) -> None:
    Recommendation.objects.all().delete()
    recommend(stage.version, stage.shopper, stage.coupons[3], stage.coupons[0])


def put_another_model_live(stage: Stage) -> None:
    ModelVersion.objects.update(status="retired")
    recommend(make_version(2), stage.shopper, stage.coupons[2])


def join_somebody_who_dismissed_it(stage: Stage) -> None:
    other = make_shopper(stage.channel, "ann on her phone")
    Dismissal.objects.create(shopper=other, coupon=stage.coupons[0], dismissed_at=stage.now)
    Shopper.objects.filter(pk=stage.shopper.pk).update(same_person_as=other)


def be_joined_by_somebody_who_dismissed_it(stage: Stage) -> None:
    other = make_shopper(stage.channel, "ann on her phone", same_person_as=stage.shopper)
    Dismissal.objects.create(shopper=other, coupon=stage.coupons[0], dismissed_at=stage.now)


def be_somebody_else(stage: Stage) -> None:
    """The shop gives the id to another account."""
    Shopper.objects.filter(pk=stage.shopper.pk).update(external_id="formerly ann")
    recommend(stage.version, make_shopper(stage.channel, "ann"), stage.coupons[3])


OF_THE_SHOPPER = [
    use,
    dismiss,
    leave_personalisation,
    publish_anew,
    put_another_model_live,
    join_somebody_who_dismissed_it,
    be_joined_by_somebody_who_dismissed_it,
    be_somebody_else,
]


@pytest.mark.parametrize("change", OF_THE_SHOPPER)
def test_what_is_the_shoppers_own_counts_at_once(stage: Stage, change: Callable[[Stage], None]) -> None:
    before = stage.before()
    change(stage)
    after = stage.ask()
    assert content(after) == content(stage.anew())
    assert content(after) != content(before)
    if change in {use, dismiss}:
        assert stage.coupons[0].pk not in places(after)


def test_a_redemption_that_is_rolled_back_counts_at_once(stage: Stage) -> None:
    use(stage)
    assert stage.coupons[0].pk not in places(stage.before())
    Redemption.objects.update(status=RedemptionStatus.ROLLED_BACK)
    assert places(stage.ask())[0] == stage.coupons[0].pk


@pytest.mark.parametrize("by", ["grant", "member", "segment", "first_order"])
def test_coupons_for_some_shoppers_come_and_go_with_what_they_ask(stage: Stage, by: str) -> None:
    first = stage.coupons[0]
    terms: dict[str, Callable[[], Any]] = {
        "grant": lambda: Coupon.objects.filter(pk=first.pk).update(trigger=CouponTrigger.GRANTED),
        "member": lambda: Campaign.objects.filter(pk=stage.campaign.pk).update(audience=Audience.MEMBERS),
        "segment": lambda: Coupon.objects.filter(pk=first.pk).update(segments=["gold"]),
        "first_order": lambda: Coupon.objects.filter(pk=first.pk).update(first_order_only=True),
    }
    facts: dict[str, Callable[[], Any]] = {
        "grant": lambda: CouponGrant.objects.create(coupon=first, shopper=stage.shopper, status=GrantStatus.ISSUED),
        "member": lambda: CampaignMember.objects.create(campaign=stage.campaign, shopper=stage.shopper),
        "segment": lambda: Shopper.objects.update(segments=["gold"]),
        "first_order": lambda: Shopper.objects.update(first_order_ref="1"),
    }
    terms[by]()
    before = first.pk in places(stage.before())
    facts[by]()
    after = first.pk in places(stage.ask())
    assert (before, after) == ((True, False) if by == "first_order" else (False, True))


def test_an_event_makes_the_answer_anew(stage: Stage) -> None:
    """The model of this stage has no files: that the event was read shows in the freshness."""
    assert stage.before().freshness is Freshness.PUBLISHED
    event = {"event_id": "1", "shopper": "ann", "kind": "view", "product": make_product("p").external_id}
    assert [result.status for result in record_events(channel=stage.channel, items=[event], now=stage.now)] == [
        "accepted"
    ]
    assert stage.ask().freshness is Freshness.STALE
    assert not kept_answers._kept  # the files may be there at the next question


def pause(stage: Stage) -> None:
    Campaign.objects.filter(pk=stage.campaign.pk).update(status=CampaignStatus.PAUSED)


def switch_off(stage: Stage) -> None:
    Coupon.objects.filter(pk=stage.coupons[0].pk).update(active=False)


def use_up(stage: Stage) -> None:
    """The coupon has a limit of one use, which is free when the answer is kept."""
    UsageCounter.objects.update(redeemed_n=1)


def spend_the_budget(stage: Stage) -> None:
    BudgetCounter.objects.update(spent_n=1_000)


def retitle(stage: Stage) -> None:
    Coupon.objects.filter(pk=stage.coupons[0].pk).update(title="Another")


@pytest.mark.parametrize("change", [pause, switch_off, use_up, spend_the_budget, retitle])
def test_what_a_shown_coupons_own_is_counts_at_once(stage: Stage, change: Callable[[Stage], None]) -> None:
    first = stage.coupons[0]
    Coupon.objects.filter(pk=first.pk).update(usage_limit=1)
    budget = Budget.objects.create(coupon=first, kind=BudgetKind.MONEY, limit_n=1_000)
    BudgetCounter.objects.create(budget=budget, period_start=date(1970, 1, 1), limit_n=1_000)
    assert places(stage.before())[0] == first.pk
    change(stage)
    shown._checks.forget()  # texts are looked at once a second
    after = stage.ask()
    assert content(after) == content(stage.anew())
    if change is retitle:
        assert after.items[0].coupon.title == "Another"
    else:
        assert first.pk not in places(after)


def test_a_coupon_that_comes_back_takes_its_place_a_second_later(stage: Stage) -> None:
    switch_off(stage)
    before = stage.before()
    Coupon.objects.filter(pk=stage.coupons[0].pk).update(active=True)
    assert places(stage.ask(0.7)) == places(before)
    assert places(stage.ask(1))[0] == stage.coupons[0].pk


def test_a_campaign_ends_within_the_second(stage: Stage) -> None:
    Campaign.objects.filter(pk=stage.campaign.pk).update(ends_at=stage.now + timedelta(seconds=30))
    assert places(stage.ask(29)) == [coupon.pk for coupon in stage.coupons[:2]]
    assert places(stage.ask(30)) == [stage.other.pk]


def test_another_popular_list_makes_the_answer_anew(stage: Stage) -> None:
    assert places(stage.ask(shopper_external_id="nobody", limit=1)) == [stage.coupons[0].pk]
    PopularCoupon.objects.filter(rank=1).delete()
    shown._popular.forget()
    assert places(stage.ask(shopper_external_id="nobody", limit=1)) == [stage.coupons[1].pk]


def test_everybody_unknown_shares_one_answer_under_their_own_name(stage: Stage) -> None:
    answers = [stage.ask(shopper_external_id=name) for name in ("x", "y")]
    assert [answer.shopper for answer in answers] == ["x", "y"]
    assert answers[0].items is answers[1].items
    assert len(kept_answers._kept) == 1


def test_each_number_of_places_and_each_cart_has_its_own(stage: Stage) -> None:
    Coupon.objects.filter(pk=stage.coupons[0].pk).update(min_spend_minor=500)
    assert len(stage.ask(limit=1).items) == 1
    assert len(stage.ask(limit=3).items) == 3
    assert places(stage.ask(cart_total_minor=499))[0] == stage.coupons[1].pk
    assert places(stage.ask(cart_total_minor=500))[0] == stage.coupons[0].pk


def test_no_more_are_kept_than_there_is_room_for(stage: Stage, settings: Any) -> None:
    settings.ANSWERS_KEPT = 2
    for limit in (1, 2, 3):
        stage.ask(limit=limit)
    assert [key[2] for key in kept_answers._kept] == [2, 3]


def test_an_answer_filled_up_with_all_that_runs_is_not_kept(stage: Stage) -> None:
    stage.ask(limit=20)
    assert not kept_answers._kept


def test_a_coupon_that_is_not_watched_any_more_is_asked_about_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "_MOST_WATCHED", 1)
    first = stage.ask()
    second = stage.ask()
    assert content(first) == content(second)
    assert second.items is not first.items
