"""Candidates read from the database for the pure evaluation: one statement, however many coupons."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from coupons.candidate_rows import CANDIDATES, CANDIDATES_WITH_ALL_TARGETS, HAS_ORDERED, Row
from coupons.enums import (
    Allocation,
    Audience,
    BenefitType,
    BudgetKind,
    CampaignStatus,
    CouponTrigger,
    StackingMode,
    TargetMode,
)
from coupons.evaluation import (
    BenefitTerms,
    BudgetLeft,
    CampaignTerms,
    Candidate,
    Cart,
    GroupTerms,
    Nearest,
    ShopperFacts,
    Standing,
    Targets,
    Tier,
)
from coupons.models import Channel, Shopper
from coupons.nearby import Location, nearest_places
from coupons.persons import owner_id
from coupons.schedule import period_start
from coupons.statements import Statement, run_together

_NOBODY = -1
_NO_TARGETS = Targets()


def load_facts(*, shopper: Shopper | None, order_ref: str = "") -> ShopperFacts:
    """What the evaluation asks of the shopper; the order in hand is not an earlier one."""
    if shopper is None:
        return ShopperFacts()
    with connection.cursor() as cursor:
        HAS_ORDERED.execute(cursor, {"owner": owner_id(shopper), "order": order_ref})
        [ordered] = cursor.fetchone()
    return ShopperFacts(shopper.pk, frozenset(shopper.segments), ordered)


def load_candidates(
    *,
    channel: Channel,
    shopper: Shopper | None,
    coupon_ids: Iterable[int],
    now: datetime,
    codes: Mapping[int, int] | None = None,
    order_ref: str = "",
    cart: Cart | None = None,
    location: Location | None = None,
) -> list[Candidate]:
    """The channel's coupons among these that say what they give, in order of id.

    `codes` are the ids of those presented, by coupon id. What this order holds already never counts against it. With
    `cart` only the targets that something in it matches are read: a coupon may name ten thousand products. With
    `location`, one query more says how far the places of store coupons are.
    """
    asked = _Asked(channel, shopper, list(set(coupon_ids)), now, codes or {}, order_ref, cart, location)
    if not asked.coupons:
        return []
    with connection.cursor() as cursor:
        asked.statement.execute(cursor, asked.values)
        return _candidates(asked, cursor.fetchall())


def load_candidates_and_facts(
    *,
    channel: Channel,
    shopper: Shopper,
    coupon_ids: Iterable[int],
    now: datetime,
    codes: Mapping[int, int],
    order_ref: str,
    cart: Cart,
    location: Location | None,
) -> tuple[list[Candidate], ShopperFacts]:
    """`load_candidates` and `load_facts` of a known shopper, in one round trip."""
    asked = _Asked(channel, shopper, list(set(coupon_ids)), now, codes, order_ref, cart, location)
    with connection.cursor() as cursor:
        rows, [[ordered]] = run_together(cursor, [asked.statement, HAS_ORDERED], asked.values)
    return _candidates(asked, rows), ShopperFacts(shopper.pk, frozenset(shopper.segments), ordered)


@dataclass(frozen=True, slots=True)
class _Asked:
    channel: Channel
    shopper: Shopper | None
    coupons: list[int]
    now: datetime
    codes: Mapping[int, int]
    order_ref: str
    cart: Cart | None
    location: Location | None

    @property
    def statement(self) -> Statement:
        return CANDIDATES_WITH_ALL_TARGETS if self.cart is None else CANDIDATES

    @property
    def values(self) -> dict[str, Any]:
        of_shopper = {} if self.shopper is None else {"shopper": self.shopper.pk, "owner": owner_id(self.shopper)}
        return {
            **of_nobody(self.channel, self.coupons, self.now),
            **of_shopper,
            "codes": list(self.codes.values()),
            "order": self.order_ref,
            **({} if self.cart is None else _in_cart(self.cart)),
        }


def of_nobody(channel: Channel, coupon_ids: Sequence[int], now: datetime) -> dict[str, Any]:
    """The statement's parameters for coupons as they are, whoever asks."""
    return {
        "channel": channel.pk,
        "coupons": coupon_ids,
        "codes": [],
        "shopper": _NOBODY,
        "owner": _NOBODY,
        "order": "",
        "today": now.date(),
    }


def _candidates(asked: _Asked, found: Iterable[Sequence[Any]]) -> list[Candidate]:
    rows = [Row(*row) for row in found]
    location, now = asked.location, asked.now
    campaigns: dict[int, CampaignTerms] = {}
    for row in rows:
        if row.campaign_id not in campaigns:
            campaigns[row.campaign_id] = campaign_of(row)
    held = _held_from_budgets(rows)
    nearest = nearest_places(coupon_ids=asked.coupons, location=location, now=now) if location is not None else {}
    return [candidate_of(row, campaigns[row.campaign_id], _standing(row, held, nearest, now)) for row in rows]


def _in_cart(cart: Cart) -> dict[str, list[int]]:
    return {
        "products": list({line.product_id for line in cart.lines if line.product_id is not None}),
        "brands": list({line.brand_id for line in cart.lines if line.brand_id is not None}),
        "categories": list({category for line in cart.lines for category in line.category_ids}),
    }


def candidate_of(row: Row, campaign: CampaignTerms, standing: Standing) -> Candidate:
    """The row, which has this standing, for the evaluation."""
    include, exclude = _targets(row)
    return Candidate(
        coupon_id=row.id,
        uid=row.uid,
        title=row.title,
        campaign=campaign,
        benefit=_benefit(row),
        trigger=CouponTrigger(row.trigger),
        active=row.active and row.code_active is not False,
        min_spend_minor=row.min_spend_minor,
        min_quantity=row.min_quantity,
        segments=frozenset(row.segments),
        first_order_only=row.first_order_only,
        margin_minor=row.margin_minor or 0,
        include=include,
        exclude=exclude,
        standing=standing,
    )


def _standing(row: Row, held: Mapping[int, int], nearest: Mapping[int, Nearest], now: datetime) -> Standing:
    mine = row.here > 0
    rooms = [room for room in (row.room, row.batch_room, row.code_room) if room is not None]
    granted = row.granted or mine
    return Standing(
        used_up=bool(rooms) and min(rooms) + mine <= 0,
        used_by_shopper=row.per_shopper_limit is not None and row.used_by_shopper - mine >= row.per_shopper_limit,
        budgets=_budgets(row, held, now),
        member=row.member,
        granted=granted,
        code_missing=row.has_codes and row.code_active is None and not granted,
        nearest=nearest.get(row.id),
        on_this_order=mine,
    )


def _budgets(row: Row, held: Mapping[int, int], now: datetime) -> tuple[BudgetLeft, ...]:
    if row.budgets is None:
        return ()
    left = []
    for budget_id, kind, period, limit_n, spent in json.loads(row.budgets):
        start = period_start(period, row.timezone, now)
        used = (spent or {}).get(start.isoformat(), 0)
        left.append(BudgetLeft(budget_id, BudgetKind(kind), limit_n - used + held.get(budget_id, 0)))
    return tuple(left)


def _held_from_budgets(rows: Sequence[Row]) -> dict[int, int]:
    """What this order has out of each budget already: it comes back when the order is settled anew."""
    held: dict[int, int] = defaultdict(int)
    for row in rows:
        for budget_id, amount in json.loads(row.charges) if row.charges else ():
            held[budget_id] += amount
    return held


def campaign_of(row: Row) -> CampaignTerms:
    """The terms of the row's campaign."""
    group = GroupTerms()
    if row.group_id is not None:
        group = GroupTerms(
            row.group_id, row.group_name, StackingMode(row.group_mode), row.group_position, row.group_max_coupons
        )
    return CampaignTerms(
        id=row.campaign_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=CampaignStatus(row.status),
        timezone=row.timezone,
        weekly_windows=tuple(json.loads(row.weekly_windows)),
        audience=Audience(row.audience),
        priority=row.priority,
        exclusive=row.exclusive,
        holdout_percent=row.holdout_percent,
        group=group,
    )


def _benefit(row: Row) -> BenefitTerms:
    return BenefitTerms(
        type=BenefitType(row.type),
        percent_bp=row.percent_bp,
        amount_minor=row.amount_minor,
        max_discount_minor=row.max_discount_minor,
        allocation=Allocation(row.allocation),
        buy_quantity=row.buy_quantity,
        get_quantity=row.get_quantity,
        gift_product_id=row.gift_product_id,
        tiers=tuple(Tier(*tier) for tier in json.loads(row.tiers)) if row.tiers else (),
    )


def _targets(row: Row) -> tuple[Targets, Targets]:
    if not row.has_targets:
        return _NO_TARGETS, _NO_TARGETS
    ids: dict[str, tuple[set[int], set[int], set[int]]] = defaultdict(lambda: (set(), set(), set()))
    for mode, *target in json.loads(row.targets) if row.targets else ():
        for kind, value in zip(ids[mode], target, strict=True):
            if value is not None:
                kind.add(value)
    include, exclude = (
        Targets(frozenset(products), frozenset(categories), frozenset(brands), others)
        for (products, categories, brands), others in (
            (ids[TargetMode.INCLUDE], row.has_includes),
            (ids[TargetMode.EXCLUDE], False),
        )
    )
    return include, exclude
