"""A policy on the read path: rules act with the next answer, propensities are exact, arms and the hold-out hold."""

import time
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from coupons.enums import BudgetPeriod
from coupons.models import Channel, Coupon, Shopper
from recommender.enums import Fallback, HoldoutSees, PolicyStatus, VersionStatus
from recommender.models import Dismissal, Impression, Policy, SlateLog
from recommender.policies.hashing import arm_of, is_held_out
from recommender.policies.removals import Removal
from recommender.selectors import Slate, recommend_for
from recommender.selectors.coupon_facts import forget_coupon_facts
from recommender.selectors.rules import forget_rules, tried_version_ids
from recommender.services import record_impressions
from recommender.services.experiments import ArmSpec, save_experiment, start_experiment, stop_experiment
from recommender.services.pacing import pace_budgets
from recommender.services.policies import BudgetSpec
from recommender.services.upkeep import prune_recommendations
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupons,
    make_popular,
    make_shopper,
    make_version,
    recommend,
)
from tests.recommender.made_up_policies import make_policy, make_user, use

pytestmark = pytest.mark.django_db


class Shop:
    """A channel with six coupons, five of them recommended to ann: 0.9, 0.8, 0.7, 0.6, 0.5."""

    def __init__(self) -> None:
        forget_coupon_facts()
        self.now = timezone.now()
        self.channel: Channel = make_channel()
        self.campaign = make_campaign(self.channel, now=self.now)
        self.coupons: list[Coupon] = make_coupons(self.campaign, 6)
        self.version = make_version(1)
        self.ann: Shopper = make_shopper(self.channel, "ann")
        recommend(self.version, self.ann, *self.coupons[:5])

    def live(self, **values: Any) -> Policy:
        return make_policy(self.channel, PolicyStatus.LIVE, **values)

    def ask(self, shopper: str = "ann", limit: int = 2) -> Slate:
        slate = recommend_for(channel=self.channel, shopper_external_id=shopper, now=self.now, limit=limit)
        record_impressions(slate=slate)
        return slate

    def shown(self, shopper: str = "ann", limit: int = 2) -> list[str]:
        return [item.coupon.external_id for item in self.ask(shopper, limit).items]

    def pk(self, *names: int) -> list[int]:
        return [self.coupons[name - 1].pk for name in names]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_without_a_policy_the_model_s_slate_stands_and_no_decision_is_logged(shop: Shop) -> None:
    assert shop.shown() == ["1", "2"]
    assert not SlateLog.objects.exists()
    assert not Impression.objects.exclude(policy=None, arm=None).exists()


def test_exclusions_and_pins_hold_for_whatever_fills_a_place(shop: Shop) -> None:
    shop.live(excluded_coupons=shop.pk(1), pinned_coupons=shop.pk(6))
    assert shop.shown(limit=10) == ["6", "2", "3", "4", "5"]
    make_popular(shop.version, shop.channel, shop.coupons[0], shop.coupons[1])
    assert shop.shown("somebody unknown", limit=10) == ["6", "2", "3", "4", "5"]


def test_the_decision_is_logged_whole(shop: Shop) -> None:
    policy = shop.live(excluded_coupons=shop.pk(1))
    slate = shop.ask()
    log = SlateLog.objects.get()
    assert (log.slate_id, log.channel, log.shopper, log.policy) == (slate.slate_id, shop.channel, shop.ann, policy)
    assert (log.model_version, log.arm, log.held_out, log.shown_at) == (shop.version, None, False, shop.now)
    assert log.candidates == shop.pk(1, 2, 3, 4, 5)
    assert log.scores == [0.9, 0.8, 0.7, 0.6, 0.5]
    rules = [Removal.EXCLUDED, Removal.SHOWN, Removal.SHOWN, Removal.RANKED_LOWER, Removal.RANKED_LOWER]
    assert log.removed == [int(rule) for rule in rules]
    rows = Impression.objects.order_by("position").values_list("coupon", "position", "propensity", "policy")
    assert list(rows) == [(shop.pk(2)[0], 1, 1.0, policy.pk), (shop.pk(3)[0], 2, 1.0, policy.pk)]


def test_a_cap_acts_with_the_next_answer(shop: Shop) -> None:
    shop.live(max_impressions=2)
    assert [shop.shown() for _ in range(3)] == [["1", "2"], ["1", "2"], ["3", "4"]]


def test_a_dismissal_and_a_use_act_with_the_next_answer(shop: Shop) -> None:
    shop.live(redemption_days=7)
    Dismissal.objects.create(shopper=shop.ann, coupon=shop.coupons[0], dismissed_at=shop.now)
    assert shop.shown() == ["2", "3"]
    use(shop.ann, shop.coupons[1], 100, shop.now)
    assert shop.shown() == ["3", "4"]


def test_an_edit_of_another_process_is_seen_after_a_second_and_one_of_this_at_once(shop: Shop) -> None:
    shop.live()
    assert shop.shown() == ["1", "2"]
    Policy.objects.update(excluded_coupons=shop.pk(1))
    forget_rules()
    assert shop.shown() == ["2", "3"]


def test_explored_places_are_logged_with_their_exact_propensity(shop: Shop) -> None:
    """Half the answers draw the last place from the best and the four behind it: 0.1 each, the best 0.6."""
    shop.live(exploration_percent=50)
    drawn: Counter[str] = Counter()
    for number in range(100):
        shopper = make_shopper(shop.channel, f"s{number}")
        recommend(shop.version, shopper, *shop.coupons[:5])
        first, last = shop.ask(shopper.external_id).items
        assert (first.coupon.external_id, first.propensity) == ("1", 1.0)
        best = last.coupon.external_id == "2"
        assert last.propensity == pytest.approx(0.6 if best else 0.1)
        assert (last.reason["code"] == "exploration") is not best
        drawn[last.coupon.external_id] += 1
        logged = SlateLog.objects.get(shopper=shopper)
        assert logged.removed.count(Removal.EXPLORATION) == 4
    assert set(drawn) == {"2", "3", "4", "5", "6"}
    assert abs(drawn["2"] - 60) < 20  # four standard errors


def test_the_same_answer_within_the_hour(shop: Shop) -> None:
    shop.live(exploration_percent=50)
    assert len({tuple(shop.shown()) for _ in range(5)}) == 1


def _held_out(channel: Channel, *, held: bool) -> str:
    return next(str(n) for n in range(1000) if is_held_out(channel.pk, str(n), 0.5) is held)


@pytest.mark.parametrize(("sees", "expected"), [(HoldoutSees.POPULAR, ["6", "1"]), (HoldoutSees.NOTHING, [])])
def test_the_hold_out_sees_popular_coupons_or_none(shop: Shop, sees: HoldoutSees, expected: list[str]) -> None:
    policy = shop.live(holdout_percent=50, holdout_sees=sees)
    make_popular(shop.version, shop.channel, shop.coupons[5], shop.coupons[0])
    inside, outside = (make_shopper(shop.channel, _held_out(shop.channel, held=held)) for held in (True, False))
    for shopper in (inside, outside):
        recommend(shop.version, shopper, *shop.coupons[:5])
    slate = shop.ask(inside.external_id)
    assert [item.coupon.external_id for item in slate.items] == expected
    assert slate.fallback is Fallback.HELD_OUT
    log = SlateLog.objects.get(shopper=inside)
    assert (log.held_out, log.policy, log.arm) == (True, policy, None)
    assert shop.shown(outside.external_id) == ["1", "2"]
    assert SlateLog.objects.get(shopper=outside).held_out is False


def test_an_arm_s_policy_and_model_are_served_and_logged(shop: Shop) -> None:
    shop.live()
    draft, other = make_policy(shop.channel, excluded_coupons=shop.pk(1)), make_version(2, VersionStatus.CANDIDATE)
    recommend(other, shop.ann, *reversed(shop.coupons))
    arms = [ArmSpec("Control"), ArmSpec("New", policy_id=draft.pk, model_version_id=other.pk)]
    experiment = save_experiment(channel=shop.channel, name="A/B", arms=arms, actor=None)
    start_experiment(experiment=experiment, actor=make_user(), now=shop.now, refresh=False)
    forget_rules()
    control, new = experiment.arms.order_by("position")
    arm = (control, new)[arm_of(str(experiment.salt), "ann", [1, 1])]
    slate = shop.ask(limit=6)
    names = [item.coupon.external_id for item in slate.items]
    assert names == (["1", "2", "3", "4", "5", "6"] if arm == control else ["6", "5", "4", "3", "2"])
    assert slate.model_version == (1 if arm == control else 2)
    log = SlateLog.objects.get()
    assert (log.arm, log.policy) == (arm, draft if arm == new else Policy.objects.get(status="live"))
    assert set(Impression.objects.values_list("arm", flat=True)) == {arm.pk}
    others = {shop.ask(f"unknown {n}").decision.arm_id for n in range(30)}
    assert others == {control.pk, new.pk}


def test_what_is_tried_is_kept_and_computed(shop: Shop) -> None:
    other = make_version(2, VersionStatus.RETIRED)
    make_version(3, VersionStatus.CANDIDATE)
    recommend(other, shop.ann, *shop.coupons)
    arms = [ArmSpec("Control"), ArmSpec("New", model_version_id=other.pk)]
    experiment = save_experiment(channel=shop.channel, name="A/B", arms=arms, actor=None)
    assert tried_version_ids() == []
    start_experiment(experiment=experiment, actor=make_user(), now=shop.now, refresh=False)
    assert tried_version_ids() == [other.pk]
    assert prune_recommendations() == 0
    stop_experiment(experiment=experiment, actor=make_user("other"), now=shop.now)
    assert tried_version_ids() == []
    assert prune_recommendations() == 6


def test_a_spent_budget_is_offered_nothing_more(shop: Shop) -> None:
    shop.live(budgets=[BudgetSpec("All", BudgetPeriod.TOTAL, 150)])
    assert shop.shown() == ["1", "2"]
    use(shop.ann, shop.coupons[5], 100, shop.now)
    pace_budgets(now=shop.now)
    slate = shop.ask()
    assert slate.items == []
    assert set(SlateLog.objects.get(slate_id=slate.slate_id).removed) == {int(Removal.BUDGET_SPENT)}


def test_a_policy_costs_one_statement_more_and_none_within_the_second(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    second = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: second)
    shop.live(max_impressions=5)
    shop.ask()
    shop.ask()  # what was kept of other tests' coupons is asked about once
    with django_assert_num_queries(4):  # context, history, eligibility, the log; what is shown was kept
        shop.ask()
    forget_rules()
    with django_assert_num_queries(5):
        shop.ask()
