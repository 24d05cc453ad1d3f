"""Campaigns: their phase now, their coupons, whom they were sent to."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin
from coupons.admin.budget_inline import BudgetFormSet, BudgetInline
from coupons.admin.campaign_actions import CampaignActions
from coupons.admin.campaign_form import CampaignForm
from coupons.admin.campaign_guide import CampaignGuide
from coupons.admin.campaign_phase import phase_pill
from coupons.admin.display import list_link
from coupons.admin.offer_form import OfferFormSet, OfferInline, save_offer
from coupons.admin.state import actor_of
from coupons.enums import CampaignPhase
from coupons.models import Campaign, CampaignMember, Coupon
from coupons.phase import campaign_phase, phase_expression
from coupons.services import set_budgets, update_campaign
from coupons.services.drafts import create_campaign


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


@admin.register(Campaign)
class CampaignAdmin(CampaignGuide, CampaignActions, PlatformAdmin):
    form = CampaignForm
    list_display = ("name", "phase", "kind", "starts_at", "ends_at", "coupon_count", "member_count", "audience")
    list_filter = (PhaseFilter, "kind", "audience", "channel")
    search_fields = ("name", "=external_id")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")
    readonly_fields: tuple[str, ...] = ()
    inlines = (OfferInline, BudgetInline)
    fields = (
        "name", "kind", "channel", "external_id", "starts_at", "ends_at", "timezone", "weekly_windows", "audience",
        "holdout_percent", "priority", "stacking_group", "exclusive", "edited_version",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """A campaign stays in its channel."""
        return (*self.readonly_fields, "channel") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Campaigns are archived: their history stays explained."""
        return False

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if change:
            changes = form.changes()
            if changes:
                update_campaign(
                    campaign_id=obj.pk,
                    changes=changes,
                    actor=actor_of(request),
                    expected_version=form.cleaned_data.get("edited_version"),
                )
            return
        fields = {name: value for name, value in form.cleaned_data.items() if name not in {"channel", "edited_version"}}
        created = create_campaign(channel=obj.channel, fields=fields, actor=actor_of(request))
        obj.pk, obj._state.adding = created.pk, False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ARG002
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not formset.has_changed():
            return
        if isinstance(formset, BudgetFormSet):
            set_budgets(of=form.instance, budgets=formset.specs(), actor=actor_of(request))
        elif isinstance(formset, OfferFormSet):
            for offer in formset.changed_offers:
                save_offer(campaign=form.instance, offer=offer, actor=actor_of(request))

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
