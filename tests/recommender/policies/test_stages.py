"""apply_policy: what each stage removes and why, exact propensities, and the bounds that no slate may break."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from recommender.decisions.exploration import chance_shares
from recommender.policies.candidates import Candidates, History
from recommender.policies.removals import STAGE_OF, Removal
from recommender.policies.stages import Decision, apply_policy
from recommender.policies.terms import BudgetTerms, PolicyTerms


def candidates(*scores: float, **arrays: Any) -> Candidates:
    """Coupons 1, 2, ... of campaign 1 unless told otherwise."""
    coupon = np.arange(1, len(scores) + 1)
    given = {name: np.asarray(values) for name, values in arrays.items()}
    given.setdefault("campaign", np.ones(len(scores), np.int64))
    return Candidates.of(coupon, np.array(scores, float), **given)


def decide(these: Candidates, terms: PolicyTerms, *, size: int = 2, seed: int = 0, **known: Any) -> Decision:
    return apply_policy(these, terms, size=size, draw=np.random.default_rng(seed), **known)


def told(decision: Decision) -> list[str]:
    return [Removal(int(number)).slug for number in decision.removed]


def test_the_best_are_shown_and_the_others_ranked_lower() -> None:
    decision = decide(candidates(0.1, 0.3, 0.2), PolicyTerms())
    assert decision.coupons.tolist() == [2, 3]
    assert decision.propensity.tolist() == [1.0, 1.0]
    assert told(decision) == ["ranked_lower", "shown", "shown"]
    assert not decision.explored


def test_equal_scores_go_by_coupon_and_no_candidate_is_a_valid_answer() -> None:
    assert decide(candidates(0.5, 0.5, 0.5), PolicyTerms()).coupons.tolist() == [1, 2]
    empty = decide(candidates(), PolicyTerms(exploration=0.5))
    assert (empty.coupons.tolist(), empty.propensity.tolist(), told(empty)) == ([], [], [])


@pytest.mark.parametrize(
    ("terms", "known", "reasons"),
    [
        (PolicyTerms(excluded=frozenset({2})), {}, ["shown", "excluded", "shown"]),
        (PolicyTerms(min_score=0.25), {}, ["low_score", "shown", "low_score"]),
        (PolicyTerms(only_campaigns=frozenset({9})), {}, ["other_campaign"] * 3),
        (PolicyTerms(), {"history": History(dismissed=frozenset({2}))}, ["shown", "dismissed", "shown"]),
        (
            PolicyTerms(max_impressions=3),
            {"history": History(shown={2: 3, 3: 2})},
            ["shown", "shown_enough", "shown"],
        ),
        (
            PolicyTerms(redemption_days=7),
            {"history": History(used=frozenset({2}))},
            ["shown", "used_lately", "shown"],
        ),
        (PolicyTerms(), {"eligible": {1, 3}}, ["shown", "not_eligible", "shown"]),
        (PolicyTerms(max_per_campaign=1), {}, ["campaign_full", "shown", "campaign_full"]),
    ],
)
def test_each_rule_removes_what_it_says(terms: PolicyTerms, known: dict[str, Any], reasons: list[str]) -> None:
    assert told(decide(candidates(0.1, 0.3, 0.2), terms, **known)) == reasons


def test_rules_without_their_setting_read_no_history() -> None:
    history = History(shown={1: 99}, used=frozenset({1}), dismissed_categories=frozenset({7}))
    these = candidates(0.3, 0.2, category=[7, 8])
    assert told(decide(these, PolicyTerms(), history=history)) == ["shown", "shown"]
    rests = PolicyTerms(dismissal_days=5)
    assert told(decide(these, rests, history=history)) == ["category_dismissed", "shown"]


def test_the_first_rule_is_the_one_that_is_told() -> None:
    terms = PolicyTerms(excluded=frozenset({1}), min_score=0.9)
    assert told(decide(candidates(0.1), terms, eligible=set())) == ["excluded"]


def test_pinned_coupons_come_first_in_their_order_whatever_they_score() -> None:
    terms = PolicyTerms(pinned=(3, 1), min_score=0.15, only_campaigns=frozenset({5}), max_per_campaign=1)
    these = candidates(0.01, 0.9, 0.02, campaign=[1, 5, 1])
    assert decide(these, terms, size=3).coupons.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    "known",
    [{"eligible": {2}}, {"history": History(dismissed=frozenset({1}))}],
)
def test_a_pinned_coupon_obeys_eligibility_and_the_shopper(known: dict[str, Any]) -> None:
    assert decide(candidates(0.1, 0.3), PolicyTerms(pinned=(1,)), **known).coupons.tolist() == [2]


def test_a_lower_tier_only_fills_up() -> None:
    these = candidates(0.01, 0.9, 0.5, tier=[0, 1, 2])
    assert decide(these, PolicyTerms(), size=2).coupons.tolist() == [1, 2]


def test_profit_orders_by_what_a_coupon_earns_and_leaves_out_what_costs_more() -> None:
    """0.5 x (100 - 90) = 5; 0.2 x (100 - 20) = 16; 0.9 x (100 - 100) = 0."""
    these = candidates(0.5, 0.2, 0.9, margin=[100.0] * 3, cost=[90.0, 20.0, 100.0])
    decision = decide(these, PolicyTerms(maximise_profit=True), size=3)
    assert decision.coupons.tolist() == [2, 1]
    assert decision.value == pytest.approx([5.0, 16.0, 0.0])
    assert told(decision) == ["shown", "shown", "earns_nothing"]
    half = decide(these, PolicyTerms(maximise_profit=True, incremental=0.5), size=3)
    assert half.value == pytest.approx([-20.0, 6.0, -45.0])
    assert half.coupons.tolist() == [2]


def test_a_budget_takes_its_price_from_what_it_pays_for() -> None:
    """Price 0.5: 0.5 x (100 - 40) - 0.5 x 0.5 x 40 = 20; the other campaign keeps 0.4 x 60 = 24."""
    these = candidates(0.5, 0.4, campaign=[1, 2], margin=[100.0] * 2, cost=[40.0, 40.0])
    budget = BudgetTerms(budget_id=1, campaigns=frozenset({1}), price=0.5)
    decision = decide(these, PolicyTerms(maximise_profit=True, budgets=(budget,)))
    assert decision.value == pytest.approx([20.0, 24.0])
    assert decision.coupons.tolist() == [2, 1]


def test_nothing_is_shown_that_a_spent_budget_would_pay_for() -> None:
    these = candidates(0.5, 0.4, 0.3, campaign=[1, 2, 1])
    spent = BudgetTerms(budget_id=1, campaigns=frozenset({1}), stopped=True)
    assert told(decide(these, PolicyTerms(budgets=(spent,), pinned=(3,)))) == ["budget_spent", "shown", "budget_spent"]
    everything = BudgetTerms(budget_id=2, stopped=True)
    assert decide(these, PolicyTerms(budgets=(everything,))).coupons.tolist() == []


def test_diversity_bounds_categories_and_coupons_without_one_are_free() -> None:
    these = candidates(0.5, 0.4, 0.3, 0.2, category=[7, 7, -1, -1], campaign=[1, 2, 3, 4])
    decision = decide(these, PolicyTerms(max_per_category=1), size=3)
    assert decision.coupons.tolist() == [1, 3, 4]
    assert told(decision)[1] == "category_full"


def test_the_fairness_floor_keeps_its_places() -> None:
    """A third of 4 places, rounded up, are 2."""
    these = candidates(0.9, 0.8, 0.7, 0.6, 0.2, 0.1, fair=[False] * 4 + [True] * 2)
    decision = decide(these, PolicyTerms(fair_share=1 / 3), size=4)
    assert decision.coupons.tolist() == [1, 2, 5, 6]
    assert told(decision) == ["shown", "shown", "fairness", "fairness", "shown", "shown"]


def test_the_fairness_floor_never_leaves_a_place_empty() -> None:
    """The bound on campaigns leaves one of the group; its second place goes to the others."""
    these = candidates(0.9, 0.8, 0.2, 0.1, fair=[False, False, True, True], campaign=[1, 2, 3, 3])
    decision = decide(these, PolicyTerms(fair_share=0.5, max_per_campaign=1), size=3)
    assert decision.coupons.tolist() == [1, 3, 2]
    assert decide(candidates(0.9, 0.8), PolicyTerms(fair_share=0.5)).coupons.tolist() == [1, 2]


def test_propensities_of_the_last_place_are_those_that_are_drawn() -> None:
    """0.2 of the slates draw from the best and the 3 left out: 0.05 each, the best keeps 0.85."""
    these, terms = candidates(0.9, 0.5, 0.4, 0.3, 0.2), PolicyTerms(exploration=0.2)
    drawn: Counter[int] = Counter()
    for seed in range(4000):
        decision = decide(these, terms, seed=seed)
        first, last = decision.coupons.tolist()
        assert first == 1
        assert decision.propensity.tolist() == pytest.approx([1.0, 0.85 if last == 2 else 0.05])
        assert decision.explored == (last != 2)
        assert told(decision) == ["shown", *("shown" if coupon == last else "exploration" for coupon in (2, 3, 4, 5))]
        drawn[last] += 1
    # four standard errors of 4,000 draws
    assert {coupon: count / 4000 for coupon, count in drawn.items()} == pytest.approx(
        {2: 0.85, 3: 0.05, 4: 0.05, 5: 0.05}, abs=4 * (0.85 * 0.15 / 4000) ** 0.5
    )
    assert chance_shares(4, chance=0.2).sum() == pytest.approx(1.0)


def test_exploration_keeps_every_rule_beside_the_places_chosen() -> None:
    """Coupon 3 shares the campaign of coupon 1, 5 is dismissed: only 4 may be drawn beside the best."""
    these = candidates(0.9, 0.5, 0.4, 0.3, 0.2, campaign=[1, 2, 1, 4, 5])
    terms = PolicyTerms(exploration=0.5, max_per_campaign=1)
    history = History(dismissed=frozenset({5}))
    seen = {tuple(decide(these, terms, seed=seed, history=history).coupons.tolist()) for seed in range(200)}
    assert seen == {(1, 2), (1, 4)}


def test_exploration_never_takes_a_pinned_or_a_reserved_place() -> None:
    pinned = PolicyTerms(exploration=0.5, pinned=(1,))
    for seed in range(50):
        decision = decide(candidates(0.1, 0.9, 0.8), pinned, size=1, seed=seed)
        assert (decision.coupons.tolist(), decision.propensity.tolist()) == ([1], [1.0])
    fair = PolicyTerms(exploration=0.5, fair_share=0.5)
    these = candidates(0.9, 0.8, 0.2, 0.1, fair=[False, False, True, True])
    seen = {tuple(decide(these, fair, seed=seed).coupons.tolist()) for seed in range(200)}
    assert seen == {(1, 3), (1, 4)}


def test_the_same_draw_gives_the_same_slate() -> None:
    these, terms = candidates(*np.linspace(0.9, 0.1, 30)), PolicyTerms(exploration=0.5)
    first, second = (decide(these, terms, size=10, seed=5) for _ in range(2))
    assert first.coupons.tolist() == second.coupons.tolist()
    assert first.propensity.tolist() == second.propensity.tolist()


def test_every_removal_but_shown_belongs_to_a_stage() -> None:
    assert set(STAGE_OF) == set(Removal) - {Removal.SHOWN}


def test_no_bound_is_ever_broken() -> None:
    """500 random shops: bounds, floor, exclusion and history hold for each slate, explored or not."""
    random = np.random.default_rng(3)
    for seed in range(500):
        n, size = int(random.integers(1, 40)), int(random.integers(1, 8))
        these = candidates(
            *random.random(n),
            campaign=random.integers(0, 6, n),
            category=random.integers(-1, 5, n),
            fair=random.random(n) < 0.3,
        )
        excluded = frozenset(random.integers(1, n + 1, 3).tolist())
        history = History(dismissed=frozenset(random.integers(1, n + 1, 3).tolist()))
        eligible = set(random.permutation(np.arange(1, n + 1))[: n // 2 + 1].tolist())
        terms = PolicyTerms(excluded=excluded, exploration=0.5, max_per_campaign=2, max_per_category=2, fair_share=0.25)
        decision = decide(these, terms, size=size, seed=seed, history=history, eligible=eligible)
        coupons = decision.coupons.tolist()
        assert len(set(coupons)) == len(coupons) <= size
        assert set(coupons) <= eligible - excluded - history.dismissed
        for values in (these.campaign[decision.rows], these.category[decision.rows]):
            assert max(Counter(values[values >= 0].tolist()).values(), default=0) <= 2
        assert sorted(coupons) == these.coupon[decision.removed == Removal.SHOWN].tolist()
        assert ((decision.propensity > 0) & (decision.propensity <= 1)).all()
