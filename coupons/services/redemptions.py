"""The life of a use: hold, redeem, confirm, release, expire. Every call is safe to send twice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from coupons.enums import RedemptionStatus
from coupons.errors import HoldExpired, LimitReached, NotFound, StateConflict
from coupons.models import Channel, Coupon, Shopper
from coupons.services import moves, outbox
from coupons.services.consume import take_uses, taken_from
from coupons.services.orders import Order, Taken, Use
from coupons.services.transactions import in_ledger_transaction, sweep_if_full

SWEEP_SIZE = 200


def hold_coupons(
    *, channel: Channel, shopper: Shopper, order_ref: str, uses: Sequence[Use], now: datetime
) -> list[Taken]:
    """Reserve a use of each coupon while the shopper pays. Holding again extends the hold and counts once.

    Raises LimitReached, NotEligible, AlreadyRedeemed, Contention; then nothing was kept of any of them.
    """
    return _take(Order(channel, shopper, order_ref, now), uses, RedemptionStatus.HELD)


def redeem_coupons(
    *, channel: Channel, shopper: Shopper, order_ref: str, uses: Sequence[Use], now: datetime
) -> list[Taken]:
    """Use each coupon on the order, out of its hold if there is one. The same order again gets the same answer.

    Raises as hold_coupons does.
    """
    return _take(Order(channel, shopper, order_ref, now), uses, RedemptionStatus.REDEEMED)


def _take(order: Order, uses: Sequence[Use], becomes: RedemptionStatus) -> list[Taken]:
    if len({use.coupon_id for use in uses}) != len(uses):
        raise ValueError("a coupon is used once on an order")

    def work() -> list[Taken]:
        sweep = sweep_of([use.coupon_id for use in uses], order.now)
        sweep_if_full(sweep)
        try:
            return take_uses(order, uses, becomes)
        except LimitReached as error:
            error.sweep = sweep
            raise

    return in_ledger_transaction(work)


def sweep_of(coupon_ids: Sequence[int], now: datetime) -> Callable[[], int]:
    """Gives back expired holds of these coupons' campaigns: a budget may be shared by all of them."""

    def sweep() -> int:
        campaigns = Coupon.objects.filter(pk__in=coupon_ids).values_list("campaign_id", flat=True)
        return _attempt_sweep(now, sorted(set(campaigns)))

    return sweep


def _attempt_sweep(now: datetime, campaign_ids: Sequence[int] | None) -> int:
    with connection.cursor() as cursor:
        rows = moves.lock_expired_holds(cursor, now, campaign_ids=campaign_ids, limit=SWEEP_SIZE)
        if rows:
            moves.unhold(cursor, rows, RedemptionStatus.EXPIRED)
            _tell(cursor, rows, "redemption.expired")
        return len(rows)


def confirm_redemption(*, channel: Channel, uid: UUID, now: datetime) -> Taken:
    """held -> redeemed. A late confirmation of a hold that nobody has swept stands: the use is still reserved.

    Raises NotFound, HoldExpired, StateConflict. Confirming twice gives the same answer.
    """

    def work() -> Taken:
        with connection.cursor() as cursor:
            row = _locked(cursor, channel, uid)
            if row.status in {RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK}:
                return taken_from(row, replayed=True)
            if row.status == RedemptionStatus.EXPIRED:
                raise HoldExpired
            if row.status != RedemptionStatus.HELD:
                raise StateConflict(_("The use is “%(status)s”.") % {"status": RedemptionStatus(row.status).label})
            moves.confirm(cursor, [row], now)
            _tell(cursor, [row], "redemption.redeemed")
            return taken_from(row, status=RedemptionStatus.REDEEMED, redeemed_at=now)

    return in_ledger_transaction(work)


def release_redemption(*, channel: Channel, uid: UUID) -> Taken:
    """held -> released: the payment failed or the cart was left. Releasing twice gives the same answer.

    Raises NotFound; StateConflict where it is redeemed (that is rolled back, not released).
    """

    def work() -> Taken:
        with connection.cursor() as cursor:
            row = _locked(cursor, channel, uid)
            if row.status in {RedemptionStatus.RELEASED, RedemptionStatus.EXPIRED}:
                return taken_from(row, replayed=True)
            if row.status != RedemptionStatus.HELD:
                status = RedemptionStatus(row.status).label
                raise StateConflict(_("The use is “%(status)s”: roll it back instead.") % {"status": status})
            moves.unhold(cursor, [row], RedemptionStatus.RELEASED)
            _tell(cursor, [row], "redemption.released")
            return taken_from(row, status=RedemptionStatus.RELEASED)

    return in_ledger_transaction(work)


def expire_holds(*, now: datetime, batches: int = 50) -> int:
    """Give back holds whose time is over, in batches, each its own transaction; returns how many.

    Rows that somebody is working on are skipped: two sweeps at once share the work, and a confirmation wins.
    """
    total = 0
    for _batch in range(batches):
        swept = in_ledger_transaction(lambda: _attempt_sweep(now, None))
        total += swept
        if swept < SWEEP_SIZE:
            break
    return total


def _locked(cursor: CursorWrapper, channel: Channel, uid: UUID) -> moves.Stored:
    row = moves.lock_by_uid(cursor, channel.pk, uid)
    if row is None:
        raise NotFound(f"There is no redemption {uid} here")
    return row


def _tell(cursor: CursorWrapper, rows: Sequence[moves.Stored], kind: str) -> None:
    for channel_id in {row.channel_id for row in rows}:
        if outbox.has_listeners(cursor, channel_id):
            for row in rows:
                if row.channel_id == channel_id:
                    outbox.write_event(channel_id, kind, outbox.redemption_payload(row))
