from typing import Literal

RestorePolicyEnum = Literal['never', 'on_cancel', 'on_full_refund']

RESTORE_POLICY_ENUM_VALUES: set[RestorePolicyEnum] = { 'never', 'on_cancel', 'on_full_refund',  }

def check_restore_policy_enum(value: str) -> RestorePolicyEnum:
    if value in RESTORE_POLICY_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RESTORE_POLICY_ENUM_VALUES!r}")
