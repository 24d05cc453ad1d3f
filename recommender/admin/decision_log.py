"""What was decided and what was read of it: rows that the platform writes and nobody edits."""

from itertools import zip_longest
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import EMPTY, link, moment, number
from coupons.models import Coupon
from recommender.admin.policy_words import REMOVALS
from recommender.models import ExperimentReading, SlateLog
from recommender.policies.removals import Removal

MOST_CANDIDATES = 100


def candidates_of(log: SlateLog) -> list[dict[str, Any]]:
    """Of a decision: each candidate's coupon, score, fate and probability, the best first. One query."""
    coupons = Coupon.objects.in_bulk(log.candidates)
    rows = zip_longest(log.candidates, log.scores, log.removed, log.propensities)
    ranked = sorted(rows, key=lambda row: -(row[1] or 0.0))
    return [
        {
            "coupon": link(coupons[pk]) if pk in coupons else f"#{pk}",
            # popular coupons that fill an answer up have none of the shopper's
            "score": f"{score:.4f}" if score else EMPTY,
            "fate": fate_words(rule),
            "propensity": EMPTY if propensity is None else f"{propensity:.3f}",
        }
        for pk, score, rule, propensity in ranked
    ]


def fate_words(rule: int | None) -> str:
    if rule is None or rule not in set(Removal):
        return EMPTY
    return gettext("Shown") if rule == Removal.SHOWN else str(REMOVALS[Removal(rule)])


@admin.register(SlateLog)
class SlateLogAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shown_at", "shopper", "policy", "model_version", "arm", "held_out", "candidate_count")
    list_filter = ("held_out", ("shown_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "policy", "model_version", "arm")
    search_fields = ("=shopper__external_id",)
    ordering = ("-shown_at",)

    fields = ("shopper", "shown_at", "policy", "model_version", "arm", "held_out", "channel", "slate_id", "decided")

    @display(description=_("candidates"))
    def decided(self, row: SlateLog) -> str:
        """The whole set in the order of the scores, and what became of each."""
        ranked = candidates_of(row)
        context = {"rows": ranked[:MOST_CANDIDATES], "more": max(0, len(ranked) - MOST_CANDIDATES)}
        return render_to_string("admin/recommender/slatelog/candidates.html", context)

    def page_name(self, row: SlateLog) -> str:
        at = moment(row.shown_at)
        return f"{row.shopper}, {at}" if row.shopper else at

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
