"""From candidates to a slate, stage by stage; every candidate that is not shown keeps the rule that removed it.

Order: the policy's own rules, the shopper's history, value and budgets, eligibility, diversity, fairness, rank, and
exploration of the last place. Pinned coupons come first; they pass eligibility, exclusion and history like any other
and are exempt from score, value, diversity and fairness.

Exploration is slate-aware: with probability `exploration` the last place that is not pinned is drawn from all
candidates that would keep every rule beside the places already chosen, the best one among them: uniformly, or by
Thompson sampling with a floor. Its propensities are exact (decisions.exploration); all other places are certain.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from recommender.decisions.exploration import chance_shares
from recommender.policies.candidates import NO_HISTORY, Bools, Candidates, Doubles, History, Ints
from recommender.policies.removals import Removal
from recommender.policies.terms import PolicyTerms
from recommender.policies.value import budget_spent, priced_value


@dataclass(frozen=True)
class Shortlist:
    """Candidates that the rules leave, best first, before anybody asked whether the shopper may use them."""

    candidates: Candidates
    value: Doubles
    """(n,) what they are ordered by."""
    order: Ints
    """Rows of the candidates that are left."""
    pinned: Bools
    """(n,)"""
    removed: Ints
    """(n,) numbers of `Removal`; SHOWN so far for those that are left."""

    def first(self, count: int) -> "Shortlist":
        """Only the best `count`; the others rank lower, whatever would be found out about them."""
        removed = self.removed.copy()
        removed[self.order[count:]] = Removal.RANKED_LOWER
        return Shortlist(self.candidates, self.value, self.order[:count], self.pinned, removed)


@dataclass(frozen=True)
class Decision:
    """The slate of one shopper. `rows`, `propensity` are (k,), the others (n,)."""

    candidates: Candidates
    rows: Ints
    """Rows of the candidates that are shown, in order."""
    propensity: Doubles
    """Probability that this coupon stands at this place, given the candidates."""
    value: Doubles
    removed: Ints
    explored: bool
    """Whether the last place was drawn by chance and is not the best."""
    pool: Ints
    """Rows that the last place was drawn from, (p,), the best first; empty where nothing was left to chance."""
    shares: Doubles
    """Probability of each of them for that place, (p,)."""

    @property
    def coupons(self) -> Ints:
        """(k,)"""
        return self.candidates.coupon[self.rows]


def shortlist(candidates: Candidates, terms: PolicyTerms, history: History = NO_HISTORY) -> Shortlist:
    """Stages that need nothing but arrays: rules, history, value. Ties go by coupon id."""
    n = len(candidates)
    removed = np.zeros(n, np.int64)
    position = {coupon: place for place, coupon in enumerate(terms.pinned)}
    pin = np.array([position.get(int(coupon), n + len(position)) for coupon in candidates.coupon], np.int64)
    pinned = pin < n + len(position)
    personal = candidates.tier == 0
    scored = personal & ~pinned

    _remove(removed, _among(candidates.coupon, terms.excluded), Removal.EXCLUDED)
    if terms.only_campaigns:
        _remove(removed, ~pinned & ~_among(candidates.campaign, terms.only_campaigns), Removal.OTHER_CAMPAIGN)
    if terms.min_score:
        _remove(removed, scored & (candidates.score < terms.min_score), Removal.LOW_SCORE)
    _remove_by_history(removed, candidates, terms, history)
    value = priced_value(candidates, terms) if terms.maximise_profit else candidates.score
    if terms.maximise_profit:
        value = np.where(personal, value, candidates.score)
        _remove(removed, scored & (value <= 0), Removal.EARNS_NOTHING)
    _remove(removed, budget_spent(candidates, terms), Removal.BUDGET_SPENT)

    left = np.flatnonzero(removed == Removal.SHOWN)
    keys = (candidates.coupon[left], -value[left], candidates.tier[left], pin[left])
    return Shortlist(candidates, value, left[np.lexsort(keys)], pinned, removed)


def arrange(
    short: Shortlist,
    terms: PolicyTerms,
    *,
    eligible: Collection[int] | None,
    size: int,
    draw: np.random.Generator,
    drawn: Doubles | None = None,
) -> Decision:
    """Fill `size` places from a shortlist. `eligible` None: all; same generator state, same slate.

    `drawn` (n,): what each candidate is worth under a draw of the posterior, for Thompson sampling; None: uniform.
    """
    candidates, removed = short.candidates, short.removed.copy()
    order = short.order
    if eligible is not None:
        may = _among(candidates.coupon[order], eligible)
        removed[order[~may]] = Removal.NOT_ELIGIBLE
        order = order[may]
    removed[order] = Removal.RANKED_LOWER
    slate = _Slate(candidates, terms, short.pinned)
    reserved = slate.reserved_places(order, size)
    slate.fill(order, size, reserved, removed)
    if len(slate.rows) < size:  # the bounds left too few of the group: its places go to the others
        slate.fill(order[removed[order] == Removal.FAIRNESS], size, 0, removed)
    pool = _pool(slate, order, size, reserved)
    chosen, propensity, explored = slate.rows, np.ones(len(slate.rows)), False
    shares = _shares(pool, terms, drawn)
    if pool:
        place = int(draw.choice(len(pool), p=shares))
        chosen, explored = [*chosen[:-1], pool[place]], place > 0
        propensity[-1] = shares[place]
    removed[pool] = Removal.EXPLORATION
    removed[chosen] = Removal.SHOWN
    return Decision(
        candidates,
        np.array(chosen, np.int64),
        propensity,
        short.value,
        removed,
        explored,
        np.array(pool, np.int64),
        shares,
    )


def apply_policy(
    candidates: Candidates,
    terms: PolicyTerms,
    *,
    size: int,
    draw: np.random.Generator,
    history: History = NO_HISTORY,
    eligible: Collection[int] | None = None,
    drawn: Doubles | None = None,
) -> Decision:
    """All stages. `size` places at most; fewer where fewer candidates are left, and none is a valid answer."""
    short = shortlist(candidates, terms, history)
    return arrange(short, terms, eligible=eligible, size=size, draw=draw, drawn=drawn)


class _Slate:
    """Places as they fill. A candidate is refused by the first bound that it would break."""

    def __init__(self, candidates: Candidates, terms: PolicyTerms, pinned: Bools) -> None:
        self.candidates, self.terms, self.pinned = candidates, terms, pinned
        self.rows: list[int] = []
        self.fair = 0

    def reserved_places(self, order: Ints, size: int) -> int:
        """Places that the fairness floor keeps for its group: the share of the slate, rounded up, if it has as many."""
        if not self.terms.fair_share:
            return 0
        places = min(size, len(order))
        asked = int(np.ceil(self.terms.fair_share * places - 1e-9))
        return min(asked, int(self.candidates.fair[order].sum()))

    def bound(self, row: int, beside: list[int]) -> Removal | None:
        """The diversity bound that a row would break beside other rows."""
        for bound, values, removal in (
            (self.terms.max_per_campaign, self.candidates.campaign, Removal.CAMPAIGN_FULL),
            (self.terms.max_per_category, self.candidates.category, Removal.CATEGORY_FULL),
        ):
            if bound and values[row] >= 0 and sum(1 for other in beside if values[other] == values[row]) >= bound:
                return removal
        return None

    def fill(self, order: Ints, size: int, reserved: int, removed: Ints) -> None:
        """Take rows in order while there is room; `removed` says which rule refuses one."""
        for row in order.tolist():
            if len(self.rows) >= size:
                break
            self._offer(row, size, reserved, removed)

    def _offer(self, row: int, size: int, reserved: int, removed: Ints) -> None:
        if not self.pinned[row]:
            full = self.bound(row, self.rows)
            if full is not None:
                removed[row] = full
                return
            free = size - len(self.rows)
            if not self.candidates.fair[row] and free <= reserved - self.fair:
                removed[row] = Removal.FAIRNESS
                return
        self.rows.append(row)
        self.fair += int(self.candidates.fair[row])


def _pool(slate: _Slate, order: Ints, size: int, reserved: int) -> list[int]:
    """Rows that the last place is drawn from, the best first; empty where nothing is left to chance."""
    rows = slate.rows
    if not slate.terms.exploration or not rows or slate.pinned[rows[-1]] or len(rows) < size:
        return []
    others, last = rows[:-1], rows[-1]
    needs_fair = reserved > sum(int(slate.candidates.fair[row]) for row in others)
    shown = set(rows)
    rest = [
        row
        for row in order.tolist()
        if row not in shown
        and not slate.pinned[row]
        and (slate.candidates.fair[row] or not needs_fair)
        and slate.bound(row, others) is None
    ]
    return [last, *rest] if rest else []


def _shares(pool: list[int], terms: PolicyTerms, drawn: Doubles | None) -> Doubles:
    if not pool:
        return np.zeros(0)
    winner = None if drawn is None else int(np.argmax(drawn[pool]))
    return chance_shares(len(pool), chance=terms.exploration, winner=winner)


def _remove_by_history(removed: Ints, candidates: Candidates, terms: PolicyTerms, history: History) -> None:
    _remove(removed, _among(candidates.coupon, history.dismissed), Removal.DISMISSED)
    if terms.dismissal_days:
        _remove(removed, _among(candidates.category, history.dismissed_categories), Removal.CATEGORY_DISMISSED)
    if terms.redemption_days:
        _remove(removed, _among(candidates.coupon, history.used), Removal.USED_LATELY)
    if terms.max_impressions:
        enough = {coupon for coupon, times in history.shown.items() if times >= terms.max_impressions}
        _remove(removed, _among(candidates.coupon, enough), Removal.SHOWN_ENOUGH)


def _remove(removed: Ints, which: Bools, rule: Removal) -> None:
    """The first rule that removes a candidate is the one that is told."""
    removed[which & (removed == Removal.SHOWN)] = rule


def _among(values: Ints, wanted: Collection[int]) -> Bools:
    if not wanted:
        return np.zeros(len(values), bool)
    return np.isin(values, np.fromiter(wanted, np.int64, len(wanted)))
