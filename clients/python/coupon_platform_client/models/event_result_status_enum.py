from typing import Literal

EventResultStatusEnum = Literal['accepted', 'duplicate', 'rejected']

EVENT_RESULT_STATUS_ENUM_VALUES: set[EventResultStatusEnum] = { 'accepted', 'duplicate', 'rejected',  }

def check_event_result_status_enum(value: str) -> EventResultStatusEnum:
    if value in EVENT_RESULT_STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EVENT_RESULT_STATUS_ENUM_VALUES!r}")
