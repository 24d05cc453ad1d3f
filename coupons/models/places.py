"""Where store coupons are used."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coupons.models.access import Channel
from coupons.models.coupons import Coupon


class Place(models.Model):
    """A shop of the chain. A coupon with places is used at one of them while it is open, any other everywhere."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="places", verbose_name=_("channel"))
    external_id = models.CharField(_("external id"), max_length=64)
    name = models.CharField(_("name"), max_length=100)
    latitude = models.FloatField(_("latitude"), help_text=_("Degrees, north positive"))
    longitude = models.FloatField(_("longitude"), help_text=_("Degrees, east positive"))
    timezone = models.CharField(_("time zone"), max_length=50, default="UTC")
    opening_hours = models.JSONField(
        _("opening hours"),
        default=list,
        blank=True,
        db_default=[],
        help_text=_(
            'For example [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "22:00"}]; 1: Monday; empty: always open'
        ),
    )
    active = models.BooleanField(_("active"), default=True, db_default=True)
    coupons = models.ManyToManyField(Coupon, related_name="places", blank=True, verbose_name=_("coupons"))

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            models.UniqueConstraint(name="place_external_id_per_channel", fields=["channel", "external_id"]),
            models.CheckConstraint(
                name="place_on_earth", condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
            ),
        ]

    def __str__(self) -> str:
        return self.name
