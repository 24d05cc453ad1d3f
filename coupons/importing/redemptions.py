"""Past redemptions into the ledger. The limits hold for them too, and the counters follow (see coupons.reconcile)."""

from django.db.backends.utils import CursorWrapper

from coupons.importing import shoppers
from coupons.importing.columns import Column, Kind
from coupons.importing.promotions import CAMPAIGN, CAMPAIGN_UNKNOWN, COUPON, COUPON_JOIN, COUPON_UNKNOWN, SHOPPER
from coupons.importing.tables import Context, Rule, TableImport, Value
from coupons.models import Redemption

_FOUND = """
    FROM staged s
    JOIN coupons_campaign campaign ON campaign.channel_id = %(channel)s AND campaign.external_id = s.campaign
    JOIN coupons_coupon coupon ON coupon.campaign_id = campaign.id AND coupon.external_id = s.coupon
"""

# Uses in flight hold a key share of the coupon's row: they end before we count, and new ones wait for our commit
_LOCK_COUPONS = f"SELECT FROM coupons_coupon WHERE id IN (SELECT coupon.id {_FOUND}) ORDER BY id FOR UPDATE"

_COUNTS = "(used.status IN ('held', 'redeemed', 'partially_rolled_back') OR used.kept_use)"

# Rows that are new, in the order of the file, against what the ledger holds: which of them find their limit used up?
_FIND_SPENT = f"""
    CREATE TEMP TABLE spent AS
    WITH fresh AS (
        SELECT DISTINCT ON (coupon.id, s.order_ref) s.line, coupon.id AS coupon_id, usage_limit, per_shopper_limit,
            coalesce(shopper.same_person_as_id, shopper.id) AS owner
        {_FOUND}
        JOIN coupons_shopper shopper
            ON shopper.channel_id = %(channel)s AND shopper.external_id = s.shopper AND shopper.erased_at IS NULL
        WHERE NOT EXISTS (
            SELECT FROM coupons_redemption used
            WHERE used.channel_id = %(channel)s AND used.order_ref = s.order_ref AND used.coupon_id = coupon.id
        )
        ORDER BY coupon.id, s.order_ref, s.line
    ), judged AS (
        SELECT fresh.*, coalesce(per_shopper_limit < row_number() OVER (PARTITION BY coupon_id, owner ORDER BY line)
            + (SELECT count(*) FROM coupons_redemption used JOIN coupons_shopper person ON person.id = used.shopper_id
               WHERE used.coupon_id = fresh.coupon_id AND fresh.owner IN (person.id, person.same_person_as_id)
               AND {_COUNTS}), false) AS of_shopper
        FROM fresh
    )
    SELECT line, of_shopper, NOT of_shopper
        AND usage_limit < row_number() OVER (PARTITION BY coupon_id, of_shopper ORDER BY line)
            + (SELECT count(*) FROM coupons_redemption used WHERE used.coupon_id = judged.coupon_id AND {_COUNTS})
            AS of_coupon
    FROM judged
"""  # noqa: S608

_USED = "count(*) FILTER (WHERE used.status IN ('redeemed', 'partially_rolled_back') OR used.kept_use)"
_HELD = "count(*) FILTER (WHERE used.status = 'held')"

_RENEW_SHOPPER_USAGE = f"""
    UPDATE coupons_shopperusage kept SET held_n = ledger.held, redeemed_n = ledger.used
    FROM (
        SELECT used.coupon_id, coalesce(person.same_person_as_id, person.id) AS owner, {_HELD} AS held, {_USED} AS used
        FROM coupons_redemption used JOIN coupons_shopper person ON person.id = used.shopper_id
        WHERE used.coupon_id IN (SELECT coupon_id FROM resolved) GROUP BY 1, 2
    ) ledger
    WHERE kept.coupon_id = ledger.coupon_id AND kept.shopper_id = ledger.owner
        AND (kept.held_n, kept.redeemed_n) IS DISTINCT FROM (ledger.held, ledger.used)
"""  # noqa: S608

_DROP_COUNTERS = """
    DELETE FROM coupons_usagecounter WHERE scope = 'coupon' AND scope_id IN (SELECT coupon_id FROM resolved)
"""

_COUNT_ANEW = f"""
    SELECT coupons_resize_counter('coupon', coupon.id, coupon.usage_limit, coupon.counter_slots, {_HELD}, {_USED})
    FROM coupons_coupon coupon LEFT JOIN coupons_redemption used ON used.coupon_id = coupon.id
    WHERE coupon.usage_limit IS NOT NULL AND coupon.id IN (SELECT coupon_id FROM resolved) GROUP BY coupon.id
"""  # noqa: S608


def _find_spent(cursor: CursorWrapper, context: Context) -> None:
    cursor.execute(_LOCK_COUPONS, context.parameters)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.spent")
    cursor.execute(_FIND_SPENT, context.parameters)


def _renew_counters(cursor: CursorWrapper, _context: Context) -> None:
    """Counters of the coupons in the chunk, from the ledger."""
    cursor.execute(_RENEW_SHOPPER_USAGE)
    cursor.execute(_DROP_COUNTERS)
    cursor.execute(_COUNT_ANEW)


REDEMPTIONS = TableImport(
    name="redemptions",
    help="What was redeemed in the past. Rows that exist are never changed; limits hold, budgets are not charged.",
    target=Redemption,
    key=("campaign", "coupon", "order_ref"),
    conflict="",
    columns=(
        CAMPAIGN,
        COUPON,
        SHOPPER,
        Column("order_ref", required=True, max_length=64, help="The order's id"),
        Column("redeemed_at", Kind.TIME, required=True, past=True, help="When"),
        Column("amount_minor", Kind.INTEGER, required=True, minimum=0, help="Discount given, in minor units"),
    ),
    prepare=_find_spent,
    joins=COUPON_JOIN + shoppers.JOIN + "LEFT JOIN spent ON spent.line = s.line",
    rules=(
        CAMPAIGN_UNKNOWN,
        COUPON_UNKNOWN,
        shoppers.UNKNOWN,
        shoppers.ERASED,
        Rule("coupon", "spent.of_coupon", "has no use left: its usage_limit is reached"),
        Rule("coupon", "spent.of_shopper", "has no use left for this shopper: its per_shopper_limit is reached"),
    ),
    values={
        "channel_id": Value("%(channel)s::bigint"),
        "coupon_id": Value("coupon.id"),
        "shopper_id": Value("shopper.id"),
        "order_ref": Value("s.order_ref"),
        "status": Value("'redeemed'"),
        "amount_minor": Value("s.amount_minor"),
        "currency": Value("%(currency)s"),
        "redeemed_at": Value("s.redeemed_at"),
        "created_at": Value("s.redeemed_at"),
    },
    finish=_renew_counters,
)
