from typing import Literal

TriggerEnum = Literal['automatic', 'code', 'granted']

TRIGGER_ENUM_VALUES: set[TriggerEnum] = { 'automatic', 'code', 'granted',  }

def check_trigger_enum(value: str) -> TriggerEnum:
    if value in TRIGGER_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRIGGER_ENUM_VALUES!r}")
