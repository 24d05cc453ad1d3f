"""Every write of the promotion domain."""

from coupons.services.api_keys import create_api_key, revoke_api_key

__all__ = ["create_api_key", "revoke_api_key"]
