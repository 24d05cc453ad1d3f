"""What one coupon takes off what is left of a cart."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from coupons.enums import Allocation, BenefitType
from coupons.evaluation.reasons import Reason, ReasonCode, Unit
from coupons.evaluation.rounding import percent_of, split
from coupons.evaluation.terms import BudgetLeft, Candidate, Cart, Tier


class Step(IntEnum):
    """Items first, then the order, then shipping."""

    ITEMS = 1
    ORDER = 2
    SHIPPING = 3


@dataclass(frozen=True, slots=True)
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
        off = [0] * self.count
        if total := self._total(sum(weights)):
            for i, share in zip(self.covered, split(total, weights), strict=True):
                off[i] = share
        return off

    def _weights(self, left: Sequence[int]) -> list[int]:
        limits = self.limits
        return [min(left[i], limits[i]) for i in self.covered] if limits else [left[i] for i in self.covered]

    def _total(self, base: int) -> int:
        total = base if self.percent_bp == 10_000 else percent_of(base, self.percent_bp)
        return total if self.cap is None or total < self.cap else self.cap


@dataclass(frozen=True, slots=True)
class Plan:
    """A coupon made ready for one cart. `alone` is what it takes off each price when it is the only one.

    `order` is its place in the fixed sequence: step, group, priority from high to low, then the older coupon.
    """

    candidate: Candidate
    step: Step
    shares: Shares
    alone: list[int]
    alone_minor: int
    order: tuple[int, int, int, int, int]
    gift_product_id: int | None = None

    @property
    def budgets(self) -> tuple[BudgetLeft, ...]:
        return self.candidate.standing.budgets

    @property
    def has_effect(self) -> bool:
        return self.alone_minor > 0 or self.gift_product_id is not None


def cart_refusals(candidate: Candidate, cart: Cart) -> tuple[Reason, ...]:
    """Conditions on the cart. Spend and quantity are those of the covered lines, before any coupon."""
    if candidate.benefit.type == BenefitType.FREE_SHIPPING and not candidate.include:
        covered = cart.lines
    else:
        covered = candidate.covered(cart)
        if not covered:
            return (Reason(ReasonCode.NO_MATCHING_ITEMS, "Nothing in the cart is covered by the coupon"),)
    reasons = []
    spend, quantity = sum(line.spend_minor for line in covered), sum(line.quantity for line in covered)
    if spend < candidate.min_spend_minor:
        missing = candidate.min_spend_minor - spend
        reasons.append(Reason(ReasonCode.MIN_SPEND, f"{missing} short of the minimum spend", missing, Unit.MINOR))
    if quantity < candidate.min_quantity:
        missing = candidate.min_quantity - quantity
        reasons.append(Reason(ReasonCode.MIN_QUANTITY, f"{missing} items short", missing, Unit.ITEMS))
    return (*reasons, *_benefit_refusals(candidate, spend, quantity))


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


def plan_for(candidate: Candidate, cart: Cart) -> Plan:
    """Make the coupon ready for a cart whose conditions it meets."""
    if candidate.covers_everything:
        covered = list(range(len(cart.lines)))
    else:
        covered = [i for i, line in enumerate(cart.lines) if candidate.covers(line)]
    shares = _shares(candidate, cart, covered)
    prices = [*(line.spend_minor for line in cart.lines), cart.shipping_minor]
    gift = candidate.benefit.gift_product_id if candidate.benefit.type == BenefitType.GIFT else None
    step, campaign = _step(candidate), candidate.campaign
    order = (int(step), campaign.group.position, campaign.group.id, -campaign.priority, candidate.coupon_id)
    alone = shares.allocate(prices)
    return Plan(candidate, step, shares, alone, sum(alone), order, gift)


def _step(candidate: Candidate) -> Step:
    benefit = candidate.benefit
    if benefit.type == BenefitType.FREE_SHIPPING:
        return Step.SHIPPING
    by_item = benefit.type in {BenefitType.BUY_X_GET_Y, BenefitType.GIFT} or benefit.allocation == Allocation.EACH
    return Step.ITEMS if by_item or candidate.include else Step.ORDER


def _shares(candidate: Candidate, cart: Cart, covered: list[int]) -> Shares:
    benefit, count = candidate.benefit, len(cart.lines) + 1
    rate, cap = benefit.percent_bp or 0, benefit.max_discount_minor
    if benefit.type == BenefitType.FREE_SHIPPING:
        return Shares([count - 1], count, 10_000, cap)
    if benefit.type == BenefitType.PERCENT:
        return Shares(covered, count, rate, cap)
    if benefit.type == BenefitType.TIERS:
        tier = reached_tier(benefit.tiers, sum(cart.lines[i].spend_minor for i in covered))
        amount = _least(tier.amount_minor if tier else 0, cap)
        return Shares(covered, count, (tier and tier.percent_bp) or 10_000, amount)
    if benefit.type == BenefitType.AMOUNT and benefit.allocation == Allocation.ACROSS:
        return Shares(covered, count, 10_000, _least(benefit.amount_minor, cap))
    limits, rate = _limits(candidate, cart, covered)
    return Shares(list(limits), count, rate, cap, limits)


def _limits(candidate: Candidate, cart: Cart, covered: list[int]) -> tuple[dict[int, int], int]:
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
