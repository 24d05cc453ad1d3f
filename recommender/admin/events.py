"""Behaviour events: a table of many millions, so the list is a walk along an index and never a count."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import link, moment, money
from coupons.admin.fault_words import fault_words
from coupons.models import Channel, Shopper
from recommender.models import BehaviorEvent, RejectedEvent

DEFAULT_DAYS = 28
ALL = "all"


def related(event: BehaviorEvent, name: str) -> Any:
    """A prefetched row, or None: events outlive what they point to (there is no foreign key in the database)."""
    try:
        return getattr(event, name)
    except ObjectDoesNotExist:
        return None


class PeriodFilter(admin.SimpleListFilter):
    """Which months are read. The last 28 days unless something else is asked for, or a shopper is searched."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return [("91", _("Last 13 weeks")), ("365", _("Last 12 months")), (ALL, _("All time"))]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield choice | ({"display": _("Last 28 days")} if choice["query_string"].find("period=") < 0 else {})

    def queryset(self, request: HttpRequest, queryset: QuerySet[BehaviorEvent]) -> QuerySet[BehaviorEvent]:
        value = self.value()
        elsewhere = request.GET.get(SEARCH_VAR) or any(name.startswith("occurred_at") for name in request.GET)
        if value == ALL or (value is None and elsewhere):
            return queryset
        days = int(value) if value and value.isdecimal() else DEFAULT_DAYS
        return queryset.filter(occurred_at__gte=timezone.now() - timedelta(days=days))


@admin.register(BehaviorEvent)
class BehaviorEventAdmin(ReadOnly, BigTableAdmin):
    list_display = ("occurred_at", "kind", "shopper_link", "product_link", "coupon_link", "quantity", "worth", "saved")
    list_filter = (PeriodFilter, "kind", ("occurred_at", RangeDateTimeFilter))
    ordering = ("-occurred_at", "-id")
    sortable_by = ("occurred_at",)
    search_fields = ("shopper",)
    search_help_text = _("A shopper's external id")
    fields = (
        "occurred_at", "kind", "shopper_link", "product_link", "coupon_link", "quantity", "worth", "saved", "rating",
        "order_ref", "channel_name", "slate_id", "event_key", "received_at", "properties",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[BehaviorEvent]:
        # four look-ups by key for a page, whatever its length; joins would invite the planner to hash the catalog
        rows: QuerySet[BehaviorEvent] = super().get_queryset(request)
        return rows.prefetch_related("shopper", "product", "coupon", "channel")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  (Django's signature)
        queryset: QuerySet[BehaviorEvent],
        search_term: str,
    ) -> tuple[QuerySet[BehaviorEvent], bool]:
        """By a shopper's external id, found through its unique index first."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Shopper.objects.filter(channel__in=list(Channel.objects.values_list("pk", flat=True)), external_id=term)
        return queryset.filter(shopper__in=list(found.values_list("pk", flat=True))), False

    def page_name(self, row: BehaviorEvent) -> str:
        return f"{row.get_kind_display()}, {moment(row.occurred_at)}"

    @display(description=_("shopper"))
    def shopper_link(self, event: BehaviorEvent) -> str:
        return link(related(event, "shopper"))

    @display(description=_("product"))
    def product_link(self, event: BehaviorEvent) -> str:
        return link(related(event, "product"))

    @display(description=_("coupon"))
    def coupon_link(self, event: BehaviorEvent) -> str:
        return link(related(event, "coupon"))

    @display(description=_("channel"))
    def channel_name(self, event: BehaviorEvent) -> str:
        return str(related(event, "channel") or "")

    @display(description=_("value"))
    def worth(self, event: BehaviorEvent) -> str:
        return money(event.value_minor, self._currency(event))

    @display(description=_("coupon discount"))
    def saved(self, event: BehaviorEvent) -> str:
        return money(event.coupon_discount_minor, self._currency(event))

    @staticmethod
    def _currency(event: BehaviorEvent) -> str:
        channel = related(event, "channel")
        return channel.currency if channel else ""


@admin.register(RejectedEvent)
class RejectedEventAdmin(ReadOnly, BigTableAdmin):
    list_display = ("received_at", "field", "value", "why", "channel", "run", "line")
    list_filter = ("channel", ("received_at", RangeDateTimeFilter))
    list_select_related = ("channel", "run")
    search_fields = ("reason",)
    exclude = ("reason",)
    readonly_fields = ("why",)

    def page_name(self, row: RejectedEvent) -> str:
        return f"{row.field}: {self.why(row)}"

    @display(description=_("reason"))
    def why(self, event: RejectedEvent) -> str:
        return fault_words(event.reason)
