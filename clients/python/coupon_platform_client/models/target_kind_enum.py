from typing import Literal

TargetKindEnum = Literal['brand', 'category', 'product']

TARGET_KIND_ENUM_VALUES: set[TargetKindEnum] = { 'brand', 'category', 'product',  }

def check_target_kind_enum(value: str) -> TargetKindEnum:
    if value in TARGET_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TARGET_KIND_ENUM_VALUES!r}")
