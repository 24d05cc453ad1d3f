"""Taking from limits and giving back to them: single conditional statements, each with its row count looked at.

Callers hold the redemption's row already and call in the order shopper, code, batch, coupon, budget (cold to hot).
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError
from django.db.backends.utils import CursorWrapper

from coupons.enums import BudgetKind, CounterScope
from coupons.errors import BudgetExhausted, CounterDrift, PoolExhausted, ShopperLimitReached, UsageLimitReached

HELD, REDEEMED = "held_n", "redeemed_n"


@dataclass(frozen=True, slots=True)
class Charge:
    """What a use takes out of one period of a budget: minor units, or 1 use."""

    budget_id: int
    kind: str
    period_start: date
    limit_n: int
    amount_n: int


@dataclass(frozen=True, slots=True)
class Shift:
    """How a use moves: between held and redeemed, or out of both."""

    held: int
    redeemed: int


CONFIRM, UNHOLD, RESTORE = Shift(-1, 1), Shift(-1, 0), Shift(0, -1)


def take_shopper_use(cursor: CursorWrapper, *, coupon_id: int, owner_id: int, limit: int, column: str) -> None:
    """One use of the person's own. A first row is counted from the ledger, the use in hand included."""
    cursor.execute(
        # the column is one of the two constants above
        f"""
        INSERT INTO coupons_shopperusage AS u (coupon_id, shopper_id, limit_n, held_n, redeemed_n)
        SELECT %(coupon)s, %(owner)s, %(limit)s, n.held, n.redeemed FROM (
            SELECT count(*) FILTER (WHERE r.status = 'held') AS held,
                   count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use) AS redeemed
            FROM coupons_redemption r
            WHERE r.coupon_id = %(coupon)s AND r.shopper_id IN (
                SELECT id FROM coupons_shopper WHERE id = %(owner)s OR same_person_as_id = %(owner)s)
        ) n WHERE n.held + n.redeemed <= %(limit)s
        ON CONFLICT (coupon_id, shopper_id) DO UPDATE
            SET {column} = u.{column} + 1, limit_n = EXCLUDED.limit_n
            WHERE u.held_n + u.redeemed_n < EXCLUDED.limit_n
        """,  # noqa: S608
        {"coupon": coupon_id, "owner": owner_id, "limit": limit},
    )
    if cursor.rowcount != 1:
        raise ShopperLimitReached


def take_code_use(cursor: CursorWrapper, *, code_id: int, column: str) -> None:
    cursor.execute(
        f"UPDATE coupons_couponcode SET {column} = {column} + 1 WHERE id = %s AND active"  # noqa: S608
        " AND (usage_limit IS NULL OR held_n + redeemed_n < usage_limit)",
        [code_id],
    )
    if cursor.rowcount != 1:
        raise UsageLimitReached("All uses of the code are taken")


def take_use(cursor: CursorWrapper, *, scope: str, scope_id: int, column: str, slot: int = 0) -> int:
    """One use of a limit, from the given slot if it has room, else from any that has; returns the slot."""
    tried = [slot]
    while tried:
        for number in tried:
            cursor.execute(
                f"UPDATE coupons_usagecounter SET {column} = {column} + 1"  # noqa: S608
                " WHERE scope = %s AND scope_id = %s AND slot = %s AND held_n + redeemed_n < limit_n",
                [scope, scope_id, number],
            )
            if cursor.rowcount == 1:
                return number
        tried = _slots_with_room(cursor, scope, scope_id)
    raise PoolExhausted if scope == CounterScope.CLAIM else UsageLimitReached


def _slots_with_room(cursor: CursorWrapper, scope: str, scope_id: int) -> list[int]:
    cursor.execute(
        "SELECT slot, held_n + redeemed_n < limit_n FROM coupons_usagecounter WHERE scope = %s AND scope_id = %s",
        [scope, scope_id],
    )
    rows = cursor.fetchall()
    if not rows:
        raise CounterDrift(f"{scope} {scope_id} has a limit and no counter")
    slots = [slot for slot, has_room in rows if has_room]
    random.shuffle(slots)
    return slots


def take_budget(cursor: CursorWrapper, charge: Charge, column: str) -> None:
    """An amount out of one period, whose row is made by its first use."""
    into = {HELD: "held_n", REDEEMED: "spent_n"}[column]
    cursor.execute(
        f"""
        INSERT INTO coupons_budgetcounter AS b (budget_id, period_start, limit_n, {into})
        SELECT %(budget)s, %(start)s, %(limit)s, %(amount)s WHERE %(amount)s <= %(limit)s
        ON CONFLICT (budget_id, period_start) DO UPDATE
            SET {into} = b.{into} + %(amount)s, limit_n = EXCLUDED.limit_n
            WHERE b.held_n + b.spent_n + %(amount)s <= EXCLUDED.limit_n
        """,  # noqa: S608
        {
            "budget": charge.budget_id,
            "start": charge.period_start,
            "limit": charge.limit_n,
            "amount": charge.amount_n,
        },
    )
    if cursor.rowcount != 1:
        what = "uses" if charge.kind == BudgetKind.USES else "money"
        raise BudgetExhausted(f"The {what} budgeted for this period does not cover it")


def insert_charges(cursor: CursorWrapper, charges: Iterable[tuple[int, Charge]]) -> None:
    """Write down what each redemption (id first) takes out of which budget: the ledger side of take_budget."""
    rows = [(redemption_id, c.budget_id, c.period_start, c.amount_n) for redemption_id, c in charges]
    if rows:
        values = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
        cursor.execute(
            f"INSERT INTO coupons_budgetcharge (redemption_id, budget_id, period_start, amount_n) VALUES {values}",  # noqa: S608
            [value for row in rows for value in row],
        )


def shift_shopper_use(cursor: CursorWrapper, *, coupon_id: int, owner_id: int, shift: Shift) -> None:
    """Nothing happens where the person has no row: the coupon had no limit of that kind so far."""
    _checked(
        cursor,
        "UPDATE coupons_shopperusage SET held_n = held_n + %s, redeemed_n = redeemed_n + %s"
        " WHERE coupon_id = %s AND shopper_id = %s",
        [shift.held, shift.redeemed, coupon_id, owner_id],
    )


def shift_code_use(cursor: CursorWrapper, *, code_id: int, shift: Shift) -> None:
    changed = _checked(
        cursor,
        "UPDATE coupons_couponcode SET held_n = held_n + %s, redeemed_n = redeemed_n + %s WHERE id = %s",
        [shift.held, shift.redeemed, code_id],
    )
    if changed != 1:
        raise CounterDrift(f"code {code_id} is gone")


def shift_use(cursor: CursorWrapper, *, scope: str, scope_id: int, slot: int | None, shift: Shift) -> None:
    """Out of the slot it was taken from, else out of any; nothing where the limit has been lifted since."""
    moved = "SET held_n = held_n + %s, redeemed_n = redeemed_n + %s"
    fits = "scope = %s AND scope_id = %s AND held_n + %s >= 0 AND redeemed_n + %s >= 0"
    values: list[int | str] = [shift.held, shift.redeemed, scope, scope_id, shift.held, shift.redeemed]
    cursor.execute(f"UPDATE coupons_usagecounter {moved} WHERE {fits} AND slot = %s", [*values, slot or 0])
    if cursor.rowcount == 1:
        return
    cursor.execute(
        f"UPDATE coupons_usagecounter {moved} WHERE id = ("  # noqa: S608
        f"SELECT id FROM coupons_usagecounter WHERE {fits} ORDER BY slot LIMIT 1 FOR UPDATE)",
        values,
    )
    if cursor.rowcount == 1:
        return
    cursor.execute("SELECT 1 FROM coupons_usagecounter WHERE scope = %s AND scope_id = %s", [scope, scope_id])
    if cursor.fetchone():
        raise CounterDrift(f"{scope} {scope_id} has no use to give back")


def shift_budget(cursor: CursorWrapper, *, budget_id: int, period_start: date, held: int, spent: int) -> None:
    changed = _checked(
        cursor,
        "UPDATE coupons_budgetcounter SET held_n = held_n + %s, spent_n = spent_n + %s"
        " WHERE budget_id = %s AND period_start = %s",
        [held, spent, budget_id, period_start],
    )
    if changed != 1:
        raise CounterDrift(f"budget {budget_id} has no counter from {period_start}")


def _checked(cursor: CursorWrapper, statement: str, values: Sequence[int | date]) -> int:
    """Rows changed; a number pushed below zero is a defect."""
    try:
        cursor.execute(statement, values)
    except IntegrityError as error:
        raise CounterDrift(str(error)) from error
    return int(cursor.rowcount)
