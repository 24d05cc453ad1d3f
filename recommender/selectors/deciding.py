"""A policy applied to one shopper now: what they saw and used, eligibility asked late and of few, and what is logged.

The candidates are the personal coupons, then the popular ones, then everything that runs on the channel, so that a
rule of the policy holds for every place whatever filled it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray

from coupons.enums import LIVE_REDEMPTIONS
from coupons.models import Channel, Shopper
from recommender.decisions.exploration import LinearPosterior
from recommender.enums import HoldoutSees
from recommender.models import Dismissal
from recommender.policies.candidates import Candidates, History
from recommender.policies.hashing import draw_seed
from recommender.policies.learning import drawn_value
from recommender.policies.removals import Removal
from recommender.policies.replay import shown_probabilities
from recommender.policies.stages import Decision, arrange, shortlist
from recommender.policies.terms import PolicyTerms
from recommender.selectors.coupon_facts import coupon_facts
from recommender.selectors.rules import Assignment, channel_rules
from recommender.selectors.uplift import ExtraPurchases

PERSONAL_TIER, POPULAR_TIER, RUNNING_TIER = 0, 1, 2
SPARE = 20
"""Candidates beyond the places asked for of whom eligibility is asked first: most answers need no more."""
LOGGED = 60
"""Best personal candidates that are kept with an answer, beside those shown and those drawn from."""

Eligible = Callable[[Collection[int]], Collection[int]]

_HISTORY = """
SELECT 0, i.coupon_id, count(*) FROM recommender_impression i
WHERE i.shopper_id = %(shopper)s AND i.shown_at > %(shown_since)s AND i.shown_at <= %(now)s GROUP BY i.coupon_id
UNION ALL
SELECT 1, r.coupon_id, count(*) FROM coupons_redemption r
WHERE r.shopper_id = %(shopper)s AND r.status = ANY(%(used)s) AND r.created_at > %(used_since)s
    AND r.created_at <= %(now)s GROUP BY r.coupon_id
"""


@dataclass(frozen=True)
class Offers:
    """The coupons that may be shown, in any order; parallel sequences. A lower tier fills what the one above leaves."""

    coupon: Sequence[int]
    score: Sequence[float]
    tier: Sequence[int]


@dataclass(frozen=True)
class DecisionLog:
    """What is written down of a decision; the sequences are parallel."""

    policy_id: int | None
    arm_id: int | None
    held_out: bool
    candidates: Sequence[int] = ()
    scores: Sequence[float] = ()
    removed: Sequence[int] = ()
    chances: Sequence[float] = ()
    """Probability that the answer shows the candidate, given what is logged."""


NO_POLICY = DecisionLog(None, None, held_out=False)


@dataclass(frozen=True)
class LiveDecision:
    """The answer to one question: coupon ids in order with their propensities, and what to log."""

    coupons: Sequence[int]
    propensities: Sequence[float]
    explored: frozenset[int]
    log: DecisionLog
    decision: Decision


def read_history(
    *, terms: PolicyTerms, shopper_id: int | None, dismissed: Collection[int], channel_id: int, now: datetime
) -> History:
    """What the policy counts of a shopper, in one statement; none where no rule asks for it."""
    away = frozenset(dismissed)
    rested = coupon_facts(channel_id).categories_of(away) if terms.dismissal_days else frozenset()
    if shopper_id is None or not (terms.max_impressions or terms.redemption_days):
        return History(dismissed=away, dismissed_categories=rested)
    with connection.cursor() as cursor:
        cursor.execute(
            _HISTORY,
            {
                "shopper": shopper_id,
                "now": now,
                "shown_since": now - timedelta(days=terms.impression_days),
                "used_since": now - timedelta(days=terms.redemption_days),
                "used": [str(status) for status in LIVE_REDEMPTIONS],
            },
        )
        rows = cursor.fetchall()
    return History(
        shown={coupon: times for kind, coupon, times in rows if kind == 0},
        used=frozenset(coupon for kind, coupon, _times in rows if kind == 1),
        dismissed=away,
        dismissed_categories=rested,
    )


def hidden_by_history(*, channel: Channel, shopper: str, coupons: Sequence[int], now: datetime) -> set[int]:
    """Of these coupons those that a shopper (external id) put away, or that the live policy lets rest for them."""
    row = Shopper.objects.filter(channel=channel, external_id=shopper).only("pk", "same_person_as").first()
    if row is None:
        return set()
    terms = channel_rules(channel.pk).live or PolicyTerms()
    person = row.same_person_as_id or row.pk
    away = Dismissal.objects.filter(Q(shopper=person) | Q(shopper__same_person_as=person))
    history = read_history(
        terms=terms,
        shopper_id=row.pk,
        dismissed=set(away.values_list("coupon", flat=True)),
        channel_id=channel.pk,
        now=now,
    )
    asked = np.array(coupons, np.int64)
    nothing = np.zeros(len(asked))
    candidates = coupon_facts(channel.pk).candidates(asked, nothing, np.full(len(asked), POPULAR_TIER), terms)
    removed = shortlist(candidates, terms, history).removed
    return set(asked[removed != Removal.SHOWN].tolist())


def decide(
    assignment: Assignment,
    terms: PolicyTerms,
    offers: Offers,
    *,
    channel_id: int,
    shopper: str,
    history: History,
    eligible: Eligible,
    now: datetime,
    size: int,
    posterior: LinearPosterior | None = None,
    extra: ExtraPurchases | None = None,
) -> LiveDecision:
    """The slate of a shopper (external id). `eligible` is asked of some coupon ids, more than once where they are few.

    The hold-out sees popular coupons or none; the policy's other rules hold for it too. Where it sees none, the answer
    is decided like any other and not shown: what it would have been is logged, to compare like with like.
    `posterior`: what a policy that explores by Thompson sampling has learned; `extra`: what coupons add to the shopper.
    """
    personal = assignment.held_out is not HoldoutSees.POPULAR
    if not personal:
        terms = replace(terms, exploration=0.0)
    candidates = candidates_of(offers, terms, channel_id=channel_id, personal=personal)
    candidates = candidates if extra is None else extra.of(candidates)
    short = shortlist(candidates, terms, history)
    hour = int(now.timestamp() // 3600)
    for asked in (size + SPARE, len(short.order)):
        considered = short.first(asked)
        known = set(eligible([int(coupon) for coupon in candidates.coupon[considered.order]])) if asked else set()
        draw = np.random.default_rng(draw_seed(terms.policy_id or 0, shopper, hour))
        drawn = None if posterior is None else drawn_value(candidates, terms, posterior, draw)
        decision = arrange(considered, terms, eligible=known, size=size, draw=draw, drawn=drawn)
        if len(decision.rows) == size or asked >= len(short.order):
            break
    if assignment.held_out is HoldoutSees.NOTHING:
        decision = _withheld(decision)
    return LiveDecision(
        coupons=decision.coupons.tolist(),
        propensities=decision.propensity.tolist(),
        explored=frozenset(decision.coupons[-1:].tolist() if decision.explored else ()),
        log=_log(decision, assignment, terms),
        decision=decision,
    )


def _withheld(decision: Decision) -> Decision:
    """The same decision with nothing shown."""
    removed, nothing = decision.removed.copy(), np.zeros(0, np.int64)
    removed[decision.rows] = Removal.HELD_OUT
    return replace(
        decision,
        rows=nothing,
        propensity=np.zeros(0),
        removed=removed,
        explored=False,
        pool=nothing,
        shares=np.zeros(0),
    )


def candidates_of(offers: Offers, terms: PolicyTerms, *, channel_id: int, personal: bool = True) -> Candidates:
    """Each coupon once, at its best tier, and below them everything that runs on the channel."""
    facts = coupon_facts(channel_id)
    coupon, score, tier = _arrays(offers)
    if not personal:
        popular = tier > PERSONAL_TIER
        coupon, score, tier = coupon[popular], score[popular], tier[popular]
    running = len(facts.coupon)
    coupon = np.concatenate([coupon, facts.coupon])
    score = np.concatenate([score, -np.arange(running, dtype=float)])
    tier = np.concatenate([tier, np.full(running, RUNNING_TIER)])
    order = np.lexsort((-score, tier))
    _unique, first = np.unique(coupon[order], return_index=True)
    kept = order[np.sort(first)]
    return facts.candidates(coupon[kept], score[kept], tier[kept], terms)


def _arrays(offers: Offers) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    return (
        np.array(offers.coupon, np.int64),
        np.array(offers.score, np.float64),
        np.array(offers.tier, np.int64),
    )


def _log(decision: Decision, assignment: Assignment, terms: PolicyTerms) -> DecisionLog:
    """The best personal candidates with what removed them, and whatever was shown or might have been drawn."""
    candidates = decision.candidates
    personal = np.flatnonzero(candidates.tier == PERSONAL_TIER)
    best = personal[np.argsort(-candidates.score[personal], kind="stable")[:LOGGED]]
    withheld = np.flatnonzero(decision.removed == Removal.HELD_OUT)
    kept = np.unique(np.concatenate([best, decision.rows, decision.pool, withheld]))
    return DecisionLog(
        policy_id=terms.policy_id,
        arm_id=assignment.arm_id,
        held_out=assignment.held_out is not None,
        candidates=candidates.coupon[kept].tolist(),
        scores=np.where(candidates.tier[kept] == PERSONAL_TIER, candidates.score[kept], 0.0).tolist(),
        removed=decision.removed[kept].tolist(),
        chances=shown_probabilities(decision)[kept].tolist(),
    )


def removals_told(decision: Decision) -> dict[int, Removal]:
    """{coupon: the rule that removed it} of every candidate."""
    return {
        int(coupon): Removal(int(number))
        for coupon, number in zip(decision.candidates.coupon, decision.removed, strict=True)
    }
