from typing import Literal

GrantStatusEnum = Literal['expired', 'held', 'issued', 'redeemed', 'revoked']

GRANT_STATUS_ENUM_VALUES: set[GrantStatusEnum] = { 'expired', 'held', 'issued', 'redeemed', 'revoked',  }

def check_grant_status_enum(value: str) -> GrantStatusEnum:
    if value in GRANT_STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GRANT_STATUS_ENUM_VALUES!r}")
