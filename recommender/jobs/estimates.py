"""Answers to questions about policies: what one would have earned, and what its budgets would earn."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from recommender.decisions.exploration import LinearPosterior
from recommender.decisions.intervals import Interval
from recommender.decisions.off_policy import Estimator, OffPolicyLog, compare_policies, estimate_values
from recommender.enums import EstimateKind, EstimateStatus, PolicyStatus
from recommender.models import Policy, PolicyEstimate
from recommender.policies.candidates import Candidates
from recommender.policies.removals import Removal
from recommender.policies.replay import Support, inclusion, support
from recommender.policies.terms import PolicyTerms
from recommender.policies.value import expected_value
from recommender.selectors.coupon_facts import CouponFacts, read_coupon_facts
from recommender.selectors.decision_log import LoggedSlate, logged_slates
from recommender.selectors.gate import MIN_COVERED, MIN_EFFECTIVE, MIN_USES
from recommender.selectors.learned import learned_posterior
from recommender.selectors.rules import terms_of
from recommender.selectors.slates import live_version
from recommender.services.estimates import fail_estimate

logger = logging.getLogger(__name__)

DAYS = 28
MOST_SLATES = 20_000


class NotEnoughError(ValueError):
    """The log does not hold what an estimate needs; the text says what is missing."""


def answer_estimate(*, estimate_id: int, now: datetime) -> None:
    """Work on one question. Gone or answered already: nothing to do. A failure is written to the row."""
    claimed = PolicyEstimate.objects.filter(pk=estimate_id, status=EstimateStatus.QUEUED).update(
        status=EstimateStatus.RUNNING, progress=1
    )
    if not claimed:
        logger.info("Estimate %s is gone or taken", estimate_id)
        return
    estimate = PolicyEstimate.objects.select_related("policy__channel").get(pk=estimate_id)
    try:
        result = ANSWERS[EstimateKind(estimate.kind)](estimate, now)
    except NotEnoughError as error:
        fail_estimate(estimate_id=estimate_id, error=str(error))
    except Exception as error:
        fail_estimate(estimate_id=estimate_id, error=f"{type(error).__name__}: {error}")
        raise
    else:
        PolicyEstimate.objects.filter(pk=estimate_id).update(
            status=EstimateStatus.DONE, progress=100, result=result, finished_at=now
        )


# --- what would this policy have earned? ------------------------------------------------------------------------------


@dataclass
class _Rows:
    """One row a shown coupon; `answer_value`: the model's value of the whole answer, spread over its rows."""

    reward: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)
    target: list[float] = field(default_factory=list)
    model: list[float] = field(default_factory=list)
    answer_value: list[float] = field(default_factory=list)

    def log(self, shoppers: list[int], scale: float) -> OffPolicyLog:
        return OffPolicyLog(
            reward=np.array(self.reward),
            logged_propensity=np.array(self.logged),
            target_propensity=np.array(self.target),
            model_logged=scale * np.array(self.model),
            model_target=scale * np.array(self.answer_value),
            cluster=np.array(shoppers, np.int64),
        )


@dataclass
class _Question:
    """A policy in question while the log is read."""

    terms: PolicyTerms
    posterior: LinearPosterior | None = None
    rows: _Rows = field(default_factory=_Rows)
    asked: float = 0.0
    known: float = 0.0

    def add(self, support: Support) -> None:
        self.asked += support.asked
        self.known += support.known


def _earnings(estimate: PolicyEstimate, now: datetime) -> dict[str, Any]:
    """Incremental profit of an answer under the policy and under the live one, from the same logged answers."""
    policy = estimate.policy
    live = Policy.objects.filter(channel=policy.channel_id, status=PolicyStatus.LIVE).first()
    if live is None:
        raise NotEnoughError("No policy is live on this channel: there are no answers to learn from yet")
    days = int(estimate.asked.get("days", DAYS))
    facts = read_coupon_facts(policy.channel_id)
    value_terms = terms_of(live)
    version = live_version()
    questions = [
        _Question(terms, learned_posterior(terms, version.pk if version else None))
        for terms in (terms_of(policy), value_terms)
    ]
    shoppers: list[int] = []
    slates = 0
    since = now - timedelta(days=days)
    for slate in logged_slates(channel_id=policy.channel_id, since=since, until=now, most=MOST_SLATES):
        slates += 1
        shoppers += [slate.shopper_id] * len(slate.shown)
        _replay(slate, facts, questions, value_terms)
        if slates % 1_000 == 0:
            share = 5 + 90 * slates // MOST_SLATES
            PolicyEstimate.objects.filter(pk=estimate.pk).update(progress=min(share, 95))
    if not slates:
        raise NotEnoughError(f"No answer of a policy was logged in the last {days} days")
    predicted, earned = sum(questions[0].rows.model), sum(questions[0].rows.reward)
    scale = earned / predicted if predicted > 0 and earned > 0 else 1.0
    logs = [question.rows.log(shoppers, scale) for question in questions]
    per_answer = len(shoppers) / slates
    told = [_told(log, question, per_answer) for log, question in zip(logs, questions, strict=True)]
    difference = compare_policies(logs[1], logs[0], Estimator.DR)
    uses = sum(1 for each in questions[0].rows.reward if each)
    supported = uses >= MIN_USES and all(
        each["effective"] >= MIN_EFFECTIVE and each["covered"] >= MIN_COVERED and each["low"] is not None
        for each in told
    )
    return {
        "live_policy": live.pk,
        "days": days,
        "answers": slates,
        "shoppers": len(set(shoppers)),
        "uses": uses,
        "policy": told[0],
        "live": told[1],
        "difference": _interval(difference, per_answer),
        "supported": supported,
        "margin": value_terms.margin,
        "incremental": value_terms.incremental,
    }


def _replay(slate: LoggedSlate, facts: CouponFacts, questions: list[_Question], value_terms: PolicyTerms) -> None:
    """Rows of one answer for every policy in question. Worth is counted by the live policy's margin for all of them."""
    tier = np.where(slate.scores > 0, 0, 1)
    base = facts.candidates(slate.candidates, slate.scores, tier, value_terms)
    worth = expected_value(base, value_terms)
    place = {int(coupon): row for row, coupon in enumerate(slate.candidates)}
    rows = [place[int(coupon)] for coupon in slate.shown if int(coupon) in place]
    if len(rows) < len(slate.shown):
        raise NotEnoughError("A logged answer shows a coupon that is not among its candidates")
    used = ~np.isnan(slate.discounts)
    gained = value_terms.incremental * base.margin[rows] - np.nan_to_num(slate.discounts)
    reward = np.where(used, gained, 0.0).tolist()
    for question in questions:
        candidates: Candidates = facts.candidates(slate.candidates, slate.scores, tier, question.terms)
        target = inclusion(
            candidates, question.terms, slate.removed, size=len(slate.shown), posterior=question.posterior
        )
        question.rows.reward += reward
        question.rows.logged += slate.propensities.tolist()
        question.rows.target += np.minimum(target[rows], 1.0).tolist()
        question.rows.model += worth[rows].tolist()
        question.rows.answer_value += [float(target @ worth) / len(rows)] * len(rows)
        question.add(support(target, _known(slate)))


def _known(slate: LoggedSlate) -> np.ndarray[Any, np.dtype[np.int64]]:
    removed = slate.removed.copy()
    removed[np.isin(slate.candidates, slate.shown)] = Removal.SHOWN
    return removed


def _told(log: OffPolicyLog, question: _Question, per_answer: float) -> dict[str, Any]:
    estimates = estimate_values(log)
    main = estimates[Estimator.DR].interval
    return {
        **_interval(main, per_answer),
        "estimators": {str(name): _interval(each.interval, per_answer) for name, each in estimates.items()},
        "effective": round(log.effective_sample_size, 1),
        "covered": Support(question.asked, question.known).share,
    }


def _interval(interval: Interval, per_answer: float) -> dict[str, float | None]:
    """In minor units an answer; an end that is not known is None."""
    ends = {name: getattr(interval, name) * per_answer for name in ("estimate", "low", "high")}
    return {name: value if np.isfinite(value) else None for name, value in ends.items()}


ANSWERS = {EstimateKind.EARNINGS: _earnings}
"""Who answers which question."""
