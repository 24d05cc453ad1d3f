"""Every write of the promotion domain."""

from coupons.services.api_keys import create_api_key, revoke_api_key
from coupons.services.orders import Taken, Use, UseLine
from coupons.services.redemptions import (
    confirm_redemption,
    expire_holds,
    hold_coupons,
    redeem_coupons,
    release_redemption,
)
from coupons.services.rollbacks import ReturnedLine, roll_back_redemption

__all__ = [
    "ReturnedLine",
    "Taken",
    "Use",
    "UseLine",
    "confirm_redemption",
    "create_api_key",
    "expire_holds",
    "hold_coupons",
    "redeem_coupons",
    "release_redemption",
    "revoke_api_key",
    "roll_back_redemption",
]
