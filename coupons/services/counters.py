"""Taking from limits and giving back to them: single conditional statements that raise where no row changed.

They run as the last steps of the transaction (transactions.finally_run); the functions are in migration 0009.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.backends.utils import CursorWrapper

from coupons.enums import CounterScope, GrantStatus
from coupons.services.transactions import Level, finally_run

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
    del cursor
    finally_run(
        Level.SHOPPER,
        (coupon_id, owner_id),
        "SELECT coupons_take_shopper_use(%(coupon)s, %(owner)s, %(limit)s, %(held)s, %(redeemed)s)",
        {"coupon": coupon_id, "owner": owner_id, "limit": limit, **_into(column)},
    )


def take_code_use(cursor: CursorWrapper, *, code_id: int, column: str) -> None:
    del cursor
    finally_run(
        Level.CODE,
        (code_id,),
        "SELECT coupons_take_code_use(%(code)s, %(held)s, %(redeemed)s)",
        {"code": code_id, **_into(column)},
    )


def take_use(
    cursor: CursorWrapper, *, scope: str, scope_id: int, column: str, slot: int = 0, redemption_id: int | None = None
) -> None:
    """One use of a limit, from the given slot if it has room, else from any that has; the redemption remembers it."""
    del cursor
    finally_run(
        Level.BATCH if scope == CounterScope.BATCH else Level.COUPON,
        (scope_id, 1, slot),
        "SELECT coupons_take_use(%(scope)s, %(id)s, %(slot)s, %(held)s, %(redeemed)s, %(redemption)s)",
        {"scope": scope, "id": scope_id, "slot": slot, "redemption": redemption_id, **_into(column)},
    )


def take_budget(cursor: CursorWrapper, charge: Charge, column: str) -> None:
    """An amount out of one period, whose row is made by its first use."""
    del cursor
    held = charge.amount_n if column == HELD else 0
    finally_run(
        Level.BUDGET,
        (charge.budget_id, charge.period_start),
        "SELECT coupons_take_budget(%(budget)s, %(start)s, %(limit)s, %(held)s, %(spent)s, %(kind)s)",
        {
            "budget": charge.budget_id,
            "start": charge.period_start,
            "limit": charge.limit_n,
            "held": held,
            "spent": charge.amount_n - held,
            "kind": charge.kind,
        },
    )


def take_grant(*, grant_id: int, column: str, required: bool) -> None:
    """issued -> held or redeemed; `required`: the coupon is used out of the wallet only."""
    becomes = GrantStatus.HELD if column == HELD else GrantStatus.REDEEMED
    finally_run(
        Level.GRANT,
        (grant_id,),
        "SELECT coupons_take_grant(%(grant)s, %(becomes)s, %(required)s)",
        {"grant": grant_id, "becomes": becomes, "required": required},
    )


def _into(column: str) -> dict[str, int]:
    return {"held": int(column == HELD), "redeemed": int(column == REDEEMED)}


def insert_charges(charges: Iterable[tuple[int, Charge]]) -> None:
    """Write down what each redemption (id first) takes out of which budget: the ledger side of take_budget."""
    rows = [(redemption_id, c.budget_id, c.period_start, c.amount_n) for redemption_id, c in charges]
    if rows:
        redemptions, budgets, periods, amounts = (list(column) for column in zip(*rows, strict=True))
        finally_run(
            Level.OWN,
            (),
            "INSERT INTO coupons_budgetcharge (redemption_id, budget_id, period_start, amount_n)"
            " SELECT * FROM unnest(%(redemptions)s::bigint[], %(budgets)s::bigint[], %(periods)s::date[],"
            " %(amounts)s::bigint[])",
            {"redemptions": redemptions, "budgets": budgets, "periods": periods, "amounts": amounts},
        )


def shift_shopper_use(*, coupon_id: int, owner_id: int, shift: Shift) -> None:
    """Nothing happens where the person has no row: the coupon had no limit of that kind so far."""
    finally_run(
        Level.SHOPPER,
        (coupon_id, owner_id),
        "UPDATE coupons_shopperusage SET held_n = held_n + %(held)s, redeemed_n = redeemed_n + %(redeemed)s"
        " WHERE coupon_id = %(coupon)s AND shopper_id = %(owner)s",
        {"coupon": coupon_id, "owner": owner_id, "held": shift.held, "redeemed": shift.redeemed},
    )


def shift_code_use(*, code_id: int, shift: Shift) -> None:
    finally_run(
        Level.CODE,
        (code_id,),
        "SELECT coupons_shift_code_use(%(code)s, %(held)s, %(redeemed)s)",
        {"code": code_id, "held": shift.held, "redeemed": shift.redeemed},
    )


def shift_use(*, scope: str, scope_id: int, slot: int | None, shift: Shift) -> None:
    """Out of the slot it was taken from, else out of any; nothing where the limit has been lifted since."""
    finally_run(
        Level.BATCH if scope == CounterScope.BATCH else Level.COUPON,
        (scope_id, 0, slot or 0),  # an order that exchanges its hold gives back before it takes
        "SELECT coupons_shift_use(%(scope)s, %(id)s, %(slot)s, %(held)s, %(redeemed)s)",
        {"scope": scope, "id": scope_id, "slot": slot or 0, "held": shift.held, "redeemed": shift.redeemed},
    )


def shift_budget(*, budget_id: int, period_start: date, held: int, spent: int) -> None:
    finally_run(
        Level.BUDGET,
        (budget_id, period_start),
        "SELECT coupons_shift_budget(%(budget)s, %(start)s, %(held)s, %(spent)s)",
        {"budget": budget_id, "start": period_start, "held": held, "spent": spent},
    )
