"""Who changed what, and what was told to other systems. All of it is history."""

import json

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin import audit_words
from coupons.admin.base import BigTableAdmin, Kept, PlatformAdmin, ReadOnly
from coupons.admin.display import EMPTY, choice_pill, moment
from coupons.enums import DeliveryStatus, WebhookKind
from coupons.models import AuditEntry, WebhookDelivery, WebhookEndpoint
from coupons.services import new_webhook_secret, redeliver

MOST_CHANGES = 5
"""Lines of an entry in the list."""
DELIVERY_TONES = {
    DeliveryStatus.PENDING: ("plain", "schedule"),
    DeliveryStatus.DELIVERED: ("ok", "check"),
    DeliveryStatus.FAILED: ("bad", "close"),
}


def kind_words(kind: str) -> str:
    """An event's kind for people; one that is no longer written stays as it was."""
    return str(WebhookKind(kind).label) if kind in WebhookKind.values else kind


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, BigTableAdmin):
    list_display = ("created_at", "who", "did", "kind", "object_link", "what")
    list_filter = (("created_at", RangeDateTimeFilter),)
    search_fields = ("=object_id", "=actor")
    fields = ("created_at", "who", "did", "kind", "object_link", "what", "request_id", "before", "after")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEntry]":
        """With the name of who it was, where that is somebody of the staff."""
        staff = get_user_model()._default_manager.annotate(actor=Concat(Value("user:"), Cast("pk", CharField())))
        named = staff.filter(actor=OuterRef("actor")).values(get_user_model().USERNAME_FIELD)[:1]
        rows: QuerySet[AuditEntry] = super().get_queryset(request)
        return rows.annotate(user_name=Subquery(named))

    def page_name(self, row: AuditEntry) -> str:
        return f"{self.did(row)}, {self.kind(row)} {row.object_id}"

    @display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        name = getattr(entry, "user_name", None)
        return audit_words.actor_words(entry.actor, {entry.actor: name} if name else {})

    @display(description=_("action"))
    def did(self, entry: AuditEntry) -> str:
        return audit_words.action_words(entry.action)

    @display(description=_("kind of object"))
    def kind(self, entry: AuditEntry) -> str:
        return audit_words.object_words(entry.object_type)

    @display(description=_("object"))
    def object_link(self, entry: AuditEntry) -> str:
        """To its page; what was deleted is not found there."""
        model = audit_words.model_of(entry.object_type)
        if model is None or not self.admin_site.is_registered(model):
            return entry.object_id
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        url = reverse(name, args=[quote(entry.object_id)])
        return format_html('<a class="cp-link" href="{}">{}</a>', url, entry.object_id)

    @display(description=_("what changed"))
    def what(self, entry: AuditEntry) -> str:
        changes = audit_words.changes_of(entry) if entry.before else []  # all of a new row is new
        return format_html_join(mark_safe("<br>"), "{}", ((change,) for change in changes[:MOST_CHANGES])) or EMPTY


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, BigTableAdmin):
    list_display = ("happened_at", "kind", "endpoint", "state", "attempts", "next_attempt_at", "last_error")
    list_filter = ("status", "endpoint")
    list_select_related = ("endpoint", "event")
    fields = ("happened_at", "kind", "endpoint", "state", "attempts", "next_attempt_at", "last_error", "content")
    actions = ["deliver_again"]  # type: ignore[assignment]  # the base has none

    def page_name(self, row: WebhookDelivery) -> str:
        return f"{self.kind(row)}, {row.endpoint}"

    @display(description=_("time"))
    def happened_at(self, delivery: WebhookDelivery) -> str:
        return moment(delivery.event.created_at)

    @display(description=_("event"))
    def kind(self, delivery: WebhookDelivery) -> str:
        return kind_words(delivery.event.kind)

    @display(description=_("status"), ordering="status")
    def state(self, delivery: WebhookDelivery) -> str:
        return choice_pill(delivery, "status", DELIVERY_TONES)

    @display(description=_("content"))
    def content(self, delivery: WebhookDelivery) -> str:
        written = json.dumps(delivery.event.payload, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", written)

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        """Who sets endpoints up may have them told again."""
        return bool(request.user.has_perm("coupons.change_webhookendpoint"))

    @admin.action(description=_("Deliver again"), permissions=["redeliver"])
    def deliver_again(self, request: HttpRequest, rows: "QuerySet[WebhookDelivery]") -> None:
        """With the next run of the webhooks' task, within a minute."""
        again = redeliver(deliveries=rows.values_list("pk", flat=True), now=timezone.now())
        message = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", again)
        self.message_user(request, message % {"n": again})


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """With the events by name."""

    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=WebhookKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None for every event"),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("channel", "url", "secret", "kinds", "active")
        help_texts = {"secret": _("Copy it now: it signs what is sent and is not shown again.")}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(Kept, PlatformAdmin):
    """Switched off instead of deleted."""

    form = EndpointForm
    list_display = ("url", "channel", "active", "told_of", "deliveries_link")
    list_filter = ("channel", "active")
    list_select_related = ("channel",)
    ordering = ("url",)

    @display(description=_("events"))
    def told_of(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(map(kind_words, endpoint.kinds)) or gettext("every event")

    @display(description=_("deliveries"))
    def deliveries_link(self, endpoint: WebhookEndpoint) -> str:
        url = reverse("admin:coupons_webhookdelivery_changelist")
        words = gettext("Show deliveries")
        return format_html('<a class="cp-link" href="{}?endpoint__id__exact={}">{}</a>', url, endpoint.pk, words)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        return {**super().get_changeform_initial_data(request), "secret": new_webhook_secret()}

    def get_exclude(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002
        """The signing secret is typed once and never shown again."""
        return ("secret",) if obj else ()
