from typing import Literal

RedemptionStatusEnum = Literal['expired', 'held', 'partially_rolled_back', 'redeemed', 'released', 'rolled_back']

REDEMPTION_STATUS_ENUM_VALUES: set[RedemptionStatusEnum] = { 'expired', 'held', 'partially_rolled_back', 'redeemed', 'released', 'rolled_back',  }

def check_redemption_status_enum(value: str) -> RedemptionStatusEnum:
    if value in REDEMPTION_STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REDEMPTION_STATUS_ENUM_VALUES!r}")
