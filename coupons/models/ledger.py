"""The redemption ledger: what was used, by whom, for which order, and how much it took off."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import LIVE_REDEMPTIONS, RedemptionStatus, RollbackKind
from coupons.models.access import Channel
from coupons.models.codes import CouponCode
from coupons.models.coupons import Coupon
from coupons.models.shoppers import Shopper
from coupons.models.wallet import CouponGrant


class Redemption(models.Model):
    """One use of one coupon on one order. `amount_minor` is the discount given, in the channel's minor units."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    order_ref = models.CharField(_("order"), max_length=64)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("coupon"))
    grant = models.ForeignKey(
        CouponGrant, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("wallet coupon")
    )
    shopper = models.ForeignKey(
        Shopper, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("shopper")
    )
    status = models.CharField(_("status"), max_length=25, choices=RedemptionStatus)
    amount_minor = models.BigIntegerField(_("discount"))
    currency = models.CharField(_("currency"), max_length=3)
    slate_id = models.UUIDField(_("recommendation"), null=True, blank=True)
    hold_expires_at = models.DateTimeField(_("held until"), null=True, blank=True)
    code = models.ForeignKey(CouponCode, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("code"))
    counter_slot = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Which row of the coupon's limit this use came out of"),
        verbose_name=_("counter slot"),
    )
    rolled_back_minor = models.BigIntegerField(_("rolled back"), default=0, db_default=0, editable=False)
    kept_use = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Rolled back, yet still counted against the limits, as the coupon's policy says"),
        verbose_name=_("use kept"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
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
                name="redemption_rolled_back_range",
                condition=models.Q(rolled_back_minor__gte=0, rolled_back_minor__lte=models.F("amount_minor")),
            ),
            models.CheckConstraint(
                name="redemption_hold_has_end",
                condition=~models.Q(status=RedemptionStatus.HELD) | models.Q(hold_expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="redemption_by_shopper", fields=["shopper", "coupon"]),
            models.Index(name="redemption_by_time", fields=["redeemed_at"]),
            models.Index(
                name="redemption_holds_by_end",
                fields=["coupon", "hold_expires_at"],
                condition=models.Q(status=RedemptionStatus.HELD),
            ),
        ]

    def __str__(self) -> str:
        return self.order_ref


class RedemptionLine(models.Model):
    """What the discount took off one line of the order: the truth that returns are worked out from."""

    redemption = models.ForeignKey(
        Redemption, on_delete=models.CASCADE, related_name="lines", verbose_name=_("redemption")
    )
    line_ref = models.CharField(_("line"), max_length=64)
    quantity = models.PositiveIntegerField(_("quantity"))
    spend_minor = models.BigIntegerField(_("price before coupons"), help_text=_("Of the whole line"))
    amount_minor = models.BigIntegerField(_("discount"))
    returned_quantity = models.PositiveIntegerField(_("returned"), default=0, db_default=0)
    rolled_back_minor = models.BigIntegerField(_("rolled back"), default=0, db_default=0)

    class Meta:
        verbose_name = _("redemption line")
        verbose_name_plural = _("redemption lines")
        constraints = [
            models.UniqueConstraint(name="redemption_line_once", fields=["redemption", "line_ref"]),
            models.CheckConstraint(
                name="redemption_line_returned_range",
                condition=models.Q(returned_quantity__lte=models.F("quantity")),
            ),
            models.CheckConstraint(
                name="redemption_line_rolled_back_range",
                condition=models.Q(rolled_back_minor__gte=0, rolled_back_minor__lte=models.F("amount_minor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_ref}: {self.amount_minor}"


class Rollback(models.Model):
    """One taking back, whole or in part, of a redeemed discount."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, related_name="rollbacks", verbose_name=_("redemption")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=RollbackKind)
    amount_minor = models.BigIntegerField(_("amount"), help_text=_("Discount that no longer stands"))
    clawback_minor = models.BigIntegerField(
        _("taken back from kept items"), default=0, help_text=_("Part of the amount; see the coupon's return policy")
    )
    use_restored = models.BooleanField(_("use given back"))
    lines = models.JSONField(_("lines"), default=list)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    actor = models.CharField(_("actor"), max_length=80, blank=True, default="")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("rollback")
        verbose_name_plural = _("rollbacks")
        constraints = [
            models.CheckConstraint(name="rollback_amount_not_negative", condition=models.Q(amount_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.redemption_id}"
