"""What showing a coupon is worth.

    value = P(use) * (extra * margin - discount)

is the expected margin with the coupon, less that without it, less the cost of the redemption. `extra` is the number of
purchases that a use brings and that would not have happened otherwise: measured on a hold-out where there is one that
sees nothing (jobs.uplift), by shopper and value of the coupon; else the share that the policy assumes. A budget takes
its price from it: value - price * P(use) * discount.
"""

import numpy as np

from recommender.policies.candidates import Bools, Candidates, Doubles
from recommender.policies.terms import BudgetTerms, PolicyTerms


def expected_value(candidates: Candidates, terms: PolicyTerms) -> Doubles:
    """Incremental profit of showing each candidate, (n,), minor units; before budgets."""
    extra = np.where(np.isnan(candidates.extra), terms.incremental, candidates.extra)
    value: Doubles = candidates.score * (extra * candidates.margin - candidates.cost)
    return value


def expected_cost(candidates: Candidates) -> Doubles:
    """Discount that showing each candidate is expected to cost, (n,), minor units."""
    return candidates.score * candidates.cost


def priced_value(candidates: Candidates, terms: PolicyTerms) -> Doubles:
    """`expected_value` with every budget at its price, (n,)."""
    value = expected_value(candidates, terms)
    price = np.zeros(len(candidates))
    for budget in terms.budgets:
        if budget.price:
            price += budget.price * charged(candidates, budget)
    return value - price * expected_cost(candidates)


def charged(candidates: Candidates, budget: BudgetTerms) -> Bools:
    """Which candidates a budget pays for, (n,)."""
    if not budget.campaigns:
        return np.ones(len(candidates), bool)
    return np.isin(candidates.campaign, list(budget.campaigns))


def budget_spent(candidates: Candidates, terms: PolicyTerms) -> Bools:
    """Which candidates would be charged to a budget that is spent up, (n,)."""
    spent = np.zeros(len(candidates), bool)
    for budget in terms.budgets:
        if budget.stopped:
            spent |= charged(candidates, budget)
    return spent
