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


class BenefitType(models.TextChoices):
    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off")
    FREE_SHIPPING = "free_shipping", _("Free shipping")
    BUY_X_GET_Y = "buy_x_get_y", _("Buy X, get Y")
    GIFT = "gift", _("Gift")


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
