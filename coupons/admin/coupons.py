"""Coupons with what they give and on what."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin, ReadOnly
from coupons.admin.benefit_form import CouponForm, as_percent
from coupons.admin.budget_inline import BudgetFormSet, BudgetInline
from coupons.admin.campaigns import count_of
from coupons.admin.coupon_actions import CouponActions
from coupons.admin.coupon_page import CouponPage
from coupons.admin.display import list_link, money
from coupons.admin.exchange.code_file import CodeFilePage
from coupons.admin.exchange.coupon_file import CouponFile
from coupons.admin.exchange.pages import ExchangePages
from coupons.admin.offer_form import MOST_CHIPS
from coupons.admin.state import actor_of, is_draft, refused
from coupons.catalog_search import search_targets
from coupons.enums import TargetKind, TargetMode
from coupons.errors import CouponError
from coupons.models import Benefit, Coupon, CouponTarget, Redemption, StackingGroup
from coupons.money import describe_benefit
from coupons.services import set_budgets
from coupons.services.drafts import TargetSpec, create_coupon, update_coupon_terms

_NOT_TYPED = {"id", "uid", "campaign", "version"}


class TargetFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def specs(self) -> list[TargetSpec]:
        """The targets that stay, by the external ids that the service asks for."""
        found = []
        for form in self.forms:
            row = form.cleaned_data
            if not row.get("kind") or row.get("DELETE"):
                continue
            kind = TargetKind(row["kind"])
            found.append(TargetSpec(kind, TargetMode(row["mode"]), row[kind.value].external_id))
        return found


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = data.get("kind")
        for name in ("product", "category", "brand"):
            if name == kind and not data.get(name) and name not in self.errors:
                self.add_error(name, gettext("Choose what it covers"))
            elif kind and name != kind and data.get(name):
                self.add_error(name, gettext("It does not go with %(kind)s") % {"kind": TargetKind(kind).label})
        return data


class TargetInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    model = CouponTarget
    form = TargetForm
    formset = TargetFormSet
    ordering = ("pk",)
    fields = ("mode", "kind", "product", "category", "brand")
    autocomplete_fields = ("product", "category", "brand")
    extra = 0
    hide_title = True
    verbose_name_plural = _("what it covers (everything, while nothing is named)")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_add_permission(request, obj)) and is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and is_draft(obj)


@admin.register(Coupon)
class CouponAdmin(CouponPage, CouponActions, CodeFilePage, ExchangePages, PlatformAdmin):
    resource_classes = [CouponFile]
    import_needs = ("coupons.add_coupon", "coupons.change_coupon")
    export_needs = ("coupons.view_coupon",)
    form = CouponForm
    list_display = ("title", "gives", "campaign", "external_id", "trigger", "active", "used")
    list_filter = (("campaign", AutocompleteSelectFilter), "trigger", "active", "benefit__type")
    list_select_related = ("campaign__channel", "benefit")
    list_per_page = 25
    show_full_result_count = False
    search_fields = ("title", "=external_id", "campaign__name")
    autocomplete_fields = ("campaign",)
    ordering = ("-pk",)
    readonly_fields = ("uid", "used", "terms", "covered")
    inlines = (BudgetInline, TargetInline)
    change_form_before_template = "admin/coupons/terms_locked.html"
    conditional_fields = {
        "percent": "['percent', 'buy_x_get_y'].includes(benefit_type)",
        "amount": "benefit_type == 'amount'",
        "allocation": "['amount'].includes(benefit_type)",
        "at_most": "benefit_type != 'gift'",
        "buy_quantity": "benefit_type == 'buy_x_get_y'",
        "get_quantity": "benefit_type == 'buy_x_get_y'",
        "gift": "benefit_type == 'gift'",
        "tiers": "benefit_type == 'tiers'",
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("title", "terms"), ("campaign", "external_id"), ("trigger", "active"), "covered", "edited_version",
                )
            },
        ),
        (
            _("What it gives"),
            {
                "fields": (
                    "benefit_type", "percent", "amount", "tiers", ("buy_quantity", "get_quantity"), "gift", "at_most",
                    "allocation",
                )
            },
        ),
        (
            _("Limits"),
            {
                "fields": (
                    ("usage_limit", "per_shopper_limit", "claim_limit"),
                    ("min_spend", "min_quantity"),
                    ("used", "uid"),
                )
            },
        ),
        (_("For whom"), {"fields": ("segments", "first_order_only")}),
        (
            _("Returns and holds"),
            {
                "classes": ("collapse",),
                "fields": ("restore_policy", "below_minimum_policy", "hold_ttl_s", "margin", "counter_slots"),
            },
        ),
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        targets = path("targets/", self.admin_site.admin_view(self.targets_view), name="coupons_coupon_targets")
        codes = path(
            "<path:object_id>/import-codes/",
            self.admin_site.admin_view(self.import_codes_view),
            name="coupons_coupon_import_codes",
        )
        return [targets, codes, *super().get_urls()]

    def targets_view(self, request: HttpRequest) -> HttpResponse:
        """What a coupon may cover whose name holds `q`, for the type-ahead; `kind` narrows it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        kinds = [TargetKind(kind) for kind in request.GET.getlist("kind") if kind in TargetKind.values]
        found = search_targets(request.GET.get("q", "")[:100], kinds=kinds or tuple(TargetKind))
        rows = [
            {"kind": row.kind, "kind_text": str(row.kind.label), "id": row.pk, "name": row.name, "note": row.note}
            for row in found
        ]
        return JsonResponse({"found": rows})

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """What was imported by the thousand is a list of its own; no budget and no way to add one is no list."""
        inlines = super().get_inlines(request, obj)
        if obj is not None and not is_draft(obj) and not obj.budgets.exists():
            inlines = [inline for inline in inlines if inline is not BudgetInline]
        if obj is not None and obj.targets.count() > MOST_CHIPS:
            return [inline for inline in inlines if inline is not TargetInline]
        return inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """A coupon stays in its campaign."""
        return (*self.readonly_fields, "campaign") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Coupons are switched off: their history stays explained."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        coupon = self.get_object(request, unquote(object_id)) if object_id else None
        context = {**(extra_context or {}), "terms_locked": coupon is not None and not is_draft(coupon)}
        if isinstance(coupon, Coupon):
            context["campaign"] = coupon.campaign
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except CouponError as error:
            return refused(request, error, request.path)

    def save_model(self, request: HttpRequest, obj: Coupon, form: Any, change: bool) -> None:
        if not change:
            columns = [field.name for field in Coupon._meta.concrete_fields if field.name not in _NOT_TYPED]
            created = create_coupon(
                campaign=obj.campaign,
                fields={name: getattr(obj, name) for name in columns},
                benefit=form.benefit,
                actor=actor_of(request),
            )
            obj.pk, obj.uid, obj._state.adding = created.pk, created.uid, False
            return
        changes = form.coupon_changes()
        if changes or form.benefit_changed:
            update_coupon_terms(
                coupon=obj,
                changes=changes,
                benefit=form.benefit if form.benefit_changed else None,
                targets=None,
                actor=actor_of(request),
                expected_version=form.cleaned_data.get("edited_version"),
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ARG002
        coupon = form.instance
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not formset.has_changed():
            return
        if isinstance(formset, BudgetFormSet):
            set_budgets(of=coupon, budgets=formset.specs(), actor=actor_of(request))
        else:
            update_coupon_terms(
                coupon=coupon,
                changes={},
                benefit=None,
                targets=formset.specs(),
                actor=actor_of(request),
                expected_version=None,
            )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        rows: QuerySet[Coupon] = super().get_queryset(request)
        return rows.annotate(used_n=count_of(Redemption, "coupon"))

    @display(description=_("benefit"))
    def gives(self, coupon: Coupon) -> str:
        if coupon.campaign_id is None:  # the page for a new coupon
            return ""
        return describe_benefit(getattr(coupon, "benefit", None), coupon.campaign.channel.currency)

    @display(description=_("benefit"))
    def terms(self, coupon: Coupon) -> str:
        """In full, for those who approve without being allowed to edit."""
        benefit: Benefit | None = getattr(coupon, "benefit", None) if coupon.pk else None
        tiers = list(benefit.tiers.all()) if benefit else []
        if not tiers:
            return self.gives(coupon)
        currency = coupon.campaign.channel.currency
        steps = []
        for tier in tiers:
            percent = as_percent(tier.percent_bp)
            off = money(tier.amount_minor, currency) if percent is None else f"{percent:f} %"
            text = gettext("%(off)s off from %(spend)s")
            steps.append(text % {"off": off, "spend": money(tier.threshold_minor, currency)})
        return "; ".join(steps)

    @display(description=_("what it covers"))
    def covered(self, coupon: Coupon) -> str:
        if coupon.pk is None:
            return ""
        return list_link(CouponTarget, coupon.targets.count(), f"coupon__id__exact={coupon.pk}")

    @display(description=_("used"), ordering="used_n")
    def used(self, coupon: Coupon) -> str:
        return list_link(Redemption, getattr(coupon, "used_n", 0), f"coupon__id__exact={coupon.pk}")


@admin.register(CouponTarget)
class CouponTargetAdmin(ReadOnly, BigTableAdmin):
    list_display = ("coupon", "mode", "kind", "product", "category", "brand")
    list_filter = (("coupon", AutocompleteSelectFilter), "kind", "mode")
    list_select_related = ("coupon", "product", "category", "brand")
    search_fields = ("=coupon__external_id", "=product__external_id")

    def page_name(self, row: CouponTarget) -> str:
        return f"{row.coupon}: {row}"


@admin.register(StackingGroup)
class StackingGroupAdmin(PlatformAdmin):
    list_display = ("name", "mode", "position", "max_coupons", "channel")
    list_filter = ("channel", "mode")
    list_select_related = ("channel",)
    search_fields = ("name",)
    ordering = ("channel", "position", "pk")
