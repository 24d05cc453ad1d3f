"""Coupons in a shopper's wallet: claimed by the shopper, given by an operator or the recommender, revoked, expired."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from coupons.candidates import load_candidates, load_facts
from coupons.enums import CounterScope, GrantSource, GrantStatus
from coupons.errors import AlreadyClaimed, NotFound, StateConflict, error_for
from coupons.evaluation import ReasonCode
from coupons.evaluation.eligibility import refusals
from coupons.models import Channel, Coupon, CouponGrant, Shopper
from coupons.services import counters, outbox
from coupons.services.audit import values_of, write_audit
from coupons.services.transactions import in_ledger_transaction

_BY_CLAIMING = {ReasonCode.NOT_GRANTED, ReasonCode.CODE_REQUIRED}


def claim_coupon(
    *,
    channel: Channel,
    shopper: Shopper,
    coupon_uid: UUID,
    now: datetime,
    source: GrantSource = GrantSource.CLAIM,
    slate_id: UUID | None = None,
    actor: str = "",
) -> CouponGrant:
    """Put a coupon into the wallet, once while it is unused. With an `actor` the audit log says who gave it.

    Raises AlreadyClaimed (with `grant`), PoolExhausted, NotFound, NotEligible and its kin.
    """
    coupon = Coupon.objects.filter(uid=coupon_uid, campaign__channel=channel).first()
    if coupon is None:
        raise NotFound(f"There is no coupon {coupon_uid} here")
    _check(channel, shopper, coupon, now)

    def work() -> CouponGrant:
        with connection.cursor() as cursor:
            # the limit of claims cannot be set or lifted while this runs
            cursor.execute("SELECT 1 FROM coupons_coupon WHERE id = %s FOR KEY SHARE", [coupon.pk])
            cursor.execute("SELECT claim_limit FROM coupons_coupon WHERE id = %s", [coupon.pk])
            [claim_limit] = cursor.fetchone()
            grant = _insert(coupon, shopper, source, slate_id)
            if claim_limit is not None:
                counters.take_use(cursor, scope=CounterScope.CLAIM, scope_id=coupon.pk, column=counters.REDEEMED)
            if outbox.has_listeners(cursor, channel.pk):
                payload = {"grant": str(grant.uid), "coupon_id": coupon.pk, "shopper": shopper.external_id}
                outbox.write_event(channel.pk, "coupon.claimed", payload)
            if actor:
                write_audit(actor=actor, action="give", subject=grant, before={}, after=values_of(grant))
            return grant

    return in_ledger_transaction(work)


def _check(channel: Channel, shopper: Shopper, coupon: Coupon, now: datetime) -> None:
    candidates = load_candidates(channel=channel, shopper=shopper, coupon_ids=[coupon.pk], now=now)
    if not candidates:
        raise NotFound("The coupon does not say what it gives")
    reasons = refusals(candidates[0], load_facts(shopper=shopper), now)
    against = [reason for reason in reasons if reason.code not in _BY_CLAIMING]
    if against:
        raise error_for(against)


def _insert(coupon: Coupon, shopper: Shopper, source: GrantSource, slate_id: UUID | None) -> CouponGrant:
    [grant] = CouponGrant.objects.bulk_create(
        [CouponGrant(coupon=coupon, shopper=shopper, source=source, slate_id=slate_id)], ignore_conflicts=True
    )
    written = CouponGrant.objects.filter(uid=grant.uid).first()
    if written is not None:
        return written
    known = CouponGrant.objects.filter(
        coupon=coupon, shopper=shopper, status__in=[GrantStatus.ISSUED, GrantStatus.HELD]
    ).first()
    raise AlreadyClaimed(grant=known)


def revoke_grant(*, channel: Channel, uid: UUID, actor: str = "") -> CouponGrant:
    """issued -> revoked; the claim goes back to the pool. Audited with an `actor`. Raises NotFound, StateConflict."""
    return _close(channel, uid, GrantStatus.REVOKED, actor)


def _close(channel: Channel, uid: UUID, becomes: GrantStatus, actor: str = "") -> CouponGrant:
    def work() -> CouponGrant:
        grant = CouponGrant.objects.select_for_update().filter(uid=uid, coupon__campaign__channel=channel).first()
        if grant is None:
            raise NotFound(f"There is no grant {uid} here")
        if grant.status == becomes:
            return grant
        changed = CouponGrant.objects.filter(pk=grant.pk, status=GrantStatus.ISSUED).update(status=becomes)
        if changed != 1:
            raise StateConflict(_("The coupon in the wallet is “%(status)s”.") % {"status": grant.get_status_display()})
        counters.shift_use(
            scope=CounterScope.CLAIM, scope_id=grant.coupon_id, slot=0, shift=counters.Shift(held=0, redeemed=-1)
        )
        if actor:
            was, now = {"status": grant.status}, {"status": becomes}
            write_audit(actor=actor, action="revoke", subject=grant, before=was, after=now)
        grant.status = becomes
        return grant

    return in_ledger_transaction(work)


def expire_grants(*, now: datetime, limit: int = 1_000) -> int:
    """Unused coupons of ended campaigns leave the wallets; returns how many."""
    ended = CouponGrant.objects.filter(status=GrantStatus.ISSUED, coupon__campaign__ends_at__lte=now)
    expired = 0
    for uid, channel in ended.values_list("uid", "coupon__campaign__channel")[:limit]:
        try:
            _close(Channel.objects.get(pk=channel), uid, GrantStatus.EXPIRED)
            expired += 1
        except (NotFound, StateConflict):
            continue  # used or revoked in between
    return expired
