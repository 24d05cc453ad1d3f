"""Another policy on a logged answer: with which probability it would have shown each candidate.

Given the candidates, all places but the last are certain and the last is drawn with known shares, so the probability
that a coupon is in the slate is exact under either policy. A coupon's worth is taken not to depend on its place or on
the coupons beside it; then the value of an answer is the sum over candidates of P(shown) x worth.

What the shopper's history and eligibility removed stays removed: another policy is asked about its rules, its order
and its budgets, not about other caps.
"""

from dataclasses import dataclass

import numpy as np

from recommender.decisions.exploration import LinearPosterior, chance_shares
from recommender.policies.candidates import Candidates, Doubles, Ints
from recommender.policies.learning import drawn_value
from recommender.policies.removals import Removal
from recommender.policies.stages import Decision, apply_policy
from recommender.policies.terms import PolicyTerms

GIVEN = (
    Removal.NOT_ELIGIBLE,
    Removal.DISMISSED,
    Removal.CATEGORY_DISMISSED,
    Removal.USED_LATELY,
    Removal.SHOWN_ENOUGH,
)
"""Removals that hold whatever the policy: they are about the shopper."""


DRAWS = 32
"""Posterior draws that a Thompson sampling policy's probabilities are averaged over."""


def inclusion(
    candidates: Candidates, terms: PolicyTerms, removed: Ints, *, size: int, posterior: LinearPosterior | None = None
) -> Doubles:
    """P(shown) of each logged candidate, (n,), under `terms`; `removed`: the logged rules, (n,).

    Where the policy draws from a `posterior`, the mean over some draws: unbiased, since they owe nothing to the log.
    """
    possible = ~np.isin(removed, GIVEN)
    eligible = set(candidates.coupon[possible].tolist())
    # what is drawn does not matter: the pool and its shares are what is asked
    draw = np.random.default_rng(0)
    decision = apply_policy(candidates, terms, size=size, draw=draw, eligible=eligible)
    shares = shown_probabilities(decision)
    if posterior is not None and len(decision.pool):
        wins = [int(np.argmax(drawn_value(candidates, terms, posterior, draw)[decision.pool])) for _ in range(DRAWS)]
        pool = [chance_shares(len(decision.pool), chance=terms.exploration, winner=winner) for winner in wins]
        shares[decision.pool] = np.mean(pool, axis=0)
    return shares


def shown_probabilities(decision: Decision) -> Doubles:
    """P(shown) of each candidate of a decision, (n,)."""
    shares = np.zeros(len(decision.candidates))
    shares[decision.rows] = 1.0
    shares[decision.pool] = decision.shares
    return shares


@dataclass(frozen=True)
class Support:
    """How much of what a policy would show is known from the log, in probability."""

    asked: float
    known: float

    @property
    def share(self) -> float:
        return self.known / self.asked if self.asked else 0.0


def support(target: Doubles, removed: Ints) -> Support:
    """`target`: P(shown) under the policy in question, (n,). Known: what was shown or might have been drawn."""
    known = np.isin(removed, (Removal.SHOWN, Removal.EXPLORATION))
    return Support(float(target.sum()), float(target[known].sum()))
