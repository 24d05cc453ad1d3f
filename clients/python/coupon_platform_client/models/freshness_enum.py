from typing import Literal

FreshnessEnum = Literal['live', 'none', 'published', 'stale']

FRESHNESS_ENUM_VALUES: set[FreshnessEnum] = { 'live', 'none', 'published', 'stale',  }

def check_freshness_enum(value: str) -> FreshnessEnum:
    if value in FRESHNESS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FRESHNESS_ENUM_VALUES!r}")
