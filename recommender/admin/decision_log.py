"""What was decided and what was read of it: rows that the platform writes and nobody edits."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import moment, number
from recommender.models import ExperimentReading, SlateLog


@admin.register(SlateLog)
class SlateLogAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shown_at", "shopper", "policy", "model_version", "arm", "held_out", "candidate_count")
    list_filter = ("held_out", ("shown_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "policy", "model_version", "arm")
    search_fields = ("=shopper__external_id",)
    ordering = ("-shown_at",)

    def page_name(self, row: SlateLog) -> str:
        return f"{row.shopper}, {moment(row.shown_at)}"

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

    def page_name(self, row: ExperimentReading) -> str:
        return f"{row.experiment or row.channel}, {moment(row.read_at)}"
