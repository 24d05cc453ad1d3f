"""Budgets that several coupons of one cart share: what one of them takes is gone for the others."""

from collections.abc import Iterable, Mapping

from coupons.enums import BudgetKind
from coupons.evaluation.terms import BudgetLeft

Spent = Mapping[int, int]
"""By budget id, what the coupons so far take out of it."""


def charge(spent: Spent, budgets: Iterable[BudgetLeft], amount_minor: int) -> Spent | None:
    """What is spent with one more use that takes this amount off; None where a budget does not cover it."""
    after = dict(spent)
    for budget in budgets:
        after[budget.id] = after.get(budget.id, 0) + (amount_minor if budget.kind == BudgetKind.MONEY else 1)
        if after[budget.id] > budget.left_n:
            return None
    return after
