"""Why a coupon does not apply: a stable code for machines, a text for people, and how far away it is."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """Stable: clients branch on these. New ones may be added, none is renamed."""

    CAMPAIGN_NOT_APPROVED = "campaign_not_approved"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_NOT_STARTED = "campaign_not_started"
    CAMPAIGN_ENDED = "campaign_ended"
    OUTSIDE_HOURS = "outside_hours"
    COUPON_INACTIVE = "coupon_inactive"
    NOT_IN_AUDIENCE = "not_in_audience"
    HELD_OUT = "held_out"
    NOT_IN_SEGMENT = "not_in_segment"
    NOT_FIRST_ORDER = "not_first_order"
    NOT_GRANTED = "not_granted"
    CODE_REQUIRED = "code_required"
    TOO_FAR = "too_far"
    CLOSED_NOW = "closed_now"
    USAGE_LIMIT_REACHED = "usage_limit_reached"
    SHOPPER_LIMIT_REACHED = "shopper_limit_reached"
    BUDGET_EXHAUSTED = "budget_exhausted"
    NO_MATCHING_ITEMS = "no_matching_items"
    MIN_SPEND = "min_spend"
    MIN_QUANTITY = "min_quantity"
    BUY_MORE = "buy_more"
    TIER_NOT_REACHED = "tier_not_reached"
    NO_EFFECT = "no_effect"
    NOT_COMBINABLE = "not_combinable"


class Unit(StrEnum):
    """What a distance counts."""

    MINOR = "minor"
    ITEMS = "items"
    SECONDS = "seconds"
    METRES = "metres"


@dataclass(frozen=True, slots=True)
class Reason:
    """`distance` is how much is missing, in `unit`; `by` are the coupons that were applied instead."""

    code: ReasonCode
    text: str
    distance: int | None = None
    unit: Unit | None = None
    by: tuple[int, ...] = ()
