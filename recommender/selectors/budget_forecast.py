"""What budgets are expected to earn and what each one's price is, from the live model's slates. NumPy: web and worker.

Every shopper is taken to see one answer a period. Values are those of policies.value: the calibrated response times
what a use earns under the policy's stated assumptions. Who gets what is decisions.allocation's: never over a limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coupons.models import Shopper
from recommender.decisions.allocation import Allocation, Budget, allocate
from recommender.models import Recommendation
from recommender.policies.candidates import Bools, Candidates, Doubles, Ints
from recommender.policies.removals import Removal
from recommender.policies.stages import shortlist
from recommender.policies.terms import PolicyTerms
from recommender.policies.value import expected_cost, expected_value
from recommender.selectors.coupon_facts import coupon_facts
from recommender.selectors.slates import live_version
from recommender.selectors.uplift import extra_purchases

WEB_SAMPLE = 1_000
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
    """What one more unit would earn, beyond itself."""
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
    gap: float
    """The most by which the profit falls short of the best possible, as a share of it."""
    curve: Sequence[tuple[float, float, float]]
    sampled: int
    shoppers: int

    @property
    def possible(self) -> bool:
        """Whether there was anything to forecast from."""
        return self.sampled > 0


@dataclass(frozen=True)
class _Offers:
    """p pairs of a shopper and a coupon; every array (p,). Shoppers are numbered from 0."""

    shopper: Ints
    value: Doubles
    """Expected incremental profit of showing the coupon, before budgets, minor units."""
    cost: Doubles
    """Expected discount, minor units."""
    campaign: Ints


def forecast_budgets(
    *,
    terms: PolicyTerms,
    channel_id: int,
    budgets: Sequence[BudgetAsked],
    sample: int = WEB_SAMPLE,
    shares: Sequence[float] = SHARES,
) -> Forecast:
    """Nothing is written. Without a live model or its slates the forecast says that it was not possible.

    `shares` of the limits make the curve, the limits themselves always among them.
    """
    offers, sampled, shoppers = _offers(terms, channel_id, sample)
    scale = shoppers / sampled if sampled else 1.0
    free, solved, *others = (
        _allocation(offers, budgets if share else (), share / scale)
        for share in (0.0, 1.0, *(share for share in shares if share != 1.0 and budgets))
    )
    points = dict(zip((share for share in shares if share != 1.0), others, strict=False)) | {1.0: solved}
    return Forecast(
        budgets=[
            BudgetForecast(budget.name, budget.limit_minor, told.price, scale * told.used)
            for budget, told in zip(budgets, solved.budgets, strict=True)
        ],
        spend_minor=scale * solved.cost,
        profit_minor=scale * solved.value,
        free_spend_minor=scale * free.cost,
        free_profit_minor=scale * free.value,
        gap=solved.gap,
        curve=[(share, scale * at.cost, scale * at.value) for share, at in sorted(points.items()) if budgets],
        sampled=sampled,
        shoppers=shoppers,
    )


def _allocation(offers: _Offers, budgets: Sequence[BudgetAsked], share: float) -> Allocation:
    """The best of the pairs within `share` of the limits.

    Coupons that draw on the same budgets are alike to an allocation, so its columns are (such a kind of coupon, how
    many of that kind the shopper has before it): a few dozen, however many coupons run.
    """
    if not len(offers.value):
        caps = [Budget(str(number), cap=share * budget.limit_minor) for number, budget in enumerate(budgets)]
        return allocate(value=np.zeros((0, 1)), cost=np.zeros((0, 1)), budgets=caps)
    charged = np.array([_charged(offers, budget) for budget in budgets], bool).reshape(len(budgets), len(offers.value))
    # where there is no budget, all coupons are of one kind
    kinds, kind = np.unique(np.vstack([charged, np.ones_like(offers.value, bool)]).T, axis=0, return_inverse=True)
    order = np.lexsort((kind.reshape(-1), offers.shopper))
    same = np.stack([offers.shopper, kind.reshape(-1)])[:, order]
    begins = np.append(True, (np.diff(same) != 0).any(axis=0))[: len(order)]
    rank = np.arange(len(order)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    width = int(rank.max()) + 1
    column = same[1] * width + rank
    shape = (int(offers.shopper.max()) + 1, len(kinds) * width)
    value, cost, eligible = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
    value[same[0], column], cost[same[0], column] = offers.value[order], offers.cost[order]
    eligible[same[0], column] = True
    caps = [
        Budget(str(number), cap=share * budget.limit_minor, offers=_columns(kinds[:, number], width))
        for number, budget in enumerate(budgets)
    ]
    return allocate(value=value, cost=cost, budgets=caps, per_shopper=PLACES, eligible=eligible)


def _columns(kinds: Bools, width: int) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.repeat(kinds, width)).tolist())


def _charged(offers: _Offers, budget: BudgetAsked) -> Bools:
    if not budget.campaigns:
        return np.ones(len(offers.value), bool)
    return np.isin(offers.campaign, list(budget.campaigns))


def _offers(terms: PolicyTerms, channel_id: int, sample: int) -> tuple[_Offers, int, int]:
    """The live slates of an even sample of shoppers, without what the policy's own rules remove."""
    version = live_version()
    shoppers = _answered(version.pk, channel_id) if version else np.array([], np.int64)
    if version is None or not len(shoppers):
        nothing = np.array([], float)
        return _Offers(nothing.astype(np.int64), nothing, nothing, nothing.astype(np.int64)), 0, 0
    chosen = shoppers[:: -(-len(shoppers) // sample)].tolist()
    rows = Recommendation.objects.filter(model_version=version, shopper__in=chosen)
    values = np.array(rows.values_list("shopper", "coupon", "score"), float).reshape(-1, 3)
    coupon = values[:, 1].astype(np.int64)
    candidates = coupon_facts(channel_id).candidates(coupon, values[:, 2], np.zeros(len(values), np.int64), terms)
    candidates = _measured(candidates, values[:, 0].astype(np.int64), terms, channel_id)
    kept = shortlist(candidates, _without_value(terms)).removed == Removal.SHOWN
    _ids, number = np.unique(values[:, 0], return_inverse=True)
    value, cost = expected_value(candidates, terms), expected_cost(candidates)
    offers = _Offers(number.reshape(-1)[kept], value[kept], cost[kept], candidates.campaign[kept])
    return offers, len(chosen), len(shoppers)


def _answered(version_id: int, channel_id: int) -> Ints:
    """Ids of the channel's shoppers with a slate of the version, rising.

    Both tables are read alone: a join of them, planned from statistics of before the slates came in, compares every
    slate with every shopper.
    """
    slates = Recommendation.objects.filter(model_version=version_id).order_by()
    people = Shopper.objects.filter(channel=channel_id).order_by()
    having, living = slates.values_list("shopper", flat=True).distinct(), people.values_list("pk", flat=True)
    return np.intersect1d(np.fromiter(having, np.int64), np.fromiter(living, np.int64))


def _measured(candidates: Candidates, shopper: Ints, terms: PolicyTerms, channel_id: int) -> Candidates:
    """The pairs with what coupons add to their shoppers, where that is known; shoppers are (p,)."""
    known = extra_purchases(terms, channel_id=channel_id, shopper_ids=np.unique(shopper).tolist())
    if not known:
        return candidates
    extra = candidates.extra.copy()
    order = np.argsort(shopper, kind="stable")
    bounds = np.flatnonzero(np.append(True, np.diff(shopper[order]) != 0))
    for rows in np.split(order, bounds[1:]):
        if (found := known.get(int(shopper[rows[0]]))) is not None:
            extra[rows] = np.interp(candidates.cost[rows], found.values, found.extra)
    return replace(candidates, extra=extra)


def _without_value(terms: PolicyTerms) -> PolicyTerms:
    return replace(terms, maximise_profit=False, budgets=(), pinned=())
