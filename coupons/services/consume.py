"""Taking uses: the rows of one order written, then every limit moved by a conditional statement, the hottest last."""

import random
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.db.backends.utils import CursorWrapper

from coupons.enums import CounterScope, CouponTrigger, GrantStatus, RedemptionStatus
from coupons.errors import AlreadyRedeemed, NotEligible, error_for
from coupons.evaluation.eligibility import refusals
from coupons.evaluation.reasons import Reason, ReasonCode
from coupons.services import counters, moves, outbox
from coupons.services.orders import Order, Taken, Terms, Use, facts_of, load_terms

_ON_CONFLICT = (
    "ON CONFLICT (channel_id, order_ref, coupon_id)"
    " WHERE status IN ('held', 'redeemed', 'partially_rolled_back') DO NOTHING"
)
_COLUMN = {RedemptionStatus.HELD: counters.HELD, RedemptionStatus.REDEEMED: counters.REDEEMED}


def take_uses(order: Order, uses: Sequence[Use], becomes: RedemptionStatus) -> list[Taken]:
    """Hold or redeem every use, or raise and keep none. What the order has already is returned, never taken twice."""
    uses = sorted(uses, key=lambda use: use.coupon_id)
    with connection.cursor() as cursor:
        terms = load_terms(cursor, order, uses)
        new = {taken.coupon_id: taken for taken in _insert(cursor, order, uses, terms, becomes)}
        known = {}
        for use in uses:
            if use.coupon_id not in new:
                found = _meet(cursor, order, use, terms[use.coupon_id], becomes)
                if found is not None:
                    known[use.coupon_id] = found
                else:  # it was held with another amount, or let go of just now: take it anew
                    [new[use.coupon_id]] = _insert(cursor, order, [use], terms, becomes)
        fresh = [use for use in uses if use.coupon_id not in known]
        for use in fresh:
            _check(cursor, order, terms[use.coupon_id])
        _write_details(cursor, order, fresh, new=new, terms=terms, becomes=becomes)
        _take_limits(cursor, order, fresh, new=new, terms=terms, column=_COLUMN[becomes])
    return [known.get(use.coupon_id) or new[use.coupon_id] for use in uses]


def _check(cursor: CursorWrapper, order: Order, terms: Terms) -> None:
    reasons = refusals(terms.candidate, facts_of(order), order.now)
    if reasons:
        raise error_for(reasons)
    if terms.candidate.first_order_only:
        _take_first_order(cursor, order)


def _take_first_order(cursor: CursorWrapper, order: Order) -> None:
    """Compare-and-set on the person: of two orders at once, one is the first."""
    cursor.execute(
        "UPDATE coupons_shopper SET first_order_ref = %(order)s WHERE id = %(owner)s"
        " AND (first_order_ref IS NULL OR first_order_ref = %(order)s) AND NOT EXISTS ("
        "   SELECT 1 FROM coupons_redemption r JOIN coupons_shopper s ON s.id = r.shopper_id"
        "   WHERE (s.id = %(owner)s OR s.same_person_as_id = %(owner)s) AND r.order_ref <> %(order)s"
        "   AND r.status IN ('redeemed', 'partially_rolled_back'))",
        {"order": order.order_ref, "owner": order.owner_id},
    )
    if cursor.rowcount != 1:
        raise NotEligible(reasons=[Reason(ReasonCode.NOT_FIRST_ORDER, "The coupon is for a first order only")])


def _insert(
    cursor: CursorWrapper, order: Order, uses: Sequence[Use], terms: dict[int, Terms], becomes: RedemptionStatus
) -> list[Taken]:
    """The rows that were not there; a use that the order has already is left out."""
    holding = becomes == RedemptionStatus.HELD
    rows, taken = [], {}
    for use in uses:
        of = terms[use.coupon_id]
        uid = uuid.uuid4()
        until = order.now + timedelta(seconds=of.hold_ttl_s) if holding else None
        redeemed_at = None if holding else order.now
        # a fixed share of a busy limit, drawn now so that it is written with the row
        slot = random.randrange(of.slots) if of.usage_limit is not None else None  # noqa: S311
        currency = order.channel.currency
        rows += [
            *(uid, order.channel.pk, order.order_ref, use.coupon_id, order.shopper.pk, becomes, use.amount_minor),
            *(currency, use.slate_id, until, redeemed_at, use.code_id, of.grant_id, slot),
        ]
        taken[uid] = (use, until, redeemed_at)
    values = ", ".join(["(" + ", ".join(["%s"] * 14) + ")"] * len(uses))
    cursor.execute(
        "INSERT INTO coupons_redemption (uid, channel_id, order_ref, coupon_id, shopper_id, status, amount_minor,"  # noqa: S608
        f" currency, slate_id, hold_expires_at, redeemed_at, code_id, grant_id, counter_slot) VALUES {values}"
        f" {_ON_CONFLICT} RETURNING id, uid, counter_slot",
        rows,
    )
    return [
        Taken(
            id=number,
            uid=uid,
            coupon_id=taken[uid][0].coupon_id,
            status=becomes,
            amount_minor=taken[uid][0].amount_minor,
            currency=order.channel.currency,
            hold_expires_at=taken[uid][1],
            redeemed_at=taken[uid][2],
            slot=slot,
        )
        for number, uid, slot in cursor.fetchall()
    ]


def _meet(cursor: CursorWrapper, order: Order, use: Use, terms: Terms, becomes: RedemptionStatus) -> Taken | None:
    """Settle with the use that the order has already. None: there is none any more, a new one is to be taken."""
    row = moves.lock_live(cursor, order.channel.pk, order.order_ref, use.coupon_id)
    if row is None:
        return None
    if row.owner_id != order.owner_id:
        raise AlreadyRedeemed(f"Order {order.order_ref} of another shopper has this coupon")
    if row.status != RedemptionStatus.HELD:
        return taken_from(row, replayed=True)
    if row.amount_minor != use.amount_minor or row.code_id != use.code_id or _lines(cursor, row.id) != _wanted(use):
        moves.unhold(cursor, [row], RedemptionStatus.RELEASED)
        return None
    if becomes == RedemptionStatus.REDEEMED:
        moves.confirm(cursor, [row], order.now)
        if terms.told:
            outbox.write_event(cursor, order.channel.pk, "redemption.redeemed", outbox.redemption_payload(row))
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
    cursor: CursorWrapper,
    order: Order,
    uses: Sequence[Use],
    *,
    new: dict[int, Taken],
    terms: dict[int, Terms],
    becomes: RedemptionStatus,
) -> None:
    """Everything of these uses that no other order touches, before any shared row is."""
    lines = [
        (new[use.coupon_id].id, line.line_ref, line.quantity, line.spend_minor, line.amount_minor)
        for use in uses
        for line in use.lines
    ]
    if lines:
        values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(lines))
        cursor.execute(
            "INSERT INTO coupons_redemptionline"  # noqa: S608
            f" (redemption_id, line_ref, quantity, spend_minor, amount_minor) VALUES {values}",
            [value for line in lines for value in line],
        )
    charges = [
        (new[use.coupon_id].id, charge)
        for use in uses
        for charge in terms[use.coupon_id].charges(use.amount_minor, order.now)
    ]
    counters.insert_charges(cursor, charges)
    for use in uses:
        if terms[use.coupon_id].told:
            payload = outbox.taken_payload(order, new[use.coupon_id])
            outbox.write_event(cursor, order.channel.pk, f"redemption.{becomes}", payload)


def _take_limits(
    cursor: CursorWrapper,
    order: Order,
    uses: Sequence[Use],
    *,
    new: dict[int, Taken],
    terms: dict[int, Terms],
    column: str,
) -> None:
    """Cold to hot. A coupon without limits comes to none of these rows."""
    for use in uses:
        _take_grant(cursor, terms[use.coupon_id], column)
    for use in uses:
        limit = terms[use.coupon_id].per_shopper_limit
        if limit is not None:
            counters.take_shopper_use(
                cursor, coupon_id=use.coupon_id, owner_id=order.owner_id, limit=limit, column=column
            )
    for code_id in sorted(use.code_id for use in uses if use.code_id is not None):
        counters.take_code_use(cursor, code_id=code_id, column=column)
    for batch_id in sorted(of.batch_id for of in _of(uses, terms) if of.batch_id is not None and of.batch_limited):
        counters.take_use(cursor, scope=CounterScope.BATCH, scope_id=batch_id, column=column)
    for use in uses:
        if terms[use.coupon_id].usage_limit is not None:
            _take_coupon_use(cursor, new[use.coupon_id], column)
    charges = [charge for use in uses for charge in terms[use.coupon_id].charges(use.amount_minor, order.now)]
    for charge in sorted(charges, key=lambda charge: (charge.budget_id, charge.period_start)):
        counters.take_budget(cursor, charge, column)


def _of(uses: Sequence[Use], terms: dict[int, Terms]) -> list[Terms]:
    return [terms[use.coupon_id] for use in uses]


def _take_grant(cursor: CursorWrapper, terms: Terms, column: str) -> None:
    if terms.grant_id is None:
        return
    becomes = GrantStatus.HELD if column == counters.HELD else GrantStatus.REDEEMED
    cursor.execute(
        "UPDATE coupons_coupongrant SET status = %s WHERE id = %s AND status = 'issued'", [becomes, terms.grant_id]
    )
    if cursor.rowcount != 1 and terms.candidate.trigger == CouponTrigger.GRANTED:
        raise NotEligible(reasons=[Reason(ReasonCode.NOT_GRANTED, "The coupon is not in the shopper's wallet")])


def _take_coupon_use(cursor: CursorWrapper, taken: Taken, column: str) -> None:
    first = taken.slot or 0
    slot = counters.take_use(cursor, scope=CounterScope.COUPON, scope_id=taken.coupon_id, column=column, slot=first)
    if slot != first:
        cursor.execute("UPDATE coupons_redemption SET counter_slot = %s WHERE id = %s", [slot, taken.id])
