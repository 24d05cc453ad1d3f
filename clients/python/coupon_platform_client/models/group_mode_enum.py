from typing import Literal

GroupModeEnum = Literal['best_for_shop', 'best_for_shopper', 'list_order', 'stackable']

GROUP_MODE_ENUM_VALUES: set[GroupModeEnum] = { 'best_for_shop', 'best_for_shopper', 'list_order', 'stackable',  }

def check_group_mode_enum(value: str) -> GroupModeEnum:
    if value in GROUP_MODE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GROUP_MODE_ENUM_VALUES!r}")
