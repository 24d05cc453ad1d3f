"""Which coupons of a stacking group go together. Up to 12 every combination is tried; beyond, greedy with swaps.

A combination that the budgets of its coupons do not cover together is none.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from coupons.enums import StackingMode
from coupons.evaluation.budgets import Spent, charge
from coupons.evaluation.discounts import Plan, Prices, less
from coupons.evaluation.terms import GroupTerms

EXHAUSTIVE_UP_TO = 12
SWAP_TRIALS = 100


NOT_COVERED = -1
"""What a combination takes off that its budgets do not cover together."""

_by_order = attrgetter("order")


def total_off(prices: Prices, plans: Iterable[Plan]) -> int:
    """What the coupons take off together, applied in their fixed order."""
    sequence = sorted(plans, key=_by_order)
    total, left, last = 0, prices, len(sequence)
    spent: Spent = {}
    for number, plan in enumerate(sequence, start=1):
        # the first meets the prices as they are, and nothing comes after the last: neither needs a split of its own
        rest = left
        if number == last:
            amount = plan.shares.amount(left) if total else plan.alone_minor
        elif not total and not plan.alone_minor:
            amount = 0
        else:
            off, rest = plan.take(left)
            amount = sum(off) if total else plan.alone_minor
        if plan.budgets:
            after = charge(spent, plan.budgets, amount)
            if after is None:
                return NOT_COVERED
            spent = after
        total, left = total + amount, rest
    return total


def choose(prices: Prices, taken: Sequence[Plan], plans: Sequence[Plan], group: GroupTerms) -> tuple[Plan, ...]:
    """The coupons of one group to apply beside those already taken from the groups before it."""
    ranked = sorted(plans, key=lambda plan: (-plan.candidate.campaign.priority, plan.candidate.coupon_id))
    if group.mode == StackingMode.BEST_FOR_SHOPPER:
        return _best_for_shopper(prices, taken, ranked, group.max_coupons)
    if group.mode == StackingMode.BEST_FOR_SHOP:
        useful = [plan for plan in ranked if _adds(prices, taken, plan)]
        return tuple(sorted(useful, key=lambda plan: _cost(prices, taken, plan))[:1])
    return _in_turn(prices, taken, ranked, 1 if group.mode == StackingMode.LIST_ORDER else group.max_coupons)


def with_effect(prices: Prices, plans: Iterable[Plan]) -> list[Plan]:
    """The coupons that still take something off (or give a gift) when all are applied: no use is spent on nothing."""
    left, kept = prices, []
    for plan in sorted(plans, key=_by_order):
        off, rest = plan.take(left)
        if any(off) or plan.gift_product_id is not None:
            kept.append(plan)
            left = rest
    return kept


def _in_turn(prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], most: int | None) -> tuple[Plan, ...]:
    """By priority, each that takes off more beside those before it."""
    chosen: list[Plan] = []
    left = _left(prices, taken)
    total = sum(prices) - sum(left)
    last = max((plan.order for plan in taken), default=None)
    for plan in ranked:
        if len(chosen) == most:
            break
        if not plan.budgets and (last is None or plan.order > last):
            # it comes after all the others: only its own step is new
            off, rest = plan.take(left)
            if any(off) or plan.gift_product_id is not None:
                chosen.append(plan)
                left = rest
                total += sum(off)
                last = plan.order
            continue
        with_it = total_off(prices, [*taken, *chosen, plan])
        if _is_better(with_it, total, plan):
            chosen.append(plan)
            left, total = _left(prices, [*taken, *chosen]), with_it
            last = plan.order if last is None else max(last, plan.order)
    return tuple(chosen)


def _is_better(with_it: int, without: int, plan: Plan) -> bool:
    """A gift that is not in the cart takes nothing off and is worth having all the same."""
    return with_it > without or (plan.gift_product_id is not None and with_it != NOT_COVERED)


def _left(prices: Prices, plans: Iterable[Plan]) -> Prices:
    """What is left of each price when the coupons are applied in their fixed order."""
    left = prices
    for plan in sorted(plans, key=_by_order):
        _, left = plan.take(left)
    return left


def _adds(prices: Prices, taken: Sequence[Plan], plan: Plan) -> bool:
    return _is_better(total_off(prices, [*taken, plan]), total_off(prices, taken), plan)


def _cost(prices: Prices, taken: Sequence[Plan], plan: Plan) -> int:
    """What the coupon costs the shop: the discount it adds less the margin a use earns."""
    return total_off(prices, [*taken, plan]) - total_off(prices, taken) - plan.candidate.margin_minor


def _best_for_shopper(
    prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], most: int | None
) -> tuple[Plan, ...]:
    limit = len(ranked) if most is None else min(most, len(ranked))
    if len(ranked) <= EXHAUSTIVE_UP_TO:
        return _exhaustive(prices, taken, ranked, limit)
    chosen = _swapped(prices, taken, ranked, _greedy(prices, taken, ranked, limit))
    best_single = max(ranked, key=lambda plan: total_off(prices, [*taken, plan]) if taken else plan.alone_minor)
    if total_off(prices, [*taken, best_single]) > total_off(prices, [*taken, *chosen]):
        return (best_single,)
    return chosen


def _exhaustive(prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], limit: int) -> tuple[Plan, ...]:
    """Depth first along the fixed order, so that combinations share the work of their common beginning."""
    sequence = sorted([*taken, *ranked], key=_by_order)
    must = {id(plan) for plan in taken}
    # what the plans from here on could add at most: no coupon takes off more than it does alone
    bounds = [0] * (len(sequence) + 1)
    for i in range(len(sequence) - 1, -1, -1):
        bounds[i] = bounds[i + 1] + sequence[i].alone_minor
    best: tuple[int, int] = (-1, 0)
    best_plans: tuple[Plan, ...] = ()

    def visit(i: int, left: Prices, total: int, chosen: tuple[Plan, ...], spent: Spent) -> None:
        nonlocal best, best_plans
        if i == len(sequence):
            # the greatest discount; among equals the fewest uses
            if (total, -len(chosen)) > best:
                best, best_plans = (total, -len(chosen)), chosen
            return
        if total + bounds[i] < best[0]:
            return
        plan = sequence[i]
        optional = id(plan) not in must
        if not optional or len(chosen) < limit:
            off = plan.shares.allocate(left)
            amount = sum(off)
            after = charge(spent, plan.budgets, amount) if plan.budgets else spent
            if after is not None and (amount or not optional or plan.gift_product_id is not None):
                rest = less(left, off) if amount else left
                visit(i + 1, rest, total + amount, (*chosen, plan) if optional else chosen, after)
        if optional:
            visit(i + 1, left, total, chosen, spent)

    visit(0, prices, 0, (), {})
    return _with_gifts(prices, taken, ranked, best_plans, limit)


def _with_gifts(
    prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], chosen: tuple[Plan, ...], limit: int
) -> tuple[Plan, ...]:
    """Gifts that are not in the cart take nothing off, so no sum prefers them; they fill the places left."""
    for plan in ranked:
        if len(chosen) < limit and plan.gift_product_id is not None and plan not in chosen:
            with_it = (*chosen, plan)
            if total_off(prices, [*taken, *with_it]) != NOT_COVERED:
                chosen = with_it
    return chosen


def _greedy(prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], limit: int) -> tuple[Plan, ...]:
    chosen: list[Plan] = []
    total = total_off(prices, taken)
    for plan in sorted(ranked, key=lambda plan: -plan.alone_minor):
        if len(chosen) == limit:
            break
        with_it = total_off(prices, [*taken, *chosen, plan])
        if _is_better(with_it, total, plan):
            chosen.append(plan)
            total = with_it
    return tuple(chosen)


def _swapped(
    prices: Prices, taken: Sequence[Plan], ranked: Sequence[Plan], chosen: tuple[Plan, ...]
) -> tuple[Plan, ...]:
    """Exchange one for one while that takes off more, a bounded number of trials.

    No coupon takes off more than it does alone: an exchange that could not win even so is not tried.
    """
    total = total_off(prices, [*taken, *chosen])
    most = sum(plan.alone_minor for plan in (*taken, *chosen))
    trials = 0
    outside = [plan for plan in sorted(ranked, key=lambda plan: -plan.alone_minor) if plan not in chosen]
    for plan in outside:
        for i, member in enumerate(chosen):
            if trials == SWAP_TRIALS:
                return chosen
            if most - member.alone_minor + plan.alone_minor <= total:
                continue
            trials += 1
            trial = (*chosen[:i], plan, *chosen[i + 1 :])
            trial_total = total_off(prices, [*taken, *trial])
            if trial_total > total:
                chosen, total = trial, trial_total
                most += plan.alone_minor - member.alone_minor
                break
    return chosen
