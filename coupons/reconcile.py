"""Proof that every counter says what the ledger's rows say, one statement a counter, each naming what differs."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Drift:
    """A number that is `stored` and that the rows make `ledger`."""

    what: str
    key: str
    field: str
    stored: int | None
    ledger: int | None

    def __str__(self) -> str:
        return f"{self.what} {self.key}: {self.field} is {self.stored}, the ledger says {self.ledger}"


_USED = "count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use)"
_HELD = "count(*) FILTER (WHERE r.status = 'held')"

# ruff: noqa: S608  every piece of these statements is a constant of this file
# name -> (statement giving key, stored and ledger values in turn, the names of the pairs)
_CHECKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "coupon": (
        f"""
        SELECT coalesce(u.id, c.id)::text, u.held, coalesce(l.held, 0), u.used, coalesce(l.used, 0),
               u.lim, greatest(c.usage_limit, u.held + u.used)
        FROM (SELECT scope_id AS id, sum(held_n) AS held, sum(redeemed_n) AS used, sum(limit_n) AS lim
              FROM coupons_usagecounter WHERE scope = 'coupon' GROUP BY 1) u
        FULL JOIN (SELECT id, usage_limit FROM coupons_coupon WHERE usage_limit IS NOT NULL) c ON c.id = u.id
        LEFT JOIN (SELECT r.coupon_id, {_HELD} AS held, {_USED} AS used FROM coupons_redemption r GROUP BY 1) l
            ON l.coupon_id = coalesce(u.id, c.id)
        """,
        ("held_n", "redeemed_n", "limit_n"),
    ),
    "batch": (
        f"""
        SELECT coalesce(u.scope_id, b.id)::text, u.held_n, coalesce(l.held, 0), u.redeemed_n, coalesce(l.used, 0),
               u.limit_n, greatest(b.usage_limit, u.held_n + u.redeemed_n)
        FROM (SELECT * FROM coupons_usagecounter WHERE scope = 'batch') u
        FULL JOIN (SELECT id, usage_limit FROM coupons_codebatch WHERE usage_limit IS NOT NULL) b ON b.id = u.scope_id
        LEFT JOIN (SELECT cc.batch_id, {_HELD} AS held, {_USED} AS used
                   FROM coupons_redemption r JOIN coupons_couponcode cc ON cc.id = r.code_id GROUP BY 1) l
            ON l.batch_id = coalesce(u.scope_id, b.id)
        """,
        ("held_n", "redeemed_n", "limit_n"),
    ),
    "claims of coupon": (
        """
        SELECT coalesce(u.scope_id, c.id)::text, u.redeemed_n, coalesce(l.used, 0), u.limit_n, c.claim_limit
        FROM (SELECT * FROM coupons_usagecounter WHERE scope = 'claim') u
        FULL JOIN (SELECT id, claim_limit FROM coupons_coupon WHERE claim_limit IS NOT NULL) c ON c.id = u.scope_id
        LEFT JOIN (SELECT coupon_id, count(*) AS used FROM coupons_coupongrant
                   WHERE status NOT IN ('expired', 'revoked') GROUP BY 1) l ON l.coupon_id = coalesce(u.scope_id, c.id)
        """,
        ("redeemed_n", "limit_n"),
    ),
    "shopper usage": (
        f"""
        SELECT 'coupon ' || u.coupon_id || ' of shopper ' || u.shopper_id,
               u.held_n, coalesce(l.held, 0), u.redeemed_n, coalesce(l.used, 0)
        FROM coupons_shopperusage u
        LEFT JOIN (SELECT r.coupon_id, coalesce(s.same_person_as_id, s.id) AS owner, {_HELD} AS held, {_USED} AS used
                   FROM coupons_redemption r JOIN coupons_shopper s ON s.id = r.shopper_id GROUP BY 1, 2) l
            ON l.coupon_id = u.coupon_id AND l.owner = u.shopper_id
        """,
        ("held_n", "redeemed_n"),
    ),
    "code": (
        f"""
        SELECT cc.code, cc.held_n, coalesce(l.held, 0), cc.redeemed_n, coalesce(l.used, 0)
        FROM (SELECT r.code_id, {_HELD} AS held, {_USED} AS used
              FROM coupons_redemption r WHERE r.code_id IS NOT NULL GROUP BY 1) l
        FULL JOIN (SELECT * FROM coupons_couponcode WHERE held_n <> 0 OR redeemed_n <> 0
                   OR id IN (SELECT code_id FROM coupons_redemption)) cc ON cc.id = l.code_id
        """,
        ("held_n", "redeemed_n"),
    ),
    "budget": (
        """
        SELECT coalesce(b.budget_id, l.budget_id) || ' from ' || coalesce(b.period_start, l.period_start),
               b.held_n, coalesce(l.held, 0), b.spent_n, coalesce(l.spent, 0)
        FROM coupons_budgetcounter b
        FULL JOIN (SELECT h.budget_id, h.period_start,
                          coalesce(sum(h.amount_n - h.returned_n) FILTER (WHERE r.status = 'held'), 0) AS held,
                          coalesce(sum(h.amount_n - h.returned_n) FILTER (WHERE r.status <> 'held'), 0) AS spent
                   FROM coupons_budgetcharge h JOIN coupons_redemption r ON r.id = h.redemption_id GROUP BY 1, 2) l
            ON l.budget_id = b.budget_id AND l.period_start = b.period_start
        """,
        ("held_n", "spent_n"),
    ),
    "charge of redemption": (
        """
        SELECT r.uid || ' on budget ' || b.id, h.amount_n - h.returned_n,
               CASE WHEN r.status IN ('released', 'expired') THEN 0
                    WHEN b.kind = 'money' THEN r.amount_minor - r.rolled_back_minor
                    WHEN r.status = 'rolled_back' AND NOT r.kept_use THEN 0 ELSE 1 END
        FROM coupons_budgetcharge h
        JOIN coupons_budget b ON b.id = h.budget_id JOIN coupons_redemption r ON r.id = h.redemption_id
        """,
        ("charged",),
    ),
    "redemption": (
        """
        SELECT r.uid::text, r.amount_minor, coalesce(l.amount, r.amount_minor),
               r.rolled_back_minor, coalesce(k.amount, 0)
        FROM coupons_redemption r
        LEFT JOIN (SELECT redemption_id, sum(amount_minor) AS amount FROM coupons_redemptionline GROUP BY 1) l
            ON l.redemption_id = r.id
        LEFT JOIN (SELECT redemption_id, sum(amount_minor) AS amount FROM coupons_rollback GROUP BY 1) k
            ON k.redemption_id = r.id
        """,
        ("amount_minor", "rolled_back_minor"),
    ),
}


def find_drift() -> list[Drift]:
    """Every difference, in one snapshot of the database; empty where the books balance. Reads only."""
    with transaction.atomic():
        if not connection.in_atomic_block or not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return list(_differences())


def _differences() -> Iterator[Drift]:
    for what, (statement, fields) in _CHECKS.items():
        pairs = [(f"v{2 * i}", f"v{2 * i + 1}") for i in range(len(fields))]
        differs = " OR ".join(f"{stored} IS DISTINCT FROM {ledger}" for stored, ledger in pairs)
        columns = ", ".join(name for pair in pairs for name in pair)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({statement}) AS found (key, {columns}) WHERE {differs} ORDER BY key")
            for key, *values in cursor.fetchall():
                for field, stored, ledger in zip(fields, values[::2], values[1::2], strict=True):
                    if stored != ledger:
                        yield Drift(what, key, field, _int(stored), _int(ledger))


def _int(value: object) -> int | None:
    return None if value is None else int(str(value))
