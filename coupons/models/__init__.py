"""Tables of the promotion domain. Constraints carry the invariants; the workflow is in coupons.services."""

from coupons.models.access import ApiKey, Channel
from coupons.models.audit import AuditEntry, IdempotencyKey
from coupons.models.campaigns import Campaign, CampaignMember, StackingGroup
from coupons.models.catalog import Brand, Category, Product
from coupons.models.checks import LedgerCheck
from coupons.models.codes import CodeBatch, CouponCode
from coupons.models.counters import Budget, BudgetCharge, BudgetCounter, ShopperUsage, UsageCounter
from coupons.models.coupons import Benefit, BenefitTier, Coupon, CouponTarget
from coupons.models.imports import ImportRun, RejectedRow
from coupons.models.ledger import Redemption, RedemptionLine, Rollback
from coupons.models.outbox import OutboxEvent, WebhookDelivery, WebhookEndpoint
from coupons.models.places import Place
from coupons.models.shoppers import Shopper, ShopperIdentity
from coupons.models.wallet import CouponGrant

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Benefit",
    "BenefitTier",
    "Brand",
    "Budget",
    "BudgetCharge",
    "BudgetCounter",
    "Campaign",
    "CampaignMember",
    "Category",
    "Channel",
    "CodeBatch",
    "Coupon",
    "CouponCode",
    "CouponGrant",
    "CouponTarget",
    "IdempotencyKey",
    "ImportRun",
    "LedgerCheck",
    "OutboxEvent",
    "Place",
    "Product",
    "Redemption",
    "RedemptionLine",
    "RejectedRow",
    "Rollback",
    "Shopper",
    "ShopperIdentity",
    "ShopperUsage",
    "StackingGroup",
    "UsageCounter",
    "WebhookDelivery",
    "WebhookEndpoint",
]
