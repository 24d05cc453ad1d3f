"""Campaigns: their phase now, their coupons, whom they were sent to."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin
from coupons.admin.budget_inline import BudgetFormSet, BudgetInline
from coupons.admin.campaign_actions import CampaignActions
from coupons.admin.campaign_form import CampaignForm
from coupons.admin.display import EMPTY, list_link, pill
from coupons.admin.history import people, timeline_of
from coupons.admin.state import actor_of, is_draft, refused
from coupons.enums import CampaignPhase
from coupons.errors import CouponError
from coupons.models import Campaign, CampaignMember, Coupon
from coupons.phase import campaign_phase, phase_expression
from coupons.services import set_budgets, update_campaign
from coupons.services.drafts import create_campaign

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
    fields = readonly_fields = ("external_id", "title", "trigger", "active")
    extra = 0
    max_num = 0
    can_delete = False
    per_page = 10
    tab = True
    show_change_link = True


@admin.register(Campaign)
class CampaignAdmin(CampaignActions, PlatformAdmin):
    form = CampaignForm
    list_display = ("name", "phase", "kind", "starts_at", "ends_at", "coupon_count", "member_count", "audience")
    list_filter = (PhaseFilter, "kind", "audience", "channel")
    search_fields = ("name", "=external_id")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")
    readonly_fields = ("status", "phase", "coupon_count", "member_count", "created", "approval")
    inlines = (CouponInline, BudgetInline)
    change_form_before_template = "admin/coupons/campaign/note.html"
    change_form_outer_after_template = "admin/coupons/campaign/history.html"
    fieldsets = (
        (None, {"fields": (("name", "kind"), ("channel", "external_id"), ("status", "approval"), "edited_version")}),
        (_("When"), {"fields": (("starts_at", "ends_at"), ("timezone", "phase"), "weekly_windows")}),
        (_("For whom"), {"fields": (("audience", "holdout_percent"), ("member_count", "coupon_count", "created"))}),
        (
            _("With other coupons"),
            {"classes": ("collapse",), "fields": (("priority", "stacking_group"), "exclusive")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """A campaign stays in its channel."""
        return (*self.readonly_fields, "channel") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Campaigns are archived: their history stays explained."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = dict(extra_context or {})
        campaign = self.get_object(request, unquote(object_id)) if object_id else None
        if isinstance(campaign, Campaign):
            draft = is_draft(campaign)
            context["timeline"] = timeline_of(campaign)
            context["may_add_coupon"] = draft and request.user.has_perm("coupons.add_coupon")
            if not draft:
                context["campaign_note"] = gettext("Its terms are fixed. To change them, pause and reopen it.")
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except CouponError as error:
            return refused(request, error, request.path)

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
        if isinstance(formset, BudgetFormSet) and formset.has_changed():
            set_budgets(of=form.instance, budgets=formset.specs(), actor=actor_of(request))

    @display(description=_("created"))
    def created(self, campaign: Campaign) -> str:
        return date_format(localtime(campaign.created_at), "DATETIME_FORMAT") if campaign.pk else EMPTY

    @display(description=_("approval"))
    def approval(self, campaign: Campaign) -> str:
        """Who sent it and who approved it, by name."""
        who = {f"user:{user.pk}": user.get_username() for user in people(campaign.submitted_by, campaign.approved_by)}
        sent, approved = campaign.submitted_by, campaign.approved_by
        if approved:
            names = {"sent": who.get(sent, sent), "approved": who.get(approved, approved)}
            return gettext("Sent by %(sent)s, approved by %(approved)s") % names
        return gettext("Sent by %(sent)s") % {"sent": who.get(sent, sent)} if sent else EMPTY

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
