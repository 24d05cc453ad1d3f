"""From prices to an allocation that keeps every cap, then every floor that it can, and spends what is left.

Caps come first: nothing here ever leaves a cap exceeded. What is dropped, added or exchanged goes by reduced value
(worth less what its budgets charge), so that the prices steer the repair as they steer the choice.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.decisions.allocation.dual import reduced_value, select
from recommender.decisions.allocation.problem import Bools, Doubles, Ints, Measure, Problem

LOOKED_AT = 20_000
"""Candidates that one round of filling or of a floor goes through, best first."""
ROUNDS = 10
ALIKE = 0.03
"""Share of what a pair's budgets charge within which reduced values count as the same: prices are no more exact."""
WORTH_AN_EXCHANGE = 2e-4
"""Of the whole value: what unused room must be worth at its price."""
PATIENCE = 200
"""Exchanges in a row that may fail before no better one is looked for."""
_ROUNDING = 1e-9  # of a cap: sums in another order may differ by less


def repaired(problem: Problem, prices: Doubles) -> Bools:
    """A feasible allocation near the one that these prices choose, (m, n)."""
    by_cost, by_count = problem.offer_prices(prices)
    net = reduced_value(problem, by_cost, by_count, slice(0, problem.shoppers))
    state = _State(problem, select(problem, prices), net, prices)
    for r in np.argsort(problem.members.sum(axis=1), kind="stable"):
        state.drop_excess(int(r))
    for r in range(len(problem.budgets)):
        state.trim_floor(r)
    for r in range(len(problem.budgets)):
        state.meet_floor(r)
    state.fill()
    for r in range(len(problem.budgets)):
        state.exchange_into(r)
    return state.chosen


def _usable_cap(problem: Problem, r: int) -> float:
    budget = problem.budgets[r]
    if budget.cap is None:
        return np.inf
    # Whole numbers add up without rounding, in whatever order.
    exact = budget.measure is Measure.COUPONS or problem.whole_costs
    return budget.cap if exact else budget.cap * (1 - _ROUNDING)


class _State:
    """The allocation under repair, with the use of each budget kept beside it."""

    def __init__(self, problem: Problem, chosen: Bools, net: Doubles, prices: Doubles) -> None:
        self.problem = problem
        self.prices = prices
        self.chosen = chosen
        self.net = net
        self.caps = [_usable_cap(problem, r) for r in range(len(problem.budgets))]
        self.floors = [0.0 if b.floor is None else b.floor for b in problem.budgets]
        self.limits_of = [self._limits(j) for j in range(problem.offers)]
        self.recount()

    def recount(self) -> None:
        self.used = self.problem.usage_of(self.chosen).tolist()
        self.given = self.chosen.sum(axis=0)

    def _limits(self, j: int) -> list[tuple[int, bool]]:
        """The budgets that an offer draws on, and whether it draws its cost (or 1)."""
        budgets = self.problem.budgets
        return [(int(r), budgets[r].measure is Measure.SPEND) for r in np.flatnonzero(self.problem.members[:, j])]

    def drop_excess(self, r: int) -> None:
        """Drop the chosen pairs of the least reduced value per unit until budget r is within its cap.

        Of those that are alike, pairs that no other budget has a price for go first: the others are needed there.
        """
        over = self.used[r] - self.caps[r]
        if over <= 0:
            return
        offers, shoppers = self._pairs(self.chosen & self.problem.members[r][:, None])
        weights = self.problem.weight(r)[offers, shoppers]
        drawing = np.flatnonzero(weights > 0)
        offers, shoppers, weights = offers[drawing], shoppers[drawing], weights[drawing]
        net = self.net[offers, shoppers]
        elsewhere = self.problem.value[offers, shoppers] - net - self.prices[r] * weights
        order = np.argsort((net + ALIKE * elsewhere) / weights, kind="stable")
        freed = np.cumsum(weights[order])
        gone = order[: int(np.searchsorted(freed, over)) + 1]
        self.chosen[offers[gone], shoppers[gone]] = False
        self.recount()

    def trim_floor(self, r: int) -> None:
        """Drop pairs that only the floor's subsidy has chosen, as far as the floor is exceeded."""
        excess = self.used[r] - self.floors[r]
        if self.prices[r] >= 0 or excess <= 0:
            return
        offers, shoppers = self._pairs(self.chosen & self.problem.members[r][:, None])
        weights = self.problem.weight(r)[offers, shoppers]
        others = np.where(self.problem.members[r][:, None] | self.chosen, 0.0, self.net)[:, shoppers]
        alternative = np.maximum(others.max(axis=0), 0.0)
        loss = self.net[offers, shoppers] + self.prices[r] * weights - alternative
        poor = np.flatnonzero((loss < 0) & (weights > 0))
        order = poor[np.argsort(loss[poor] / weights[poor], kind="stable")]
        gone = order[np.cumsum(weights[order]) <= excess]
        # Of two floors on one offer, the other one may need what this one can spare.
        for j, i in zip(offers[gone].tolist(), shoppers[gone].tolist(), strict=True):
            if self._may_go(j, i):
                self._set(j, i, False)

    def meet_floor(self, r: int) -> None:
        """Add pairs of budget r, cheapest in reduced value per unit first, until its floor is reached.

        A shopper who has all that they may get exchanges their least pair for it. Where a cap is in the way, the least
        pairs outside r make room.
        """
        for _ in range(ROUNDS):
            if self.used[r] >= self.floors[r]:
                return
            before = self.used[r]
            candidates = self.problem.members[r][:, None] & ~self.chosen & np.isfinite(self.net)
            candidates &= self.problem.weight(r) > 0
            room = _Room(self, r)
            gain = self.net - self._displaced()
            for j, i in self._best_first(candidates, gain / np.maximum(self.problem.weight(r), 1e-12)):
                if self.used[r] >= self.floors[r]:
                    return
                self._add_for_floor(j, i, r, room)
            if self.used[r] <= before:
                return

    def fill(self) -> None:
        """Give what is left of the budgets to pairs that are worth something, by reduced value."""
        for _ in range(ROUNDS):
            free = self.given < self.problem.per_shopper
            candidates = ~self.chosen & free[None, :] & (self.problem.value > 0)
            for j in range(self.problem.offers):
                candidates[j] &= self.problem.cost[j] <= self._room_for(j)
            # of pairs that are alike those that draw on priced budgets: others can't use what is left there
            priced = np.subtract(self.problem.value, self.net, where=candidates, out=np.zeros_like(self.net))
            pairs = self._best_first(candidates, self.net + ALIKE * priced)
            added = 0
            for j, i in pairs:
                if self.given[i] < self.problem.per_shopper and self._fits(j, i):
                    self._set(j, i, True)
                    added += 1
            if not added or len(pairs) < LOOKED_AT:
                return

    def exchange_into(self, r: int) -> None:
        """Where a priced budget has room that the others keep it from using, give up pairs of others for its own.

        That is so where many pairs are alike: prices choose all of them or none.
        """
        slack = self.caps[r] - self.used[r]
        if self.prices[r] <= 0 or slack * self.prices[r] <= WORTH_AN_EXCHANGE * self.problem.total_value(self.chosen):
            return
        charged = ALIKE * (self.problem.value - self.net)
        free = self.given < self.problem.per_shopper
        candidates = self.problem.members[r][:, None] & ~self.chosen & free[None, :] & (self.problem.value > 0)
        donors, failed = _Donors(self, r), 0
        for j, i in self._best_first(candidates, self.net + charged):
            if failed > PATIENCE or donors.empty:
                return
            if self.given[i] < self.problem.per_shopper:
                failed = 0 if donors.exchange(j, i) else failed + 1

    def _room_for(self, j: int) -> float:
        """The most that one more pair of this offer may cost; -1 where not even a free one fits."""
        room = np.inf
        for r, spends in self.limits_of[j]:
            slack = self.caps[r] - self.used[r]
            room = min(room, slack) if spends else (room if slack >= 1 else -1.0)
        return room

    def _displaced(self) -> Doubles:
        """What each shopper gives up for one more pair: the least of theirs where they have all they may get. (n,)"""
        full = self.given >= self.problem.per_shopper
        least: Doubles = np.where(self.chosen, self.net, np.inf).min(axis=0)
        return np.where(full, least, 0.0)

    def _add_for_floor(self, j: int, i: int, r: int, room: "_Room") -> None:
        out = None
        if self.given[i] >= self.problem.per_shopper:
            held = np.flatnonzero(self.chosen[:, i])
            out = int(held[np.argmin(self.net[held, i])])
            if self.problem.members[r, out] or not self._may_go(out, i):
                return
            self._set(out, i, False)
        if self._fits(j, i) or room.make(j, i):
            self._set(j, i, True)
        elif out is not None:
            self._set(out, i, True)

    def _fits(self, j: int, i: int) -> bool:
        return not self._blocking(j, i)

    def _blocking(self, j: int, i: int) -> list[int]:
        """The budgets whose caps have no room for the pair."""
        cost = float(self.problem.cost[j, i])
        return [r for r, spends in self.limits_of[j] if self.used[r] + (cost if spends else 1.0) > self.caps[r]]

    def _may_go(self, j: int, i: int) -> bool:
        """Whether dropping the pair breaks no floor that is kept now."""
        cost = float(self.problem.cost[j, i])
        for r, spends in self.limits_of[j]:
            if self.used[r] - (cost if spends else 1.0) < self.floors[r] <= self.used[r]:
                return False
        return True

    def _set(self, j: int, i: int, chosen: bool) -> None:
        sign = 1 if chosen else -1
        cost = float(self.problem.cost[j, i])
        for r, spends in self.limits_of[j]:
            self.used[r] += sign * (cost if spends else 1.0)
        self.chosen[j, i] = chosen
        self.given[i] += sign

    def _best_first(self, candidates: Bools, score: Doubles) -> list[tuple[int, int]]:
        """The `LOOKED_AT` best pairs (offer, shopper) by falling score."""
        offers, shoppers = self._pairs(candidates)
        scores = score[offers, shoppers]
        if len(scores) > LOOKED_AT:
            best = np.argpartition(scores, len(scores) - LOOKED_AT)[-LOOKED_AT:]
            offers, shoppers, scores = offers[best], shoppers[best], scores[best]
        order = np.argsort(-scores, kind="stable")
        return list(zip(offers[order].tolist(), shoppers[order].tolist(), strict=True))

    @staticmethod
    def _pairs(mask: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        offers, shoppers = np.nonzero(mask)
        return offers, shoppers


class _Donors:
    """Pairs outside a budget, least reduced value first: given up for a pair of it that is worth more."""

    def __init__(self, state: _State, r: int) -> None:
        self.state = state
        offers, shoppers = np.nonzero(state.chosen & ~state.problem.members[r][:, None])
        net = state.net[offers, shoppers]
        charged = state.problem.value[offers, shoppers] - net
        order = np.argsort(net + ALIKE * charged, kind="stable")[:LOOKED_AT]
        self.pairs = list(zip(offers[order].tolist(), shoppers[order].tolist(), strict=True))
        self.next = 0

    @property
    def empty(self) -> bool:
        return self.next >= len(self.pairs)

    def exchange(self, j: int, i: int) -> bool:
        """Give (j, i) in place of the next pairs, if it is worth more than they are; whether it was."""
        state, value = self.state, self.state.problem.value
        given_up: list[tuple[int, int]] = []
        worth, position = float(value[j, i]), self.next
        while (blocking := state._blocking(j, i)) and position < len(self.pairs) and worth > 0:
            out, shopper = self.pairs[position]
            position += 1
            helps = any(state.problem.members[q, out] and state.problem.weight(q)[out, shopper] > 0 for q in blocking)
            if helps and state.chosen[out, shopper] and state._may_go(out, shopper):
                state._set(out, shopper, False)
                given_up.append((out, shopper))
                worth -= float(value[out, shopper])
        if not state._blocking(j, i) and worth > 0:
            state._set(j, i, True)
            self.next = position
            return True
        for pair in given_up:
            state._set(*pair, True)
        return False


class _Room:
    """Pairs outside a budget whose floor is short, least reduced value first: they may be dropped for it."""

    def __init__(self, state: _State, r: int) -> None:
        self.state = state
        offers, shoppers = np.nonzero(state.chosen & ~state.problem.members[r][:, None])
        order = np.argsort(state.net[offers, shoppers], kind="stable")
        self.offers: Ints = offers[order]
        self.shoppers: Ints = shoppers[order]
        self.next = 0

    def make(self, j: int, i: int) -> bool:
        """Drop pairs until (j, i) fits; what was dropped stays so, since the next candidate needs room too."""
        state = self.state
        while self.next < len(self.offers):
            if state._fits(j, i):
                return True
            out, shopper = int(self.offers[self.next]), int(self.shoppers[self.next])
            self.next += 1
            helps = any(state.problem.members[q, out] for q in state._blocking(j, i))
            if helps and state.chosen[out, shopper] and state._may_go(out, shopper):
                state._set(out, shopper, False)
        return state._fits(j, i)
