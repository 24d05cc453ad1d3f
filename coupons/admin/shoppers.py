"""Shoppers as the promotion domain knows them. The recommender adds what it has learnt to the same page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from coupons.admin.base import BigTableAdmin
from coupons.models import Shopper


@admin.register(Shopper)
class ShopperAdmin(BigTableAdmin):
    list_display = ("external_id", "channel", "personalised", "created_at", "erased_at")
    list_filter = ("channel", "personalised")
    list_select_related = ("channel",)
    search_fields = ("=external_id",)
    search_help_text = "external id"
    readonly_fields = ("created_at", "erased_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The identity stays once given: events and imports refer to it."""
        return (*self.readonly_fields, "channel", "external_id") if obj else self.readonly_fields
