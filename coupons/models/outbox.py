"""What happened, to be told to other systems: written with the change, sent afterwards, signed, retried."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import DeliveryStatus
from coupons.models.access import Channel


class WebhookEndpoint(models.Model):
    """An address that is told of events of one channel. An empty list of kinds is every kind."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    url = models.URLField(_("address"), max_length=500)
    secret = models.CharField(_("signing secret"), max_length=64)
    kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("events"), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    def __str__(self) -> str:
        return self.url


class OutboxEvent(models.Model):
    """One fact, in the transaction that made it true. `fanned_out_at` is set once its deliveries exist."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    kind = models.CharField(_("event"), max_length=40)
    payload = models.JSONField(_("content"), encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    fanned_out_at = models.DateTimeField(null=True, editable=False, verbose_name=_("passed on"))

    class Meta:
        verbose_name = _("outbox event")
        verbose_name_plural = _("outbox events")
        indexes = [
            models.Index(name="outbox_to_fan_out", fields=["id"], condition=models.Q(fanned_out_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class WebhookDelivery(models.Model):
    """One event to one endpoint: tried until it is accepted or the attempts run out."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("endpoint")
    )
    status = models.CharField(_("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    last_error = models.CharField(_("last error"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [models.UniqueConstraint(name="webhook_delivery_once", fields=["event", "endpoint"])]
        indexes = [
            models.Index(
                name="webhook_delivery_due",
                fields=["next_attempt_at"],
                condition=models.Q(status=DeliveryStatus.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"
