"""The most a campaign can cost, from its limits alone: what its owner answers for, whatever shoppers do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from coupons.enums import Allocation, BenefitType, BudgetKind, BudgetPeriod
from coupons.models import Benefit, Budget, Campaign, Coupon


@dataclass(frozen=True, slots=True)
class Exposure:
    """Minor units; None where nothing sets a ceiling. `budget_minor` is the least that budgets of money allow."""

    most_minor: int | None
    by_uses_minor: int | None
    budget_minor: int | None


def largest_discount_minor(benefit: Benefit | None) -> int | None:
    """Of one use; None where it grows with the cart."""
    if benefit is None:
        return 0
    cap = benefit.max_discount_minor
    found = _uncapped(benefit)
    known = [value for value in (cap, found) if value is not None]
    return min(known, default=None)


def _uncapped(benefit: Benefit) -> int | None:
    if benefit.type == BenefitType.AMOUNT and benefit.allocation == Allocation.ACROSS:
        return benefit.amount_minor
    if benefit.type == BenefitType.GIFT:
        return benefit.gift_product.price_minor if benefit.gift_product else None
    if benefit.type == BenefitType.TIERS:
        amounts = [tier.amount_minor for tier in benefit.tiers.all()]
        return max((amount for amount in amounts if amount is not None), default=None) if None not in amounts else None
    return None


def exposure(campaign: Campaign, coupons: Sequence[Coupon], *, shoppers: int | None = None) -> Exposure:
    """Over the campaign's whole run. `shoppers` is how many may use it, where that is known.

    Coupons come with benefit and tiers, budgets of both campaign and coupons count.
    """
    by_uses: int | None = 0
    for coupon in coupons:
        largest, uses = largest_discount_minor(getattr(coupon, "benefit", None)), _uses(coupon, shoppers)
        own = _least(_times(largest, uses), _money(coupon.budgets.all(), campaign))
        by_uses = None if by_uses is None or own is None else by_uses + own
    budget = _money(campaign.budgets.all(), campaign)
    return Exposure(_least(by_uses, budget), by_uses, budget)


def _uses(coupon: Coupon, shoppers: int | None) -> int | None:
    each = _times(coupon.per_shopper_limit, shoppers)
    budgets = [budget.limit_n for budget in coupon.budgets.all() if _total(budget, BudgetKind.USES)]
    return _least(coupon.usage_limit, each, *budgets)


def _total(budget: Budget, kind: BudgetKind) -> bool:
    return budget.kind == kind and budget.period == BudgetPeriod.TOTAL


def _money(budgets: Iterable[Budget], campaign: Campaign) -> int | None:
    return _least(
        *(
            budget.limit_n * periods(budget.period, campaign.starts_at, campaign.ends_at, campaign.timezone)
            for budget in budgets
            if budget.kind == BudgetKind.MONEY
        )
    )


def periods(period: str, starts_at: datetime, ends_at: datetime, timezone: str) -> int:
    """How many calendar periods `[starts_at, ends_at)` touches in the campaign's zone; 1 for a budget in all."""
    zone = ZoneInfo(timezone)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone)
    end = last.date()
    if period == BudgetPeriod.TOTAL:
        return 1
    if (last.hour, last.minute, last.second, last.microsecond) == (0, 0, 0, 0) and end > first:
        end = end.fromordinal(end.toordinal() - 1)
    if period == BudgetPeriod.DAY:
        return (end - first).days + 1
    if period == BudgetPeriod.WEEK:
        return (end.toordinal() - end.weekday() - first.toordinal() + first.weekday()) // 7 + 1
    return (end.year - first.year) * 12 + end.month - first.month + 1


def _times(one: int | None, many: int | None) -> int | None:
    return None if one is None or many is None else one * many


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)
