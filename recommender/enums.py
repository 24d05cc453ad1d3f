"""The closed vocabularies of the recommender, as stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.IntegerChoices):
    """What a shopper did. Two bytes in the event table; the API and the lake speak the lower-case names."""

    VIEW = 1, _("View")
    CLICK = 2, _("Click")
    CART = 3, _("Cart")
    PURCHASE = 4, _("Purchase")
    IMPRESSION = 5, _("Coupon shown")
    CLAIM = 6, _("Coupon claimed")
    REDEMPTION = 7, _("Coupon redeemed")
    RATING = 8, _("Rating")

    @property
    def slug(self) -> str:
        """The name that files and clients use, for example `purchase`."""
        return self.name.lower()


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class RunTrigger(models.TextChoices):
    ADMIN = "admin", _("Admin")
    SCHEDULE = "schedule", _("Schedule")
    COMMAND = "command", _("Command line")


class VersionStatus(models.TextChoices):
    CANDIDATE = "candidate", _("Candidate")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class Fallback(models.TextChoices):
    """Why an answer is not (only) personal."""

    NONE = "", _("Personal")
    UNKNOWN_SHOPPER = "unknown_shopper", _("Unknown shopper")
    NOT_PERSONALISED = "not_personalised", _("Shopper opted out")
    NO_MODEL = "no_model", _("No model is live yet")
    NOT_PRECOMPUTED = "not_precomputed", _("No recommendations computed yet")
    NONE_ELIGIBLE = "none_eligible", _("No computed coupon is eligible now")
