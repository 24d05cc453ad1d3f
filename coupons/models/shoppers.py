"""Who buys."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.models.access import Channel


class Shopper(models.Model):
    """A person (or household) as one channel knows it."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    external_id = models.CharField(_("external id"), max_length=64)
    attributes = models.JSONField(
        _("attributes"),
        default=dict,
        blank=True,
        db_default={},
        help_text=_("Facts the shop keeps; unused by default"),
    )
    personalised = models.BooleanField(
        _("personalised"),
        default=True,
        db_default=True,
        help_text=_("Off: only popular coupons, nothing learnt"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("shopper")
        verbose_name_plural = _("shoppers")
        constraints = [
            models.UniqueConstraint(name="shopper_external_id_per_channel", fields=["channel", "external_id"]),
        ]

    def __str__(self) -> str:
        return self.external_id
