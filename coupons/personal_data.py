"""Who keeps data of a shopper. An app that does says so in its AppConfig.ready; this one need not know it.

Erasure asks every holder in the transaction that erases, an export asks them one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coupons.models import Shopper


@dataclass(frozen=True, slots=True)
class Holder:
    """`export` gives plain values by table name; `erase` deletes or anonymises and gives how many rows, by table."""

    name: str
    export: Callable[[Shopper], dict[str, list[dict[str, Any]]]]
    erase: Callable[[Shopper], dict[str, int]]


_holders: dict[str, Holder] = {}


def register_holder(holder: Holder) -> None:
    """Registering a name again replaces the holder."""
    _holders[holder.name] = holder


def holders() -> list[Holder]:
    return list(_holders.values())
