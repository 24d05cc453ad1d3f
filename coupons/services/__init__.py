"""Every write of the promotion domain."""

from coupons.services.api_keys import create_api_key, revoke_api_key
from coupons.services.checkout import Checkout, evaluate_cart, find_codes, hide_code_state, use_on_cart
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
    "Checkout",
    "ReturnedLine",
    "Taken",
    "Use",
    "UseLine",
    "confirm_redemption",
    "create_api_key",
    "evaluate_cart",
    "expire_holds",
    "find_codes",
    "hide_code_state",
    "hold_coupons",
    "redeem_coupons",
    "release_redemption",
    "revoke_api_key",
    "roll_back_redemption",
    "use_on_cart",
]
