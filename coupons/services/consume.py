"""Taking uses: the rows of one order written, then every limit moved by a conditional statement, the hottest last."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.db.backends.utils import CursorWrapper

from coupons.enums import CounterScope, CouponTrigger, RedemptionStatus
from coupons.errors import AlreadyRedeemed, NotEligible, error_for
from coupons.evaluation.eligibility import refusals
from coupons.evaluation.reasons import Reason, ReasonCode
from coupons.services import counters, moves, outbox
from coupons.services.orders import Order, Taken, Terms, Use, facts_of, insert_uses

_COLUMN = {RedemptionStatus.HELD: counters.HELD, RedemptionStatus.REDEEMED: counters.REDEEMED}


def take_uses(order: Order, uses: Sequence[Use], becomes: RedemptionStatus) -> list[Taken]:
    """Hold or redeem every use, or raise and keep none. What the order has already is returned, never taken twice."""
    uses = sorted(uses, key=lambda use: use.coupon_id)
    with connection.cursor() as cursor:
        terms, new = insert_uses(cursor, order, uses, becomes)
        met = {
            use: _meet(cursor, order, use, terms[use.coupon_id], becomes) for use in uses if use.coupon_id not in new
        }
        known = {use.coupon_id: found for use, found in met.items() if found is not None}
        anew = [use for use, found in met.items() if found is None]
        if anew:  # it was held with another amount, or let go of just now
            terms_now, rows = insert_uses(cursor, order, anew, becomes)
            terms, new = terms | terms_now, new | rows
        fresh = [use for use in uses if use.coupon_id not in known]
        for use in fresh:
            _check(cursor, order, terms[use.coupon_id])
        _write_details(order, fresh, new=new, terms=terms, becomes=becomes)
        _take_limits(cursor, order, fresh, new=new, terms=terms, column=_COLUMN[becomes])
    return [known.get(use.coupon_id) or new[use.coupon_id] for use in uses]


def _check(cursor: CursorWrapper, order: Order, terms: Terms) -> None:
    reasons = refusals(terms.candidate, facts_of(order), order.now)
    if reasons:
        raise error_for(reasons)
    if terms.candidate.first_order_only:
        _take_first_order(cursor, order, terms.owner_id)


def _take_first_order(cursor: CursorWrapper, order: Order, owner_id: int) -> None:
    """Compare-and-set on the person: of two orders at once, one is the first."""
    cursor.execute(
        "UPDATE coupons_shopper SET first_order_ref = %(order)s WHERE id = %(owner)s"
        " AND (first_order_ref IS NULL OR first_order_ref = %(order)s) AND NOT EXISTS ("
        "   SELECT 1 FROM coupons_redemption r JOIN coupons_shopper s ON s.id = r.shopper_id"
        "   WHERE (s.id = %(owner)s OR s.same_person_as_id = %(owner)s) AND r.order_ref <> %(order)s"
        "   AND r.status IN ('redeemed', 'partially_rolled_back'))",
        {"order": order.order_ref, "owner": owner_id},
    )
    if cursor.rowcount != 1:
        raise NotEligible(reasons=[Reason(ReasonCode.NOT_FIRST_ORDER, "The coupon is for a first order only")])


def _meet(cursor: CursorWrapper, order: Order, use: Use, terms: Terms, becomes: RedemptionStatus) -> Taken | None:
    """Settle with the use that the order has already. None: there is none any more, a new one is to be taken."""
    row = moves.lock_live(cursor, order.channel.pk, order.order_ref, use.coupon_id)
    if row is None:
        return None
    if row.owner_id != terms.owner_id:
        raise AlreadyRedeemed(f"Order {order.order_ref} of another shopper has this coupon")
    if row.status != RedemptionStatus.HELD:
        return taken_from(row, replayed=True)
    if row.amount_minor != use.amount_minor or row.code_id != use.code_id or _lines(cursor, row.id) != _wanted(use):
        moves.unhold(cursor, [row], RedemptionStatus.RELEASED)
        return None
    if becomes == RedemptionStatus.REDEEMED:
        moves.confirm(cursor, [row], order.now)
        if terms.told:
            outbox.write_event(order.channel.pk, "redemption.redeemed", outbox.redemption_payload(row))
        return taken_from(row, status=RedemptionStatus.REDEEMED, redeemed_at=order.now)
    until = order.now + timedelta(seconds=terms.hold_ttl_s)
    cursor.execute("UPDATE coupons_redemption SET hold_expires_at = %s WHERE id = %s", [until, row.id])
    return taken_from(row, hold_expires_at=until, replayed=True)


def _lines(cursor: CursorWrapper, redemption_id: int) -> list[tuple[str, int, int, int]]:
    cursor.execute(
        "SELECT line_ref, quantity, spend_minor, amount_minor FROM coupons_redemptionline"
        " WHERE redemption_id = %s ORDER BY line_ref",
        [redemption_id],
    )
    return list(cursor.fetchall())


def _wanted(use: Use) -> list[tuple[str, int, int, int]]:
    return sorted((line.line_ref, line.quantity, line.spend_minor, line.amount_minor) for line in use.lines)


def taken_from(row: moves.Stored, *, replayed: bool = False, **changed: object) -> Taken:
    """A stored row as an answer, with what has just changed."""
    fields = {
        "id": row.id,
        "uid": row.uid,
        "coupon_id": row.coupon_id,
        "status": row.status,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "hold_expires_at": row.hold_expires_at,
        "redeemed_at": row.redeemed_at,
    }
    if "status" in changed and changed["status"] != RedemptionStatus.HELD:
        fields["hold_expires_at"] = None
    return Taken(**{**fields, **changed}, replayed=replayed, slot=row.slot)  # type: ignore[arg-type]


def _write_details(
    order: Order, uses: Sequence[Use], *, new: dict[int, Taken], terms: dict[int, Terms], becomes: RedemptionStatus
) -> None:
    """What belongs to these uses and no other order touches."""
    counters.insert_charges(
        (new[use.coupon_id].id, charge)
        for use in uses
        for charge in terms[use.coupon_id].charges(use.amount_minor, order.now)
    )
    for use in uses:
        if terms[use.coupon_id].told:
            payload = outbox.taken_payload(order, new[use.coupon_id])
            outbox.write_event(order.channel.pk, f"redemption.{becomes}", payload)


def _take_limits(
    cursor: CursorWrapper,
    order: Order,
    uses: Sequence[Use],
    *,
    new: dict[int, Taken],
    terms: dict[int, Terms],
    column: str,
) -> None:
    """A coupon without limits comes to none of these rows."""
    for use in uses:
        of, taken = terms[use.coupon_id], new[use.coupon_id]
        if of.grant_id is not None:
            required = of.candidate.trigger == CouponTrigger.GRANTED
            counters.take_grant(grant_id=of.grant_id, column=column, required=required)
        if of.per_shopper_limit is not None:
            counters.take_shopper_use(
                cursor, coupon_id=use.coupon_id, owner_id=of.owner_id, limit=of.per_shopper_limit, column=column
            )
        if use.code_id is not None:
            counters.take_code_use(cursor, code_id=use.code_id, column=column)
        if of.batch_id is not None and of.batch_limited:
            counters.take_use(cursor, scope=CounterScope.BATCH, scope_id=of.batch_id, column=column)
        if of.usage_limit is not None:
            counters.take_use(
                cursor,
                scope=CounterScope.COUPON,
                scope_id=use.coupon_id,
                column=column,
                slot=taken.slot or 0,
                redemption_id=taken.id,
            )
        for charge in of.charges(use.amount_minor, order.now):
            counters.take_budget(cursor, charge, column)
