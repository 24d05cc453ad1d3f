"""The promotion domain in the admin. Writes go through coupons.services; these pages only ask for them."""

from coupons.admin import access, campaigns, catalog, coupons, imports, ledger, people, shoppers

__all__ = ["access", "campaigns", "catalog", "coupons", "imports", "ledger", "people", "shoppers"]
