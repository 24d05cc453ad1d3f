"""When coupons run, for whom, and whom they were sent to."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import Audience, CampaignStatus, StackingMode
from coupons.models.access import Channel
from coupons.models.shoppers import Shopper


class StackingGroup(models.Model):
    """Campaigns whose coupons are combined by one rule. Groups apply in order of `position`, then id."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    name = models.CharField(_("name"), max_length=60)
    mode = models.CharField(_("mode"), max_length=20, choices=StackingMode, default=StackingMode.STACKABLE)
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    max_coupons = models.PositiveSmallIntegerField(
        _("coupons at most"), null=True, blank=True, help_text=_("Of this group on one order; blank for any number")
    )

    class Meta:
        verbose_name = _("stacking group")
        verbose_name_plural = _("stacking groups")
        constraints = [
            models.UniqueConstraint(name="stacking_group_name_per_channel", fields=["channel", "name"]),
            models.CheckConstraint(name="stacking_group_max_positive", condition=models.Q(max_coupons__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


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
    priority = models.SmallIntegerField(_("priority"), default=0, db_default=0, help_text=_("Higher applies first"))
    weekly_windows = models.JSONField(
        _("weekly windows"),
        default=list,
        blank=True,
        db_default=[],
        help_text=_(
            'For example [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}]; 1: Monday; empty: always'
        ),
    )
    stacking_group = models.ForeignKey(
        StackingGroup, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("stacking group")
    )
    exclusive = models.BooleanField(
        _("exclusive"), default=False, db_default=False, help_text=_("Combines with no other coupon")
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, percent"),
        default=0,
        db_default=0,
        help_text=_("Share of shoppers who never get this campaign, to measure it against"),
    )
    submitted_by = models.CharField(_("submitted by"), max_length=80, blank=True, default="", db_default="")
    approved_by = models.CharField(_("approved by"), max_length=80, blank=True, default="", db_default="")
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("submit_campaign", _("Can send campaigns for approval and reopen them")),
            ("approve_campaign", _("Can approve campaigns of others")),
            ("run_campaign", _("Can pause, resume and archive campaigns")),
        ]
        constraints = [
            models.UniqueConstraint(name="campaign_external_id_per_channel", fields=["channel", "external_id"]),
            models.CheckConstraint(
                name="campaign_ends_after_start", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
            models.CheckConstraint(name="campaign_holdout_range", condition=models.Q(holdout_percent__lte=100)),
            models.CheckConstraint(
                name="campaign_approved_by_another",
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("submitted_by")),
            ),
        ]
        indexes = [models.Index(name="campaign_by_window", fields=["status", "ends_at"])]

    def __str__(self) -> str:
        return self.name


class CampaignMember(models.Model):
    """A shopper that a campaign was sent to: its audience where that is restricted, and what training compares."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members", verbose_name=_("campaign"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="campaigns", verbose_name=_("shopper"))

    class Meta:
        verbose_name = _("campaign member")
        verbose_name_plural = _("campaign members")
        constraints = [models.UniqueConstraint(name="campaign_member_once", fields=["campaign", "shopper"])]

    def __str__(self) -> str:
        return f"{self.campaign}, {self.shopper}"
