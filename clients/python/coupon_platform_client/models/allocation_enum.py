from typing import Literal

AllocationEnum = Literal['across', 'each']

ALLOCATION_ENUM_VALUES: set[AllocationEnum] = { 'across', 'each',  }

def check_allocation_enum(value: str) -> AllocationEnum:
    if value in ALLOCATION_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ALLOCATION_ENUM_VALUES!r}")
