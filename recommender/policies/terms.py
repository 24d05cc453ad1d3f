"""A policy version compiled to plain values. Built once per process and version; budgets' prices move, terms do not."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BudgetTerms:
    """A budget as a decision sees it. `campaigns` empty: all coupons."""

    budget_id: int
    campaigns: frozenset[int] = frozenset()
    price: float = 0.0
    """Lagrange multiplier, with the control loop's correction: value that one unit of cost must bring at least."""
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class PolicyTerms:
    """The rules of one version; shares are fractions of 1, money is minor units, 0 or None switch a rule off."""

    policy_id: int | None = None
    maximise_profit: bool = False
    margin: float = 0.3
    basket_minor: float = 0.0
    incremental: float = 1.0
    min_score: float = 0.0
    only_campaigns: frozenset[int] = frozenset()
    pinned: tuple[int, ...] = ()
    excluded: frozenset[int] = frozenset()
    max_impressions: int | None = None
    impression_days: int = 7
    dismissal_days: int = 0
    redemption_days: int = 0
    max_per_category: int | None = None
    max_per_campaign: int | None = None
    fair_brands: frozenset[int] = frozenset()
    fair_campaigns: frozenset[int] = frozenset()
    fair_share: float = 0.0
    exploration: float = 0.0
    thompson: bool = False
    """Whether the draw follows what was learned so far; else it is uniform."""
    budgets: tuple[BudgetTerms, ...] = ()

    @property
    def reads_history(self) -> bool:
        """Whether what a shopper was shown or used matters."""
        return bool(self.max_impressions or self.redemption_days or self.dismissal_days)
