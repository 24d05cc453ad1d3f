"""The statement that reads candidates with their standing. Numbers that a coupon does not ask for are not looked up."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from coupons.statements import Statement


class Row(NamedTuple):
    """A candidate as it is read. Lists of rows come as JSON texts; a number is None where there is no limit."""

    id: int
    uid: UUID
    title: str
    trigger: str
    active: bool
    min_spend_minor: int
    min_quantity: int
    segments: list[str]
    first_order_only: bool
    margin_minor: int | None
    per_shopper_limit: int | None
    campaign_id: int
    starts_at: datetime
    ends_at: datetime
    status: str
    timezone: str
    weekly_windows: str
    audience: str
    priority: int
    exclusive: bool
    holdout_percent: int
    group_id: int | None
    group_name: str
    group_mode: str
    group_position: int
    group_max_coupons: int | None
    type: str
    percent_bp: int | None
    amount_minor: int | None
    max_discount_minor: int | None
    allocation: str
    buy_quantity: int | None
    get_quantity: int | None
    gift_product_id: int | None
    tiers: str | None
    has_targets: bool
    has_includes: bool
    targets: str | None
    room: int | None
    code_active: bool | None
    code_room: int | None
    batch_room: int | None
    has_codes: bool
    member: bool
    granted: bool
    used_by_shopper: int
    here: int
    budgets: str | None
    charges: str | None


_ALL_TARGETS = "SELECT mode, product_id, category_id, brand_id FROM coupons_coupontarget WHERE coupon_id = c.id"
# three ways into the unique index on (coupon, product, category, brand)
_TARGETS_IN_CART = (
    f"{_ALL_TARGETS} AND product_id = ANY(%(products)s)"
    f" UNION ALL {_ALL_TARGETS} AND product_id IS NULL AND category_id = ANY(%(categories)s)"
    f" UNION ALL {_ALL_TARGETS} AND product_id IS NULL AND category_id IS NULL AND brand_id = ANY(%(brands)s)"
)
_SQL = """
    SELECT c.id, c.uid, c.title, c.trigger, c.active, c.min_spend_minor, c.min_quantity, c.segments,
        c.first_order_only, c.margin_minor, c.per_shopper_limit,
        k.id, k.starts_at, k.ends_at, k.status, k.timezone, k.weekly_windows::text, k.audience, k.priority,
        k.exclusive, k.holdout_percent,
        g.id, g.name, g.mode, g.position, g.max_coupons,
        b.type, b.percent_bp, b.amount_minor, b.max_discount_minor, b.allocation, b.buy_quantity, b.get_quantity,
        b.gift_product_id,
        CASE WHEN b.type = 'tiers' THEN (
            SELECT json_agg(json_build_array(t.threshold_minor, t.amount_minor, t.percent_bp)
                ORDER BY t.threshold_minor)::text
            FROM coupons_benefittier t WHERE t.benefit_id = b.id) END,
        target.some, target.includes,
        CASE WHEN target.some THEN (
            SELECT json_agg(json_build_array(t.mode, t.product_id, t.category_id, t.brand_id))::text
            FROM (<targets>) t) END,
        CASE WHEN c.usage_limit IS NOT NULL THEN (
            SELECT sum(u.limit_n - u.held_n - u.redeemed_n)::bigint FROM coupons_usagecounter u
            WHERE u.scope = 'coupon' AND u.scope_id = c.id) END,
        code.active, code.usage_limit - code.held_n - code.redeemed_n,
        CASE WHEN code.batch_id IS NOT NULL THEN (
            SELECT sum(u.limit_n - u.held_n - u.redeemed_n)::bigint FROM coupons_usagecounter u
            WHERE u.scope = 'batch' AND u.scope_id = code.batch_id) END,
        c.trigger = 'code' AND EXISTS (SELECT 1 FROM coupons_couponcode cc WHERE cc.coupon_id = c.id),
        k.audience = 'everyone' OR EXISTS (
            SELECT 1 FROM coupons_campaignmember m WHERE m.campaign_id = k.id AND m.shopper_id = %(shopper)s),
        c.trigger <> 'automatic' AND EXISTS (
            SELECT 1 FROM coupons_coupongrant w
            WHERE w.coupon_id = c.id AND w.shopper_id = %(shopper)s AND w.status = 'issued'),
        coalesce(mine.used, 0), coalesce(mine.here, 0),
        (SELECT json_agg(json_build_array(a.id, a.kind, a.period, a.limit_n, (
                SELECT json_object_agg(n.period_start, n.held_n + n.spent_n) FROM coupons_budgetcounter n
                WHERE n.budget_id = a.id
                    AND (n.period_start > %(today)s - 40 OR n.period_start = '1970-01-01'))))::text
            FROM coupons_budget a WHERE a.coupon_id = c.id OR a.campaign_id = k.id),
        CASE WHEN mine.here > 0 THEN (
            SELECT json_agg(json_build_array(h.budget_id, h.amount_n - h.returned_n))::text
            FROM coupons_redemption r JOIN coupons_budgetcharge h ON h.redemption_id = r.id
            WHERE r.channel_id = %(channel)s AND r.order_ref = %(order)s AND r.coupon_id = c.id
                AND r.status IN ('held', 'redeemed', 'partially_rolled_back')) END
        <mark>
    FROM coupons_coupon c
    JOIN coupons_campaign k ON k.id = c.campaign_id
    JOIN coupons_benefit b ON b.coupon_id = c.id
    LEFT JOIN coupons_stackinggroup g ON g.id = k.stacking_group_id
    LEFT JOIN coupons_couponcode code ON code.coupon_id = c.id AND code.id = ANY(%(codes)s)
    LEFT JOIN LATERAL (
        SELECT EXISTS (SELECT 1 FROM coupons_coupontarget t WHERE t.coupon_id = c.id) AS some,
            EXISTS (SELECT 1 FROM coupons_coupontarget t WHERE t.coupon_id = c.id AND t.mode = 'include') AS includes
    ) target ON true
    LEFT JOIN (
        SELECT r.coupon_id,
            count(*) FILTER (WHERE r.status IN ('held', 'redeemed', 'partially_rolled_back') OR r.kept_use) AS used,
            count(*) FILTER (WHERE r.status IN ('held', 'redeemed', 'partially_rolled_back')
                AND r.order_ref = %(order)s AND %(order)s <> '') AS here
        FROM coupons_redemption r
        WHERE r.shopper_id = ANY(ARRAY(
                SELECT s.id FROM coupons_shopper s WHERE s.id = %(owner)s OR s.same_person_as_id = %(owner)s))
            AND r.coupon_id = ANY(%(coupons)s)
        GROUP BY r.coupon_id
    ) mine ON mine.coupon_id = c.id
    WHERE c.id = ANY(%(coupons)s) AND k.channel_id = %(channel)s
    ORDER BY c.id
"""
_TYPES = {
    "channel": "bigint",
    "coupons": "bigint[]",
    "codes": "bigint[]",
    "shopper": "bigint",
    "owner": "bigint",
    "order": "text",
    "today": "date",
}
_CART_TYPES = {"products": "bigint[]", "brands": "bigint[]", "categories": "bigint[]"}


def mark_of(coupon: str, campaign: str, group: str) -> str:
    """SQL: a text that changes with each of these rows, since Postgres writes every change as a new tuple."""
    return f"concat_ws(' ', {', '.join(f'{row}.xmin, {row}.ctid' for row in (coupon, campaign, group))})"


def _statement(name: str, targets: str, more_types: Mapping[str, str], mark: str = "") -> Statement:
    return Statement(name, _SQL.replace("<targets>", targets).replace("<mark>", mark), {**_TYPES, **more_types})


CANDIDATES = _statement("candidates", _TARGETS_IN_CART, _CART_TYPES)
CANDIDATES_WITH_ALL_TARGETS = _statement("candidates_all_targets", _ALL_TARGETS, {})

MOST_KEPT_TARGETS = 100
MARKED_CANDIDATES = _statement(
    "marked_candidates", f"{_ALL_TARGETS} LIMIT {MOST_KEPT_TARGETS + 1}", {}, f", {mark_of('c', 'k', 'g')}"
)
"""With one target more than are kept where there are so many; the mark is the last column."""

HAS_ORDERED = Statement(
    "has_ordered",
    """
    SELECT EXISTS (
        SELECT 1 FROM coupons_shopper s WHERE (s.id = %(owner)s OR s.same_person_as_id = %(owner)s)
            AND s.first_order_ref IS NOT NULL AND s.first_order_ref <> %(order)s)
    OR EXISTS (
        SELECT 1 FROM coupons_redemption r
        WHERE r.shopper_id = ANY(ARRAY(
                SELECT s.id FROM coupons_shopper s WHERE s.id = %(owner)s OR s.same_person_as_id = %(owner)s))
            AND r.order_ref <> %(order)s AND r.status IN ('redeemed', 'partially_rolled_back'))
    """,
    {"owner": "bigint", "order": "text"},
)
"""Whether this person has an order already, other than the one in hand."""
