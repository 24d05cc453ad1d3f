"""The redemption ledger: what was used, by whom, for which order, and how much it took off."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from coupons.enums import LIVE_REDEMPTIONS, RedemptionStatus
from coupons.models.access import Channel
from coupons.models.coupons import Coupon
from coupons.models.shoppers import Shopper
from coupons.models.wallet import CouponGrant


class Redemption(models.Model):
    """One use of one coupon on one order. `amount_minor` is the discount given, in the channel's minor units."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    order_ref = models.CharField(_("order"), max_length=64)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("coupon"))
    grant = models.ForeignKey(CouponGrant, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("grant"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("shopper")
    )
    status = models.CharField(_("status"), max_length=25, choices=RedemptionStatus)
    amount_minor = models.BigIntegerField(_("discount"))
    currency = models.CharField(_("currency"), max_length=3)
    slate_id = models.UUIDField(_("recommendation"), null=True, blank=True)
    hold_expires_at = models.DateTimeField(_("held until"), null=True, blank=True)
    redeemed_at = models.DateTimeField(_("redeemed"), null=True, blank=True)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [
            models.UniqueConstraint(
                name="redemption_once_per_order",
                fields=["channel", "order_ref", "coupon"],
                condition=models.Q(status__in=LIVE_REDEMPTIONS),
            ),
            models.CheckConstraint(name="redemption_amount_not_negative", condition=models.Q(amount_minor__gte=0)),
            models.CheckConstraint(
                name="redemption_hold_has_end",
                condition=~models.Q(status=RedemptionStatus.HELD) | models.Q(hold_expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="redemption_by_shopper", fields=["shopper", "coupon"]),
            models.Index(name="redemption_by_time", fields=["redeemed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} on {self.order_ref}"
