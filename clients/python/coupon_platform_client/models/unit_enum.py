from typing import Literal

UnitEnum = Literal['items', 'metres', 'minor', 'seconds']

UNIT_ENUM_VALUES: set[UnitEnum] = { 'items', 'metres', 'minor', 'seconds',  }

def check_unit_enum(value: str) -> UnitEnum:
    if value in UNIT_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {UNIT_ENUM_VALUES!r}")
