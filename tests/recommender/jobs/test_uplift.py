"""What coupons add, from the log of a hold-out to the answer: on simulated shoppers whose true response is known."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from coupons.enums import BenefitType, CampaignStatus
from coupons.models import Benefit, Campaign, Channel, Coupon, Shopper
from recommender.decisions.simulator import Marginals, Population, make_population
from recommender.enums import EventKind, HoldoutSees, Objective, PolicyStatus
from recommender.jobs.uplift import MIN_SHOPPERS, learn_uplift
from recommender.models import (
    BehaviorEvent,
    ChannelUplift,
    ModelVersion,
    Policy,
    Recommendation,
    ShopperUplift,
    SlateLog,
)
from recommender.partitions import ensure_partitions
from recommender.policies.removals import Removal
from recommender.selectors import recommend_for
from recommender.selectors.budget_forecast import forecast_budgets
from recommender.selectors.coupon_facts import forget_coupon_facts
from recommender.selectors.previews import preview_policy
from recommender.selectors.rules import forget_rules, terms_of
from recommender.selectors.uplift import extra_purchases, forget_uplift
from tests.made_up_shop import make_channel, make_version
from tests.recommender.made_up_policies import make_policy

pytestmark = pytest.mark.django_db

NOW = timezone.now()
VALUES = np.array([0.5, 1.0, 2.5])
"""Of the three coupons, in the main unit."""
SHOPPERS, ASKED = 2_400, 250
HELD_OUT = 0.5
BASKET, MARGIN = 3_000, 25


@dataclass
class World:
    channel: Channel
    version: ModelVersion
    coupons: list[Coupon]
    people: list[Shopper]
    truth: Population


def make_world(shoppers: int = SHOPPERS) -> World:
    """Shoppers with a history of purchases, half of whom were held out from an answer of one coupon ten days ago."""
    for forget in (forget_coupon_facts, forget_rules, forget_uplift):
        forget()
    random = np.random.default_rng(13)
    truth = make_population(Marginals.load(), shoppers, random, correlation=-0.5, fatigue=0.0)
    channel, version = make_channel(), make_version(1)
    ensure_partitions(first=NOW - timedelta(days=90), last=NOW)
    campaign = Campaign.objects.create(
        channel=channel,
        external_id="simulated",
        name="Simulated",
        status=CampaignStatus.APPROVED,
        starts_at=NOW - timedelta(days=30),
        ends_at=NOW + timedelta(days=30),
    )
    coupons = [
        Coupon.objects.create(campaign=campaign, external_id=f"{value}", title=f"{value} off") for value in VALUES
    ]
    for coupon, value in zip(coupons, VALUES, strict=True):
        Benefit.objects.create(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=round(100 * value))
    people = Shopper.objects.bulk_create(Shopper(channel=channel, external_id=f"s{n}") for n in range(shoppers))
    policy = make_policy(
        channel, PolicyStatus.LIVE, holdout_percent=50, holdout_sees=HoldoutSees.NOTHING, basket_minor=BASKET
    )
    world = World(channel, version, coupons, people, truth)
    _log(world, policy, random)
    return world


def _log(world: World, policy: Policy, random: np.random.Generator) -> None:
    n, ids = len(world.people), [coupon.pk for coupon in world.coupons]
    response = world.truth.response(np.concatenate([[0.0], VALUES]))
    shown, held_out = random.integers(0, 3, n), random.random(n) < HELD_OUT
    responded = random.random(n) < response[np.arange(n), np.where(held_out, 0, shown + 1)]
    visits = random.binomial(4, response[:, 0])
    at = NOW - timedelta(days=10)
    logs, events, rows = [], [], []
    for i, shopper in enumerate(world.people):
        rules = [Removal.RANKED_LOWER.value] * 3
        rules[shown[i]] = (Removal.HELD_OUT if held_out[i] else Removal.SHOWN).value
        logs.append(
            SlateLog(
                slate_id=uuid.uuid4(),
                channel=world.channel,
                shopper=shopper,
                policy=policy,
                held_out=held_out[i],
                shown_at=at,
                candidates=ids,
                scores=response[i, 1:].tolist(),
                removed=rules,
            )
        )
        whens = [at - timedelta(days=7 * week + 1) for week in range(int(visits[i]))]
        whens += [at + timedelta(days=1)] if responded[i] else []
        events += [_purchase(shopper, when, world.truth.margin[i]) for when in whens]
        for rank, place in enumerate(np.argsort(-response[i, 1:]), start=1):
            rows.append(
                Recommendation(
                    model_version=world.version,
                    shopper=shopper,
                    coupon=world.coupons[place],
                    rank=rank,
                    score=response[i, place + 1],
                    reason={"code": "interest"},
                )
            )
    SlateLog.objects.bulk_create(logs, batch_size=2_000)
    BehaviorEvent.objects.bulk_create(events, batch_size=5_000)
    Recommendation.objects.bulk_create(rows, batch_size=5_000)


def _purchase(shopper: Shopper, at: Any, margin: float) -> BehaviorEvent:
    return BehaviorEvent(
        event_key=uuid.uuid4(),
        channel_id=shopper.channel_id,
        shopper=shopper,
        kind=EventKind.PURCHASE,
        occurred_at=at,
        quantity=1,
        value_minor=max(1, round(100 * margin / 0.25)),
    )


def profit_policy(world: World) -> Policy:
    Policy.objects.update(status=PolicyStatus.RETIRED)
    policy = make_policy(
        world.channel,
        PolicyStatus.LIVE,
        objective=Objective.PROFIT,
        basket_minor=BASKET,
        margin_percent=MARGIN,
        incremental_percent=100,
    )
    forget_rules()
    return policy


def chosen(world: World, shoppers: list[Shopper]) -> list[int]:
    """Row of the coupon that each is answered with, -1: none."""
    row = {coupon.pk: number for number, coupon in enumerate(world.coupons)}
    slates = [
        recommend_for(channel=world.channel, shopper_external_id=each.external_id, now=NOW, limit=1)
        for each in shoppers
    ]
    return [row[slate.items[0].coupon.pk] if slate.items else -1 for slate in slates]


def test_measured_uplift_earns_more_than_response_through_the_whole_product() -> None:
    """Simulated: true incremental profit a shopper at equal spend, measured uplift against ranking by response."""
    world = make_world()
    assert learn_uplift(now=NOW) == SHOPPERS
    told = ChannelUplift.objects.get()
    assert told.treated + told.held_out == SHOPPERS
    response = world.truth.response(np.concatenate([[0.0], VALUES]))
    assert told.added_low < float((response[:, 1:].mean(axis=1) - response[:, 0]).mean()) < told.added_high

    asked = world.people[:ASKED]
    policy = profit_policy(world)
    assert_measured(world, policy)
    by_value = np.array(chosen(world, asked))
    Policy.objects.filter(pk=policy.pk).update(objective=Objective.RESPONSE)
    forget_rules()
    by_response = np.array(chosen(world, asked))
    assert set(by_response.tolist()) == {2}  # the largest coupon, to everybody
    assert set(by_value.tolist()) - {-1} != set()
    assert -1 in by_value  # no coupon is a treatment

    rows = np.arange(ASKED)
    profit = np.column_stack([world.truth.profit(VALUES)[:ASKED], np.zeros(ASKED)])
    spend = np.column_stack([world.truth.cost(VALUES)[:ASKED], np.zeros(ASKED)])
    budget = spend[rows, by_value].sum()
    served = np.cumsum(spend[rows, by_response]) <= budget
    gain = profit[rows, by_value] - np.where(served, profit[rows, by_response], 0.0)
    error = gain.std(ddof=1) / np.sqrt(ASKED)
    assert gain.mean() - 1.96 * error > 0


def assert_measured(world: World, policy: Policy) -> None:
    """Preview, forecast and answers count what was measured in place of the assumption."""
    ann, terms = world.people[0], terms_of(policy)
    told = preview_policy(policy=policy, shopper=ann, at=NOW, places=1)
    candidates, known = told.live.decision.candidates, ShopperUplift.objects.get(shopper=ann)
    assert candidates.extra == pytest.approx(
        np.interp(candidates.cost, ChannelUplift.objects.get().values, known.extra)
    )
    expected = candidates.score * (candidates.extra * candidates.margin - candidates.cost)
    assert told.values == pytest.approx(expected)
    measured = forecast_budgets(terms=terms, channel_id=world.channel.pk, budgets=[], sample=200)
    with transaction.atomic():
        ChannelUplift.objects.all().delete()
        forget_uplift()
        assumed = forecast_budgets(terms=terms, channel_id=world.channel.pk, budgets=[], sample=200)
        transaction.set_rollback(True)
    forget_uplift()
    assert 0 < measured.free_profit_minor < assumed.free_profit_minor  # not every use is extra


def test_too_small_a_hold_out_says_nothing_and_what_was_known_stays() -> None:
    world = make_world(MIN_SHOPPERS)
    ChannelUplift.objects.create(
        channel=world.channel, values=[50.0], treated=1, held_out=1, added=0, added_low=0, added_high=0, uses=0,
        learned_at=NOW,
    )  # fmt: skip
    assert learn_uplift(now=NOW) == 0
    assert ChannelUplift.objects.get().values == [50.0]
    assert not ShopperUplift.objects.exists()


def test_a_hold_out_that_sees_popular_coupons_measures_nothing() -> None:
    world = make_world(10)
    Policy.objects.update(holdout_sees=HoldoutSees.POPULAR)
    assert learn_uplift(now=NOW) == 0
    terms = terms_of(profit_policy(world))
    assert extra_purchases(terms, channel_id=world.channel.pk, shopper_ids=[world.people[0].pk]) == {}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    for forget in (forget_coupon_facts, forget_rules, forget_uplift):
        forget()
