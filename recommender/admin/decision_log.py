"""What was decided and what was read of it: rows that the platform writes and nobody edits."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill, decimals, link, money, number
from recommender.enums import EstimateStatus
from recommender.models import (
    ChannelUplift,
    ExperimentArm,
    ExperimentReading,
    PolicyBudget,
    PolicyEstimate,
    PolicyLearning,
    ShopperUplift,
    SimulatedChannel,
    SlateLog,
)

ESTIMATE_TONES = {
    EstimateStatus.QUEUED: ("plain", "schedule"),
    EstimateStatus.RUNNING: ("info", "autorenew"),
    EstimateStatus.DONE: ("ok", "check"),
    EstimateStatus.FAILED: ("bad", "close"),
}


@admin.register(SlateLog)
class SlateLogAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shown_at", "shopper", "policy", "model_version", "arm", "held_out", "candidate_count")
    list_filter = ("held_out", ("shown_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "policy", "model_version", "arm")
    search_fields = ("=shopper__external_id",)
    ordering = ("-shown_at",)

    @display(description=_("candidates"))
    def candidate_count(self, row: SlateLog) -> str:
        return number(len(row.candidates))


@admin.register(ExperimentReading)
class ExperimentReadingAdmin(ReadOnly, BigTableAdmin):
    list_display = ("read_at", "channel", "experiment", "final")
    list_filter = ("final",)
    list_select_related = ("channel", "experiment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExperimentReading]:
        rows: QuerySet[ExperimentReading] = super().get_queryset(request)
        return rows.defer("numbers")


@admin.register(ExperimentArm)
class ExperimentArmAdmin(ReadOnly, PlatformAdmin):
    list_display = ("experiment_link", "position", "name", "weight", "policy", "model_version")
    list_display_links = ("position",)
    list_select_related = ("experiment", "policy", "model_version")
    ordering = ("-experiment", "position")

    @display(description=_("experiment"))
    def experiment_link(self, row: ExperimentArm) -> str:
        return link(row.experiment)


@admin.register(PolicyBudget)
class PolicyBudgetAdmin(ReadOnly, PlatformAdmin):
    list_display = (
        "name", "policy", "period", "limit", "spent", decimals("price", _("price"), 2), decimals("pace", _("pace"), 2),
        "stopped",
    )  # fmt: skip
    list_select_related = ("policy__channel",)
    ordering = ("-pk",)

    @display(description=_("limit"))
    def limit(self, row: PolicyBudget) -> str:
        return money(row.limit_minor, row.policy.channel.currency)

    @display(description=_("spent"))
    def spent(self, row: PolicyBudget) -> str:
        return money(row.spent_minor, row.policy.channel.currency)


@admin.register(PolicyEstimate)
class PolicyEstimateAdmin(ReadOnly, PlatformAdmin):
    list_display = ("created_at", "kind", "policy", "state", "progress", "requested_by")
    list_select_related = ("policy", "requested_by")
    list_filter = ("kind", "status")
    ordering = ("-pk",)

    @display(description=_("status"))
    def state(self, row: PolicyEstimate) -> str:
        return choice_pill(row, "status", ESTIMATE_TONES)


@admin.register(SimulatedChannel)
class SimulatedChannelAdmin(ReadOnly, PlatformAdmin):
    list_display = ("channel", "seed", "created_at")
    list_select_related = ("channel",)
    ordering = ("channel",)


@admin.register(PolicyLearning)
class PolicyLearningAdmin(ReadOnly, PlatformAdmin):
    list_display = ("policy", "model_version", "count", "learned_from", "learned_until")
    list_select_related = ("policy", "model_version")
    ordering = ("-pk",)


@admin.register(ChannelUplift)
class ChannelUpliftAdmin(ReadOnly, PlatformAdmin):
    list_display = (
        "channel", decimals("added", _("added purchases a shopper")), decimals("added_low", _("at least")),
        decimals("added_high", _("at most")), "treated", "held_out", "learned_at",
    )  # fmt: skip
    list_select_related = ("channel",)
    ordering = ("channel",)


@admin.register(ShopperUplift)
class ShopperUpliftAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shopper", "extra")
    list_select_related = ("shopper",)
    search_fields = ("=shopper__external_id",)
    ordering = ("shopper",)
