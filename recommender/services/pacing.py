"""The control loop on real spend: a budget's price follows what was spent, and it stops at its limit."""

from datetime import datetime
from typing import Any

from recommender.decisions.pacing import Pacing
from recommender.enums import PolicyStatus
from recommender.models import PolicyBudget
from recommender.policies.pace import is_due, next_pace
from recommender.selectors.rules import forget_rules
from recommender.selectors.spend import Spend, read_spend


def pace_budgets(*, now: datetime) -> int:
    """Bring every budget that decides something up to date; how many are spent up. Safe to run twice.

    A budget that is spent up is offered nothing more until its period ends, is given back enough, or it is changed.
    Coupons that shoppers hold already stay theirs: a hard ceiling at the till is the campaign's own budget.
    """
    budgets = PolicyBudget.objects.filter(policy__status__in=[PolicyStatus.LIVE, PolicyStatus.TRIAL])
    stopped = 0
    for budget in budgets.select_related("policy__channel").order_by("pk"):
        spend = read_spend(budget=budget, now=now)
        full = not Pacing(budget.limit_minor, price=0.0, spent=spend.spent_minor).may_spend(spend.next_use_minor)
        PolicyBudget.objects.filter(pk=budget.pk).update(
            spent_minor=spend.spent_minor, stopped=full, checked_at=now, **_steered(budget, spend, now)
        )
        stopped += full
    forget_rules()
    return stopped


def _steered(budget: PolicyBudget, spend: Spend, now: datetime) -> dict[str, Any]:
    """The columns of the control loop where a step is due; it begins anew with each period."""
    if spend.ends is None:
        return {"pace": 1.0, "pace_error": 0.0, "paced_at": None}
    fresh = budget.paced_at is None or budget.paced_at < spend.begins
    last = 0.0 if fresh or budget.paced_at is None else spend.elapsed(budget.paced_at)
    pace, error = (1.0, 0.0) if fresh else (budget.pace, budget.pace_error)
    elapsed = spend.elapsed(now)
    if is_due(elapsed=elapsed, last=last):
        pace, error = next_pace(
            pace=pace, error=error, spent=spend.spent_minor, limit=budget.limit_minor, elapsed=elapsed
        )
    elif not fresh:
        return {}
    return {"pace": pace, "pace_error": error, "paced_at": now}
