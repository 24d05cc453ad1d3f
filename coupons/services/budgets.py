"""Budgets of a campaign or a coupon, set as one list while the campaign is a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from coupons.enums import BudgetKind, BudgetPeriod, CampaignStatus
from coupons.errors import Malformed, StateConflict
from coupons.models import Budget, Campaign, Coupon
from coupons.services.audit import write_audit


@dataclass(frozen=True, slots=True)
class BudgetSpec:
    """At most `limit_n` (minor units of money, or uses) in each period."""

    kind: BudgetKind
    period: BudgetPeriod
    limit_n: int


def set_budgets(*, of: Campaign | Coupon, budgets: Sequence[BudgetSpec], actor: str, request_id: str = "") -> None:
    """Make these the budgets, all of them; one that was used before keeps its counters.

    Raises Malformed for a kind and period that come twice or a limit below 1, StateConflict outside draft and for
    leaving out a budget that redemptions were charged to.
    """
    wanted = {(str(spec.kind), str(spec.period)): spec.limit_n for spec in budgets}
    if len(wanted) != len(budgets):
        raise Malformed(_("budgets: a kind and period come twice"))
    if any(limit < 1 for limit in wanted.values()):
        raise Malformed(_("budgets: a limit is at least 1"))
    with transaction.atomic():
        _require_draft(of)
        rows = Budget.objects.filter(coupon=of) if isinstance(of, Coupon) else Budget.objects.filter(campaign=of)
        known = {(row.kind, row.period): row for row in rows.select_for_update()}
        before = _shown({key: row.limit_n for key, row in known.items()})
        for key, row in known.items():
            if key not in wanted:
                _remove(row)
        for (kind, period), limit in wanted.items():
            _set(known.get((kind, period)), of, kind, period, limit)
        after = _shown(wanted)
        if after != before:
            write_audit(
                actor=actor,
                action="edit_budgets",
                subject=of,
                before={"budgets": before},
                after={"budgets": after},
                request_id=request_id,
            )


def _require_draft(of: Campaign | Coupon) -> None:
    campaign_id = of.campaign_id if isinstance(of, Coupon) else of.pk
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.status != CampaignStatus.DRAFT:
        status = campaign.get_status_display()
        raise StateConflict(_("The campaign is “%(status)s”: budgets change in a draft only.") % {"status": status})


def _remove(budget: Budget) -> None:
    if budget.charges.exists():
        raise StateConflict(
            _("%(budget)s has been used: it can be raised or lowered, not removed") % {"budget": budget}
        )
    budget.delete()


def _set(known: Budget | None, of: Campaign | Coupon, kind: str, period: str, limit: int) -> None:
    if known is None:
        owner = {"coupon": of} if isinstance(of, Coupon) else {"campaign": of}
        Budget.objects.create(kind=kind, period=period, limit_n=limit, **owner)
    elif known.limit_n != limit:
        # the counters of its periods follow with their next use; one beyond the new limit is full
        Budget.objects.filter(pk=known.pk).update(limit_n=limit)


def _shown(limits: dict[tuple[str, str], int]) -> list[dict[str, object]]:
    return [{"kind": str(k), "period": str(p), "limit_n": limit} for (k, p), limit in sorted(limits.items())]
