"""Moving uses that are in the ledger already: confirm, release, expire, restore. Each edge is compare-and-set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from coupons.enums import CounterScope, GrantStatus, RedemptionStatus
from coupons.errors import CounterDrift
from coupons.services.counters import Shift, shift_budget, shift_code_use, shift_shopper_use, shift_use
from coupons.services.transactions import Level, finally_run


@dataclass(frozen=True, slots=True)
class Stored:
    """A redemption's row, locked, with where its use was taken from."""

    id: int
    uid: UUID
    channel_id: int
    order_ref: str
    coupon_id: int
    campaign_id: int
    shopper_id: int
    owner_id: int
    grant_id: int | None
    code_id: int | None
    batch_id: int | None
    slot: int | None
    status: str
    amount_minor: int
    rolled_back_minor: int
    currency: str
    hold_expires_at: datetime | None
    redeemed_at: datetime | None
    restore_policy: str


_SELECT = """
    SELECT r.id, r.uid, r.channel_id, r.order_ref, r.coupon_id, c.campaign_id, r.shopper_id,
        coalesce(s.same_person_as_id, s.id), r.grant_id, r.code_id, cc.batch_id, r.counter_slot, r.status,
        r.amount_minor, r.rolled_back_minor, r.currency, r.hold_expires_at, r.redeemed_at, c.restore_policy
    FROM coupons_redemption r
    JOIN coupons_shopper s ON s.id = r.shopper_id
    JOIN coupons_coupon c ON c.id = r.coupon_id
    LEFT JOIN coupons_couponcode cc ON cc.id = r.code_id
"""


# the shopper's row too: nobody joins the account to another while its use moves
_LOCK = "FOR UPDATE OF r FOR KEY SHARE OF s"


def lock_redemptions(cursor: CursorWrapper, ids: Sequence[int]) -> list[Stored]:
    """The rows in order of id; they stay locked until the transaction ends."""
    cursor.execute(f"{_SELECT} WHERE r.id = ANY(%s) ORDER BY r.id {_LOCK}", [list(ids)])
    return [Stored(*row) for row in cursor.fetchall()]


def lock_by_uid(cursor: CursorWrapper, channel_id: int, uid: UUID) -> Stored | None:
    cursor.execute(
        f"{_SELECT} WHERE r.channel_id = %s AND r.uid = %s FOR UPDATE OF r FOR KEY SHARE OF s", [channel_id, uid]
    )
    row = cursor.fetchone()
    return Stored(*row) if row else None


def lock_live(cursor: CursorWrapper, channel_id: int, order_ref: str, coupon_id: int) -> Stored | None:
    """The use of a coupon that an order has, if any."""
    cursor.execute(
        f"{_SELECT} WHERE r.channel_id = %s AND r.order_ref = %s AND r.coupon_id = %s"
        f" AND r.status IN ('held', 'redeemed', 'partially_rolled_back') {_LOCK}",
        [channel_id, order_ref, coupon_id],
    )
    row = cursor.fetchone()
    return Stored(*row) if row else None


def lock_expired_holds(
    cursor: CursorWrapper, now: datetime, *, campaign_ids: Sequence[int] | None, limit: int
) -> list[Stored]:
    """Holds whose time is over and which nobody else is working on, the oldest first."""
    of_campaigns = "" if campaign_ids is None else "AND c.campaign_id = ANY(%(campaigns)s)"
    cursor.execute(
        f"{_SELECT} WHERE r.status = 'held' AND r.hold_expires_at <= %(now)s {of_campaigns}"
        " ORDER BY r.hold_expires_at LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED FOR KEY SHARE OF s SKIP LOCKED",
        {"now": now, "campaigns": list(campaign_ids or ()), "limit": limit},
    )
    return [Stored(*row) for row in cursor.fetchall()]


def confirm(cursor: CursorWrapper, rows: Sequence[Stored], now: datetime) -> None:
    """held -> redeemed."""
    _set_status(
        cursor,
        "status = 'redeemed', hold_expires_at = NULL, redeemed_at = %s",
        [now],
        rows=rows,
        was=RedemptionStatus.HELD,
    )
    _set_grants(cursor, rows, was=GrantStatus.HELD, becomes=GrantStatus.REDEEMED)
    shift_uses(rows, Shift(-1, 1))
    _shift_charges(cursor, rows, confirm=True)


def unhold(cursor: CursorWrapper, rows: Sequence[Stored], becomes: RedemptionStatus) -> None:
    """held -> released or expired: the use, the grant and the budgets get everything back."""
    _set_status(cursor, "status = %s, hold_expires_at = NULL", [becomes], rows=rows, was=RedemptionStatus.HELD)
    _set_grants(cursor, rows, was=GrantStatus.HELD, becomes=GrantStatus.ISSUED)
    _forget_first_order(cursor, rows)
    shift_uses(rows, Shift(-1, 0))
    _shift_charges(cursor, rows, confirm=False)


def restore_use(cursor: CursorWrapper, row: Stored) -> None:
    """A redeemed use goes back to its limits and its grant to the wallet; its status has been changed already."""
    _set_grants(cursor, [row], was=GrantStatus.REDEEMED, becomes=GrantStatus.ISSUED)
    _forget_first_order(cursor, [row])
    shift_uses([row], Shift(0, -1))


def _set_status(
    cursor: CursorWrapper, assignment: str, values: Sequence[str | datetime], *, rows: Sequence[Stored], was: str
) -> None:
    cursor.execute(
        f"UPDATE coupons_redemption SET {assignment} WHERE id = ANY(%s) AND status = %s",  # noqa: S608
        [*values, [row.id for row in rows], was],
    )
    if cursor.rowcount != len(rows):
        raise CounterDrift(f"{len(rows)} {was} redemptions expected, {cursor.rowcount} found")


def _set_grants(cursor: CursorWrapper, rows: Sequence[Stored], *, was: str, becomes: str) -> None:
    grants = [row.grant_id for row in rows if row.grant_id is not None]
    if grants:
        # a grant that was revoked or expired meanwhile stays so
        cursor.execute(
            "UPDATE coupons_coupongrant SET status = %s WHERE id = ANY(%s) AND status = %s", [becomes, grants, was]
        )


def _forget_first_order(cursor: CursorWrapper, rows: Sequence[Stored]) -> None:
    for row in sorted(rows, key=lambda row: row.owner_id):
        cursor.execute(
            "UPDATE coupons_shopper s SET first_order_ref = NULL FROM coupons_coupon c"
            " WHERE s.id = %s AND s.first_order_ref = %s AND c.id = %s AND c.first_order_only",
            [row.owner_id, row.order_ref, row.coupon_id],
        )


def shift_uses(rows: Sequence[Stored], shift: Shift) -> None:
    for row in rows:
        shift_shopper_use(coupon_id=row.coupon_id, owner_id=row.owner_id, shift=shift)
        if row.code_id is not None:
            shift_code_use(code_id=row.code_id, shift=shift)
        if row.batch_id is not None:
            shift_use(scope=CounterScope.BATCH, scope_id=row.batch_id, slot=0, shift=shift)
        shift_use(scope=CounterScope.COUPON, scope_id=row.coupon_id, slot=row.slot, shift=shift)


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """What a redemption still has out of a budget."""

    id: int
    redemption_id: int
    budget_id: int
    kind: str
    period_start: date
    open_n: int


def open_charges(cursor: CursorWrapper, ids: Sequence[int]) -> list[OpenCharge]:
    """In the order in which budget counters are locked."""
    cursor.execute(
        "SELECT h.id, h.redemption_id, h.budget_id, b.kind, h.period_start, h.amount_n - h.returned_n"
        " FROM coupons_budgetcharge h JOIN coupons_budget b ON b.id = h.budget_id"
        " WHERE h.redemption_id = ANY(%s) ORDER BY h.budget_id, h.period_start, h.id",
        [list(ids)],
    )
    return [OpenCharge(*row) for row in cursor.fetchall()]


def _shift_charges(cursor: CursorWrapper, rows: Sequence[Stored], *, confirm: bool) -> None:
    charges = open_charges(cursor, [row.id for row in rows])
    if not confirm:
        return_charges([(charge, charge.open_n) for charge in charges], held=True)
        return
    for charge in charges:
        shift_budget(
            budget_id=charge.budget_id,
            period_start=charge.period_start,
            held=-charge.open_n,
            spent=charge.open_n,
        )


def return_charges(returns: Sequence[tuple[OpenCharge, int]], *, held: bool) -> None:
    """Give amounts back to the periods they were taken from: first the ledger rows, then the counters."""
    wanted = [(charge, amount) for charge, amount in returns if amount]
    for charge, amount in wanted:
        finally_run(
            Level.OWN,
            (),
            "UPDATE coupons_budgetcharge SET returned_n = returned_n + %(amount)s WHERE id = %(charge)s",
            {"amount": amount, "charge": charge.id},
        )
    for charge, amount in wanted:
        shift_budget(
            budget_id=charge.budget_id,
            period_start=charge.period_start,
            held=-amount if held else 0,
            spent=0 if held else -amount,
        )
