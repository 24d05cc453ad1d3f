"""What the live model recommends, what was shown, and the interests it holds."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import EMPTY, decimals, link
from recommender.admin.reach import ReachViews
from recommender.explanations import explained
from recommender.models import Impression, PopularCoupon, Recommendation
from recommender.reasons import reason_text


@admin.register(Recommendation)
class RecommendationAdmin(ReachViews, ReadOnly, BigTableAdmin):
    list_display = ("coupon", "shopper_page", "rank", "probability", "model_version", "created_at")
    list_filter = ("model_version",)
    list_select_related = ("shopper", "coupon", "model_version")
    search_fields = ("=shopper__external_id",)
    fields = (
        "shopper_page", "coupon", "rank", "probability", decimals("propensity", _("propensity"), 3), "why", "because",
        "model_version", "created_at",
    )  # fmt: skip

    @display(description=_("reason"))
    def why(self, row: Recommendation) -> str:
        return reason_text(row.reason)

    @display(description=_("what carried it"))
    def because(self, row: Recommendation) -> str:
        said = explained(row.reason, row.shopper.channel.currency)
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in said)) or EMPTY

    def page_name(self, row: Recommendation) -> str:
        return f"{row.rank}. {row.coupon}, {row.shopper}"

    @display(description=_("shopper"))
    def shopper_page(self, row: Recommendation) -> str:
        return link(row.shopper)

    @display(description=_("score"), ordering="score")
    def probability(self, row: Recommendation) -> str:
        return f"{row.score:.4f}"


@admin.register(PopularCoupon)
class PopularCouponAdmin(ReadOnly, BigTableAdmin):
    list_display = ("rank", "coupon", decimals("score", _("score")), "channel", "model_version", "created_at")
    list_filter = ("model_version", "channel")
    list_select_related = ("coupon", "channel", "model_version")
    ordering = ("-model_version", "channel", "rank")

    fields = ("coupon", "channel", "rank", decimals("score", _("score")), "model_version", "created_at")

    def page_name(self, row: PopularCoupon) -> str:
        return f"{row.rank}. {row.coupon}"


@admin.register(Impression)
class ImpressionAdmin(ReadOnly, BigTableAdmin):
    list_display = (
        "shown_at", "shopper", "position", "coupon", decimals("score", _("score")),
        decimals("propensity", _("propensity"), 3), "fallback", "model_version",
    )  # fmt: skip
    list_filter = ("fallback", "model_version", ("shown_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "coupon", "model_version")
    search_fields = ("=shopper__external_id",)

    fields = (
        "shown_at", "shopper", "coupon", "position", decimals("score", _("score")),
        decimals("propensity", _("propensity"), 3), "fallback", "model_version", "policy", "arm", "channel", "slate_id",
    )  # fmt: skip

    def page_name(self, row: Impression) -> str:
        shown = f"{row.position}. {row.coupon}"
        return f"{shown}, {row.shopper}" if row.shopper else shown
