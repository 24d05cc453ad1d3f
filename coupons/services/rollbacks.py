"""Taking back a redeemed discount, whole or by the returned items, from the stored allocation and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils.translation import gettext as _

from coupons.enums import BelowMinimumPolicy, BenefitType, BudgetKind, RedemptionStatus, RestorePolicy, RollbackKind
from coupons.errors import Malformed, NotFound, StateConflict
from coupons.evaluation.discounts import reached_tier
from coupons.evaluation.rounding import percent_of, split
from coupons.evaluation.terms import Tier
from coupons.models import BenefitTier, Channel, Coupon, Redemption, RedemptionLine, Rollback
from coupons.services import moves, outbox
from coupons.services.transactions import in_ledger_transaction

_REDEEMED = {RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK}


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """So many items of one line of the order came back."""

    line_ref: str
    quantity: int


@dataclass(slots=True)
class _LineChange:
    """A stored line, and what this rollback does to it."""

    line: RedemptionLine
    returned: int = 0
    off: int = 0

    @property
    def kept_quantity(self) -> int:
        return self.line.quantity - self.line.returned_quantity - self.returned

    @property
    def kept_spend(self) -> int:
        return self.line.spend_minor * self.kept_quantity // self.line.quantity

    @property
    def left(self) -> int:
        return self.line.amount_minor - self.line.rolled_back_minor - self.off


@dataclass(frozen=True, slots=True)
class _Plan:
    amount_minor: int
    clawback_minor: int
    everything: bool
    changes: tuple[_LineChange, ...] = ()


def roll_back_redemption(
    *,
    channel: Channel,
    uid: UUID,
    kind: RollbackKind,
    now: datetime,
    lines: Sequence[ReturnedLine] = (),
    amount_minor: int | None = None,
    reason: str = "",
    actor: str = "",
) -> Rollback:
    """Take back everything that still stands, or the part of the returned lines, or an amount where no lines are kept.

    Money returns to the budget periods it came from; the use returns as the coupon's restore policy says. Taking back
    everything twice gives the first answer. Raises NotFound, StateConflict, Malformed.
    """
    partial = bool(lines) or amount_minor is not None
    if kind == RollbackKind.CANCEL and partial:
        raise Malformed("A cancelled order is rolled back as a whole")

    def work() -> Rollback:
        with connection.cursor() as cursor:
            row = moves.lock_by_uid(cursor, channel.pk, uid)
            if row is None:
                raise NotFound(f"There is no redemption {uid} here")
            if row.status == RedemptionStatus.ROLLED_BACK and not partial:
                return Rollback.objects.filter(redemption_id=row.id).latest("pk")
            if row.status not in _REDEEMED:
                raise StateConflict(_("The use is “%(status)s”.") % {"status": RedemptionStatus(row.status).label})
            plan = _plan(row, lines, amount_minor)
            return _apply(cursor, row, plan, kind=kind, reason=reason, actor=actor, now=now)

    return in_ledger_transaction(work)


def _plan(row: moves.Stored, lines: Sequence[ReturnedLine], amount_minor: int | None) -> _Plan:
    changes = [_LineChange(line) for line in RedemptionLine.objects.filter(redemption_id=row.id).order_by("pk")]
    open_minor = row.amount_minor - row.rolled_back_minor
    if amount_minor is not None:
        if changes:
            raise Malformed("This redemption has lines: say which came back")
        if not 0 < amount_minor <= open_minor:
            raise Malformed(f"An amount from 1 to {open_minor} can be rolled back")
        return _Plan(amount_minor, 0, everything=amount_minor == open_minor)
    if not lines:
        for change in changes:
            change.returned, change.off = change.kept_quantity, change.left
        return _Plan(open_minor, 0, everything=True, changes=tuple(changes))
    _return_lines(changes, lines)
    clawback = _claw_back(row, changes)
    return _Plan(
        amount_minor=sum(change.off for change in changes),
        clawback_minor=clawback,
        everything=all(change.kept_quantity == 0 for change in changes),
        changes=tuple(changes),
    )


def _return_lines(changes: Iterable[_LineChange], lines: Sequence[ReturnedLine]) -> None:
    """Each returned item takes its share of the line's discount; the last one takes what is left, to the minor unit."""
    by_ref = {change.line.line_ref: change for change in changes}
    for returned in lines:
        change = by_ref.get(returned.line_ref)
        if change is None:
            raise Malformed(f"Line {returned.line_ref} is not part of this redemption")
        if not 0 < returned.quantity <= change.kept_quantity:
            raise Malformed(f"Line {returned.line_ref}: {change.kept_quantity} can still come back")
        change.returned += returned.quantity
        line = change.line
        due = line.amount_minor * (line.returned_quantity + change.returned) // line.quantity
        change.off = max(0, min(due, line.amount_minor) - line.rolled_back_minor)


def _claw_back(row: moves.Stored, changes: Sequence[_LineChange]) -> int:
    """What the kept items lose because the rest of the order no longer earns it; 0 unless the coupon says revoke."""
    coupon = Coupon.objects.select_related("benefit").get(pk=row.coupon_id)
    kept = [change for change in changes if change.kept_quantity]
    if coupon.below_minimum_policy != BelowMinimumPolicy.REVOKE or not kept:
        return 0
    standing = sum(change.left for change in kept)
    clawback = max(0, standing - _earned(coupon, sum(change.kept_spend for change in kept), standing))
    for change, share in zip(kept, split(clawback, [change.left for change in kept]), strict=True):
        change.off += share
    return clawback


def _earned(coupon: Coupon, kept_spend: int, standing: int) -> int:
    """The discount that the kept items would earn by themselves."""
    if kept_spend < coupon.min_spend_minor:
        return 0
    if coupon.benefit.type != BenefitType.TIERS:
        return standing
    steps = BenefitTier.objects.filter(benefit=coupon.benefit)
    tier = reached_tier([Tier(step.threshold_minor, step.amount_minor, step.percent_bp) for step in steps], kept_spend)
    if tier is None:
        return 0
    return tier.amount_minor if tier.amount_minor is not None else percent_of(kept_spend, tier.percent_bp or 0)


def _apply(
    cursor: CursorWrapper,
    row: moves.Stored,
    plan: _Plan,
    *,
    kind: RollbackKind,
    reason: str,
    actor: str,
    now: datetime,
) -> Rollback:
    gone = plan.everything or (row.amount_minor > 0 and row.rolled_back_minor + plan.amount_minor == row.amount_minor)
    restored = plan.everything and _restores(row.restore_policy, kind)
    _write(row, plan, gone=gone, restored=restored)
    rollback = Rollback.objects.create(
        redemption_id=row.id,
        kind=kind,
        amount_minor=plan.amount_minor,
        clawback_minor=plan.clawback_minor,
        use_restored=restored,
        lines=[
            {"line_ref": change.line.line_ref, "quantity": change.returned, "amount_minor": change.off}
            for change in plan.changes
            if change.returned or change.off
        ],
        reason=reason,
        actor=actor,
        created_at=now,
    )
    if outbox.has_listeners(cursor, row.channel_id):
        payload = outbox.redemption_payload(row, rolled_back_minor=plan.amount_minor, use_restored=restored)
        outbox.write_event(row.channel_id, "redemption.rolled_back", payload)
    if restored:
        moves.restore_use(cursor, row)
    _return_charges(cursor, row, plan.amount_minor, restored=restored)
    return rollback


def _restores(policy: str, kind: RollbackKind) -> bool:
    if policy == RestorePolicy.NEVER:
        return False
    return kind == RollbackKind.CANCEL or policy == RestorePolicy.ON_FULL_REFUND


def _write(row: moves.Stored, plan: _Plan, *, gone: bool, restored: bool) -> None:
    status = RedemptionStatus.ROLLED_BACK if gone else RedemptionStatus.PARTIALLY_ROLLED_BACK
    changed = Redemption.objects.filter(pk=row.id, status=row.status).update(
        status=status,
        rolled_back_minor=F("rolled_back_minor") + plan.amount_minor,
        kept_use=gone and not restored,
    )
    if changed != 1:
        raise StateConflict(_("The use changed meanwhile"))
    for change in plan.changes:
        if change.returned or change.off:
            RedemptionLine.objects.filter(pk=change.line.pk).update(
                returned_quantity=F("returned_quantity") + change.returned,
                rolled_back_minor=F("rolled_back_minor") + change.off,
            )


def _return_charges(cursor: CursorWrapper, row: moves.Stored, amount_minor: int, *, restored: bool) -> None:
    charges = moves.open_charges(cursor, [row.id])
    returns = []
    for charge in charges:
        if charge.kind == BudgetKind.MONEY:
            returns.append((charge, amount_minor))
        elif restored:
            returns.append((charge, charge.open_n))
    moves.return_charges(returns, held=False)
