"""What would this policy have earned? Against worths that are known, and honest where the log says too little."""

import uuid
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from coupons.enums import RedemptionStatus
from coupons.models import Channel, Coupon, Redemption, Shopper
from recommender.enums import EstimateKind, EstimateStatus, PolicyStatus
from recommender.jobs.estimates import answer_estimate
from recommender.jobs.pricing import price_budgets
from recommender.models import Impression, Policy, PolicyEstimate, SlateLog
from recommender.policies.candidates import Candidates
from recommender.policies.removals import Removal
from recommender.policies.replay import inclusion, shown_probabilities, support
from recommender.policies.stages import apply_policy
from recommender.policies.terms import PolicyTerms
from recommender.selectors.coupon_facts import forget_coupon_facts
from recommender.services.policies import BudgetSpec
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend
from tests.recommender.made_up_policies import make_policy

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SCORES = np.array([0.5, 0.3, 0.2])
"""Three coupons, the true probability of a use; a use earns 1,000 x 50 % - 100 = 400."""


@pytest.fixture
def channel() -> Channel:
    forget_coupon_facts()
    return make_channel()


@pytest.fixture
def coupons(channel: Channel) -> list[Coupon]:
    return make_coupons(make_campaign(channel, now=NOW), 3)


WORTH: dict[str, Any] = {"margin_percent": 50, "basket_minor": 1_000}


def log_answers(policy: Policy, coupons: list[Coupon], shoppers: list[Shopper], *, exploration: float) -> float:
    """One place a shopper, decided by the policy's own stages; the mean of what was earned."""
    random, ids = np.random.default_rng(7), np.array([coupon.pk for coupon in coupons])
    terms = PolicyTerms(exploration=exploration)
    logs, rows, uses = [], [], []
    for shopper in shoppers:
        these = Candidates.of(ids, SCORES, campaign=np.ones(3, np.int64))
        decision = apply_policy(these, terms, size=1, draw=random)
        slate, (row,) = uuid.uuid4(), decision.rows.tolist()
        shared = {"slate_id": slate, "channel": policy.channel, "shopper": shopper, "policy": policy, "shown_at": NOW}
        logs.append(
            SlateLog(**shared, candidates=ids.tolist(), scores=SCORES.tolist(), removed=decision.removed.tolist())
        )
        rows.append(Impression(**shared, coupon_id=int(ids[row]), position=1, propensity=decision.propensity[0]))
        if random.random() < SCORES[row]:
            uses.append(
                Redemption(
                    channel=policy.channel, order_ref=str(slate), coupon_id=int(ids[row]), shopper=shopper,
                    status=RedemptionStatus.REDEEMED, amount_minor=100, currency="USD", slate_id=slate, redeemed_at=NOW,
                )
            )  # fmt: skip
    SlateLog.objects.bulk_create(logs)
    Impression.objects.bulk_create(rows)
    Redemption.objects.bulk_create(uses)
    return 400 * len(uses) / len(shoppers)


def ask(policy: Policy) -> PolicyEstimate:
    estimate = PolicyEstimate.objects.create(policy=policy, kind=EstimateKind.EARNINGS)
    answer_estimate(estimate_id=estimate.pk, now=NOW + timedelta(minutes=1))
    estimate.refresh_from_db()
    return estimate


def people(channel: Channel, count: int) -> list[Shopper]:
    return Shopper.objects.bulk_create(Shopper(channel=channel, external_id=f"p{n}") for n in range(count))


def test_the_intervals_hold_the_known_worths(channel: Channel, coupons: list[Coupon]) -> None:
    """The live policy explores half its answers: 400 x (0.667 x 0.5 + 0.167 x 0.3 + 0.167 x 0.2) = 166.67.

    The draft excludes the best and shows the second: 400 x 0.3 = 120.
    """
    live = make_policy(channel, PolicyStatus.LIVE, exploration_percent=50, **WORTH)
    draft = make_policy(channel, excluded_coupons=[coupons[0].pk], **WORTH)
    earned = log_answers(live, coupons, people(channel, 3_000), exploration=0.5)
    estimate = ask(draft)
    result = estimate.result
    assert (estimate.status, estimate.progress, result["live_policy"]) == (EstimateStatus.DONE, 100, live.pk)
    assert (result["answers"], result["shoppers"], result["supported"]) == (3_000, 3_000, True)
    assert result["policy"]["low"] < 120 < result["policy"]["high"]
    assert result["live"]["low"] < 500 / 3 < result["live"]["high"]
    assert result["live"]["estimate"] == pytest.approx(earned, rel=0.02)
    assert result["difference"]["high"] < 0
    assert result["policy"]["covered"] == pytest.approx(1.0)
    assert set(result["policy"]["estimators"]) == {"ips", "snips", "dm", "dr", "sndr", "switch_dr"}


def test_without_exploration_the_log_says_too_little(channel: Channel, coupons: list[Coupon]) -> None:
    live = make_policy(channel, PolicyStatus.LIVE, **WORTH)
    draft = make_policy(channel, excluded_coupons=[coupons[0].pk], **WORTH)
    log_answers(live, coupons, people(channel, 300), exploration=0.0)
    result = ask(draft).result
    assert result["supported"] is False
    assert (result["policy"]["covered"], result["policy"]["effective"]) == (0.0, 0.0)
    assert result["live"]["covered"] == 1.0


@pytest.mark.parametrize(
    ("live", "told"), [(False, "No policy is live on this channel"), (True, "No answer of a policy was logged")]
)
def test_what_is_missing_is_said(channel: Channel, live: bool, told: str) -> None:
    if live:
        make_policy(channel, PolicyStatus.LIVE)
    estimate = ask(make_policy(channel))
    assert estimate.status == EstimateStatus.FAILED
    assert estimate.error.startswith(told)


def test_an_estimate_is_answered_once(channel: Channel) -> None:
    estimate = ask(make_policy(channel))
    PolicyEstimate.objects.filter(pk=estimate.pk).update(error="kept")
    answer_estimate(estimate_id=estimate.pk, now=NOW)
    answer_estimate(estimate_id=999_999, now=NOW)
    estimate.refresh_from_db()
    assert estimate.error == "kept"


def test_inclusion_is_what_is_drawn() -> None:
    these = Candidates.of(np.arange(1, 5), np.array([0.9, 0.5, 0.4, 0.3]), campaign=np.ones(4, np.int64))
    terms, removed = PolicyTerms(exploration=0.3), np.zeros(4, np.int64)
    assert inclusion(these, terms, removed, size=2) == pytest.approx([1.0, 0.8, 0.1, 0.1])
    removed[0] = Removal.DISMISSED
    assert inclusion(these, terms, removed, size=2) == pytest.approx([0.0, 1.0, 0.85, 0.15])
    decision = apply_policy(these, terms, size=2, draw=np.random.default_rng(1))
    shares = shown_probabilities(decision)
    assert shares.sum() == pytest.approx(2.0)
    assert decision.propensity == pytest.approx(shares[decision.rows])


def test_support_counts_what_was_or_might_have_been_shown() -> None:
    removed = np.array([Removal.SHOWN, Removal.EXPLORATION, Removal.RANKED_LOWER, Removal.EXCLUDED])
    told = support(np.array([1.0, 0.5, 0.25, 0.25]), removed)
    assert (told.asked, told.known, told.share) == (2.0, 1.5, 0.75)
    assert support(np.zeros(4), removed).share == 0.0


def test_prices_are_kept_with_the_budgets_that_decide(channel: Channel, coupons: list[Coupon]) -> None:
    """Scores 0.9, 0.8 and 0.7 for two shoppers, 1.00 off each, 4.00 earned a use: four times its cost, whichever.

    All are alike to a price: 1.80 buys 0.90 for both, which earn 7.20.
    """
    version = make_version()
    for name in ("a", "b"):
        recommend(version, make_shopper(channel, name), *coupons)
    budgets = [BudgetSpec("All", "total", 180)]  # type: ignore[arg-type]
    live = make_policy(channel, PolicyStatus.LIVE, budgets=budgets, **WORTH)
    draft = make_policy(channel, budgets=budgets, **WORTH)
    assert price_budgets(now=NOW) == 1
    budget = live.budgets.get()
    assert budget.price == pytest.approx(4.0, abs=0.02)
    assert (budget.expected_spend_minor, budget.expected_profit_minor, budget.priced_at) == (180, 720, NOW)
    assert draft.budgets.get().price is None


def test_without_slates_no_price_is_made_up(channel: Channel) -> None:
    live = make_policy(channel, PolicyStatus.LIVE, budgets=[BudgetSpec("All", "total", 180)], **WORTH)  # type: ignore[arg-type]
    price_budgets(now=NOW)
    assert live.budgets.get().price is None
