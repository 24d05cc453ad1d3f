"""Evaluate a cart: who applies, in which order, for how much, and why the others do not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coupons.enums import StackingMode
from coupons.evaluation.budgets import charge
from coupons.evaluation.combine import NOT_COVERED, choose, total_off, with_effect
from coupons.evaluation.discounts import Plan, Prices, Step, cart_refusals, plan_for
from coupons.evaluation.eligibility import refusals
from coupons.evaluation.reasons import Reason, ReasonCode
from coupons.evaluation.terms import Candidate, Cart, GroupTerms, ShopperFacts

_MODE_TEXTS = {
    StackingMode.STACKABLE: "every coupon that takes something off",
    StackingMode.LIST_ORDER: "the first by priority that takes something off",
    StackingMode.BEST_FOR_SHOPPER: "the combination that takes off most",
    StackingMode.BEST_FOR_SHOP: "the one that costs the shop least",
}


_STEP_NAMES = {step: step.name.lower() for step in Step}


class Decision(NamedTuple):
    """One coupon's outcome. `lines` are (line ref, amount off), without zeros; `position` is its turn, from 1.

    `alone_minor` is what it would take off by itself, 0 where a condition is not met.
    """

    candidate: Candidate
    applied: bool
    discount_minor: int = 0
    shipping_minor: int = 0
    lines: tuple[tuple[str, int], ...] = ()
    position: int | None = None
    step: str = ""
    alone_minor: int = 0
    gift_product_id: int | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupDecision:
    """How one stacking group was settled."""

    group: GroupTerms
    considered: tuple[int, ...]
    chosen: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`decisions` keep the order of the candidates. `discount_minor` includes what comes off shipping."""

    decisions: tuple[Decision, ...]
    groups: tuple[GroupDecision, ...]
    spend_minor: int
    shipping_minor: int
    discount_minor: int

    @property
    def payable_minor(self) -> int:
        return self.spend_minor + self.shipping_minor - self.discount_minor

    @property
    def applied(self) -> tuple[Decision, ...]:
        """In the order of application."""
        return tuple(sorted((d for d in self.decisions if d.applied), key=lambda d: d.position or 0))


def evaluate(cart: Cart, facts: ShopperFacts, candidates: Iterable[Candidate], now: datetime) -> Evaluation:
    """Decide on every candidate. Same input, same answer; never more off a line than its price."""
    rest = list(candidates)
    outcomes: dict[int, Decision] = {}
    plans: list[Plan] = []
    for candidate in rest:
        covered = candidate.covered(cart)
        reasons = [*refusals(candidate, facts, now), *cart_refusals(candidate, cart, covered)]
        plan = None if reasons else plan_for(candidate, cart, covered)
        if plan is not None:
            reasons = _effect_refusals(plan)
        if plan is None or reasons:
            outcomes[candidate.coupon_id] = Decision(candidate, applied=False, reasons=tuple(reasons))
        else:
            plans.append(plan)
    chosen, groups = _combine(cart.prices, plans)
    outcomes |= _apply(cart, chosen)
    outcomes |= _beaten(cart.prices, plans, chosen, groups)
    decisions = tuple(outcomes[candidate.coupon_id] for candidate in rest)
    discount = sum(decision.discount_minor for decision in decisions)
    return Evaluation(decisions, groups, cart.spend_minor, cart.shipping_minor, discount)


def _effect_refusals(plan: Plan) -> list[Reason]:
    if not plan.has_effect:
        return [Reason(ReasonCode.NO_EFFECT, "There is nothing left to take off")]
    if plan.budgets and charge({}, plan.budgets, plan.alone_minor) is None:
        return [Reason(ReasonCode.BUDGET_EXHAUSTED, "The money budgeted for this period does not cover it")]
    return []


def _combine(prices: Prices, plans: Sequence[Plan]) -> tuple[list[Plan], tuple[GroupDecision, ...]]:
    """Settle group after group; one that stands alone then replaces them all where it takes off more."""
    shared = [plan for plan in plans if not plan.candidate.campaign.exclusive]
    chosen: list[Plan] = []
    decisions: list[GroupDecision] = []
    groups: dict[GroupTerms, list[Plan]] = {}
    for plan in shared:
        groups.setdefault(plan.candidate.campaign.group, []).append(plan)
    for group, members in sorted(groups.items(), key=lambda item: (item[0].position, item[0].id)):
        picked = choose(prices, chosen, members, group)
        decisions.append(GroupDecision(group, _ids(members), _ids(picked), _MODE_TEXTS[group.mode]))
        chosen.extend(picked)
    chosen = with_effect(prices, chosen)
    alone = [plan for plan in plans if plan.candidate.campaign.exclusive or _may_lose_its_budget(plan)]
    best = max(
        alone, key=lambda p: (p.alone_minor, p.candidate.campaign.priority, -p.candidate.coupon_id), default=None
    )
    if best is not None and (not chosen or best.alone_minor > total_off(prices, chosen)):
        kind = "an exclusive coupon" if best.candidate.campaign.exclusive else "a coupon"
        text = f"{kind} that alone takes off more than the others together"
        return [best], (GroupDecision(best.candidate.campaign.group, _ids(plans), _ids([best]), text),)
    return chosen, tuple(decisions)


def _may_lose_its_budget(plan: Plan) -> bool:
    """A group before may have taken what it needed; the shopper's best is never worse than one coupon all the same."""
    return bool(plan.budgets) and plan.candidate.campaign.group.mode == StackingMode.BEST_FOR_SHOPPER


def _apply(cart: Cart, chosen: Iterable[Plan]) -> dict[int, Decision]:
    left = cart.prices
    refs = [line.ref for line in cart.lines]
    outcomes = {}
    for position, plan in enumerate(sorted(chosen, key=lambda plan: plan.order), start=1):
        off, left = plan.take(left)
        lines = tuple([(ref, share) for ref, share in zip(refs, off, strict=False) if share])
        outcomes[plan.candidate.coupon_id] = Decision(
            candidate=plan.candidate,
            applied=True,
            discount_minor=sum(off),
            shipping_minor=off[-1],
            lines=lines,
            position=position,
            step=_STEP_NAMES[plan.step],
            alone_minor=plan.alone_minor,
            gift_product_id=plan.gift_product_id,
        )
    return outcomes


def _beaten(
    prices: Prices, plans: Sequence[Plan], chosen: Sequence[Plan], groups: Sequence[GroupDecision]
) -> dict[int, Decision]:
    """Coupons whose conditions are met but which give way to others, with those others named."""
    taken = {plan.candidate.coupon_id for plan in chosen}
    gives_way = {
        coupon_id: Reason(
            ReasonCode.NOT_COMBINABLE, f"Applied instead: {group.text}", by=group.chosen or tuple(sorted(taken))
        )
        for group in groups
        for coupon_id in group.considered
    }
    outcomes = {}
    for plan in plans:
        coupon_id = plan.candidate.coupon_id
        if coupon_id in taken:
            continue
        reason = _budget_is_shared(prices, plan, chosen) or gives_way.get(coupon_id)
        if reason is None:
            reason = Reason(ReasonCode.NOT_COMBINABLE, "It combines with no other coupon", by=tuple(sorted(taken)))
        outcomes[coupon_id] = Decision(plan.candidate, applied=False, alone_minor=plan.alone_minor, reasons=(reason,))
    return outcomes


def _budget_is_shared(prices: Prices, plan: Plan, chosen: Sequence[Plan]) -> Reason | None:
    """That the coupons applied leave too little of a budget for this one."""
    if not plan.budgets:
        return None
    mine = {budget.id for budget in plan.budgets}
    others = [other for other in chosen if any(budget.id in mine for budget in other.budgets)]
    if not others or total_off(prices, [*chosen, plan]) != NOT_COVERED:
        return None
    text = "What is left of the budget for this period does not cover it beside the coupons applied"
    return Reason(ReasonCode.BUDGET_EXHAUSTED, text, by=_ids(others))


def _ids(plans: Iterable[Plan]) -> tuple[int, ...]:
    return tuple(plan.candidate.coupon_id for plan in plans)
