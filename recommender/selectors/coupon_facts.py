"""What policies ask of a channel's coupons: campaign, main category, brands, what a use costs and earns."""

import time
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from coupons.enums import BenefitType, RedemptionStatus
from recommender.policies.candidates import Candidates
from recommender.policies.terms import PolicyTerms

KEPT_SECONDS = 20.0
MIN_USES = 5
"""Uses from which on the mean discount given counts and not what the benefit says."""

_USED = f"'{RedemptionStatus.REDEEMED}', '{RedemptionStatus.PARTIALLY_ROLLED_BACK}'"
_SQL = f"""
WITH mine AS MATERIALIZED (
    SELECT c.id, c.campaign_id, c.min_spend_minor, c.margin_minor, k.priority, k.ends_at
    FROM coupons_coupon c JOIN coupons_campaign k ON k.id = c.campaign_id
    WHERE k.channel_id = %s AND c.active AND k.ends_at > now() - interval '60 days'),
covered AS (
    SELECT t.coupon_id, COALESCE(t.category_id, p.category_id) AS category_id,
        COALESCE(t.brand_id, p.brand_id) AS brand_id
    FROM coupons_coupontarget t JOIN mine ON mine.id = t.coupon_id LEFT JOIN coupons_product p ON p.id = t.product_id
    WHERE t.mode = 'include'),
main AS (
    SELECT coupon_id,
        mode() WITHIN GROUP (ORDER BY CASE WHEN g.level > 2 THEN g.parent_id ELSE g.id END) AS category_id
    FROM covered LEFT JOIN coupons_category g ON g.id = covered.category_id GROUP BY coupon_id),
brands AS (
    SELECT coupon_id, array_agg(DISTINCT brand_id) AS ids FROM covered WHERE brand_id IS NOT NULL GROUP BY coupon_id),
uses AS (
    SELECT r.coupon_id, avg(r.amount_minor - r.rolled_back_minor)::float8 AS mean
    FROM coupons_redemption r JOIN mine ON mine.id = r.coupon_id
    WHERE r.status IN ({_USED}) GROUP BY r.coupon_id HAVING count(*) >= {MIN_USES})
SELECT mine.id, mine.campaign_id, COALESCE(main.category_id, -1), COALESCE(brands.ids, '{{}}'), uses.mean,
    b.type, b.amount_minor, b.percent_bp, b.max_discount_minor, mine.min_spend_minor, mine.margin_minor,
    (SELECT min(tier.amount_minor) FROM coupons_benefittier tier WHERE tier.benefit_id = b.id)
FROM mine LEFT JOIN main ON main.coupon_id = mine.id LEFT JOIN brands ON brands.coupon_id = mine.id
LEFT JOIN uses ON uses.coupon_id = mine.id LEFT JOIN coupons_benefit b ON b.coupon_id = mine.id
ORDER BY mine.priority DESC, mine.ends_at, mine.id
"""  # noqa: S608 - names are ours

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class CouponFacts:
    """c coupons, by the shop's priority, then by how soon they end; NaN where a number is not known."""

    coupon: Ints
    campaign: Ints
    category: Ints
    brands: tuple[frozenset[int], ...]
    discount: Doubles
    """What a use took off on average, or the fixed amount; NaN for a percentage without uses."""
    percent: Doubles
    """Share of the basket that the discount is, where it is a percentage without uses."""
    cap: Doubles
    min_spend: Doubles
    margin: Doubles
    """What a use earns before the discount, where the coupon says so."""

    @cached_property
    def place(self) -> dict[int, int]:
        return {int(coupon): number for number, coupon in enumerate(self.coupon)}

    def candidates(self, coupon: Ints, score: Doubles, tier: Ints, terms: PolicyTerms) -> Candidates:
        """The arrays that a decision reads of these coupons; neutral for a coupon that is not known here."""
        place = np.array([self.place.get(int(each), -1) for each in coupon], np.int64)
        known = place >= 0
        if not len(self.coupon):
            return Candidates.of(coupon, score, campaign=np.full(len(coupon), -1), tier=tier)
        basket = np.maximum(self.min_spend[place], terms.basket_minor)
        share = np.where(np.isnan(self.percent[place]), 0.0, self.percent[place])
        discount = np.where(np.isnan(self.discount[place]), share * basket, self.discount[place])
        cost = np.fmin(discount, self.cap[place])
        margin = np.where(np.isnan(self.margin[place]), terms.margin * basket, self.margin[place])
        return Candidates(
            coupon=coupon,
            score=score,
            tier=tier,
            campaign=np.where(known, self.campaign[place], -1),
            category=np.where(known, self.category[place], -1),
            fair=known & self._fair(terms)[place],
            cost=np.where(known, cost, 0.0),
            margin=np.where(known, margin, 0.0),
            extra=np.full(len(coupon), np.nan),
        )

    def categories_of(self, coupons: frozenset[int]) -> frozenset[int]:
        found = {int(self.category[self.place[coupon]]) for coupon in coupons if coupon in self.place}
        return frozenset(found - {-1})

    def _fair(self, terms: PolicyTerms) -> NDArray[np.bool_]:
        group = np.zeros(len(self.coupon), bool)
        if not terms.fair_share:
            return group
        if terms.fair_campaigns:
            group |= np.isin(self.campaign, list(terms.fair_campaigns))
        if terms.fair_brands:
            group |= np.array([bool(brands & terms.fair_brands) for brands in self.brands])
        return group


@dataclass
class _Kept:
    read_at: float
    facts: CouponFacts


_kept: dict[int, _Kept] = {}
_lock = Lock()


def coupon_facts(channel_id: int) -> CouponFacts:
    """The facts of a channel's coupons, kept in the process for some seconds: terms of a running coupon are fixed."""
    kept = _kept.get(channel_id)
    if kept is not None and time.monotonic() < kept.read_at + KEPT_SECONDS:
        return kept.facts
    facts = read_coupon_facts(channel_id)
    with _lock:
        _kept[channel_id] = _Kept(time.monotonic(), facts)
    return facts


def forget_coupon_facts() -> None:
    with _lock:
        _kept.clear()


def read_coupon_facts(channel_id: int) -> CouponFacts:
    """As `coupon_facts`, from the database."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [channel_id])
        rows = cursor.fetchall()
    return CouponFacts(
        coupon=np.array([row[0] for row in rows], np.int64),
        campaign=np.array([row[1] for row in rows], np.int64),
        category=np.array([row[2] for row in rows], np.int64),
        brands=tuple(frozenset(row[3]) for row in rows),
        discount=np.array(
            [_discount(mean, kind, amount, tier) for *_, mean, kind, amount, _p, _c, _s, _m, tier in rows]
        ),
        percent=np.array([_number(row[7], 10_000) for row in rows]),
        cap=np.array([_number(row[8]) for row in rows]),
        min_spend=np.array([row[9] for row in rows], float),
        margin=np.array([_number(row[10]) for row in rows]),
    )


def _discount(mean: float | None, kind: str | None, amount: int | None, tier: int | None) -> float:
    if mean is not None:
        return mean
    if kind == BenefitType.AMOUNT:
        return _number(amount)
    if kind == BenefitType.TIERS:
        return _number(tier)
    return float("nan") if kind == BenefitType.PERCENT else 0.0


def _number(value: int | None, per: int = 1) -> float:
    return float("nan") if value is None else value / per
