from typing import Literal

TypeEnum = Literal['amount', 'buy_x_get_y', 'free_shipping', 'gift', 'percent', 'tiers']

TYPE_ENUM_VALUES: set[TypeEnum] = { 'amount', 'buy_x_get_y', 'free_shipping', 'gift', 'percent', 'tiers',  }

def check_type_enum(value: str) -> TypeEnum:
    if value in TYPE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TYPE_ENUM_VALUES!r}")
