"""Tables of the promotion domain. Constraints carry the invariants; the workflow is in coupons.services."""

from coupons.models.access import ApiKey, Channel
from coupons.models.campaigns import Campaign, CampaignMember
from coupons.models.catalog import Brand, Category, Product
from coupons.models.coupons import Benefit, Coupon, CouponTarget
from coupons.models.imports import ImportRun, RejectedRow
from coupons.models.ledger import Redemption
from coupons.models.shoppers import Shopper
from coupons.models.wallet import CouponGrant

__all__ = [
    "ApiKey",
    "Benefit",
    "Brand",
    "Campaign",
    "CampaignMember",
    "Category",
    "Channel",
    "Coupon",
    "CouponGrant",
    "CouponTarget",
    "ImportRun",
    "Product",
    "Redemption",
    "RejectedRow",
    "Shopper",
]
