"""What a coupon takes off a made-up cart of what it covers, decided by the pure evaluation."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from coupons.admin.display import money
from coupons.admin.preview_page import reason_words
from coupons.candidates import load_candidates
from coupons.enums import Audience, BenefitType, CampaignStatus
from coupons.evaluation import Candidate, Cart, CartLine, ShopperFacts, Standing, evaluate
from coupons.models import Coupon

SHIPPING_MINOR = 500


def sample_of(coupon: Coupon, *, spend_minor: int | None, at: datetime) -> dict[str, Any]:
    """A cart of about `spend_minor`; None picks one that the coupon is meant for. In words and formatted money.

    Whom it is for and how it stands with its limits is left out: this is about the discount.
    """
    currency = coupon.campaign.channel.currency
    found = load_candidates(channel=coupon.campaign.channel, shopper=None, coupon_ids=[coupon.pk], now=at)
    if not found:
        return {"applied": False, "spend": "", "off": "", "reasons": []}
    candidate = _for_anybody(found[0])
    cart = cart_for(candidate, spend_minor if spend_minor is not None else meant_spend(candidate))
    evaluation = evaluate(cart, ShopperFacts(), [candidate], at)
    decision = evaluation.decisions[0]
    return {
        "applied": decision.applied,
        "spend_minor": cart.spend_minor,
        "spend": money(cart.spend_minor, currency),
        "off": money(evaluation.discount_minor, currency),
        "pay": money(evaluation.payable_minor, currency),
        "reasons": [reason_words(reason, currency) for reason in decision.reasons],
    }


def _for_anybody(candidate: Candidate) -> Candidate:
    return replace(
        candidate,
        active=True,
        segments=frozenset(),
        first_order_only=False,
        standing=Standing(granted=True),
        campaign=replace(
            candidate.campaign, status=CampaignStatus.APPROVED, audience=Audience.EVERYONE, holdout_percent=0
        ),
    )


def meant_spend(candidate: Candidate) -> int:
    """A cart that reaches what the coupon asks for: its highest threshold, its minimum, ten times an amount off."""
    benefit = candidate.benefit
    tiers = [tier.threshold_minor for tier in benefit.tiers]
    return max([*tiers, candidate.min_spend_minor, 10 * (benefit.amount_minor or 0)]) or 5_000


def cart_for(candidate: Candidate, spend_minor: int) -> Cart:
    """One line of something that is covered, in the quantity that is asked for, rounded up to whole items."""
    benefit = candidate.benefit
    quantity = max(candidate.min_quantity, (benefit.buy_quantity or 0) + (benefit.get_quantity or 0), 1)
    include = candidate.include
    line = CartLine(
        ref="1",
        quantity=quantity,
        unit_price_minor=-(-spend_minor // quantity),
        product_id=min(include.products, default=None),
        brand_id=min(include.brands, default=None),
        category_ids=include.categories,
    )
    return Cart((line,), SHIPPING_MINOR if benefit.type == BenefitType.FREE_SHIPPING else 0)
