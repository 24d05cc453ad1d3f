"""Short ways to write carts and candidates; everything in them is made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from coupons.enums import BenefitType, StackingMode
from coupons.evaluation import BenefitTerms, CampaignTerms, Candidate, Cart, CartLine, GroupTerms, Tier

NOW = datetime(2030, 3, 13, 12, 0, tzinfo=UTC)  # a Wednesday


def cart(*prices: int | tuple[int, int], shipping: int = 0) -> Cart:
    """Lines "1", "2" ... of product 1, 2 ..., each a unit price or (quantity, unit price)."""
    pairs = [price if isinstance(price, tuple) else (1, price) for price in prices]
    lines = (CartLine(str(i), q, p, product_id=i) for i, (q, p) in enumerate(pairs, start=1))
    return Cart(tuple(lines), shipping)


def campaign(number: int = 1, **fields: Any) -> CampaignTerms:
    return CampaignTerms(
        **{"id": number, "starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1), **fields}
    )


def group(mode: StackingMode, **fields: Any) -> GroupTerms:
    return GroupTerms(**{"id": 1, "name": "Group", "mode": mode, **fields})


def coupon(coupon_id: int, benefit: BenefitTerms, **fields: Any) -> Candidate:
    """Fields of the campaign are given as campaign_<name>."""
    prefix = "campaign_"
    of_campaign = {name.removeprefix(prefix): fields.pop(name) for name in list(fields) if name.startswith(prefix)}
    return Candidate(coupon_id, campaign(**of_campaign), benefit, **fields)


def percent(bp: int, **fields: Any) -> BenefitTerms:
    return BenefitTerms(BenefitType.PERCENT, percent_bp=bp, **fields)


def amount(minor: int, **fields: Any) -> BenefitTerms:
    return BenefitTerms(BenefitType.AMOUNT, amount_minor=minor, **fields)


def buy_get(buy: int, get: int, **fields: Any) -> BenefitTerms:
    return BenefitTerms(BenefitType.BUY_X_GET_Y, buy_quantity=buy, get_quantity=get, **fields)


def tiers(*steps: tuple[int, int]) -> BenefitTerms:
    return BenefitTerms(BenefitType.TIERS, tiers=tuple(Tier(threshold, amount_minor=off) for threshold, off in steps))


FREE_SHIPPING = BenefitTerms(BenefitType.FREE_SHIPPING)

__all__ = [
    "FREE_SHIPPING",
    "NOW",
    "amount",
    "buy_get",
    "campaign",
    "cart",
    "coupon",
    "group",
    "percent",
    "replace",
    "tiers",
]
