from typing import Literal

EventKindEnum = Literal['cart', 'claim', 'click', 'dismissal', 'impression', 'purchase', 'rating', 'redemption', 'view']

EVENT_KIND_ENUM_VALUES: set[EventKindEnum] = { 'cart', 'claim', 'click', 'dismissal', 'impression', 'purchase', 'rating', 'redemption', 'view',  }

def check_event_kind_enum(value: str) -> EventKindEnum:
    if value in EVENT_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EVENT_KIND_ENUM_VALUES!r}")
