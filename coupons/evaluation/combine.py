"""Which coupons of a stacking group go together. Up to 12 every combination is tried; beyond, greedy with swaps."""

from collections.abc import Iterable, Sequence

from coupons.enums import StackingMode
from coupons.evaluation.discounts import Plan
from coupons.evaluation.terms import GroupTerms

EXHAUSTIVE_UP_TO = 12
SWAP_TRIALS = 100


def total_off(prices: Sequence[int], plans: Iterable[Plan]) -> int:
    """What the coupons take off together, applied in their fixed order."""
    return sum(prices) - sum(_left(prices, plans))


def choose(prices: Sequence[int], taken: Sequence[Plan], plans: Sequence[Plan], group: GroupTerms) -> tuple[Plan, ...]:
    """The coupons of one group to apply beside those already taken from the groups before it."""
    ranked = sorted(plans, key=lambda plan: (-plan.candidate.campaign.priority, plan.candidate.coupon_id))
    if group.mode == StackingMode.BEST_FOR_SHOPPER:
        return _best_for_shopper(prices, taken, ranked, group.max_coupons)
    if group.mode == StackingMode.BEST_FOR_SHOP:
        useful = [plan for plan in ranked if _adds(prices, taken, plan)]
        return tuple(sorted(useful, key=lambda plan: _cost(prices, taken, plan))[:1])
    return _in_turn(prices, taken, ranked, 1 if group.mode == StackingMode.LIST_ORDER else group.max_coupons)


def with_effect(prices: Sequence[int], plans: Iterable[Plan]) -> list[Plan]:
    """The coupons that still take something off (or give a gift) when all are applied: no use is spent on nothing."""
    left, kept = list(prices), []
    for plan in sorted(plans, key=lambda plan: plan.order):
        off = plan.allocate(left)
        if any(off) or plan.gift_product_id is not None:
            kept.append(plan)
            left = [price - share for price, share in zip(left, off, strict=True)]
    return kept


def _in_turn(
    prices: Sequence[int], taken: Sequence[Plan], ranked: Sequence[Plan], most: int | None
) -> tuple[Plan, ...]:
    """By priority, each that takes off more beside those before it."""
    chosen: list[Plan] = []
    left = _left(prices, taken)
    last = max((plan.order for plan in taken), default=None)
    for plan in ranked:
        if len(chosen) == most:
            break
        if last is None or plan.order > last:  # it comes after all the others: only its own step is new
            off = plan.allocate(left)
            if any(off) or plan.gift_product_id is not None:
                chosen.append(plan)
                left = [price - share for price, share in zip(left, off, strict=True)]
                last = plan.order
        elif plan.gift_product_id is not None or total_off(prices, [*taken, *chosen, plan]) > sum(prices) - sum(left):
            chosen.append(plan)
            left = _left(prices, [*taken, *chosen])
    return tuple(chosen)


def _left(prices: Sequence[int], plans: Iterable[Plan]) -> list[int]:
    """What is left of each price when the coupons are applied in their fixed order."""
    left = list(prices)
    for plan in sorted(plans, key=lambda plan: plan.order):
        left = [price - share for price, share in zip(left, plan.allocate(left), strict=True)]
    return left


def _adds(prices: Sequence[int], taken: Sequence[Plan], plan: Plan) -> bool:
    return plan.gift_product_id is not None or total_off(prices, [*taken, plan]) > total_off(prices, taken)


def _cost(prices: Sequence[int], taken: Sequence[Plan], plan: Plan) -> int:
    """What the coupon costs the shop: the discount it adds less the margin a use earns."""
    return total_off(prices, [*taken, plan]) - total_off(prices, taken) - plan.candidate.margin_minor


def _best_for_shopper(
    prices: Sequence[int], taken: Sequence[Plan], ranked: Sequence[Plan], most: int | None
) -> tuple[Plan, ...]:
    limit = len(ranked) if most is None else min(most, len(ranked))
    if len(ranked) <= EXHAUSTIVE_UP_TO:
        return _exhaustive(prices, taken, ranked, limit)
    chosen = _swapped(prices, taken, ranked, _greedy(prices, taken, ranked, limit))
    best_single = max(ranked, key=lambda plan: total_off(prices, [*taken, plan]))
    if total_off(prices, [*taken, best_single]) > total_off(prices, [*taken, *chosen]):
        return (best_single,)
    return chosen


def _exhaustive(prices: Sequence[int], taken: Sequence[Plan], ranked: Sequence[Plan], limit: int) -> tuple[Plan, ...]:
    """Depth first along the fixed order, so that combinations share the work of their common beginning."""
    sequence = sorted([*taken, *ranked], key=lambda plan: plan.order)
    must = {id(plan) for plan in taken}
    # what the plans from here on could add at most: no coupon takes off more than it does alone
    bounds = [0] * (len(sequence) + 1)
    for i in range(len(sequence) - 1, -1, -1):
        bounds[i] = bounds[i + 1] + sequence[i].alone_minor
    best: tuple[int, int] = (-1, 0)
    best_plans: tuple[Plan, ...] = ()

    def visit(i: int, left: list[int], total: int, chosen: tuple[Plan, ...]) -> None:
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
            off = plan.allocate(left)
            amount = sum(off)
            if amount or not optional or plan.gift_product_id is not None:
                after = [price - share for price, share in zip(left, off, strict=True)] if amount else left
                visit(i + 1, after, total + amount, (*chosen, plan) if optional else chosen)
        if optional:
            visit(i + 1, left, total, chosen)

    visit(0, list(prices), 0, ())
    return _with_gifts(ranked, best_plans, limit)


def _with_gifts(ranked: Sequence[Plan], chosen: tuple[Plan, ...], limit: int) -> tuple[Plan, ...]:
    """Gifts that are not in the cart take nothing off, so no sum prefers them; they fill the places left."""
    gifts = [plan for plan in ranked if plan.gift_product_id is not None and plan not in chosen]
    return (*chosen, *gifts[: limit - len(chosen)])


def _greedy(prices: Sequence[int], taken: Sequence[Plan], ranked: Sequence[Plan], limit: int) -> tuple[Plan, ...]:
    chosen: list[Plan] = []
    total = total_off(prices, taken)
    for plan in sorted(ranked, key=lambda plan: -plan.alone_minor):
        if len(chosen) == limit:
            break
        with_it = total_off(prices, [*taken, *chosen, plan])
        if with_it > total or plan.gift_product_id is not None:
            chosen.append(plan)
            total = with_it
    return tuple(chosen)


def _swapped(
    prices: Sequence[int], taken: Sequence[Plan], ranked: Sequence[Plan], chosen: tuple[Plan, ...]
) -> tuple[Plan, ...]:
    """Exchange one for one while that takes off more, a bounded number of trials."""
    total = total_off(prices, [*taken, *chosen])
    trials = 0
    outside = [plan for plan in sorted(ranked, key=lambda plan: -plan.alone_minor) if plan not in chosen]
    for plan in outside:
        for i in range(len(chosen)):
            if trials == SWAP_TRIALS:
                return chosen
            trials += 1
            trial = (*chosen[:i], plan, *chosen[i + 1 :])
            trial_total = total_off(prices, [*taken, *trial])
            if trial_total > total:
                chosen, total = trial, trial_total
                break
    return chosen
