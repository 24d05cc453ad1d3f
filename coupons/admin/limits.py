"""Budgets and the counters of limits. The engine moves the numbers; here they are only read."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import BigTableAdmin, PlatformAdmin, ReadOnly
from coupons.admin.display import money, number
from coupons.enums import BudgetKind
from coupons.models import Budget, BudgetCharge, BudgetCounter, ShopperUsage, UsageCounter


def budget_amount(budget: Budget, amount: int) -> str:
    """An amount of a budget: money in its channel's currency, or uses."""
    if budget.kind != BudgetKind.MONEY:
        return number(amount)
    campaign = budget.campaign or (budget.coupon.campaign if budget.coupon else None)
    return money(amount, campaign.channel.currency if campaign else "")


@admin.register(Budget)
class BudgetAdmin(ReadOnly, PlatformAdmin):
    list_display = ("of", "kind", "period", "limit")
    list_filter = ("kind", "period")
    list_select_related = ("campaign__channel", "coupon__campaign__channel")
    search_fields = ("campaign__name", "coupon__title")
    ordering = ("-pk",)

    @display(description=_("of"))
    def of(self, budget: Budget) -> str:
        return str(budget.campaign or budget.coupon)

    @display(description=_("limit"), ordering="limit_n")
    def limit(self, budget: Budget) -> str:
        return budget_amount(budget, budget.limit_n)


@admin.register(BudgetCounter)
class BudgetCounterAdmin(ReadOnly, BigTableAdmin):
    list_display = ("of", "period_start", "limit", "held", "spent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetCounter]:
        rows: QuerySet[BudgetCounter] = super().get_queryset(request)
        return rows.select_related("budget__campaign__channel", "budget__coupon__campaign__channel")

    @display(description=_("budget"))
    def of(self, counter: BudgetCounter) -> str:
        return str(counter.budget.campaign or counter.budget.coupon)

    @display(description=_("limit"))
    def limit(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.limit_n)

    @display(description=_("held"))
    def held(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.held_n)

    @display(description=_("spent"))
    def spent(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.spent_n)


@admin.register(BudgetCharge)
class BudgetChargeAdmin(ReadOnly, BigTableAdmin):
    list_display = ("pk", "redemption_id", "budget_id", "period_start", "amount_n", "returned_n")


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnly, BigTableAdmin):
    list_display = ("scope", "scope_id", "slot", "limit_n", "held_n", "redeemed_n")
    list_filter = ("scope",)


@admin.register(ShopperUsage)
class ShopperUsageAdmin(ReadOnly, BigTableAdmin):
    list_display = ("shopper", "coupon", "limit_n", "held_n", "redeemed_n")
    list_select_related = ("shopper", "coupon")
    search_fields = ("=shopper__external_id",)
