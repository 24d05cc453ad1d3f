"""The closed vocabularies of the promotion domain, as stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChannelKind(models.TextChoices):
    WEB = "web", _("Web shop")
    APP = "app", _("App")
    STORE = "store", _("Store")
    PARTNER = "partner", _("Partner")


class KeyKind(models.TextChoices):
    SERVER = "server", _("Server")
    BROWSER = "browser", _("Browser")


class Scope(models.TextChoices):
    """What an API key may do."""

    READ_RECOMMENDATIONS = "recommendations:read", _("Read recommendations")
    WRITE_EVENTS = "events:write", _("Write behaviour events")
    ISSUE_SHOPPER_TOKENS = "shopper_tokens:write", _("Issue shopper tokens")
    READ_SHOPPERS = "shoppers:read", _("Read who is one person")
    WRITE_SHOPPERS = "shoppers:write", _("Join and split accounts, record consent")
    READ_EVALUATIONS = "evaluations:read", _("Ask what a cart would get")
    READ_WALLET = "wallet:read", _("Read wallets")
    WRITE_WALLET = "wallet:write", _("Claim coupons")
    READ_REDEMPTIONS = "redemptions:read", _("Read redemptions")
    WRITE_REDEMPTIONS = "redemptions:write", _("Hold, redeem and roll back")
    READ_COUPONS = "coupons:read", _("Read campaigns and coupons")
    WRITE_COUPONS = "coupons:write", _("Write coupons and codes")
    WRITE_CAMPAIGNS = "campaigns:write", _("Write campaigns")
    APPROVE_CAMPAIGNS = "campaigns:approve", _("Approve campaigns of others")
    EXPORT_SHOPPERS = "shoppers:export", _("Export what is held of a shopper")
    ERASE_SHOPPERS = "shoppers:erase", _("Erase shoppers")


class CampaignStatus(models.TextChoices):
    """What somebody decided about a campaign. What is true now is its phase (coupons.phase)."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    PAUSED = "paused", _("Paused")
    ARCHIVED = "archived", _("Archived")


class CampaignPhase(models.TextChoices):
    """What a campaign is at one instant, derived from status and schedule, never stored."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")
    ARCHIVED = "archived", _("Archived")


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    MEMBERS = "members", _("Only the shoppers it was sent to")


class CouponTrigger(models.TextChoices):
    CODE = "code", _("By code")
    AUTOMATIC = "automatic", _("Automatic")
    GRANTED = "granted", _("From the wallet")


class StackingMode(models.TextChoices):
    """How the coupons of one stacking group are combined on an order."""

    STACKABLE = "stackable", _("All that apply")
    LIST_ORDER = "list_order", _("The first that applies, by priority")
    BEST_FOR_SHOPPER = "best_for_shopper", _("The best combination for the shopper")
    BEST_FOR_SHOP = "best_for_shop", _("The one that costs the shop least")


class RestorePolicy(models.TextChoices):
    """When a redeemed use is given back to its limits. Money given back always returns to the money budgets."""

    NEVER = "never", _("Never")
    ON_CANCEL = "on_cancel", _("When the order is cancelled")
    ON_FULL_REFUND = "on_full_refund", _("When the order is cancelled or wholly refunded")


class BelowMinimumPolicy(models.TextChoices):
    """What a partial return does that leaves the order below the coupon's minimum spend."""

    KEEP = "keep", _("The kept items keep their discount")
    REVOKE = "revoke", _("The discount on the kept items is taken back")


class Allocation(models.TextChoices):
    """Over what an amount off is given."""

    EACH = "each", _("Each item")
    ACROSS = "across", _("The order, split over its items")


class CounterScope(models.TextChoices):
    """What a usage counter limits."""

    COUPON = "coupon", _("Uses of a coupon")
    BATCH = "batch", _("Uses of a batch of codes")
    CLAIM = "claim", _("Claims of a coupon")


class BudgetKind(models.TextChoices):
    MONEY = "money", _("Money")
    USES = "uses", _("Uses")


class BudgetPeriod(models.TextChoices):
    """Calendar periods in the campaign's time zone."""

    TOTAL = "total", _("In all")
    DAY = "day", _("A day")
    WEEK = "week", _("A week (from Monday)")
    MONTH = "month", _("A month")


class BatchStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class IdentityKind(models.TextChoices):
    """By what a person is recognised across accounts and guest checkouts."""

    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")


class RollbackKind(models.TextChoices):
    CANCEL = "cancel", _("Order cancelled")
    REFUND = "refund", _("Items returned")


class KeyState(models.TextChoices):
    """Where an idempotent request stands."""

    IN_FLIGHT = "in_flight", _("In flight")
    DONE = "done", _("Answered")


class WebhookKind(models.TextChoices):
    """What other systems may be told of."""

    CLAIMED = "coupon.claimed", _("Coupon claimed")
    HELD = "redemption.held", _("Use held for an order")
    REDEEMED = "redemption.redeemed", _("Coupon used")
    RELEASED = "redemption.released", _("Hold released")
    EXPIRED = "redemption.expired", _("Hold expired")
    ROLLED_BACK = "redemption.rolled_back", _("Use rolled back")


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class BenefitType(models.TextChoices):
    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off")
    FREE_SHIPPING = "free_shipping", _("Free shipping")
    BUY_X_GET_Y = "buy_x_get_y", _("Buy X, get Y")
    GIFT = "gift", _("Gift")
    TIERS = "tiers", _("Spend thresholds")


class TargetKind(models.TextChoices):
    PRODUCT = "product", _("Product")
    CATEGORY = "category", _("Category")
    BRAND = "brand", _("Brand")


class TargetMode(models.TextChoices):
    INCLUDE = "include", _("Include")
    EXCLUDE = "exclude", _("Exclude")


class GrantStatus(models.TextChoices):
    ISSUED = "issued", _("Issued")
    HELD = "held", _("Held")
    REDEEMED = "redeemed", _("Redeemed")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class GrantSource(models.TextChoices):
    CLAIM = "claim", _("Claimed by the shopper")
    RECOMMENDATION = "recommendation", _("Given by the recommender")
    OPERATOR = "operator", _("Given by an operator")
    IMPORT = "import", _("Imported")


class RedemptionStatus(models.TextChoices):
    HELD = "held", _("Held")
    REDEEMED = "redeemed", _("Redeemed")
    PARTIALLY_ROLLED_BACK = "partially_rolled_back", _("Partly rolled back")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    RELEASED = "released", _("Released")
    EXPIRED = "expired", _("Expired")


LIVE_REDEMPTIONS = [
    RedemptionStatus.HELD,
    RedemptionStatus.REDEEMED,
    RedemptionStatus.PARTIALLY_ROLLED_BACK,
]
"""States in which a redemption uses up a limit."""


class ImportStatus(models.TextChoices):
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
