"""Logged answers as arrays: for whom, what was possible, what was shown with which probability, what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from coupons.enums import RedemptionStatus

ATTRIBUTION = 14
"""Days within which a use that names the answer counts for it."""
BATCH = 2_000

_USED = f"'{RedemptionStatus.REDEEMED}', '{RedemptionStatus.PARTIALLY_ROLLED_BACK}'"
_SQL = f"""
SELECT l.slate_id, l.shopper_id, l.policy_id, l.candidates, l.scores, l.removed, shown.coupons, shown.propensities,
    shown.discounts
FROM recommender_slatelog l
CROSS JOIN LATERAL (
    SELECT array_agg(i.coupon_id ORDER BY i.position) AS coupons,
        array_agg(i.propensity ORDER BY i.position) AS propensities,
        array_agg((SELECT sum(r.amount_minor - r.rolled_back_minor)::float8 FROM coupons_redemption r
            WHERE r.slate_id = l.slate_id AND r.coupon_id = i.coupon_id AND r.shopper_id = l.shopper_id
                AND r.status IN ({_USED}) AND r.created_at < l.shown_at + make_interval(days => %(within)s))
            ORDER BY i.position) AS discounts
    FROM recommender_impression i WHERE i.slate_id = l.slate_id) shown
WHERE l.channel_id = %(channel)s AND l.shown_at >= %(since)s AND l.shown_at < %(until)s
    AND l.policy_id IS NOT NULL AND l.shopper_id IS NOT NULL AND NOT l.held_out AND shown.coupons IS NOT NULL
ORDER BY l.shown_at DESC LIMIT %(most)s
"""  # noqa: S608 - names are ours


@dataclass(frozen=True)
class LoggedSlate:
    """One answer: n candidates, k of them shown. A discount that is NaN: not used."""

    shopper_id: int
    policy_id: int
    candidates: NDArray[np.int64]
    scores: NDArray[np.float64]
    removed: NDArray[np.int64]
    shown: NDArray[np.int64]
    propensities: NDArray[np.float64]
    discounts: NDArray[np.float64]


def logged_slates(*, channel_id: int, since: datetime, until: datetime, most: int) -> Iterator[LoggedSlate]:
    """The latest `most` answers that a policy gave to known shoppers outside the hold-out, newest first."""
    asked: dict[str, Any] = {"channel": channel_id, "since": since, "until": until, "most": most, "within": ATTRIBUTION}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        while rows := cursor.fetchmany(BATCH):
            for _slate, shopper, policy, candidates, scores, removed, shown, propensities, discounts in rows:
                yield LoggedSlate(
                    shopper_id=shopper,
                    policy_id=policy,
                    candidates=np.array(candidates, np.int64),
                    scores=np.array(scores, float),
                    removed=np.array(removed, np.int64),
                    shown=np.array(shown, np.int64),
                    propensities=np.array(propensities, float),
                    discounts=np.array([np.nan if each is None else each for each in discounts], float),
                )
