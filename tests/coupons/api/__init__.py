"""The coupon engine over HTTP."""
