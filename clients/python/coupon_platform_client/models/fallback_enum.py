from typing import Literal

FallbackEnum = Literal['held_out', 'model_expired', 'model_unavailable', 'no_model', 'none_eligible', 'not_personalised', 'not_precomputed', 'unknown_shopper']

FALLBACK_ENUM_VALUES: set[FallbackEnum] = { 'held_out', 'model_expired', 'model_unavailable', 'no_model', 'none_eligible', 'not_personalised', 'not_precomputed', 'unknown_shopper',  }

def check_fallback_enum(value: str) -> FallbackEnum:
    if value in FALLBACK_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FALLBACK_ENUM_VALUES!r}")
