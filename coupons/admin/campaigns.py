"""Campaigns: their phase now, their coupons, whom they were sent to."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin
from coupons.admin.display import list_link, pill
from coupons.enums import CampaignPhase
from coupons.models import Campaign, CampaignMember, Coupon
from coupons.phase import campaign_phase, phase_expression

PHASE_TONES = {
    CampaignPhase.DRAFT: ("plain", "edit_note"),
    CampaignPhase.IN_REVIEW: ("warn", "rate_review"),
    CampaignPhase.SCHEDULED: ("info", "schedule"),
    CampaignPhase.RUNNING: ("ok", "play_arrow"),
    CampaignPhase.PAUSED: ("warn", "pause"),
    CampaignPhase.ENDED: ("plain", "stop"),
    CampaignPhase.ARCHIVED: ("plain", "inventory_2"),
}


def phase_pill(phase: CampaignPhase) -> str:
    return pill(phase.label, *PHASE_TONES[phase])


def count_of(model: type[Any], key: str) -> Coalesce:
    """How many rows of `model` point here by `key`: a subquery, so that several counts do not multiply."""
    rows = model.objects.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(rows, output_field=IntegerField()), 0)


class PhaseFilter(admin.SimpleListFilter):
    title = _("phase")
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return list(CampaignPhase.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.annotate(phase_now=phase_expression(timezone.now())).filter(phase_now=self.value())


class CouponInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    model = Coupon
    ordering = ("pk",)
    fields = ("external_id", "title", "trigger", "active")
    extra = 0
    per_page = 10
    tab = True
    show_change_link = True


@admin.register(Campaign)
class CampaignAdmin(PlatformAdmin):
    list_display = ("name", "phase", "kind", "starts_at", "ends_at", "coupon_count", "member_count", "audience")
    list_filter = (PhaseFilter, "kind", "audience", "channel")
    search_fields = ("name", "=external_id")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")
    readonly_fields = ("phase", "coupon_count", "member_count", "created_at")
    inlines = (CouponInline,)
    fieldsets = (
        (None, {"fields": (("name", "kind"), ("channel", "external_id"))}),
        (_("When"), {"fields": (("status", "phase"), ("starts_at", "ends_at"), "timezone")}),
        (_("For whom"), {"fields": (("audience", "holdout_percent"), ("member_count", "coupon_count", "created_at"))}),
        (
            _("With other coupons, and when in the week"),
            {"classes": ("collapse",), "fields": (("priority", "stacking_group"), "exclusive", "weekly_windows")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        rows: QuerySet[Campaign] = super().get_queryset(request)
        return rows.annotate(coupons_n=count_of(Coupon, "campaign"), members_n=count_of(CampaignMember, "campaign"))

    @display(description=_("phase"))
    def phase(self, campaign: Campaign) -> str:
        """Of this instant: derived from status and schedule, as the API decides it."""
        return phase_pill(campaign_phase(campaign, timezone.now())) if campaign.pk else ""

    @display(description=_("coupons"), ordering="coupons_n")
    def coupon_count(self, campaign: Campaign) -> str:
        return list_link(Coupon, getattr(campaign, "coupons_n", 0), f"campaign__id__exact={campaign.pk}")

    @display(description=_("members"), ordering="members_n")
    def member_count(self, campaign: Campaign) -> str:
        return list_link(CampaignMember, getattr(campaign, "members_n", 0), f"campaign__id__exact={campaign.pk}")


@admin.register(CampaignMember)
class CampaignMemberAdmin(BigTableAdmin):
    list_display = ("shopper", "campaign")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_select_related = ("shopper", "campaign")
    search_fields = ("=shopper__external_id",)
    autocomplete_fields = ("shopper", "campaign")
