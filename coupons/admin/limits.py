"""Budgets: what is gone of each in its present period. The engine moves the numbers; here they are only read."""

from datetime import date, timedelta

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from coupons.admin.base import PlatformAdmin, ReadOnly, ShownWithIts
from coupons.admin.display import link, money, number
from coupons.enums import BudgetKind
from coupons.models import Budget, BudgetCounter, Campaign
from coupons.schedule import period_start

ALWAYS = date(1970, 1, 1)
"""The period of a budget without periods."""
LONGEST = timedelta(days=32)
MOST_PERIODS = 24


def campaign_of(budget: Budget) -> Campaign | None:
    return budget.campaign or (budget.coupon.campaign if budget.coupon else None)


def budget_amount(budget: Budget, amount: int) -> str:
    """An amount of a budget: money in its channel's currency, or uses."""
    if budget.kind != BudgetKind.MONEY:
        return number(amount)
    campaign = campaign_of(budget)
    return money(amount, campaign.channel.currency if campaign else "")


def spent_now(budget: Budget) -> int:
    """Spent or held in the present period, of the counters at hand."""
    campaign = campaign_of(budget)
    if campaign is None:
        return 0
    start = period_start(budget.period, campaign.timezone, timezone.now())
    return sum(c.held_n + c.spent_n for c in budget.counters.all() if c.period_start == start)


class PeriodInline(ShownWithIts, ReadOnly, TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """What was spent in each period, the newest first."""

    model = BudgetCounter
    verbose_name_plural = _("spent by period")
    fields = ("since", "limit", "held", "spent")
    readonly_fields = fields
    ordering = ("-period_start",)
    per_page = MOST_PERIODS
    hide_title = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetCounter]:
        rows: QuerySet[BudgetCounter] = super().get_queryset(request)
        return rows.select_related("budget__campaign__channel", "budget__coupon__campaign__channel")

    @display(description=_("from"))
    def since(self, counter: BudgetCounter) -> str:
        if counter.period_start == ALWAYS:
            return gettext("the beginning")
        return date_format(counter.period_start, "DATE_FORMAT")

    @display(description=_("limit"))
    def limit(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.limit_n)

    @display(description=_("held"))
    def held(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.held_n)

    @display(description=_("spent"))
    def spent(self, counter: BudgetCounter) -> str:
        return budget_amount(counter.budget, counter.spent_n)


@admin.register(Budget)
class BudgetAdmin(ReadOnly, PlatformAdmin):
    list_display = ("of", "kind", "period", "limit", "gone", "left")
    list_filter = ("kind", "period")
    list_select_related = ("campaign__channel", "coupon__campaign__channel")
    search_fields = ("campaign__name", "coupon__title")
    ordering = ("-pk",)
    fields = ("of_link", "kind", "period", "limit", "gone", "left")
    inlines = (PeriodInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        rows: QuerySet[Budget] = super().get_queryset(request)
        recent = timezone.now().date() - LONGEST
        counters = BudgetCounter.objects.filter(Q(period_start__gte=recent) | Q(period_start=ALWAYS))
        return rows.prefetch_related(Prefetch("counters", counters))

    def page_name(self, row: Budget) -> str:
        return f"{self.of(row)}, {row.get_period_display()}"

    @display(description=_("of"))
    def of(self, budget: Budget) -> str:
        return str(budget.campaign or budget.coupon)

    @display(description=_("of"))
    def of_link(self, budget: Budget) -> str:
        return link(budget.campaign or budget.coupon)

    @display(description=_("limit"), ordering="limit_n")
    def limit(self, budget: Budget) -> str:
        return budget_amount(budget, budget.limit_n)

    @display(description=_("spent now"))
    def gone(self, budget: Budget) -> str:
        return budget_amount(budget, spent_now(budget))

    @display(description=_("left"))
    def left(self, budget: Budget) -> str:
        return budget_amount(budget, budget.limit_n - spent_now(budget))
