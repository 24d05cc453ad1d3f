from typing import Literal

GrantSourceEnum = Literal['claim', 'import', 'operator', 'recommendation']

GRANT_SOURCE_ENUM_VALUES: set[GrantSourceEnum] = { 'claim', 'import', 'operator', 'recommendation',  }

def check_grant_source_enum(value: str) -> GrantSourceEnum:
    if value in GRANT_SOURCE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GRANT_SOURCE_ENUM_VALUES!r}")
