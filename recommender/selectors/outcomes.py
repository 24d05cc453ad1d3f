"""What shoppers bought and what their coupons cost, in sums that comparisons of arms are made of.

Revenue is the value of purchase events; cost is the discount of redemptions, less what was rolled back; profit is
margin x revenue - cost. All in minor units, per shopper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from coupons.enums import RedemptionStatus
from recommender.decisions.sequential import ArmStatistics
from recommender.enums import EventKind

BEFORE = 28
"""Days before a shopper entered whose purchases explain part of the later ones: intervals get narrower (CUPED)."""

_USED = f"'{RedemptionStatus.REDEEMED}', '{RedemptionStatus.PARTIALLY_ROLLED_BACK}'"
_OUTCOME = f"""
LEFT JOIN LATERAL (
    SELECT COALESCE(sum(e.value_minor), 0)::float8 AS revenue FROM recommender_behaviorevent e
    WHERE e.shopper_id = entered.shopper_id AND e.kind = {EventKind.PURCHASE.value}
        AND e.occurred_at >= entered.at AND e.occurred_at < %(until)s) bought ON true
LEFT JOIN LATERAL (
    SELECT COALESCE(sum(r.amount_minor - r.rolled_back_minor), 0)::float8 AS cost, count(*) AS uses
    FROM coupons_redemption r
    WHERE r.shopper_id = entered.shopper_id AND r.status IN ({_USED})
        AND COALESCE(r.redeemed_at, r.created_at) >= entered.at
        AND COALESCE(r.redeemed_at, r.created_at) < %(until)s) used ON true
"""  # noqa: S608 - numbers and names are ours
_EXPERIMENT = f"""
WITH entered AS MATERIALIZED (
    SELECT arm_id, shopper_id, min(shown_at) AS at FROM recommender_slatelog
    WHERE arm_id = ANY(%(arms)s) AND shopper_id IS NOT NULL AND shown_at < %(until)s GROUP BY arm_id, shopper_id),
each AS (
    SELECT entered.arm_id, bought.revenue AS r, used.cost AS c, used.uses AS u, before.revenue AS x,
        %(margin)s * bought.revenue - used.cost AS p
    FROM entered {_OUTCOME}
    LEFT JOIN LATERAL (
        SELECT COALESCE(sum(e.value_minor), 0)::float8 AS revenue FROM recommender_behaviorevent e
        WHERE e.shopper_id = entered.shopper_id AND e.kind = {EventKind.PURCHASE.value}
            AND e.occurred_at >= entered.at - make_interval(days => %(before)s)
            AND e.occurred_at < entered.at) before ON true)
SELECT arm_id, count(*), sum(u), sum(c), sum(r), sum(r * r), sum(p), sum(p * p), sum(x), sum(x * x), sum(r * x),
    sum(p * x)
FROM each GROUP BY arm_id
"""  # noqa: S608
_CHANNEL = f"""
WITH entered AS MATERIALIZED (
    SELECT s.id AS shopper_id, s.external_id, GREATEST(%(since)s, s.created_at) AS at
    FROM coupons_shopper s WHERE s.channel_id = %(channel)s AND s.erased_at IS NULL)
SELECT entered.external_id, bought.revenue, used.cost FROM entered {_OUTCOME}
"""  # noqa: S608


NOBODY = ArmStatistics(0, 0.0, 0.0)


@dataclass(frozen=True)
class ArmOutcome:
    """What the shoppers of one arm did from their first answer on."""

    shoppers: int = 0
    uses: int = 0
    cost: float = 0.0
    revenue: ArmStatistics = NOBODY
    profit: ArmStatistics = NOBODY


@dataclass(frozen=True)
class ChannelOutcome:
    """What s shoppers of a channel did in a window; parallel."""

    shopper: Sequence[str]
    revenue: NDArray[np.float64]
    cost: NDArray[np.float64]


def arm_outcomes(*, arms: Sequence[int], margin: float, until: datetime) -> dict[int, ArmOutcome]:
    """Sums of every arm that somebody entered, by arm id. A shopper enters with the first answer under the arm."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPERIMENT, {"arms": list(arms), "until": until, "margin": margin, "before": BEFORE})
        rows = cursor.fetchall()
    return {
        arm: ArmOutcome(
            shoppers=n,
            uses=int(uses),
            cost=cost,
            revenue=ArmStatistics(n, r, rr, x, xx, rx),
            profit=ArmStatistics(n, p, pp, x, xx, px),
        )
        for arm, n, uses, cost, r, rr, p, pp, x, xx, rx, px in rows
    }


def channel_outcome(*, channel_id: int, since: datetime, until: datetime) -> ChannelOutcome:
    """Every shopper of a channel, whether they asked for coupons or not: what the permanent hold-out is judged on."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANNEL, {"channel": channel_id, "since": since, "until": until})
        rows = cursor.fetchall()
    return ChannelOutcome(
        shopper=[row[0] for row in rows],
        revenue=np.array([row[1] for row in rows], float),
        cost=np.array([row[2] for row in rows], float),
    )
