"""The control loop on real spend: each minute a budget's price follows what was spent, and it stops at its limit."""

from datetime import datetime

from recommender.enums import PolicyStatus
from recommender.models import PolicyBudget
from recommender.policies.pace import is_spent_up, pace_of
from recommender.selectors.rules import forget_rules
from recommender.selectors.spend import read_spend


def pace_budgets(*, now: datetime) -> int:
    """Bring every budget that decides something up to date; how many are spent up. Safe to run twice.

    A budget that is spent up is offered nothing more until its period ends, is given back enough, or it is changed.
    Coupons that shoppers hold already stay theirs: a hard ceiling at the till is the campaign's own budget.
    """
    budgets = PolicyBudget.objects.filter(policy__status__in=[PolicyStatus.LIVE, PolicyStatus.TRIAL])
    stopped = 0
    for budget in budgets.select_related("policy__channel").order_by("pk"):
        spend = read_spend(budget=budget, now=now)
        limit = budget.limit_minor
        full = is_spent_up(spent=spend.spent_minor, limit=limit, next_use=spend.next_use_minor)
        pace = pace_of(spent=spend.spent_minor, limit=limit, elapsed=spend.elapsed(now)) if spend.ends else 1.0
        PolicyBudget.objects.filter(pk=budget.pk).update(
            spent_minor=spend.spent_minor, pace=pace, stopped=full, checked_at=now
        )
        stopped += full
    forget_rules()
    return stopped
