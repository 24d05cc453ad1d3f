"""Coupons that share a budget are judged together: what one takes is gone for the others."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coupons.enums import BudgetKind, StackingMode
from coupons.evaluation import BudgetLeft, Candidate, Cart, Evaluation, ReasonCode, ShopperFacts, Standing, evaluate
from coupons.evaluation.combine import NOT_COVERED, choose, total_off
from coupons.evaluation.discounts import plan_for
from tests.coupons.evaluation.builders import NOW, amount, cart, coupon, group, percent
from tests.coupons.evaluation.test_combinations import _candidates, _carts

FACTS = ShopperFacts(shopper_id=1)


def money(left: int, budget_id: int = 1) -> BudgetLeft:
    return BudgetLeft(budget_id, BudgetKind.MONEY, left)


def pair(mode: StackingMode, *budgets: BudgetLeft) -> list[Candidate]:
    """300 and 200 off, of one campaign."""
    return [
        coupon(number, amount(off), campaign_group=group(mode), standing=Standing(budgets=budgets))
        for number, off in ((1, 300), (2, 200))
    ]


def applied(found: Evaluation) -> list[int]:
    return [decision.candidate.coupon_id for decision in found.applied]


@pytest.mark.parametrize("mode", [StackingMode.STACKABLE, StackingMode.BEST_FOR_SHOPPER])
@pytest.mark.parametrize(("left", "expected"), [(500, [1, 2]), (499, [1]), (300, [1]), (299, [2]), (199, [])])
def test_a_money_budget_covers_the_coupons_of_a_cart_together(
    mode: StackingMode, left: int, expected: list[int]
) -> None:
    found = evaluate(cart(1_000), FACTS, pair(mode, money(left)), NOW)
    assert applied(found) == expected
    refused = {d.candidate.coupon_id: d.reasons[0].code for d in found.decisions if not d.applied}
    assert refused == dict.fromkeys({1, 2} - set(expected), ReasonCode.BUDGET_EXHAUSTED)


def test_a_budget_of_uses_counts_the_coupons() -> None:
    one, two = (BudgetLeft(1, BudgetKind.USES, left) for left in (1, 2))
    found = evaluate(cart(1_000), FACTS, pair(StackingMode.STACKABLE, one), NOW)
    assert applied(found) == [1]
    [reason] = found.decisions[1].reasons
    assert (reason.code, reason.by) == (ReasonCode.BUDGET_EXHAUSTED, (1,))
    assert applied(evaluate(cart(1_000), FACTS, pair(StackingMode.STACKABLE, two), NOW)) == [1, 2]


def test_what_counts_is_what_comes_off_beside_the_others() -> None:
    """Half of what the first leaves is 350, not 500: together 650 and not 800."""
    both = [
        coupon(1, amount(300), campaign_priority=1, standing=Standing(budgets=(money(650),))),
        coupon(2, percent(5_000), standing=Standing(budgets=(money(650),))),
    ]
    assert applied(evaluate(cart(1_000), FACTS, both, NOW)) == [1, 2]
    short = [replace(c, standing=Standing(budgets=(money(649),))) for c in both]
    assert applied(evaluate(cart(1_000), FACTS, short, NOW)) == [1]


def test_a_budget_spent_by_an_earlier_group_leaves_the_better_coupon_alone() -> None:
    first = group(StackingMode.BEST_FOR_SHOPPER, id=1, position=1)
    second = group(StackingMode.BEST_FOR_SHOPPER, id=2, position=2)
    both = [
        coupon(1, amount(10), campaign_group=first, standing=Standing(budgets=(money(100),))),
        coupon(2, amount(95), campaign_group=second, standing=Standing(budgets=(money(100),))),
    ]
    found = evaluate(cart(1_000), FACTS, both, NOW)
    assert applied(found) == [2]
    assert found.groups[0].text == "a coupon that alone takes off more than the others together"


# --- properties ---------------------------------------------------------------------------------------------------

_BUDGETS = st.lists(
    st.sampled_from([money(900, 1), money(2_500, 2), BudgetLeft(3, BudgetKind.USES, 2)]), max_size=2, unique=True
).map(tuple)


@st.composite
def _sharing(draw: st.DrawFn, modes: tuple[StackingMode, ...], most: int = 7) -> list[Candidate]:
    return [replace(c, standing=Standing(budgets=draw(_BUDGETS))) for c in draw(_candidates(modes, most=most))]


@settings(max_examples=200, deadline=None)
@given(_carts, _sharing(tuple(StackingMode)))
def test_no_budget_is_ever_passed(goods: Cart, candidates: list[Candidate]) -> None:
    left = {budget.id: budget.left_n for c in candidates for budget in c.standing.budgets}
    for decision in evaluate(goods, FACTS, candidates, NOW).applied:
        for budget in decision.candidate.standing.budgets:
            left[budget.id] -= decision.discount_minor if budget.kind == BudgetKind.MONEY else 1
    assert min(left.values(), default=0) >= 0


@settings(max_examples=200, deadline=None)
@given(_carts, _sharing((StackingMode.BEST_FOR_SHOPPER,)))
def test_tc_24_holds_with_budgets(goods: Cart, candidates: list[Candidate]) -> None:
    singles = [evaluate(goods, FACTS, [candidate], NOW).discount_minor for candidate in candidates]
    assert evaluate(goods, FACTS, candidates, NOW).discount_minor >= max(singles)


@settings(max_examples=100, deadline=None)
@given(_carts, _sharing((StackingMode.BEST_FOR_SHOPPER,), most=5))
def test_the_exhaustive_search_finds_the_best_that_the_budgets_cover(goods: Cart, candidates: list[Candidate]) -> None:
    plans = [plan_for(candidate, goods, candidate.covered(goods)) for candidate in candidates]
    prices = goods.prices
    subsets = (some for size in range(len(plans) + 1) for some in combinations(plans, size))
    best = max(total_off(prices, some) for some in subsets)
    chosen = choose(prices, [], plans, group(StackingMode.BEST_FOR_SHOPPER))
    assert total_off(prices, chosen) == best != NOT_COVERED
