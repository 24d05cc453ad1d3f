from typing import Literal

RedemptionRequestModeEnum = Literal['hold', 'redeem']

REDEMPTION_REQUEST_MODE_ENUM_VALUES: set[RedemptionRequestModeEnum] = { 'hold', 'redeem',  }

def check_redemption_request_mode_enum(value: str) -> RedemptionRequestModeEnum:
    if value in REDEMPTION_REQUEST_MODE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REDEMPTION_REQUEST_MODE_ENUM_VALUES!r}")
