from typing import Literal

CodeEnum = Literal['budget_exhausted', 'buy_more', 'campaign_ended', 'campaign_not_approved', 'campaign_not_started', 'campaign_paused', 'closed_now', 'code_required', 'coupon_inactive', 'held_out', 'min_quantity', 'min_spend', 'no_effect', 'no_matching_items', 'not_combinable', 'not_first_order', 'not_granted', 'not_in_audience', 'not_in_segment', 'outside_hours', 'shopper_limit_reached', 'tier_not_reached', 'too_far', 'usage_limit_reached']

CODE_ENUM_VALUES: set[CodeEnum] = { 'budget_exhausted', 'buy_more', 'campaign_ended', 'campaign_not_approved', 'campaign_not_started', 'campaign_paused', 'closed_now', 'code_required', 'coupon_inactive', 'held_out', 'min_quantity', 'min_spend', 'no_effect', 'no_matching_items', 'not_combinable', 'not_first_order', 'not_granted', 'not_in_audience', 'not_in_segment', 'outside_hours', 'shopper_limit_reached', 'tier_not_reached', 'too_far', 'usage_limit_reached',  }

def check_code_enum(value: str) -> CodeEnum:
    if value in CODE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CODE_ENUM_VALUES!r}")
