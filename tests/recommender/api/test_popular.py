"""What stands in for a personal answer: the same for everybody, kept a minute, and there without Redis."""

import uuid
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.utils import timezone

from coupons.models import Campaign, Coupon, Shopper
from recommender.enums import HoldoutSees, PolicyStatus
from recommender.models import Dismissal, Impression, Policy
from recommender.policies.terms import PolicyTerms
from recommender.selectors import rules
from recommender.selectors.coupon_facts import forget_coupon_facts
from recommender.selectors.rules import Arm, Assignment, ChannelRules
from tests.coupons.api.client import Shop, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_coupon
from tests.recommender.made_up_policies import make_policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def shop() -> Shop:
    made = open_shop()
    for priority in (1, 3, 2):
        make_coupon(running_campaign(made.channel, priority=priority), title=f"priority {priority}")
    return made


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [item["title"] for item in answer.json()["items"]]


def test_everybody_gets_the_same_and_nothing_is_written(shop: Shop) -> None:
    expected = ["priority 3", "priority 2"]
    assert titles(shop.get("recommendations/popular?limit=2")) == expected
    assert titles(open_browser(shop, "ann").get("recommendations/popular?limit=2")) == expected
    assert Impression.objects.count() == 0
    assert titles(open_shop().get("recommendations/popular")) == []
    assert refused(shop.get("recommendations/popular?limit=0")) == (400, "invalid_parameter")


def test_it_is_kept_for_a_while_and_costs_no_more_than_the_key(
    shop: Shop, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules._kept, "seconds", 60.0)  # not read anew where the machine is slow
    first = titles(shop.get("recommendations/popular"))
    Campaign.objects.update(priority=0)
    with django_assert_num_queries(1):
        assert titles(shop.get("recommendations/popular")) == first


def test_the_live_policy_holds_with_the_next_answer(shop: Shop) -> None:
    forget_coupon_facts()
    first, second, third = Coupon.objects.order_by("pk")
    assert titles(shop.get("recommendations/popular")) == ["priority 3", "priority 2", "priority 1"]
    make_policy(shop.channel, PolicyStatus.LIVE, excluded_coupons=[second.pk], pinned_coupons=[first.pk])
    assert titles(shop.get("recommendations/popular")) == ["priority 1", "priority 2"]
    assert titles(open_browser(shop, "ann").get("recommendations/popular")) == ["priority 1", "priority 2"]
    Policy.objects.update(status=PolicyStatus.RETIRED)
    make_policy(shop.channel, PolicyStatus.LIVE, only_campaigns=[third.campaign_id])
    assert titles(shop.get("recommendations/popular")) == ["priority 2"]


def test_nobody_in_particular_is_in_no_group_and_nothing_is_tried_on_them() -> None:
    """A hold-out of half the shoppers that sees nothing would else empty the list of every other channel."""
    live = PolicyTerms(policy_id=7, exploration=0.5, excluded=frozenset({3}))
    for channel in range(20):
        told = ChannelRules(
            channel, live, holdout=0.5, holdout_sees=HoldoutSees.NOTHING, salt="s", arms=[Arm(1, 1, None, 9)]
        ).assignment("")
        assert told == Assignment(PolicyTerms(policy_id=7, exploration=0.0, excluded=frozenset({3})))
    assert ChannelRules(1).assignment("") == Assignment(None)


def test_it_is_worked_out_anew_where_redis_does_not_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_name: str) -> None:
        raise redis.ConnectionError("made up")

    monkeypatch.setattr(cache, "get", down)
    assert len(titles(shop.get("recommendations/popular"))) == 3


def test_a_named_shopper_does_not_see_what_they_put_away_or_saw_often_enough(shop: Shop) -> None:
    """Caps of the live policy, and dismissals, hold for a browser's own shopper; everybody else's list stays."""
    forget_coupon_facts()
    _first, second, third = Coupon.objects.order_by("pk")
    make_policy(shop.channel, PolicyStatus.LIVE, max_impressions=2, impression_days=7)
    browser = open_browser(shop, "ann")
    ann = Shopper.objects.get_or_create(channel=shop.channel, external_id="ann")[0]
    assert titles(browser.get("recommendations/popular?limit=2")) == ["priority 3", "priority 2"]
    for _ in range(2):
        Impression.objects.create(
            slate_id=uuid.uuid4(),
            channel=shop.channel,
            shopper=ann,
            coupon=second,
            position=1,
            propensity=1,
        )
    assert titles(browser.get("recommendations/popular?limit=2")) == ["priority 2", "priority 1"]
    Dismissal.objects.create(shopper=ann, coupon=third, dismissed_at=timezone.now())
    answer = browser.get("recommendations/popular?limit=2")
    assert titles(answer) == ["priority 1"]
    assert [item["position"] for item in answer.json()["items"]] == [1]
    assert titles(open_browser(shop, "bob").get("recommendations/popular?limit=2")) == ["priority 3", "priority 2"]
    assert titles(shop.get("recommendations/popular?limit=2")) == ["priority 3", "priority 2"]
