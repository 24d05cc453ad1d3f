"""Experiments: set up, started, watched and stopped."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill
from recommender.enums import ExperimentStatus
from recommender.models import Experiment

EXPERIMENT_TONES = {
    ExperimentStatus.DRAFT: ("plain", "edit"),
    ExperimentStatus.RUNNING: ("info", "science"),
    ExperimentStatus.STOPPED: ("plain", "flag"),
}


@admin.register(Experiment)
class ExperimentAdmin(ReadOnly, PlatformAdmin):
    list_display = ("name", "state", "channel", "started_at", "stopped_at", "started_by")
    list_filter = ("status", "channel")
    list_select_related = ("channel", "started_by")
    ordering = ("-pk",)
    search_fields = ("name",)

    @display(description=_("status"), ordering="status")
    def state(self, row: Experiment) -> str:
        return choice_pill(row, "status", EXPERIMENT_TONES)
