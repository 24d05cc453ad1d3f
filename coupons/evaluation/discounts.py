"""What one coupon takes off what is left of a cart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from operator import sub

from coupons.enums import Allocation, BenefitType
from coupons.evaluation.reasons import Reason, ReasonCode, Unit
from coupons.evaluation.rounding import percent_of, split
from coupons.evaluation.terms import BudgetLeft, Candidate, Cart, Tier

Prices = tuple[int, ...]
"""Of each line of a cart, and of shipping."""


class Step(IntEnum):
    """Items first, then the order, then shipping."""

    ITEMS = 1
    ORDER = 2
    SHIPPING = 3


@dataclass(slots=True, eq=False)
class Shares:
    """A percentage of what is left of the covered prices (each at most its limit), capped, split in proportion."""

    covered: Sequence[int]
    count: int
    percent_bp: int
    cap: int | None
    limits: dict[int, int] | None = None

    def amount(self, left: Sequence[int]) -> int:
        """What comes off in all, where this is left of each price (the lines in order, then shipping)."""
        return self._total(sum(self._weights(left)))

    def allocate(self, left: Sequence[int]) -> list[int]:
        """What comes off each price; never more than is left of it."""
        weights = self._weights(left)
        total = self._total(sum(weights))
        if not total:
            return [0] * self.count
        shares = split(total, weights)
        if self._is_of_all_lines:
            return [*shares, 0]
        off = [0] * self.count
        for i, share in zip(self.covered, shares, strict=True):
            off[i] = share
        return off

    @property
    def _is_of_all_lines(self) -> bool:
        return self.limits is None and type(self.covered) is range

    def _weights(self, left: Sequence[int]) -> Sequence[int]:
        if self.limits is None:
            return left[:-1] if self._is_of_all_lines else [left[i] for i in self.covered]
        return [min(left[i], self.limits[i]) for i in self.covered]

    def _total(self, base: int) -> int:
        total = base if self.percent_bp == 10_000 else percent_of(base, self.percent_bp)
        return total if self.cap is None or total < self.cap else self.cap


@dataclass(slots=True, eq=False)
class Plan:
    """A coupon made ready for one cart. `alone_minor` is what it takes off when it is the only one.

    `order` is its place in the fixed sequence: step, group, priority from high to low, then the older coupon.
    """

    candidate: Candidate
    step: Step
    shares: Shares
    alone_minor: int
    order: tuple[int, int, int, int, int]
    gift_product_id: int | None = None
    _taken: dict[Prices, tuple[list[int], Prices]] = field(default_factory=dict)

    @property
    def budgets(self) -> tuple[BudgetLeft, ...]:
        return self.candidate.standing.budgets

    @property
    def has_effect(self) -> bool:
        return self.alone_minor > 0 or self.gift_product_id is not None

    def take(self, left: Prices) -> tuple[list[int], Prices]:
        """What it takes off each price where this is left of them, and what is left then.

        Choosing, leaving out what has no effect and applying ask the same one after the other: it is split once.
        """
        taken = self._taken.get(left)
        if taken is None:
            off = self.shares.allocate(left)
            taken = self._taken[left] = (off, less(left, off))
        return taken


def less(left: Prices, off: Sequence[int]) -> Prices:
    """What is left of each price when this comes off."""
    return tuple(map(sub, left, off))


def cart_refusals(candidate: Candidate, cart: Cart, covered: Sequence[int]) -> list[Reason]:
    """Conditions on the cart. Spend and quantity are those of the covered lines, before any coupon."""
    of_shipping = candidate.benefit.type == BenefitType.FREE_SHIPPING and not candidate.include
    if not covered and not of_shipping:
        return [Reason(ReasonCode.NO_MATCHING_ITEMS, "Nothing in the cart is covered by the coupon")]
    if of_shipping or len(covered) == len(cart.lines):
        spend, quantity = cart.spend_minor, cart.quantity
    else:
        spend, quantity = sum(cart.prices[i] for i in covered), sum(cart.lines[i].quantity for i in covered)
    reasons = []
    if spend < candidate.min_spend_minor:
        missing = candidate.min_spend_minor - spend
        reasons.append(Reason(ReasonCode.MIN_SPEND, f"{missing} short of the minimum spend", missing, Unit.MINOR))
    if quantity < candidate.min_quantity:
        missing = candidate.min_quantity - quantity
        reasons.append(Reason(ReasonCode.MIN_QUANTITY, f"{missing} items short", missing, Unit.ITEMS))
    return [*reasons, *_benefit_refusals(candidate, spend, quantity)]


def _benefit_refusals(candidate: Candidate, spend: int, quantity: int) -> tuple[Reason, ...]:
    benefit = candidate.benefit
    if benefit.type == BenefitType.TIERS and reached_tier(benefit.tiers, spend) is None:
        missing = min((tier.threshold_minor for tier in benefit.tiers), default=0) - spend
        return (Reason(ReasonCode.TIER_NOT_REACHED, f"{missing} short of the first step", missing, Unit.MINOR),)
    if benefit.type == BenefitType.BUY_X_GET_Y:
        missing = (benefit.buy_quantity or 0) + (benefit.get_quantity or 0) - quantity
        if missing > 0:
            return (Reason(ReasonCode.BUY_MORE, f"{missing} more to buy", missing, Unit.ITEMS),)
    return ()


def reached_tier(tiers: Sequence[Tier], spend_minor: int) -> Tier | None:
    """The highest step that the spend reaches."""
    reached = [tier for tier in tiers if tier.threshold_minor <= spend_minor]
    return max(reached, key=lambda tier: tier.threshold_minor, default=None)


def plan_for(candidate: Candidate, cart: Cart, covered: Sequence[int]) -> Plan:
    """Make the coupon ready for a cart whose conditions it meets, and of which it covers these lines."""
    shares = _shares(candidate, cart, covered)
    gift = candidate.benefit.gift_product_id if candidate.benefit.type == BenefitType.GIFT else None
    step, campaign = _step(candidate), candidate.campaign
    order = (int(step), campaign.group.position, campaign.group.id, -campaign.priority, candidate.coupon_id)
    return Plan(candidate, step, shares, shares.amount(cart.prices), order, gift)


def _step(candidate: Candidate) -> Step:
    benefit = candidate.benefit
    if benefit.type == BenefitType.FREE_SHIPPING:
        return Step.SHIPPING
    by_item = benefit.type in {BenefitType.BUY_X_GET_Y, BenefitType.GIFT} or benefit.allocation == Allocation.EACH
    return Step.ITEMS if by_item or candidate.include else Step.ORDER


def _shares(candidate: Candidate, cart: Cart, covered: Sequence[int]) -> Shares:
    benefit, count = candidate.benefit, len(cart.lines) + 1
    rate, cap = benefit.percent_bp or 0, benefit.max_discount_minor
    if benefit.type == BenefitType.FREE_SHIPPING:
        return Shares([count - 1], count, 10_000, cap)
    if benefit.type == BenefitType.PERCENT:
        return Shares(covered, count, rate, cap)
    if benefit.type == BenefitType.TIERS:
        tier = reached_tier(benefit.tiers, sum(cart.prices[i] for i in covered))
        amount = _least(tier.amount_minor if tier else 0, cap)
        return Shares(covered, count, (tier and tier.percent_bp) or 10_000, amount)
    if benefit.type == BenefitType.AMOUNT and benefit.allocation == Allocation.ACROSS:
        return Shares(covered, count, 10_000, _least(benefit.amount_minor, cap))
    limits, rate = _limits(candidate, cart, covered)
    return Shares(list(limits), count, rate, cap, limits)


def _limits(candidate: Candidate, cart: Cart, covered: Sequence[int]) -> tuple[dict[int, int], int]:
    """For benefits counted by item: at most how much of each line's price is discounted, and by how much."""
    benefit = candidate.benefit
    if benefit.type == BenefitType.AMOUNT:
        amount = benefit.amount_minor or 0
        return {i: min(amount, cart.lines[i].unit_price_minor) * cart.lines[i].quantity for i in covered}, 10_000
    if benefit.type == BenefitType.GIFT:
        given = [i for i, line in enumerate(cart.lines) if line.product_id == benefit.gift_product_id]
        return _cheapest(cart, given, benefit.get_quantity or 1), 10_000
    bought, got = benefit.buy_quantity or 0, benefit.get_quantity or 0
    rounds = sum(cart.lines[i].quantity for i in covered) // max(1, bought + got)
    return _cheapest(cart, covered, rounds * got), benefit.percent_bp or 10_000


def _cheapest(cart: Cart, covered: Sequence[int], items: int) -> dict[int, int]:
    """The price, by line, of the cheapest `items` items."""
    found: dict[int, int] = {}
    for i in sorted(covered, key=lambda i: (cart.lines[i].unit_price_minor, i)):
        taken = min(items, cart.lines[i].quantity)
        if taken:
            found[i] = taken * cart.lines[i].unit_price_minor
        items -= taken
    return found


def _least(*amounts: int | None) -> int | None:
    return min((amount for amount in amounts if amount is not None), default=None)
