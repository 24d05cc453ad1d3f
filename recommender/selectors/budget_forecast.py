"""What budgets are expected to earn and what each one's price is, from the live model's slates. NumPy: web and worker.

Every shopper is taken to see one answer a period. Values are those of policies.value: the calibrated response times
what a use earns under the policy's stated assumptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Count

from coupons.models import Shopper
from recommender.models import Recommendation
from recommender.policies.prices import Allocation, Pairs, choose, solve_prices
from recommender.policies.removals import Removal
from recommender.policies.stages import shortlist
from recommender.policies.terms import PolicyTerms
from recommender.policies.value import expected_cost, expected_value
from recommender.selectors.coupon_facts import coupon_facts
from recommender.selectors.slates import live_version

WEB_SAMPLE = 2_000
"""Shoppers that a page reads; a worker reads ten times as many."""
PLACES = 10
SHARES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class BudgetAsked:
    """A budget as the forecast sees it, saved or not."""

    name: str
    limit_minor: int
    campaigns: Sequence[int] = ()


@dataclass(frozen=True)
class BudgetForecast:
    """Money in minor units a period, for the whole channel."""

    name: str
    limit_minor: int
    price: float
    spend_minor: float


@dataclass(frozen=True)
class Forecast:
    """What a policy's budgets would earn. `curve`: (share of the limits, spend, profit), all budgets together."""

    budgets: Sequence[BudgetForecast]
    spend_minor: float
    profit_minor: float
    free_spend_minor: float
    free_profit_minor: float
    """Without any budget."""
    curve: Sequence[tuple[float, float, float]]
    sampled: int
    shoppers: int

    @property
    def possible(self) -> bool:
        """Whether there was anything to forecast from."""
        return self.sampled > 0


def forecast_budgets(
    *, terms: PolicyTerms, channel_id: int, budgets: Sequence[BudgetAsked], sample: int = WEB_SAMPLE
) -> Forecast:
    """Nothing is written. Without a live model or its slates the forecast says that it was not possible."""
    pairs, sampled, shoppers = _pairs(terms, channel_id, sample)
    scale = shoppers / sampled if sampled else 1.0
    charged = np.array([_charged(pairs, budget) for budget in budgets], bool).reshape(len(budgets), len(pairs.value))
    limits = np.array([budget.limit_minor / scale for budget in budgets], float)
    free = choose(pairs, charged, np.zeros(len(budgets)), PLACES)
    solved = solve_prices(pairs, charged, limits, places=PLACES)
    curve = []
    for share in SHARES if budgets else ():
        at = solved if share == 1.0 else solve_prices(pairs, charged, share * limits, places=PLACES)
        curve.append((share, scale * _spend(pairs, at), scale * at.profit))
    return Forecast(
        budgets=[
            BudgetForecast(budget.name, budget.limit_minor, float(price), scale * float(spend))
            for budget, price, spend in zip(budgets, solved.prices, solved.spend, strict=True)
        ],
        spend_minor=scale * _spend(pairs, solved),
        profit_minor=scale * solved.profit,
        free_spend_minor=scale * float(pairs.cost[free].sum()),
        free_profit_minor=scale * float(pairs.value[free].sum()),
        curve=curve,
        sampled=sampled,
        shoppers=shoppers,
    )


def _spend(pairs: Pairs, allocation: Allocation) -> float:
    return float(pairs.cost[allocation.chosen].sum())


def _charged(pairs: Pairs, budget: BudgetAsked) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if not budget.campaigns:
        return np.ones(len(pairs.value), bool)
    return np.isin(pairs.campaign, list(budget.campaigns))


def _pairs(terms: PolicyTerms, channel_id: int, sample: int) -> tuple[Pairs, int, int]:
    """The live slates of an even sample of shoppers, without what the policy's own rules remove."""
    version = live_version()
    rows = Recommendation.objects.filter(model_version=version, shopper__channel=channel_id) if version else None
    shoppers = rows.aggregate(n=Count("shopper", distinct=True))["n"] if rows is not None else 0
    if rows is None or not shoppers:
        nothing = np.array([], float)
        return Pairs(nothing.astype(np.int64), nothing, nothing, nothing.astype(np.int64)), 0, 0
    step = -(-shoppers // sample)
    people = Shopper.objects.filter(channel=channel_id, pk__in=rows.values("shopper")).order_by("pk")
    chosen = list(people.values_list("pk", flat=True))[::step]
    values = np.array(rows.filter(shopper__in=chosen).values_list("shopper", "coupon", "score"), float).reshape(-1, 3)
    coupon = values[:, 1].astype(np.int64)
    candidates = coupon_facts(channel_id).candidates(coupon, values[:, 2], np.zeros(len(values), np.int64), terms)
    kept = shortlist(candidates, _without_value(terms)).removed == Removal.SHOWN
    _ids, number = np.unique(values[:, 0], return_inverse=True)
    value, cost = expected_value(candidates, terms), expected_cost(candidates)
    pairs = Pairs(number.reshape(-1)[kept], value[kept], cost[kept], candidates.campaign[kept])
    return pairs, len(chosen), shoppers


def _without_value(terms: PolicyTerms) -> PolicyTerms:
    return replace(terms, maximise_profit=False, budgets=(), pinned=())
