"""Codes that shoppers type, and the batches that make them."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin
from coupons.codes import normalise_code
from coupons.models import CodeBatch, CouponCode


@admin.register(CodeBatch)
class CodeBatchAdmin(PlatformAdmin):
    list_display = ("name", "coupon", "size", "generated_n", "status", "created_at")
    list_filter = ("status",)
    list_select_related = ("coupon",)
    search_fields = ("name",)
    autocomplete_fields = ("coupon",)
    readonly_fields = ("uid", "generated_n", "status", "error", "created_at", "finished_at")
    ordering = ("-pk",)


@admin.register(CouponCode)
class CouponCodeAdmin(BigTableAdmin):
    list_display = ("code", "coupon", "batch", "active", "usage_limit", "held_n", "redeemed_n")
    list_filter = (("coupon", AutocompleteSelectFilter), "active")
    list_select_related = ("coupon", "batch")
    search_fields = ("=code_norm",)
    readonly_fields = ("code", "coupon", "batch", "channel", "held_n", "redeemed_n")
    fields = ("code", "coupon", "batch", "channel", "active", "usage_limit", "held_n", "redeemed_n")

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002
        """Codes come from batches, which make them unguessable."""
        return False

    def get_search_results(self, request, queryset, search_term):  # type: ignore[no-untyped-def]
        """A code as people type it, in any case and with dashes."""
        return super().get_search_results(request, queryset, normalise_code(search_term) if search_term else "")
