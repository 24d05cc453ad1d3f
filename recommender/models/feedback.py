"""What shoppers said about what they were shown."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Coupon, Shopper
from recommender.models.training import ModelVersion


class Dismissal(models.Model):
    """ "Not for me": the coupon is never shown again to this person, in any channel."""

    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="dismissals", verbose_name=_("shopper"))
    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, related_name="dismissals", verbose_name=_("coupon"))
    slate_id = models.UUIDField(_("answer"), null=True)
    dismissed_at = models.DateTimeField(_("dismissed"))

    class Meta:
        verbose_name = _("dismissal")
        verbose_name_plural = _("dismissals")
        constraints: ClassVar = [
            models.UniqueConstraint(name="dismissal_once", fields=["shopper", "coupon"]),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} by {self.shopper_id}"


class SurveyInvitation(models.Model):
    """The one question, asked of one shopper about one answer; `rating` is empty until somebody answers."""

    slate_id = models.UUIDField(_("answer"), unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="survey_invitations", verbose_name=_("shopper")
    )
    model_version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, verbose_name=_("model"))
    activity = models.PositiveSmallIntegerField(
        _("activity"), help_text=_("Days with an event in the 28 before, when asked: who answers differs by it")
    )
    asked_at = models.DateTimeField(_("asked"), db_default=Now())
    answered_at = models.DateTimeField(_("answered"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True)

    class Meta:
        verbose_name = _("survey invitation")
        verbose_name_plural = _("survey invitations")
        constraints: ClassVar = [
            models.CheckConstraint(name="survey_rating_range", condition=models.Q(rating__range=(1, 5))),
            models.CheckConstraint(
                name="survey_answer_whole",
                condition=models.Q(rating=None, answered_at=None)
                | models.Q(rating__isnull=False, answered_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(name="survey_by_shopper", fields=["shopper", "-asked_at"])]

    def __str__(self) -> str:
        return f"survey about {self.slate_id}"
