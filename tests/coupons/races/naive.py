"""The guards as code elsewhere has them: look first, write afterwards. Each replaces the real one in a twin test.

`gathering` is where those who looked wait for the others: a fixture of this folder makes a new one for each test.
"""

# ruff: noqa: S608  the column is one of two constants

from datetime import date

from django.db.backends.utils import CursorWrapper

from coupons.errors import BudgetExhausted, ShopperLimitReached, UsageLimitReached
from coupons.services.counters import Charge
from tests.coupons.ledger import THREADS
from tests.racing import Gathering

gathering = Gathering(THREADS)


def take_use(
    cursor: CursorWrapper, *, scope: str, scope_id: int, column: str, slot: int = 0, redemption_id: int | None = None
) -> None:
    del redemption_id
    where = "WHERE scope = %s AND scope_id = %s AND slot = %s"
    key: list[str | int] = [scope, scope_id, slot]
    cursor.execute(f"SELECT held_n + redeemed_n, limit_n, {column} FROM coupons_usagecounter {where}", key)
    used, limit, value = cursor.fetchone()
    gathering.wait()
    if used >= limit:
        raise UsageLimitReached
    cursor.execute(f"UPDATE coupons_usagecounter SET {column} = %s {where}", [value + 1, *key])


def take_code_use(cursor: CursorWrapper, *, code_id: int, column: str) -> None:
    cursor.execute(
        f"SELECT held_n + redeemed_n, usage_limit, {column} FROM coupons_couponcode WHERE id = %s", [code_id]
    )
    used, limit, value = cursor.fetchone()
    gathering.wait()
    if used >= limit:
        raise UsageLimitReached
    cursor.execute(f"UPDATE coupons_couponcode SET {column} = %s WHERE id = %s", [value + 1, code_id])


def take_shopper_use(cursor: CursorWrapper, *, coupon_id: int, owner_id: int, limit: int, column: str) -> None:
    cursor.execute(
        "SELECT count(*) FROM coupons_redemption WHERE coupon_id = %s AND shopper_id = %s"
        " AND status IN ('held', 'redeemed', 'partially_rolled_back')",
        [coupon_id, owner_id],
    )
    gathering.wait()
    if cursor.fetchone()[0] > limit:
        raise ShopperLimitReached


def take_budget(cursor: CursorWrapper, charge: Charge, column: str) -> None:
    del column
    key: list[int | date] = [charge.budget_id, charge.period_start]
    where = "WHERE budget_id = %s AND period_start = %s"
    cursor.execute(f"SELECT held_n + spent_n, spent_n FROM coupons_budgetcounter {where}", key)
    used, spent = cursor.fetchone()
    gathering.wait()
    if used + charge.amount_n > charge.limit_n:
        raise BudgetExhausted
    cursor.execute(f"UPDATE coupons_budgetcounter SET spent_n = %s {where}", [spent + charge.amount_n, *key])
