from typing import Literal

ItemSourceEnum = Literal['personal', 'popular']

ITEM_SOURCE_ENUM_VALUES: set[ItemSourceEnum] = { 'personal', 'popular',  }

def check_item_source_enum(value: str) -> ItemSourceEnum:
    if value in ITEM_SOURCE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ITEM_SOURCE_ENUM_VALUES!r}")
