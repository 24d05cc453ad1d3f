"""What is recommended, what was shown, and what the model holds of each shopper."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Coupon, Shopper
from recommender.enums import Fallback
from recommender.models.experiments import ExperimentArm
from recommender.models.policies import Policy
from recommender.models.training import ModelVersion


class Recommendation(models.Model):
    """A coupon in a shopper's precomputed slate. `score` is the calibrated probability of a redemption."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="recommendations", verbose_name=_("shopper")
    )
    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, verbose_name=_("coupon"))
    rank = models.PositiveSmallIntegerField(_("rank"), help_text=_("1 is the best"))
    score = models.FloatField(_("score"))
    propensity = models.FloatField(_("propensity"), default=1.0, help_text=_("Probability of this place"))
    reason = models.JSONField(_("reason"), default=dict, help_text=_("{code, subject, parts: {system: score}}"))
    created_at = models.DateTimeField(_("computed"), db_default=Now())

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints: ClassVar = [
            models.UniqueConstraint(name="recommendation_rank_once", fields=["model_version", "shopper", "rank"]),
            models.UniqueConstraint(name="recommendation_coupon_once", fields=["model_version", "shopper", "coupon"]),
            models.CheckConstraint(name="recommendation_score_range", condition=models.Q(score__range=(0, 1))),
            models.CheckConstraint(
                name="recommendation_propensity_range",
                condition=models.Q(propensity__gt=0, propensity__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.coupon_id} for {self.shopper_id}"


class PopularCoupon(models.Model):
    """The list for whom nothing personal is known, per channel and model version."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, verbose_name=_("coupon"))
    rank = models.PositiveSmallIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    created_at = models.DateTimeField(_("computed"), db_default=Now())

    class Meta:
        verbose_name = _("popular coupon")
        verbose_name_plural = _("popular coupons")
        constraints: ClassVar = [
            models.UniqueConstraint(name="popularcoupon_rank_once", fields=["model_version", "channel", "rank"]),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.coupon_id}"


class ShopperInterest(models.Model):
    """The interest model's view of a shopper: I per category and the recurrent state h, in the vocabulary's order."""

    shopper = models.OneToOneField(
        Shopper, on_delete=models.CASCADE, related_name="interest", primary_key=True, verbose_name=_("shopper")
    )
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    interests = ArrayField(models.FloatField(), verbose_name=_("interests"), help_text=_("I, one per category"))
    hidden_state = ArrayField(models.FloatField(), verbose_name=_("state"), help_text=_("h after the last basket"))
    before = ArrayField(
        models.FloatField(),
        verbose_name=_("interests before"),
        null=True,
        help_text=_("I as the same model saw it 8 weeks before; empty where nothing was known then"),
    )
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("shopper interest")
        verbose_name_plural = _("shopper interests")

    def __str__(self) -> str:
        return f"interest of {self.shopper_id}"


class Impression(models.Model):
    """A coupon in an answer that was given: what off-policy evaluation and the next training read.

    Foreign keys carry no database constraint, as those of the events: an answer has just read these rows, and
    checking forty keys again would cost more than all else that the answer writes. Nor an index each: every index is
    ten more entries for an answer. Those by shopper and by coupon serve what is asked, reports go by time.
    """

    slate_id = models.UUIDField(_("answer"))
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("channel")
    )
    shopper = models.ForeignKey(
        Shopper,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="impressions",
        verbose_name=_("shopper"),
    )
    coupon = models.ForeignKey(
        Coupon, on_delete=models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("coupon")
    )
    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        null=True,
        verbose_name=_("model"),
    )
    policy = models.ForeignKey(
        Policy,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        null=True,
        verbose_name=_("policy"),
    )
    arm = models.ForeignKey(
        ExperimentArm,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        null=True,
        verbose_name=_("experiment arm"),
    )
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("1 is the first"))
    score = models.FloatField(_("score"), null=True)
    propensity = models.FloatField(_("propensity"))
    fallback = models.CharField(_("fallback"), max_length=20, choices=Fallback, blank=True, default="")
    shown_at = models.DateTimeField(_("shown"), db_default=Now())

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        constraints: ClassVar = [
            models.UniqueConstraint(name="impression_position_once", fields=["slate_id", "position"]),
        ]
        indexes: ClassVar = [
            models.Index(name="impression_by_shopper", fields=["shopper", "-shown_at"]),
            models.Index(name="impression_by_coupon", fields=["coupon", "-shown_at"]),
            BrinIndex(name="impression_by_time", fields=["shown_at"]),  # rows come in its order: next to nothing
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.coupon_id}"
