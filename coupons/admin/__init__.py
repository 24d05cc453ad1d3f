"""The promotion domain in the admin. Writes go through coupons.services; these pages only ask for them."""

from coupons.admin import (
    access,
    audit,
    campaigns,
    catalog,
    codes,
    coupons,
    imports,
    ledger,
    limits,
    people,
    places,
    shoppers,
    wallet,
)

__all__ = [
    "access",
    "audit",
    "campaigns",
    "catalog",
    "codes",
    "coupons",
    "imports",
    "ledger",
    "limits",
    "people",
    "places",
    "shoppers",
    "wallet",
]
