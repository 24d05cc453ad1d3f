"""Who buys."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import IdentityKind
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
    segments = ArrayField(
        models.CharField(max_length=40), verbose_name=_("segments"), default=list, blank=True, db_default=[]
    )
    same_person_as = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="other_accounts",
        verbose_name=_("same person as"),
        help_text=_("Limits per shopper count for both; points at the first account, never further"),
    )
    kept_apart = models.BooleanField(
        _("kept apart"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Taken apart from another account by an operator: not joined again by a shared address"),
    )
    first_order_ref = models.CharField(
        _("first order"),
        max_length=64,
        null=True,
        blank=True,
        editable=False,
        help_text=_("The order that counts as this person's first; blank while there is none"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("shopper")
        verbose_name_plural = _("shoppers")
        permissions = [("erase_shopper", _("Can erase what is held of a shopper"))]
        constraints = [
            models.UniqueConstraint(name="shopper_external_id_per_channel", fields=["channel", "external_id"]),
        ]

    def __str__(self) -> str:
        return self.external_id


class ShopperIdentity(models.Model):
    """A keyed hash by which one person is recognised, whatever account or guest checkout they use."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="identities", verbose_name=_("shopper"))
    kind = models.CharField(_("kind"), max_length=10, choices=IdentityKind)
    value_hmac = models.CharField(max_length=64, verbose_name=_("keyed hash of the value"))

    class Meta:
        verbose_name = _("shopper identity")
        verbose_name_plural = _("shopper identities")
        constraints = [
            models.UniqueConstraint(name="shopper_identity_once", fields=["channel", "kind", "value_hmac"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.shopper_id}"
