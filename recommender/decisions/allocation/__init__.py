"""Who gets which coupon under budgets: Lagrange multipliers, a repair that is never over budget, a certified gap."""

from recommender.decisions.allocation.problem import Budget, Measure, Problem
from recommender.decisions.allocation.solve import Allocation, BudgetReport, Shortfall, allocate

__all__ = ["Allocation", "Budget", "BudgetReport", "Measure", "Problem", "Shortfall", "allocate"]
