"""The promotion domain: catalog, shoppers, campaigns, coupons, wallet and redemption ledger. Knows nothing of ML."""
