"""Codes that shoppers type, one by one or by the million."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import BatchStatus
from coupons.models.access import Channel
from coupons.models.coupons import Coupon


class CodeBatch(models.Model):
    """A job that makes `size` codes for a coupon. `generated_n` is its progress and its resume point."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="batches", verbose_name=_("coupon"))
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=20, blank=True, default="")
    size = models.PositiveIntegerField(_("codes"))
    generated_n = models.PositiveIntegerField(_("made"), default=0, db_default=0, editable=False)
    uses_per_code = models.PositiveIntegerField(_("uses per code"), null=True, blank=True, default=1)
    usage_limit = models.PositiveIntegerField(_("uses over the batch"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=BatchStatus, default=BatchStatus.PENDING, editable=False
    )
    error = models.TextField(_("error"), blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("code batch")
        verbose_name_plural = _("code batches")
        permissions = [("export_codebatch", _("Can download the codes of a batch"))]
        constraints = [
            models.CheckConstraint(name="code_batch_progress_range", condition=Q(generated_n__lte=F("size"))),
            models.CheckConstraint(name="code_batch_limit_positive", condition=Q(usage_limit__gt=0)),
            models.CheckConstraint(name="code_batch_uses_positive", condition=Q(uses_per_code__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class CouponCode(models.Model):
    """One code. `code_norm` is what lookups compare (coupons.codes.normalise_code); its uses are counted here."""

    # The batch and the coupon pin the channel already; without the extra check a million codes load a third faster
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("channel")
    )
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="codes", verbose_name=_("coupon"))
    batch = models.ForeignKey(CodeBatch, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("batch"))
    code = models.CharField(_("code"), max_length=40)
    code_norm = models.CharField(_("normalised"), max_length=40, editable=False)
    active = models.BooleanField(_("active"), default=True, db_default=True)
    usage_limit = models.PositiveIntegerField(_("uses"), null=True, blank=True)
    held_n = models.PositiveIntegerField(_("held"), default=0, db_default=0, editable=False)
    redeemed_n = models.PositiveIntegerField(_("redeemed"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("coupon code")
        verbose_name_plural = _("coupon codes")
        constraints = [
            models.UniqueConstraint(name="code_once_per_channel", fields=["channel", "code_norm"]),
            models.CheckConstraint(
                name="code_within_limit",
                condition=Q(held_n__gte=0, redeemed_n__gte=0)
                & (Q(usage_limit=None) | Q(usage_limit__gte=F("held_n") + F("redeemed_n"))),
            ),
        ]

    def __str__(self) -> str:
        return self.code
