"""When coupons run, for whom, and whom they were sent to."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import Audience, CampaignStatus
from coupons.models.access import Channel
from coupons.models.shoppers import Shopper


class Campaign(models.Model):
    """A set of coupons over `[starts_at, ends_at)`. Its phase at an instant is derived: see coupons.phase."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    external_id = models.CharField(_("external id"), max_length=64)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=40, blank=True, default="", help_text=_("The shop's own label"))
    status = models.CharField(_("status"), max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    timezone = models.CharField(_("time zone"), max_length=50, default="UTC")
    audience = models.CharField(_("audience"), max_length=10, choices=Audience, default=Audience.EVERYONE)
    priority = models.SmallIntegerField(_("priority"), default=0, db_default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.UniqueConstraint(name="campaign_external_id_per_channel", fields=["channel", "external_id"]),
            models.CheckConstraint(
                name="campaign_ends_after_start", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]
        indexes = [models.Index(name="campaign_by_window", fields=["status", "ends_at"])]

    def __str__(self) -> str:
        return self.name


class CampaignMember(models.Model):
    """A shopper that a campaign was sent to: its audience where that is restricted, and what training compares."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="campaigns")

    class Meta:
        verbose_name = _("campaign member")
        verbose_name_plural = _("campaign members")
        constraints = [models.UniqueConstraint(name="campaign_member_once", fields=["campaign", "shopper"])]

    def __str__(self) -> str:
        return f"{self.shopper_id} in {self.campaign_id}"
