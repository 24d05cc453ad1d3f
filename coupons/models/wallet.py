"""Coupons that a shopper holds."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import GrantSource, GrantStatus
from coupons.models.codes import CouponCode
from coupons.models.coupons import Coupon
from coupons.models.shoppers import Shopper


class CouponGrant(models.Model):
    """One coupon in one shopper's wallet."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="grants", verbose_name=_("coupon"))
    shopper = models.ForeignKey(Shopper, on_delete=models.PROTECT, related_name="grants", verbose_name=_("shopper"))
    code = models.ForeignKey(CouponCode, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("code"))
    status = models.CharField(_("status"), max_length=10, choices=GrantStatus, default=GrantStatus.ISSUED)
    source = models.CharField(_("source"), max_length=15, choices=GrantSource)
    slate_id = models.UUIDField(_("recommendation"), null=True, blank=True, help_text=_("The answer it was taken from"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("wallet coupon")
        verbose_name_plural = _("wallet coupons")
        constraints = [
            models.UniqueConstraint(
                name="grant_open_once",
                fields=["coupon", "shopper"],
                condition=models.Q(status__in=[GrantStatus.ISSUED, GrantStatus.HELD]),
            ),
        ]
        indexes = [
            models.Index(name="grant_by_shopper", fields=["shopper", "status"]),
            models.Index(name="grant_by_time", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} of {self.shopper_id}"
