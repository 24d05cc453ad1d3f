"""What a way to the store leaves of a store coupon's score."""

from coupons.evaluation import Nearest

HALF_APPEAL_M = 10_000


def appeal(store: Nearest) -> float:
    """What is left of a coupon's score for the way to its nearest place: half of it HALF_APPEAL_M away."""
    return float(0.5 ** (store.distance_m / HALF_APPEAL_M))
