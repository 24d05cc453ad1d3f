"""May this shopper use this coupon now, whatever is in the cart? The SQL twin is coupons.selectors.eligible_coupons."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from coupons.enums import Audience, BudgetKind, CampaignStatus, CouponTrigger
from coupons.evaluation.reasons import Reason, ReasonCode, Unit
from coupons.evaluation.terms import Candidate, Nearest, ShopperFacts
from coupons.schedule import in_weekly_window


def refusals(candidate: Candidate, facts: ShopperFacts, now: datetime) -> tuple[Reason, ...]:
    """Every reason against it, most general first; empty where the shopper may."""
    if candidate.standing.on_this_order:
        return ()
    return (
        *_campaign_refusals(candidate, now),
        *_shopper_refusals(candidate, facts),
        *_place_refusals(candidate.standing.nearest),
        *_limit_refusals(candidate),
    )


def is_held_out(campaign_id: int, shopper_id: int | None, percent: int) -> bool:
    """A fixed share of shoppers per campaign: the first 32 bits of md5("campaign:shopper"), modulo 100."""
    if not percent or shopper_id is None:
        return False
    digest = hashlib.md5(f"{campaign_id}:{shopper_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 100 < percent


def _campaign_refusals(candidate: Candidate, now: datetime) -> Iterator[Reason]:
    campaign = candidate.campaign
    if campaign.status == CampaignStatus.PAUSED:
        yield Reason(ReasonCode.CAMPAIGN_PAUSED, "The campaign is paused")
    elif campaign.status != CampaignStatus.APPROVED:
        yield Reason(ReasonCode.CAMPAIGN_NOT_APPROVED, "The campaign is not approved")
    if now < campaign.starts_at:
        away = int((campaign.starts_at - now).total_seconds())
        yield Reason(ReasonCode.CAMPAIGN_NOT_STARTED, "The campaign has not started", away, Unit.SECONDS)
    elif now >= campaign.ends_at:
        yield Reason(ReasonCode.CAMPAIGN_ENDED, "The campaign has ended")
    elif not in_weekly_window(campaign.weekly_windows, campaign.timezone, now):
        yield Reason(ReasonCode.OUTSIDE_HOURS, "The campaign runs at other hours of the week")
    if not candidate.active:
        yield Reason(ReasonCode.COUPON_INACTIVE, "The coupon is switched off")


def _shopper_refusals(candidate: Candidate, facts: ShopperFacts) -> Iterator[Reason]:
    campaign, standing = candidate.campaign, candidate.standing
    unknown = facts.shopper_id is None
    if campaign.audience == Audience.MEMBERS and (unknown or not standing.member):
        yield Reason(ReasonCode.NOT_IN_AUDIENCE, "The campaign was not sent to this shopper")
    if is_held_out(campaign.id, facts.shopper_id, campaign.holdout_percent):
        yield Reason(ReasonCode.HELD_OUT, "The shopper is in the campaign's control group")
    if candidate.segments and candidate.segments.isdisjoint(facts.segments):
        yield Reason(ReasonCode.NOT_IN_SEGMENT, "The shopper is in none of the coupon's segments")
    if candidate.first_order_only and facts.has_ordered:
        yield Reason(ReasonCode.NOT_FIRST_ORDER, "The coupon is for a first order only")
    if candidate.trigger == CouponTrigger.GRANTED and (unknown or not standing.granted):
        yield Reason(ReasonCode.NOT_GRANTED, "The coupon is not in the shopper's wallet")
    if standing.code_missing:
        yield Reason(ReasonCode.CODE_REQUIRED, "The coupon needs its code")


def _place_refusals(nearest: Nearest | None) -> Iterator[Reason]:
    if nearest is None or nearest.reachable:
        return
    if nearest.near:
        yield Reason(ReasonCode.CLOSED_NOW, f"{nearest.name} is closed now")
    else:
        text = f"{nearest.name}, the nearest place that takes the coupon, is too far away"
        yield Reason(ReasonCode.TOO_FAR, text, nearest.distance_m, Unit.METRES)


def _limit_refusals(candidate: Candidate) -> Iterator[Reason]:
    standing = candidate.standing
    if standing.used_up:
        yield Reason(ReasonCode.USAGE_LIMIT_REACHED, "All uses of the coupon are taken")
    if standing.used_by_shopper:
        yield Reason(ReasonCode.SHOPPER_LIMIT_REACHED, "The shopper has used the coupon as often as allowed")
    for budget in standing.budgets:
        if budget.left_n <= 0:
            taken = "uses budgeted for this period are taken"
            spent = "money budgeted for this period is spent"
            yield Reason(ReasonCode.BUDGET_EXHAUSTED, f"The {taken if budget.kind == BudgetKind.USES else spent}")
            return
