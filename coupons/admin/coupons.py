"""Coupons with what they give and on what."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin
from coupons.admin.campaigns import count_of
from coupons.admin.display import list_link, money
from coupons.models import Benefit, BenefitTier, Coupon, CouponTarget, Redemption, StackingGroup
from coupons.money import describe_benefit


class BenefitInline(StackedInline):  # type: ignore[misc]  # Unfold ships no types
    model = Benefit
    autocomplete_fields = ("gift_product",)
    min_num = 1
    max_num = 1
    can_delete = False


class TargetInline(TabularInline):  # type: ignore[misc]
    model = CouponTarget
    ordering = ("pk",)
    autocomplete_fields = ("product", "category", "brand")
    extra = 0
    per_page = 20
    tab = True


@admin.register(Coupon)
class CouponAdmin(PlatformAdmin):
    list_display = ("title", "gives", "campaign", "external_id", "trigger", "active", "used")
    list_filter = (("campaign", AutocompleteSelectFilter), "trigger", "active", "benefit__type")
    list_select_related = ("campaign__channel", "benefit")
    search_fields = ("title", "=external_id", "campaign__name")
    autocomplete_fields = ("campaign",)
    ordering = ("-pk",)
    readonly_fields = ("uid", "used", "gives")
    inlines = (BenefitInline, TargetInline)
    fieldsets = (
        (None, {"fields": (("title", "gives"), ("campaign", "external_id"), ("trigger", "active"))}),
        (
            _("Limits"),
            {
                "fields": (
                    ("usage_limit", "per_shopper_limit", "claim_limit"),
                    ("min_spend_minor", "min_quantity"),
                    ("used", "uid"),
                )
            },
        ),
        (
            _("For whom"),
            {"fields": ("segments", "first_order_only")},
        ),
        (
            _("Returns and holds"),
            {
                "classes": ("collapse",),
                "fields": (
                    "restore_policy",
                    "below_minimum_policy",
                    "hold_ttl_s",
                    "margin_minor",
                    "counter_slots",
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        rows: QuerySet[Coupon] = super().get_queryset(request)
        return rows.annotate(used_n=count_of(Redemption, "coupon"))

    @display(description=_("benefit"))
    def gives(self, coupon: Coupon) -> str:
        if coupon.campaign_id is None:  # the page for a new coupon
            return ""
        return describe_benefit(getattr(coupon, "benefit", None), coupon.campaign.channel.currency)

    @display(description=_("used"), ordering="used_n")
    def used(self, coupon: Coupon) -> str:
        return list_link(Redemption, getattr(coupon, "used_n", 0), f"coupon__id__exact={coupon.pk}")


@admin.register(Benefit)
class BenefitAdmin(PlatformAdmin):
    list_display = ("coupon", "gives", "type", "at_most")
    list_filter = ("type",)
    list_select_related = ("coupon__campaign__channel",)
    search_fields = ("coupon__title", "=coupon__external_id")
    autocomplete_fields = ("coupon", "gift_product")
    ordering = ("-pk",)

    @display(description=_("benefit"))
    def gives(self, benefit: Benefit) -> str:
        return describe_benefit(benefit, benefit.coupon.campaign.channel.currency)

    @display(description=_("at most"), ordering="max_discount_minor")
    def at_most(self, benefit: Benefit) -> str:
        return money(benefit.max_discount_minor, benefit.coupon.campaign.channel.currency)


@admin.register(CouponTarget)
class CouponTargetAdmin(BigTableAdmin):
    list_display = ("coupon", "mode", "kind", "product", "category", "brand")
    list_filter = (("coupon", AutocompleteSelectFilter), "kind", "mode")
    list_select_related = ("coupon", "product", "category", "brand")
    search_fields = ("=coupon__external_id", "=product__external_id")
    autocomplete_fields = ("coupon", "product", "category", "brand")


@admin.register(BenefitTier)
class BenefitTierAdmin(PlatformAdmin):
    list_display = ("coupon", "threshold", "amount", "percent_bp")
    list_select_related = ("benefit__coupon__campaign__channel",)
    ordering = ("benefit", "threshold_minor")
    autocomplete_fields = ("benefit",)

    @display(description=_("coupon"))
    def coupon(self, tier: BenefitTier) -> str:
        return str(tier.benefit.coupon)

    @display(description=_("from"), ordering="threshold_minor")
    def threshold(self, tier: BenefitTier) -> str:
        return money(tier.threshold_minor, tier.benefit.coupon.campaign.channel.currency)

    @display(description=_("amount"), ordering="amount_minor")
    def amount(self, tier: BenefitTier) -> str:
        return money(tier.amount_minor, tier.benefit.coupon.campaign.channel.currency)


@admin.register(StackingGroup)
class StackingGroupAdmin(PlatformAdmin):
    list_display = ("name", "mode", "position", "max_coupons", "channel")
    list_filter = ("channel", "mode")
    list_select_related = ("channel",)
    search_fields = ("name",)
    ordering = ("channel", "position", "pk")
