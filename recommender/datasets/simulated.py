"""A simulated channel, apart from every real one, with an experiment that has ended: to show what the pages say.

Shoppers, purchases and the effect are made up from a seed. The channel is marked in `SimulatedChannel`, and every page
that shows something of it says so.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
from coupons.models import Benefit, Campaign, Channel, Coupon, Shopper
from recommender.enums import EventKind, Objective
from recommender.models import BehaviorEvent, Experiment, SimulatedChannel, SlateLog
from recommender.partitions import ensure_partitions
from recommender.policies.hashing import arm_of, is_held_out
from recommender.services.experiments import ArmSpec, save_experiment, start_experiment, stop_experiment
from recommender.services.policies import create_policy, promote_policy
from recommender.services.readings import read_holdout

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SLUG = "simulated-shop"
DAYS = 14
HOLDOUT = 0.1
SPEND_MINOR, SPREAD_MINOR = 4_000, 1_500
LIFT_MINOR = {"treated": 300, "new": 500}
"""What coupons add to a shopper's purchases, and what the new policy adds to that: the truth of this channel."""


class AlreadySimulatedError(ValueError):
    """There is a simulated channel already."""


@dataclass(frozen=True)
class Simulated:
    """What was made."""

    channel: Channel
    experiment: Experiment
    shoppers: int


def simulate_shop(*, shoppers: int, seed: int, actor: "User", now: datetime) -> Simulated:
    """Make the channel whole or not at all. Raises AlreadySimulatedError."""
    if Channel.objects.filter(slug=SLUG).exists():
        raise AlreadySimulatedError(f"the channel {SLUG} exists already")
    began = now - timedelta(days=DAYS)
    ensure_partitions(first=began, last=now)
    with transaction.atomic():
        channel = Channel.objects.create(slug=SLUG, name="Simulated shop", currency="USD")
        SimulatedChannel.objects.create(channel=channel, seed=seed)
        _coupons(channel, now)
        people = Shopper.objects.bulk_create(
            Shopper(channel=channel, external_id=f"simulated-{number}") for number in range(shoppers)
        )
        Shopper.objects.filter(channel=channel).update(created_at=began - timedelta(days=60))
        terms = {"basket_minor": SPEND_MINOR, "holdout_percent": 100 * HOLDOUT}
        live = create_policy(channel=channel, values={"name": "Response first", **terms}, actor=None)
        live = promote_policy(policy=live, actor=actor, now=began, refresh=False)
        values = {"name": "Profit first", "objective": Objective.PROFIT, **terms}
        draft = create_policy(channel=channel, values=values, actor=None)
        experiment = save_experiment(
            channel=channel,
            name="Profit first against response first",
            hypothesis="Profit first earns more a shopper",
            arms=[ArmSpec("Response first"), ArmSpec("Profit first", policy_id=draft.pk)],
            planned_shoppers=max(shoppers, 200),
            actor=actor,
        )
        experiment = start_experiment(experiment=experiment, actor=actor, now=began, refresh=False)
        _live_through(experiment, people, np.random.default_rng(seed), began)
        experiment = stop_experiment(experiment=experiment, actor=actor, now=now, reason="Two weeks are over")
        read_holdout(policy=live, now=now)
    return Simulated(channel, experiment, shoppers)


def _coupons(channel: Channel, now: datetime) -> None:
    campaign = Campaign.objects.create(
        channel=channel,
        external_id="simulated",
        name="Simulated campaign",
        status=CampaignStatus.APPROVED,
        starts_at=now - timedelta(days=2 * DAYS),
        ends_at=now + timedelta(days=2 * DAYS),
    )
    for off in (100, 200, 300):
        coupon = Coupon.objects.create(
            campaign=campaign,
            external_id=f"simulated-{off}",
            title=f"${off // 100} off (simulated)",
            trigger=CouponTrigger.AUTOMATIC,
        )
        Benefit.objects.create(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=off)


def _live_through(experiment: Experiment, people: list[Shopper], random: np.random.Generator, began: datetime) -> None:
    """Each shopper is given one answer and buys once; who is held out gets none."""
    arms = list(experiment.arms.order_by("position"))
    logs, events = [], []
    for shopper in people:
        entered = began + timedelta(seconds=float(random.uniform(0, 86_400)))
        spend = float(random.normal(SPEND_MINOR, SPREAD_MINOR))
        if not is_held_out(shopper.channel_id, shopper.external_id, HOLDOUT):
            arm = arms[arm_of(str(experiment.salt), shopper.external_id, [each.weight for each in arms])]
            logs.append(
                SlateLog(
                    slate_id=uuid.uuid4(),
                    channel_id=shopper.channel_id,
                    shopper=shopper,
                    policy_id=arm.policy_id,
                    arm=arm,
                    shown_at=entered,
                )
            )
            spend += LIFT_MINOR["treated"] + LIFT_MINOR["new"] * arm.position
        events.append(
            BehaviorEvent(
                event_key=uuid.uuid4(),
                channel_id=shopper.channel_id,
                shopper=shopper,
                kind=EventKind.PURCHASE,
                occurred_at=entered + timedelta(days=1),
                quantity=1,
                value_minor=max(0, round(spend)),
            )
        )
    SlateLog.objects.bulk_create(logs, batch_size=2_000)
    BehaviorEvent.objects.bulk_create(events, batch_size=2_000)
