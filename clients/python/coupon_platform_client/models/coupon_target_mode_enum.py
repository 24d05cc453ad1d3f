from typing import Literal

CouponTargetModeEnum = Literal['exclude', 'include']

COUPON_TARGET_MODE_ENUM_VALUES: set[CouponTargetModeEnum] = { 'exclude', 'include',  }

def check_coupon_target_mode_enum(value: str) -> CouponTargetModeEnum:
    if value in COUPON_TARGET_MODE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {COUPON_TARGET_MODE_ENUM_VALUES!r}")
