"""Policies: what operators decide about slates, version by version."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill
from recommender.enums import PolicyStatus
from recommender.models import Policy

POLICY_TONES = {
    PolicyStatus.DRAFT: ("plain", "edit"),
    PolicyStatus.TRIAL: ("info", "science"),
    PolicyStatus.LIVE: ("ok", "check"),
    PolicyStatus.RETIRED: ("plain", "history"),
}


@admin.register(Policy)
class PolicyAdmin(ReadOnly, PlatformAdmin):
    list_display = ("policy", "state", "channel", "objective", "edited_by", "live_at")
    list_filter = ("status", "channel")
    list_select_related = ("channel", "edited_by")
    ordering = ("channel", "-number")
    search_fields = ("name",)

    @display(description=_("policy"), ordering="number")
    def policy(self, row: Policy) -> str:
        return str(row)

    @display(description=_("status"), ordering="status")
    def state(self, row: Policy) -> str:
        return choice_pill(row, "status", POLICY_TONES)
