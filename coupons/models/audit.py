"""Who changed what, and requests that may be sent twice."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import KeyState


class AuditEntry(models.Model):
    """One change, with the values before and after. A database trigger refuses to edit or delete a row."""

    actor = models.CharField(_("actor"), max_length=80, help_text=_("For example user:3 or key:1a2b3c4d"))
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("kind of object"), max_length=40)
    object_id = models.CharField(_("object"), max_length=64)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")
    created_at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [models.Index(name="audit_by_object", fields=["object_type", "object_id", "created_at"])]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_type} {self.object_id}"


class IdempotencyKey(models.Model):
    """A request that changes a use, known by the client's key; the answer is kept until `expires_at`."""

    client = models.CharField(_("client"), max_length=80)
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=KeyState, default=KeyState.IN_FLIGHT)
    response_status = models.PositiveSmallIntegerField(_("status"), null=True)
    response = models.JSONField(_("answer"), null=True, encoder=DjangoJSONEncoder)
    expires_at = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(name="idempotency_key_once", fields=["client", "key"])]
        indexes = [models.Index(name="idempotency_by_expiry", fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"
