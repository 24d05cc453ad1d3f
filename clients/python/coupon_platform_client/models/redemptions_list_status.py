from typing import Literal

RedemptionsListStatus = Literal['expired', 'held', 'partially_rolled_back', 'redeemed', 'released', 'rolled_back']

REDEMPTIONS_LIST_STATUS_VALUES: set[RedemptionsListStatus] = { 'expired', 'held', 'partially_rolled_back', 'redeemed', 'released', 'rolled_back',  }

def check_redemptions_list_status(value: str) -> RedemptionsListStatus:
    if value in REDEMPTIONS_LIST_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REDEMPTIONS_LIST_STATUS_VALUES!r}")
