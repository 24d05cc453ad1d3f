"""Who changed what, what was told to other systems, what was taken back. All of it is history."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin, ReadOnly
from coupons.models import (
    AuditEntry,
    IdempotencyKey,
    OutboxEvent,
    RedemptionLine,
    Rollback,
    WebhookDelivery,
    WebhookEndpoint,
)
from coupons.services import new_webhook_secret, redeliver


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, BigTableAdmin):
    list_display = ("created_at", "actor", "action", "object_type", "object_id", "request_id")
    list_filter = (("created_at", RangeDateTimeFilter),)
    search_fields = ("=object_id", "=actor")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnly, BigTableAdmin):
    list_display = ("client", "key", "state", "response_status", "expires_at")
    list_filter = ("state",)
    search_fields = ("=key",)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnly, BigTableAdmin):
    list_display = ("created_at", "kind", "channel", "fanned_out_at")
    list_select_related = ("channel",)
    list_filter = (("created_at", RangeDateTimeFilter),)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, BigTableAdmin):
    list_display = ("event_id", "endpoint", "status", "attempts", "next_attempt_at", "last_error")
    list_filter = ("status", "endpoint")
    list_select_related = ("endpoint",)
    actions = ["deliver_again"]  # type: ignore[assignment]  # the base has none

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        """Who sets endpoints up may have them told again."""
        return bool(request.user.has_perm("coupons.change_webhookendpoint"))

    @admin.action(description=_("Deliver again"), permissions=["redeliver"])
    def deliver_again(self, request: HttpRequest, rows: "QuerySet[WebhookDelivery]") -> None:
        """With the next run of the webhooks' task, within a minute."""
        again = redeliver(deliveries=rows.values_list("pk", flat=True), now=timezone.now())
        message = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", again)
        self.message_user(request, message % {"n": again})


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(PlatformAdmin):
    list_display = ("url", "channel", "active", "kinds")
    list_filter = ("channel", "active")
    list_select_related = ("channel",)
    ordering = ("url",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        return {**super().get_changeform_initial_data(request), "secret": new_webhook_secret()}

    def get_exclude(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002
        """The signing secret is typed once and never shown again."""
        return ("secret",) if obj else ()


@admin.register(Rollback)
class RollbackAdmin(ReadOnly, BigTableAdmin):
    list_display = ("created_at", "redemption_id", "kind", "amount_minor", "use_restored", "actor", "reason")
    list_filter = ("kind", ("created_at", RangeDateTimeFilter))


@admin.register(RedemptionLine)
class RedemptionLineAdmin(ReadOnly, BigTableAdmin):
    list_display = ("redemption_id", "line_ref", "quantity", "spend_minor", "amount_minor", "returned_quantity")
