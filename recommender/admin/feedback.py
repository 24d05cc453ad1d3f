"""What shoppers said of their coupons, and what the live answers are made from."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import link
from recommender.models import Dismissal, LiveCandidates, LiveCatalog, SurveyInvitation


@admin.register(Dismissal)
class DismissalAdmin(ReadOnly, BigTableAdmin):
    list_display = ("dismissed_at", "shopper_page", "coupon", "slate_id")
    list_select_related = ("shopper", "coupon")
    search_fields = ("=shopper__external_id",)

    @display(description=_("shopper"))
    def shopper_page(self, row: Dismissal) -> str:
        return link(row.shopper)


@admin.register(SurveyInvitation)
class SurveyInvitationAdmin(ReadOnly, BigTableAdmin):
    list_display = ("asked_at", "shopper_page", "model_version", "rating", "answered_at")
    list_filter = ("model_version",)
    list_select_related = ("shopper", "model_version")
    search_fields = ("=shopper__external_id",)

    @display(description=_("shopper"))
    def shopper_page(self, row: SurveyInvitation) -> str:
        return link(row.shopper)


@admin.register(LiveCandidates)
class LiveCandidatesAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shopper_page", "model_version", "as_of")
    list_display_links = ("as_of",)  # the first column leads to the shopper; a link in a link has no name
    list_filter = ("model_version",)
    list_select_related = ("shopper", "model_version")
    search_fields = ("=shopper__external_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LiveCandidates]:
        rows: QuerySet[LiveCandidates] = super().get_queryset(request)
        return rows.defer("coupons", "logits", "pair", "state", "base_state")

    @display(description=_("shopper"))
    def shopper_page(self, row: LiveCandidates) -> str:
        return link(row.shopper)


@admin.register(LiveCatalog)
class LiveCatalogAdmin(ReadOnly, BigTableAdmin):
    list_display = ("channel", "model_version", "as_of")
    list_filter = ("channel", "model_version")
    list_select_related = ("channel", "model_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LiveCatalog]:
        rows: QuerySet[LiveCatalog] = super().get_queryset(request)
        return rows.defer("arrays")
