"""Which answer a redemption is credited to: the last one that the person acted on, within a window.

In this order: the answer that the coupon was claimed from or that the redemption was reported with; the last click on
the coupon within ATTRIBUTION_CLICK_DAYS; the last time it was shown within ATTRIBUTION_VIEW_DAYS. All accounts of a
person count. A redemption is credited once or not at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from coupons.enums import RedemptionStatus
from recommender.enums import EventKind


class Touch(StrEnum):
    """By what a redemption is credited."""

    NAMED = "named"
    CLICK = "click"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Credit:
    """One redemption that an answer brought about."""

    slate_id: UUID
    model_version_id: int | None
    coupon_id: int
    touch: Touch
    redeemed_at: datetime
    discount_minor: int


_ACCOUNTS = "SELECT a.id FROM coupons_shopper a WHERE a.id = used.person OR a.same_person_as_id = used.person"
_SQL = f"""
WITH used AS (
    SELECT COALESCE(s.same_person_as_id, s.id) AS person, r.coupon_id, r.redeemed_at AS at,
        r.amount_minor - r.rolled_back_minor AS discount, g.slate_id AS named
    FROM coupons_redemption r JOIN coupons_shopper s ON s.id = r.shopper_id
    LEFT JOIN coupons_coupongrant g ON g.id = r.grant_id
    WHERE r.status IN ('{RedemptionStatus.REDEEMED}', '{RedemptionStatus.PARTIALLY_ROLLED_BACK}')
      AND r.redeemed_at >= %(since)s AND r.redeemed_at < %(until)s AND s.channel_id = %(channel)s
    UNION ALL
    SELECT COALESCE(s.same_person_as_id, s.id), e.coupon_id, e.occurred_at,
        COALESCE(e.coupon_discount_minor, 0), e.slate_id
    FROM recommender_behaviorevent e JOIN coupons_shopper s ON s.id = e.shopper_id
    WHERE e.kind = {EventKind.REDEMPTION.value} AND e.coupon_id IS NOT NULL AND e.channel_id = %(channel)s
      AND e.occurred_at >= %(since)s AND e.occurred_at < %(until)s
      AND NOT EXISTS (SELECT 1 FROM coupons_redemption r
          WHERE r.coupon_id = e.coupon_id AND r.shopper_id = e.shopper_id AND r.redeemed_at IS NOT NULL
            AND (r.order_ref = e.order_ref OR e.order_ref IS NULL))),
credited AS (
    SELECT used.*, COALESCE(used.named, click.slate_id, seen.slate_id) AS slate_id,
        CASE WHEN used.named IS NOT NULL THEN 'named' WHEN click.slate_id IS NOT NULL THEN 'click'
            ELSE 'view' END AS touch
    FROM used
    LEFT JOIN LATERAL (
        SELECT e.slate_id FROM recommender_behaviorevent e
        WHERE e.shopper_id = ANY(ARRAY({_ACCOUNTS})) AND e.kind = {EventKind.CLICK.value}
          AND e.coupon_id = used.coupon_id AND e.slate_id IS NOT NULL
          AND e.occurred_at <= used.at AND e.occurred_at > used.at - %(click)s::interval
        ORDER BY e.occurred_at DESC LIMIT 1) click ON used.named IS NULL
    LEFT JOIN LATERAL (
        SELECT i.slate_id FROM recommender_impression i
        WHERE i.shopper_id = ANY(ARRAY({_ACCOUNTS})) AND i.coupon_id = used.coupon_id
          AND i.shown_at <= used.at AND i.shown_at > used.at - %(view)s::interval
        ORDER BY i.shown_at DESC LIMIT 1) seen ON used.named IS NULL AND click.slate_id IS NULL)
SELECT c.slate_id, i.model_version_id, c.coupon_id, c.touch, c.at, c.discount
FROM credited c LEFT JOIN recommender_impression i ON i.slate_id = c.slate_id AND i.coupon_id = c.coupon_id
WHERE c.slate_id IS NOT NULL ORDER BY c.at, c.coupon_id
"""  # noqa: S608 - names and numbers are ours


def credited_redemptions(*, channel_id: int, since: datetime, until: datetime) -> list[Credit]:
    """Redemptions of `[since, until)` that an answer is credited with, oldest first."""
    values: dict[str, Any] = {
        "channel": channel_id,
        "since": since,
        "until": until,
        "click": timedelta(days=settings.ATTRIBUTION_CLICK_DAYS),
        "view": timedelta(days=settings.ATTRIBUTION_VIEW_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        return [
            Credit(slate, version, coupon, Touch(touch), at, int(discount))
            for slate, version, coupon, touch, at, discount in cursor.fetchall()
        ]
