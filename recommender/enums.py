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
    DISMISSAL = 9, _("Coupon dismissed")

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
    SHADOW = "shadow", _("Shadow")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class Fallback(models.TextChoices):
    """Why an answer is not (only) personal."""

    NONE = "", _("Personal")
    UNKNOWN_SHOPPER = "unknown_shopper", _("Unknown shopper")
    NOT_PERSONALISED = "not_personalised", _("Shopper opted out")
    HELD_OUT = "held_out", _("Shopper of the hold-out")
    NO_MODEL = "no_model", _("No model is live yet")
    MODEL_EXPIRED = "model_expired", _("The live model is too old")
    MODEL_UNAVAILABLE = "model_unavailable", _("The live model's files cannot be read")
    NOT_PRECOMPUTED = "not_precomputed", _("No recommendations computed yet")
    NONE_ELIGIBLE = "none_eligible", _("No computed coupon is eligible now")


class PolicyStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    TRIAL = "trial", _("In an experiment")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class Objective(models.TextChoices):
    """What a policy puts first."""

    RESPONSE = "response", _("Most coupons used")
    PROFIT = "profit", _("Most incremental profit")


class ExplorationKind(models.TextChoices):
    """How the place that is left to chance is drawn."""

    NONE = "none", _("Not at all")
    UNIFORM = "uniform", _("Evenly from all that may stand there")
    THOMPSON = "thompson", _("By what was learned so far (Thompson sampling)")


class HoldoutSees(models.TextChoices):
    """What shoppers of the permanent hold-out are shown."""

    POPULAR = "popular", _("Popular coupons only, nothing personal")
    NOTHING = "nothing", _("No coupons at all")


class ExperimentStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")


class EstimateKind(models.TextChoices):
    """What a policy estimate answers."""

    EARNINGS = "earnings", _("What would this policy have earned?")
    BUDGET = "budget", _("What would these budgets earn?")


class EstimateStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Failed")
