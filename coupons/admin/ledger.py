"""The ledger of coupons that were used, and its checks."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter

from coupons.admin.audit_words import actor_words, names_of
from coupons.admin.base import BigTableAdmin, ReadOnly, ShownWithIts
from coupons.admin.display import EMPTY, choice_pill, moment, money, pill
from coupons.enums import RedemptionStatus
from coupons.models import LedgerCheck, Redemption, RedemptionLine, Rollback

REDEMPTION_TONES = {
    RedemptionStatus.HELD: ("warn", "hourglass_top"),
    RedemptionStatus.REDEEMED: ("ok", "check"),
    RedemptionStatus.PARTIALLY_ROLLED_BACK: ("warn", "undo"),
    RedemptionStatus.ROLLED_BACK: ("plain", "undo"),
}


COUNTERS = {
    "coupon": _("Uses of coupon"),
    "batch": _("Uses of code batch"),
    "claims of coupon": _("Claims of coupon"),
    "shopper usage": _("Uses by a shopper,"),
    "code": _("Uses of code"),
    "budget": _("Budget"),
    "charge of redemption": _("Charge of redemption"),
    "redemption": _("Redemption"),
}
COLUMNS = {
    "held_n": _("held"),
    "redeemed_n": _("redeemed"),
    "limit_n": _("limit"),
    "spent_n": _("spent"),
    "charged": _("charged"),
    "amount_minor": _("discount"),
    "rolled_back_minor": _("rolled back"),
}
"""What coupons.reconcile compares, for people."""


def difference_words(row: Mapping[str, Any]) -> str:
    what, field = COUNTERS.get(row["what"], row["what"]), COLUMNS.get(row["field"], row["field"])
    return gettext("%(what)s %(key)s: %(field)s is %(stored)s, by the ledger %(ledger)s") % {
        **row, "what": what, "field": field
    }  # fmt: skip


class PartOfRedemption(ShownWithIts, ReadOnly, TabularInline):  # type: ignore[misc]  # Unfold ships no types
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
    fields = ("created_at", "kind", "discount", "use_restored", "reason", "who")
    readonly_fields = fields

    @display(description=_("who"))
    def who(self, rollback: Rollback) -> str:
        return actor_words(rollback.actor, names_of([rollback.actor]))


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
            "order_ref", "state", "amount", "shopper", "coupon", "grant", "redeemed_at", "hold_expires_at", "channel",
            "slate_id", "uid",
        )  # fmt: skip


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnly, BigTableAdmin):
    list_display = ("checked_at", "result", "took")
    list_filter = (("checked_at", RangeDateTimeFilter),)
    fields = ("checked_at", "result", "took", "found")

    @display(description=_("seconds"))
    def took(self, check: LedgerCheck) -> str:
        return f"{check.seconds:.2f}"

    @display(description=_("what differs"))
    def found(self, check: LedgerCheck) -> str:
        """The first ones, each in a sentence."""
        said = ((difference_words(row),) for row in check.differences)
        return format_html_join(mark_safe("<br>"), "{}", said) or EMPTY

    def page_name(self, row: LedgerCheck) -> str:
        return moment(row.checked_at)

    @display(description=_("result"))
    def result(self, check: LedgerCheck) -> Any:
        if not check.difference_count:
            return pill(gettext("Balanced"), "ok")
        count = check.difference_count
        return pill(ngettext("%(count)d number differs", "%(count)d numbers differ", count) % {"count": count}, "bad")
