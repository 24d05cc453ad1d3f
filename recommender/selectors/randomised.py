"""What a hold-out that sees nothing has decided by chance: shoppers with and without coupons, alike but for that.

A shopper counts with the first answer of the window. Who is held out has an answer too, decided like any other and not
shown, so that both groups are described by what they were, or would have been, offered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from coupons.enums import LIVE_REDEMPTIONS
from recommender.enums import EventKind, HoldoutSees
from recommender.policies.removals import Removal

DAYS = 56
"""Answers of so many days are learned from."""
OUTCOME_DAYS = 7
"""A purchase within so many days of the answer counts."""
FEATURES = ("purchases_28", "purchases_90", "basket", "uses_90", "expected_uses")

Doubles = NDArray[np.float64]

_ACTS = f"""
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE e.occurred_at >= entered.at - interval '28 days'), count(*),
        COALESCE(avg(e.value_minor), 0)::float8
    FROM recommender_behaviorevent e WHERE e.shopper_id = entered.shopper_id AND e.kind = {EventKind.PURCHASE.value}
        AND e.occurred_at >= entered.at - interval '90 days' AND e.occurred_at < entered.at
    ) AS acts(recent, all_, basket)
CROSS JOIN LATERAL (
    SELECT count(*) FROM coupons_redemption r
    WHERE r.shopper_id = entered.shopper_id AND r.status = ANY(%(used)s)
        AND r.created_at >= entered.at - interval '90 days' AND r.created_at < entered.at) AS used(times)
"""  # noqa: S608 - names are ours
_ENTERED = f"""
WITH entered AS MATERIALIZED (
    SELECT DISTINCT ON (l.shopper_id) l.shopper_id, l.shown_at AS at, l.held_out, p.holdout_percent::float8 AS percent,
        l.candidates, l.scores, l.removed
    FROM recommender_slatelog l JOIN recommender_policy p ON p.id = l.policy_id
    WHERE l.channel_id = %(channel)s AND l.shown_at >= %(since)s AND l.shown_at < %(until)s
        AND l.shopper_id IS NOT NULL AND p.holdout_percent > 0 AND p.holdout_sees = '{HoldoutSees.NOTHING}'
    ORDER BY l.shopper_id, l.shown_at)
SELECT entered.held_out, entered.percent, entered.candidates, entered.scores, entered.removed,
    acts.recent, acts.all_, acts.basket, used.times,
    EXISTS (SELECT FROM recommender_behaviorevent e WHERE e.shopper_id = entered.shopper_id
        AND e.kind = {EventKind.PURCHASE.value} AND e.occurred_at >= entered.at
        AND e.occurred_at < entered.at + make_interval(days => {OUTCOME_DAYS}))
FROM entered {_ACTS}
"""  # noqa: S608
_NOW = f"""
WITH entered AS MATERIALIZED (
    SELECT r.shopper_id, %(now)s::timestamptz AS at, array_agg(r.score ORDER BY r.rank) AS scores
    FROM recommender_recommendation r JOIN coupons_shopper s ON s.id = r.shopper_id
    WHERE r.model_version_id = %(version)s AND s.channel_id = %(channel)s GROUP BY r.shopper_id)
SELECT entered.shopper_id, entered.scores, acts.recent, acts.all_, acts.basket, used.times FROM entered {_ACTS}
"""  # noqa: S608


@dataclass(frozen=True)
class RandomisedLog:
    """n shoppers; every array (n,) but the features, (n, 5)."""

    features: Doubles
    """Columns `FEATURES`."""
    value: Doubles
    """Discount that a use of what was, or would have been, shown takes off, minor units; weighted by response."""
    treated: NDArray[np.bool_]
    propensity: Doubles
    """Probability of the group that chance put the shopper in."""
    responded: Doubles
    """1 with a purchase within `OUTCOME_DAYS`, else 0."""
    places: float
    """Mean number of coupons of an answer."""


@dataclass(frozen=True)
class ShoppersNow:
    """n shoppers as they are now; the features (n, 5)."""

    shopper: Sequence[int]
    features: Doubles


def randomised_log(*, channel_id: int, costs: Mapping[int, float], now: datetime) -> RandomisedLog:
    """Shoppers whose outcome is known: their first answer is at least `OUTCOME_DAYS` old.

    `costs`: expected discount of a use of each coupon, minor units.
    """
    until = now - timedelta(days=OUTCOME_DAYS)
    asked: dict[str, Any] = {
        "channel": channel_id,
        "until": until,
        "since": until - timedelta(days=DAYS),
        "used": [str(status) for status in LIVE_REDEMPTIONS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTERED, asked)
        rows = cursor.fetchall()
    described = [_offer(costs, *row[2:5]) for row in rows]
    kept = [number for number, offer in enumerate(described) if offer.uses > 0]
    rows, described = [rows[number] for number in kept], [described[number] for number in kept]
    held_out = np.array([row[0] for row in rows], bool)
    share = np.array([row[1] for row in rows], float) / 100
    uses = np.array([offer.uses for offer in described], float)
    return RandomisedLog(
        features=_features([row[5:9] for row in rows], uses),
        value=np.array([offer.value for offer in described], float),
        treated=~held_out,
        propensity=np.where(held_out, share, 1 - share),
        responded=np.array([row[9] for row in rows], float),
        places=float(np.mean([offer.places for offer in described])) if described else 0.0,
    )


def shoppers_now(*, channel_id: int, version_id: int, places: float, now: datetime) -> ShoppersNow:
    """Everybody with published recommendations; their expected uses are those of the best `places`."""
    asked: dict[str, Any] = {
        "channel": channel_id,
        "version": version_id,
        "now": now,
        "used": [str(status) for status in LIVE_REDEMPTIONS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOW, asked)
        rows = cursor.fetchall()
    size = max(1, round(places))
    uses = np.array([sum(row[1][:size]) for row in rows], float)
    return ShoppersNow([row[0] for row in rows], _features([row[2:6] for row in rows], uses))


@dataclass(frozen=True)
class _Offer:
    uses: float
    value: float
    places: int


def _offer(costs: Mapping[int, float], candidates: list[int], scores: list[float], removed: list[int]) -> _Offer:
    shown = [
        (score, costs.get(coupon, 0.0))
        for coupon, score, rule in zip(candidates, scores, removed, strict=True)
        if rule in {Removal.SHOWN, Removal.HELD_OUT} and score > 0
    ]
    uses = sum(score for score, _cost in shown)
    return _Offer(uses, sum(score * cost for score, cost in shown) / uses if uses else 0.0, len(shown))


def _features(acts: Sequence[Sequence[float]], uses: Doubles) -> Doubles:
    return np.column_stack([np.array(acts, float).reshape(len(acts), 4), uses])
