"""What shoppers did. The event table is partitioned by month of `occurred_at` (see recommender.partitions)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Coupon, ImportRun, Product, Shopper
from recommender.enums import EventKind


class BehaviorEvent(models.Model):
    """One thing a shopper did. Money in minor units of the channel's currency, for the whole line.

    Foreign keys carry no database constraint: rows come from statements that look the ids up, and checking
    three keys a row again would triple the time of a bulk load.
    """

    id = models.BigAutoField(primary_key=True)
    event_key = models.UUIDField(_("event key"), help_text=_("From channel and the client's event id"))
    channel = models.ForeignKey(Channel, on_delete=models.DO_NOTHING, db_constraint=False, verbose_name=_("channel"))
    shopper = models.ForeignKey(
        Shopper,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="events",
        verbose_name=_("shopper"),
    )
    kind = models.PositiveSmallIntegerField(_("kind"), choices=EventKind)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, db_constraint=False, null=True, verbose_name=_("product")
    )
    coupon = models.ForeignKey(
        Coupon, on_delete=models.DO_NOTHING, db_constraint=False, null=True, verbose_name=_("coupon")
    )
    occurred_at = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received"), db_default=Now())
    order_ref = models.CharField(_("order"), max_length=64, null=True)
    quantity = models.IntegerField(_("quantity"), null=True)
    value_minor = models.BigIntegerField(_("value"), null=True)
    discount_minor = models.BigIntegerField(_("shop's discount"), null=True)
    coupon_discount_minor = models.BigIntegerField(_("coupon discount"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True)
    slate_id = models.UUIDField(_("recommendation"), null=True)
    properties = models.JSONField(_("properties"), null=True)

    class Meta:
        verbose_name = _("behaviour event")
        verbose_name_plural = _("behaviour events")
        constraints: ClassVar = [
            models.UniqueConstraint(name="behaviorevent_once", fields=["event_key", "occurred_at"]),
            models.CheckConstraint(name="behaviorevent_kind_known", condition=models.Q(kind__in=EventKind.values)),
            models.CheckConstraint(name="behaviorevent_rating_range", condition=models.Q(rating__range=(1, 5))),
        ]
        indexes: ClassVar = [
            models.Index(name="behaviorevent_by_shopper", fields=["shopper", "-occurred_at"]),
            models.Index(name="behaviorevent_by_time", fields=["-occurred_at", "-id"]),
            models.Index(
                name="behaviorevent_by_coupon", fields=["coupon", "kind"], condition=models.Q(coupon__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_at:%Y-%m-%d %H:%M}"


class EventReceipt(models.Model):
    """An event id that the API has accepted. A partitioned table can't hold a uniqueness over all months; this does."""

    event_key = models.UUIDField(primary_key=True, verbose_name=_("event"))
    received_at = models.DateTimeField(db_default=Now(), verbose_name=_("received"))

    class Meta:
        verbose_name = _("event receipt")
        verbose_name_plural = _("event receipts")
        indexes: ClassVar = [models.Index(name="eventreceipt_by_time", fields=["received_at"])]

    def __str__(self) -> str:
        return str(self.event_key)


class RejectedEvent(models.Model):
    """An event that was not accepted, whole, with the field, its value and the reason."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, verbose_name=_("channel"))
    run = models.ForeignKey(
        ImportRun,
        on_delete=models.CASCADE,
        null=True,
        related_name="rejected_events",
        verbose_name=_("import"),
    )
    line = models.BigIntegerField(_("line"), null=True, help_text=_("Row of the file; empty for the API"))
    field = models.CharField(_("field"), max_length=60)
    value = models.TextField(_("value"))
    reason = models.CharField(_("reason"), max_length=200)
    raw = models.JSONField(_("event"))
    received_at = models.DateTimeField(_("received"), db_default=Now())

    class Meta:
        verbose_name = _("rejected event")
        verbose_name_plural = _("rejected events")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="rejectedevent_once_per_line",
                fields=["run", "line"],
                condition=models.Q(run__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"
