from typing import Literal

BelowMinimumPolicyEnum = Literal['keep', 'revoke']

BELOW_MINIMUM_POLICY_ENUM_VALUES: set[BelowMinimumPolicyEnum] = { 'keep', 'revoke',  }

def check_below_minimum_policy_enum(value: str) -> BelowMinimumPolicyEnum:
    if value in BELOW_MINIMUM_POLICY_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BELOW_MINIMUM_POLICY_ENUM_VALUES!r}")
