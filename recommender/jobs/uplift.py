"""What coupons add, learned each night from a hold-out that sees nothing: response with and without, by coupon value.

    extra(s, v) = (r(s, v) - r(s, 0)) / U(s)

r is decisions.response's model of a purchase within a week: calibrated, and never falling in the coupon's value v; v is
0 where chance held the shopper out. U is the number of uses that the model of interest expects of the answer, so that
P(use of a coupon) x extra is its share of what the answer adds. Policies that put profit first then value a coupon by
P(use) x (extra x margin - discount) in place of an assumed share.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from recommender.decisions.response import ResponseConfig, ResponseModel
from recommender.enums import HoldoutSees, PolicyStatus
from recommender.models import ChannelUplift, Policy, ShopperUplift
from recommender.policies.candidates import Doubles
from recommender.selectors.coupon_facts import read_coupon_facts
from recommender.selectors.randomised import RandomisedLog, ShoppersNow, randomised_log, shoppers_now
from recommender.selectors.rules import terms_of
from recommender.selectors.slates import live_version
from recommender.selectors.uplift import forget_uplift

logger = logging.getLogger(__name__)

MIN_SHOPPERS = 500
"""In either group: fewer say nothing of a difference that is a percent or two of all shoppers."""
MIN_RESPONSES = 100
KNOTS = 6
MOST_EXTRA = 5.0
"""Extra purchases a use that are believed: a published coupon trial found three."""
LEAST_USES = 1e-4
BATCH = 5_000
Z95 = 1.96


def learn_uplift(*, now: datetime) -> int:
    """Learn anew what coupons add, of every channel with enough of a hold-out; how many shoppers it is known of.

    A channel without enough keeps what it knew. Safe to run twice.
    """
    version = live_version()
    policies = Policy.objects.filter(
        status=PolicyStatus.LIVE, holdout_percent__gt=0, holdout_sees=HoldoutSees.NOTHING
    ).order_by("pk")
    if version is None:
        return 0
    learned = sum(_learn(policy, version.pk, now) for policy in policies)
    forget_uplift()
    return learned


def _learn(policy: Policy, version_id: int, now: datetime) -> int:
    facts = read_coupon_facts(policy.channel_id)
    nothing = np.zeros(len(facts.coupon))
    cost = facts.candidates(facts.coupon, nothing, nothing.astype(np.int64), terms_of(policy)).cost
    costs = dict(zip(facts.coupon.tolist(), cost.tolist(), strict=True))
    log = randomised_log(channel_id=policy.channel_id, costs=costs, now=now)
    treated, held_out = int(log.treated.sum()), int((~log.treated).sum())
    if min(treated, held_out) < MIN_SHOPPERS or log.responded.sum() < MIN_RESPONSES:
        logger.info("Too little to learn what coupons add under %s: %d with and %d without", policy, treated, held_out)
        return 0
    people = shoppers_now(channel_id=policy.channel_id, version_id=version_id, places=log.places, now=now)
    values = np.unique(np.quantile(cost[cost > 0], np.linspace(0, 1, KNOTS)).round(2)) if (cost > 0).any() else cost
    if not len(values) or not len(people.shopper):
        return 0
    extra = _extra(log, people, values)
    rows = [ShopperUplift(shopper_id=pk, extra=row) for pk, row in zip(people.shopper, extra.tolist(), strict=True)]
    _write(policy.channel_id, rows, {"values": values.tolist(), "learned_at": now, **_added(log)})
    logger.info("%s: what coupons add is known of %d shoppers", policy, len(rows))
    return len(people.shopper)


def _extra(log: RandomisedLog, people: ShoppersNow, values: Doubles) -> Doubles:
    """Extra purchases a use of everybody, (n, knots)."""
    model = ResponseModel.fit(
        log.features,
        np.where(log.treated, log.value, 0.0),
        log.responded,
        log.propensity,
        config=ResponseConfig(min_leaf=50),
    )
    response = model.predict(people.features, np.concatenate([[0.0], values]))
    uses = np.maximum(people.features[:, -1:], LEAST_USES)
    extra: Doubles = np.clip((response[:, 1:] - response[:, :1]) / uses, 0.0, MOST_EXTRA)
    return extra


def _added(log: RandomisedLog) -> dict[str, float]:
    """Of all shoppers together: the difference of the two groups, whatever the model says."""
    with_, without = log.responded[log.treated], log.responded[~log.treated]
    added = float(with_.mean() - without.mean())
    error = math.sqrt(float(with_.var(ddof=1)) / len(with_) + float(without.var(ddof=1)) / len(without))
    return {
        "treated": len(with_),
        "held_out": len(without),
        "added": added,
        "added_low": added - Z95 * error,
        "added_high": added + Z95 * error,
        "uses": float(log.features[log.treated, -1].mean()),
    }


def _write(channel_id: int, rows: Sequence[ShopperUplift], told: Mapping[str, Any]) -> None:
    with transaction.atomic():
        ChannelUplift.objects.update_or_create(channel_id=channel_id, defaults=told)
        ShopperUplift.objects.filter(shopper__channel=channel_id).delete()
        ShopperUplift.objects.bulk_create(rows, batch_size=BATCH)
