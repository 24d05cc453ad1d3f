"""Slates computed ahead under a policy: what is published, and what is left to the answer."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from coupons.models import Benefit, Channel, Coupon, Shopper
from coupons.selectors import eligible_for_each
from recommender.enums import Objective, PolicyStatus
from recommender.jobs.policy_slates import make_candidate_slates, terms_by_shopper
from recommender.models import Impression, Policy, PolicyBudget, Recommendation
from recommender.pipeline.publish import publish_slates
from recommender.pipeline.scoring import ScoredCandidates
from recommender.policies.hashing import is_held_out
from recommender.policies.terms import PolicyTerms
from recommender.selectors.coupon_facts import read_coupon_facts
from recommender.selectors.rules import read_rules
from recommender.services.experiments import ArmSpec, save_experiment, start_experiment
from recommender.services.policies import BudgetSpec
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version
from tests.recommender.made_up_policies import make_policy, make_user

pytestmark = pytest.mark.django_db

SCORES = (0.9, 0.8, 0.7, 0.6, 0.5)
SHOPPERS = 40


class Shop:
    """Five coupons scored 0.9 to 0.5 for forty shoppers: 1, 2 and 3 of campaign A, 4 and 5 (B1, B2) of campaign B."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.channel: Channel = make_channel()
        self.first, self.second = (make_campaign(self.channel, name, now=self.now) for name in ("A", "B"))
        self.coupons: list[Coupon] = [*make_coupons(self.first, 3), *make_coupons(self.second, 2)]
        self.shoppers: list[Shopper] = [make_shopper(self.channel, f"s{number}") for number in range(SHOPPERS)]
        self.version = make_version()

    def live(self, **values: object) -> Policy:
        return make_policy(self.channel, PolicyStatus.LIVE, **values)

    def scored(self) -> ScoredCandidates:
        n = len(self.shoppers) * len(self.coupons)
        return ScoredCandidates(
            shopper=np.repeat([shopper.pk for shopper in self.shoppers], len(self.coupons)),
            coupon=np.tile([coupon.pk for coupon in self.coupons], len(self.shoppers)),
            campaign=np.tile([coupon.campaign_id for coupon in self.coupons], len(self.shoppers)),
            score=np.tile(SCORES, len(self.shoppers)),
            parts=np.zeros((n, 0)),
            reasons=({"code": "interest"},) * n,
        )

    def terms(self) -> dict[int, PolicyTerms]:
        names = {shopper.pk: shopper.external_id for shopper in self.shoppers}
        return terms_by_shopper(read_rules(self.channel.pk), names, self.version.pk)

    def publish(self, *, most: int = 30) -> Mapping[str, list[int]]:
        """{shopper: places of their published rows in `coupons`, from 1}: what a shard does, beside the scoring."""
        ids = [shopper.pk for shopper in self.shoppers]
        eligible = eligible_for_each(channel=self.channel, shoppers=ids, now=self.now)
        slates = make_candidate_slates(
            self.scored(), eligible, self.terms(), read_coupon_facts(self.channel.pk), most=most
        )
        publish_slates(version_id=self.version.pk, shoppers=ids, slates=slates, now=self.now)
        place = {coupon.pk: number for number, coupon in enumerate(self.coupons, start=1)}
        published: dict[str, list[int]] = {shopper.external_id: [] for shopper in self.shoppers}
        rows = Recommendation.objects.order_by("shopper", "rank")
        for shopper, coupon in rows.values_list("shopper__external_id", "coupon"):
            published[shopper].append(place[coupon])
        return published

    def everybody(self, *, most: int = 30) -> list[int]:
        """The published places where all shoppers have the same."""
        published = list(self.publish(most=most).values())
        assert published == [published[0]] * SHOPPERS
        return published[0]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_without_a_live_policy_nobody_has_terms(shop: Shop) -> None:
    make_policy(shop.channel)
    assert shop.terms() == {}


def test_pinned_coupons_come_first_and_excluded_ones_never(shop: Shop) -> None:
    shop.live(pinned_coupons=[shop.coupons[4].pk, shop.coupons[2].pk], excluded_coupons=[shop.coupons[0].pk])
    assert shop.everybody() == [5, 3, 2, 4]
    assert shop.everybody(most=3) == [5, 3, 2]
    row = Recommendation.objects.filter(rank=1).first()
    assert row is not None
    assert (row.score, row.propensity, row.reason["code"]) == (0.5, 1.0, "interest")


def test_campaigns_and_the_lowest_score_bound_the_candidates(shop: Shop) -> None:
    shop.live(only_campaigns=[shop.first.pk], min_score=0.75)
    assert shop.everybody() == [1, 2]


def test_who_may_not_use_a_coupon_has_no_row_of_it(shop: Shop) -> None:
    shop.live()
    Coupon.objects.filter(pk=shop.coupons[1].pk).update(active=False)
    assert shop.everybody() == [1, 3, 4, 5]


def test_caps_are_left_to_the_answer(shop: Shop) -> None:
    """What was shown enough or is too many of a campaign may be wanted again when the caps allow it."""
    shop.live(max_impressions=1, redemption_days=30, max_per_campaign=1, exploration_percent=50)
    seen = shop.coupons[0]
    Impression.objects.create(
        slate_id="00000000-0000-4000-8000-000000000001", channel=shop.channel, shopper=shop.shoppers[0],
        coupon=seen, position=1, propensity=1.0, shown_at=shop.now - timedelta(hours=1),
    )  # fmt: skip
    assert shop.everybody() == [1, 2, 3, 4, 5]


def test_who_is_held_out_has_the_live_policys_candidates(shop: Shop) -> None:
    """They are not shown to them; a hold-out that shrinks finds them there."""
    shop.live(holdout_percent=50, holdout_sees="nothing", excluded_coupons=[shop.coupons[0].pk])
    held = [shopper for shopper in shop.shoppers if is_held_out(shop.channel.pk, shopper.external_id, 0.5)]
    assert 0 < len(held) < SHOPPERS
    assert shop.everybody() == [2, 3, 4, 5]


def test_who_is_in_an_arm_has_the_candidates_of_its_policy(shop: Shop) -> None:
    shop.live(excluded_coupons=[shop.coupons[0].pk])
    tried = make_policy(shop.channel, pinned_coupons=[shop.coupons[4].pk])
    experiment = save_experiment(
        channel=shop.channel, name="Made up", arms=[ArmSpec("Control"), ArmSpec("New", policy_id=tried.pk)], actor=None
    )
    start_experiment(experiment=experiment, actor=make_user("starter"), now=shop.now, refresh=False)
    rules = read_rules(shop.channel.pk)
    new = {arm.arm_id for arm in rules.arms if arm.policy_id == tried.pk}
    published = shop.publish()
    arms = {name: rules.assignment(name).arm_id in new for name in published}
    assert set(arms.values()) == {True, False}
    assert published == {name: [5, 1, 2, 3, 4] if arms[name] else [2, 3, 4, 5] for name in published}


def test_at_its_price_a_budget_leaves_out_what_earns_too_little(shop: Shop) -> None:
    """A use earns 10.00 before the discount of 1.00 to 5.00: 9, 4, 2.33, 1.5 and 1 for each unit of cost."""
    for off, coupon in enumerate(shop.coupons, start=1):
        Benefit.objects.filter(coupon=coupon).update(amount_minor=100 * off)
    profit = {"objective": Objective.PROFIT, "basket_minor": 2_500, "margin_percent": 40}
    policy = shop.live(**profit, budgets=[BudgetSpec("All", "week", 100_000)])  # type: ignore[arg-type]
    assert shop.everybody() == [1, 2, 3, 4, 5]  # 8.1, 6.4, 4.9, 3.6 and 2.5
    PolicyBudget.objects.filter(policy=policy).update(price=2.0)
    assert shop.everybody() == [1, 2, 3]
    PolicyBudget.objects.filter(policy=policy).update(price=2.0, pace=2.5)  # 5.075 now
    assert shop.everybody() == [1]


def test_what_a_spent_budget_pays_for_comes_last(shop: Shop) -> None:
    """It may be offered again in the next minute."""
    budget = BudgetSpec("A", "week", 1_000, [shop.first.pk])  # type: ignore[arg-type]
    policy = shop.live(budgets=[budget], excluded_coupons=[shop.coupons[0].pk])
    PolicyBudget.objects.filter(policy=policy).update(stopped=True)
    assert shop.everybody() == [4, 5, 2, 3]
    assert shop.everybody(most=3) == [4, 5, 2]
