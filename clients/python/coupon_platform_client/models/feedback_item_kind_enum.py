from typing import Literal

FeedbackItemKindEnum = Literal['claim', 'click', 'dismiss', 'rating', 'redemption', 'seen']

FEEDBACK_ITEM_KIND_ENUM_VALUES: set[FeedbackItemKindEnum] = { 'claim', 'click', 'dismiss', 'rating', 'redemption', 'seen',  }

def check_feedback_item_kind_enum(value: str) -> FeedbackItemKindEnum:
    if value in FEEDBACK_ITEM_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FEEDBACK_ITEM_KIND_ENUM_VALUES!r}")
