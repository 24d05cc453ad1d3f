"""What uses are taken for: the order, each coupon's worked-out amount, and its terms as they are now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.backends.utils import CursorWrapper

from coupons.enums import Audience, BenefitType, BudgetKind, CampaignStatus, CouponTrigger, RedemptionStatus
from coupons.errors import NotFound
from coupons.evaluation import BenefitTerms, CampaignTerms, Candidate, ShopperFacts, Standing
from coupons.models import Channel, Shopper
from coupons.schedule import period_start
from coupons.services.counters import Charge
from coupons.statements import Statement, run_together


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
    """Whose order it is, at which time."""

    channel: Channel
    shopper: Shopper
    order_ref: str
    now: datetime


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


@dataclass(frozen=True, slots=True)
class Terms:
    """A coupon as the transaction sees it, its row key-shared: a limit cannot be set or lifted meanwhile.

    `owner_id` is the account that stands for the person in limits per shopper.
    """

    candidate: Candidate
    usage_limit: int | None
    per_shopper_limit: int | None
    hold_ttl_s: int
    batch_id: int | None
    batch_limited: bool
    grant_id: int | None
    told: bool
    owner_id: int
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


# Sent together. Each statement has a snapshot of its own: after waiting for a change of a limit, or for a shopper who
# is being joined to another account (the insert key-shares the shopper), the terms are read as they are then.
_LOCK = Statement(
    "ledger_lock_coupons",
    "SELECT id FROM coupons_coupon WHERE id = ANY(%(coupons)s) ORDER BY id FOR KEY SHARE",
    {"coupons": "bigint[]"},
)
_INSERT = Statement(
    "ledger_insert_uses",
    """
    WITH taken AS (
        INSERT INTO coupons_redemption (uid, channel_id, order_ref, coupon_id, shopper_id, status, amount_minor,
            currency, slate_id, hold_expires_at, redeemed_at, code_id, grant_id, counter_slot)
        SELECT u.uid, %(channel)s, %(order)s, c.id, %(shopper)s, %(status)s, u.amount, %(currency)s, u.slate,
            CASE WHEN %(status)s = 'held' THEN %(now)s + make_interval(secs => c.hold_ttl_s) END,
            CASE WHEN %(status)s <> 'held' THEN %(now)s END,
            u.code,
            (SELECT g.id FROM coupons_coupongrant g
                WHERE g.coupon_id = c.id AND g.shopper_id = %(shopper)s AND g.status = 'issued' LIMIT 1),
            -- a fixed share of a busy limit, drawn now so that it is written with the row
            CASE WHEN c.usage_limit IS NOT NULL THEN floor(random() * c.counter_slots) END
        FROM unnest(%(uids)s, %(coupons)s, %(amounts)s, %(slates)s, %(codes)s) AS u (uid, coupon, amount, slate, code)
        JOIN coupons_coupon c ON c.id = u.coupon
        ORDER BY c.id
        ON CONFLICT (channel_id, order_ref, coupon_id) WHERE status IN ('held', 'redeemed', 'partially_rolled_back')
            DO NOTHING
        RETURNING id, uid, coupon_id, amount_minor, currency, hold_expires_at, redeemed_at, counter_slot
    ), line AS (
        INSERT INTO coupons_redemptionline (redemption_id, line_ref, quantity, spend_minor, amount_minor)
        SELECT taken.id, l.ref, l.quantity, l.spend, l.amount
        FROM unnest(%(line_coupons)s, %(refs)s, %(quantities)s, %(spends)s, %(line_amounts)s)
            WITH ORDINALITY AS l (coupon, ref, quantity, spend, amount, number)
        JOIN taken ON taken.coupon_id = l.coupon
        ORDER BY l.number
    )
    SELECT * FROM taken
    """,
    {
        "channel": "bigint",
        "order": "text",
        "shopper": "bigint",
        "status": "text",
        "currency": "text",
        "now": "timestamptz",
        "uids": "uuid[]",
        "coupons": "bigint[]",
        "amounts": "bigint[]",
        "slates": "uuid[]",
        "codes": "bigint[]",
        "line_coupons": "bigint[]",
        "refs": "text[]",
        "quantities": "integer[]",
        "spends": "bigint[]",
        "line_amounts": "bigint[]",
    },
)
_TERMS = Statement(
    "ledger_terms",
    """
    SELECT c.id, c.campaign_id, c.trigger, c.active, c.usage_limit, c.per_shopper_limit, c.hold_ttl_s,
        c.segments, c.first_order_only, k.status, k.starts_at, k.ends_at, k.timezone, k.weekly_windows::text,
        k.audience, k.holdout_percent,
        k.audience = 'everyone' OR EXISTS (
            SELECT 1 FROM coupons_campaignmember m WHERE m.campaign_id = k.id AND m.shopper_id = %(shopper)s),
        (SELECT g.id FROM coupons_coupongrant g
            WHERE g.coupon_id = c.id AND g.shopper_id = %(shopper)s AND g.status = 'issued' LIMIT 1),
        c.trigger = 'code' AND EXISTS (SELECT 1 FROM coupons_couponcode cc WHERE cc.coupon_id = c.id),
        b.id, b.usage_limit IS NOT NULL,
        (SELECT json_agg(json_build_object('id', b.id, 'kind', b.kind, 'period', b.period, 'limit_n', b.limit_n))::text
            FROM coupons_budget b WHERE b.coupon_id = c.id OR b.campaign_id = k.id),
        EXISTS (SELECT 1 FROM coupons_webhookendpoint w WHERE w.channel_id = k.channel_id AND w.active),
        coalesce(s.same_person_as_id, s.id)
    FROM coupons_coupon c
    JOIN coupons_campaign k ON k.id = c.campaign_id
    JOIN coupons_shopper s ON s.id = %(shopper)s
    LEFT JOIN coupons_couponcode cc ON cc.id = ANY(%(codes)s) AND cc.coupon_id = c.id
    LEFT JOIN coupons_codebatch b ON b.id = cc.batch_id
    WHERE c.id = ANY(%(coupons)s) AND k.channel_id = %(channel)s
    ORDER BY c.id
    """,
    {"shopper": "bigint", "codes": "bigint[]", "coupons": "bigint[]", "channel": "bigint"},
)

_NO_BENEFIT = BenefitTerms(BenefitType.GIFT)  # who may use a coupon does not depend on what it gives


def insert_uses(
    cursor: CursorWrapper, order: Order, uses: Sequence[Use], becomes: RedemptionStatus
) -> tuple[dict[int, Terms], dict[int, Taken]]:
    """Write the rows of these uses with their lines and read the terms they are taken on, all in one round trip.

    Both by coupon id; a use that the order has already is left out of the rows. Raises NotFound for a coupon of
    another channel.
    """
    lines = [(use.coupon_id, line) for use in uses for line in use.lines]
    values = {
        "channel": order.channel.pk,
        "order": order.order_ref,
        "shopper": order.shopper.pk,
        "status": str(becomes),
        "currency": order.channel.currency,
        "now": order.now,
        "uids": [uuid4() for _ in uses],
        "coupons": [use.coupon_id for use in uses],
        "amounts": [use.amount_minor for use in uses],
        "slates": [use.slate_id for use in uses],
        "codes": [use.code_id for use in uses],
        "line_coupons": [coupon_id for coupon_id, _ in lines],
        "refs": [line.line_ref for _, line in lines],
        "quantities": [line.quantity for _, line in lines],
        "spends": [line.spend_minor for _, line in lines],
        "line_amounts": [line.amount_minor for _, line in lines],
    }
    _, inserted, read = run_together(cursor, (_LOCK, _INSERT, _TERMS), values)
    coded = {use.coupon_id for use in uses if use.code_id is not None}
    terms = {row[0]: _terms(row, code_given=row[0] in coded) for row in read}
    missing = sorted({use.coupon_id for use in uses} - terms.keys())
    if missing:
        raise NotFound(f"There is no coupon {', '.join(map(str, missing))} here")
    return terms, {row[2]: _taken(row, becomes) for row in inserted}


def _taken(row: Sequence[Any], status: RedemptionStatus) -> Taken:
    number, uid, coupon_id, amount_minor, currency, hold_expires_at, redeemed_at, slot = row
    return Taken(number, uid, coupon_id, status, amount_minor, currency, hold_expires_at, redeemed_at, slot)


def _terms(row: Sequence[Any], *, code_given: bool) -> Terms:
    (coupon_id, campaign_id, trigger, active, usage_limit, per_shopper_limit, hold_ttl_s) = row[:7]
    (segments, first_order_only, status, starts_at, ends_at, timezone, windows, audience, holdout) = row[7:16]
    (member, grant_id, has_codes, batch_id, batch_limited, budgets, told, owner_id) = row[16:]
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
        hold_ttl_s=hold_ttl_s,
        batch_id=batch_id,
        batch_limited=batch_limited,
        grant_id=grant_id,
        told=told,
        owner_id=owner_id,
        budgets=tuple(json.loads(budgets)) if budgets else (),
    )


def facts_of(order: Order) -> ShopperFacts:
    """What the eligibility check needs; earlier orders are looked at where a coupon asks for them."""
    return ShopperFacts(shopper_id=order.shopper.pk, segments=frozenset(order.shopper.segments))
