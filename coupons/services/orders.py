"""What uses are taken for: the order, each coupon's worked-out amount, and its terms as they are now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from coupons.enums import Audience, BenefitType, BudgetKind, CampaignStatus, CouponTrigger
from coupons.errors import NotFound
from coupons.evaluation import BenefitTerms, CampaignTerms, Candidate, ShopperFacts, Standing
from coupons.models import Channel, Shopper
from coupons.schedule import period_start
from coupons.services.counters import Charge


@dataclass(frozen=True, slots=True)
class UseLine:
    """What the discount takes off one line; `spend_minor` is the line's price before coupons."""

    line_ref: str
    quantity: int
    spend_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Use:
    """One coupon on an order, with its discount worked out. Where lines are given they must sum to the amount."""

    coupon_id: int
    amount_minor: int
    lines: tuple[UseLine, ...] = ()
    code_id: int | None = None
    slate_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.amount_minor < 0:
            raise ValueError("a discount from 0 is expected")
        if self.lines and sum(line.amount_minor for line in self.lines) != self.amount_minor:
            raise ValueError("the lines do not sum to the discount")


@dataclass(frozen=True, slots=True)
class Order:
    """`owner_id` is the account that stands for the person in limits per shopper."""

    channel: Channel
    shopper: Shopper
    order_ref: str
    now: datetime

    @property
    def owner_id(self) -> int:
        return self.shopper.same_person_as_id or self.shopper.pk


@dataclass(frozen=True, slots=True)
class Terms:
    """A coupon as the transaction sees it, its row key-shared: a limit cannot be set or lifted meanwhile."""

    candidate: Candidate
    usage_limit: int | None
    per_shopper_limit: int | None
    slots: int
    hold_ttl_s: int
    batch_id: int | None
    batch_limited: bool
    grant_id: int | None
    told: bool
    budgets: tuple[dict[str, Any], ...]

    def charges(self, amount_minor: int, now: datetime) -> list[Charge]:
        zone = self.candidate.campaign.timezone
        return [
            Charge(
                budget_id=budget["id"],
                kind=budget["kind"],
                period_start=period_start(budget["period"], zone, now),
                limit_n=budget["limit_n"],
                amount_n=amount_minor if budget["kind"] == BudgetKind.MONEY else 1,
            )
            for budget in self.budgets
        ]


# Two statements sent together: the second has a snapshot of its own, so after waiting for a change of a limit it sees
# that change. In one statement the row locked would be the new version and the values read those of the old.
_LOAD = """
    SELECT id FROM coupons_coupon WHERE id = ANY(%(coupons)s) ORDER BY id FOR KEY SHARE;
    SELECT c.id, c.campaign_id, c.trigger, c.active, c.usage_limit, c.per_shopper_limit, c.counter_slots, c.hold_ttl_s,
        c.segments, c.first_order_only, k.status, k.starts_at, k.ends_at, k.timezone, k.weekly_windows::text,
        k.audience, k.holdout_percent,
        k.audience = 'everyone' OR EXISTS (
            SELECT 1 FROM coupons_campaignmember m WHERE m.campaign_id = k.id AND m.shopper_id = %(shopper)s),
        (SELECT g.id FROM coupons_coupongrant g
            WHERE g.coupon_id = c.id AND g.shopper_id = %(shopper)s AND g.status = 'issued' LIMIT 1),
        c.trigger = 'code' AND EXISTS (SELECT 1 FROM coupons_couponcode cc WHERE cc.coupon_id = c.id),
        (SELECT b.id FROM coupons_couponcode cc JOIN coupons_codebatch b ON b.id = cc.batch_id
            WHERE cc.id = ANY(%(codes)s) AND cc.coupon_id = c.id LIMIT 1),
        EXISTS (SELECT 1 FROM coupons_couponcode cc JOIN coupons_codebatch b ON b.id = cc.batch_id
            WHERE cc.id = ANY(%(codes)s) AND cc.coupon_id = c.id AND b.usage_limit IS NOT NULL),
        (SELECT json_agg(json_build_object('id', b.id, 'kind', b.kind, 'period', b.period, 'limit_n', b.limit_n))::text
            FROM coupons_budget b WHERE b.coupon_id = c.id OR b.campaign_id = k.id),
        EXISTS (SELECT 1 FROM coupons_webhookendpoint w WHERE w.channel_id = k.channel_id AND w.active)
    FROM coupons_coupon c JOIN coupons_campaign k ON k.id = c.campaign_id
    WHERE c.id = ANY(%(coupons)s) AND k.channel_id = %(channel)s
    ORDER BY c.id
"""

_NO_BENEFIT = BenefitTerms(BenefitType.GIFT)  # who may use a coupon does not depend on what it gives


def load_terms(cursor: CursorWrapper, order: Order, uses: Sequence[Use]) -> dict[int, Terms]:
    """The terms of every coupon by id, in order of id. Raises NotFound for a coupon of another channel."""
    codes = {use.coupon_id: use.code_id for use in uses if use.code_id is not None}
    cursor.execute(
        _LOAD,
        {
            "shopper": order.shopper.pk,
            "coupons": [use.coupon_id for use in uses],
            "codes": list(codes.values()),
            "channel": order.channel.pk,
        },
    )
    cursor.nextset()
    terms = {row[0]: _terms(row, code_given=row[0] in codes) for row in cursor.fetchall()}
    missing = sorted({use.coupon_id for use in uses} - terms.keys())
    if missing:
        raise NotFound(f"There is no coupon {', '.join(map(str, missing))} here")
    return terms


def _terms(row: Sequence[Any], *, code_given: bool) -> Terms:
    (coupon_id, campaign_id, trigger, active, usage_limit, per_shopper_limit, slots, hold_ttl_s) = row[:8]
    (segments, first_order_only, status, starts_at, ends_at, timezone, windows, audience, holdout) = row[8:17]
    (member, grant_id, has_codes, batch_id, batch_limited, budgets, told) = row[17:]
    campaign = CampaignTerms(
        id=campaign_id,
        starts_at=starts_at,
        ends_at=ends_at,
        status=CampaignStatus(status),
        timezone=timezone,
        weekly_windows=tuple(json.loads(windows)),
        audience=Audience(audience),
        holdout_percent=holdout,
    )
    standing = Standing(
        member=member,
        granted=grant_id is not None,
        code_missing=has_codes and not code_given and grant_id is None,
    )
    candidate = Candidate(
        coupon_id=coupon_id,
        campaign=campaign,
        benefit=_NO_BENEFIT,
        trigger=CouponTrigger(trigger),
        active=active,
        segments=frozenset(segments),
        first_order_only=first_order_only,
        standing=standing,
    )
    return Terms(
        candidate=candidate,
        usage_limit=usage_limit,
        per_shopper_limit=per_shopper_limit,
        slots=slots,
        hold_ttl_s=hold_ttl_s,
        batch_id=batch_id,
        batch_limited=batch_limited,
        grant_id=grant_id,
        told=told,
        budgets=tuple(json.loads(budgets)) if budgets else (),
    )


def facts_of(order: Order) -> ShopperFacts:
    """What the eligibility check needs; earlier orders are looked at where a coupon asks for them."""
    return ShopperFacts(shopper_id=order.shopper.pk, segments=frozenset(order.shopper.segments))


@dataclass(frozen=True, slots=True)
class Taken:
    """A use as the ledger has it. `replayed`: it was there already, nothing moved."""

    id: int
    uid: UUID
    coupon_id: int
    status: str
    amount_minor: int
    currency: str
    hold_expires_at: datetime | None
    redeemed_at: datetime | None
    slot: int | None = None
    replayed: bool = False
