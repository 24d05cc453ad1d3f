"""Coupons that shoppers hold, and the ledger of those they used."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.base import BigTableAdmin, ReadOnly
from coupons.admin.display import choice_pill, decimals, money, pill
from coupons.enums import GrantStatus, RedemptionStatus
from coupons.models import CouponGrant, LedgerCheck, Redemption, RedemptionLine, Rollback

GRANT_TONES = {
    GrantStatus.ISSUED: ("info", "confirmation_number"),
    GrantStatus.HELD: ("warn", "hourglass_top"),
    GrantStatus.REDEEMED: ("ok", "check"),
}
REDEMPTION_TONES = {
    RedemptionStatus.HELD: ("warn", "hourglass_top"),
    RedemptionStatus.REDEEMED: ("ok", "check"),
    RedemptionStatus.PARTIALLY_ROLLED_BACK: ("warn", "undo"),
    RedemptionStatus.ROLLED_BACK: ("plain", "undo"),
}


@admin.register(CouponGrant)
class CouponGrantAdmin(BigTableAdmin):
    list_display = ("shopper", "coupon", "state", "source", "created_at")
    list_filter = ("status", "source", ("created_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "coupon")
    search_fields = ("=shopper__external_id", "=coupon__external_id")
    autocomplete_fields = ("shopper", "coupon")
    readonly_fields = ("uid", "created_at")

    @display(description=_("status"), ordering="status")
    def state(self, grant: CouponGrant) -> str:
        return choice_pill(grant, "status", GRANT_TONES)


class PartOfRedemption(ReadOnly, TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Rows of a redemption with its currency at hand."""

    hide_title = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("redemption").order_by("pk")

    @display(description=_("discount"))
    def discount(self, row: Any) -> str:
        return money(row.amount_minor, row.redemption.currency)


class LineInline(PartOfRedemption):
    model = RedemptionLine
    verbose_name_plural = _("lines of the order")
    fields = ("line_ref", "quantity", "price", "discount", "returned_quantity", "taken_back")
    readonly_fields = fields

    @display(description=_("price before coupons"))
    def price(self, line: RedemptionLine) -> str:
        return money(line.spend_minor, line.redemption.currency)

    @display(description=_("rolled back"))
    def taken_back(self, line: RedemptionLine) -> str:
        return money(line.rolled_back_minor, line.redemption.currency)


class RollbackInline(PartOfRedemption):
    model = Rollback
    fields = ("created_at", "kind", "discount", "use_restored", "reason", "actor")
    readonly_fields = fields


@admin.register(Redemption)
class RedemptionAdmin(ReadOnly, BigTableAdmin):
    list_display = ("redeemed_at", "shopper", "coupon", "amount", "state", "order_ref", "channel")
    list_filter = ("status", "channel", ("redeemed_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "coupon", "channel")
    search_fields = ("=order_ref", "=shopper__external_id", "=coupon__external_id")

    inlines = (LineInline, RollbackInline)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Those with rows: an imported redemption has no lines, and few are taken back."""
        found = super().get_inlines(request, obj)
        return [inline for inline in found if inline.model._default_manager.filter(redemption=obj).exists()]

    @display(description=_("discount"), ordering="amount_minor")
    def amount(self, redemption: Redemption) -> str:
        return money(redemption.amount_minor, redemption.currency)

    @display(description=_("status"), ordering="status")
    def state(self, redemption: Redemption) -> str:
        return choice_pill(redemption, "status", REDEMPTION_TONES)

    def get_fields(self, request: object, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002
        return (
            "uid", "state", "shopper", "coupon", "grant", "channel", "order_ref", "amount",
            "redeemed_at", "hold_expires_at", "slate_id",
        )  # fmt: skip


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnly, BigTableAdmin):
    list_display = ("checked_at", "result", decimals("seconds", _("seconds"), 1))
    list_filter = (("checked_at", RangeDateTimeFilter),)
    fields = ("checked_at", "result", "seconds", "differences")

    @display(description=_("result"))
    def result(self, check: LedgerCheck) -> Any:
        if not check.difference_count:
            return pill(gettext("Balanced"), "ok")
        return pill(gettext("%(count)d numbers differ") % {"count": check.difference_count}, "bad")
