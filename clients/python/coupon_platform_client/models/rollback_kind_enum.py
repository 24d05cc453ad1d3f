from typing import Literal

RollbackKindEnum = Literal['cancel', 'refund']

ROLLBACK_KIND_ENUM_VALUES: set[RollbackKindEnum] = { 'cancel', 'refund',  }

def check_rollback_kind_enum(value: str) -> RollbackKindEnum:
    if value in ROLLBACK_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ROLLBACK_KIND_ENUM_VALUES!r}")
