"""What is left of each limit. The checks make overspending impossible; coupons.services.counters moves the numbers."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from coupons.enums import BudgetKind, BudgetPeriod, CounterScope
from coupons.models.campaigns import Campaign
from coupons.models.coupons import Coupon
from coupons.models.ledger import Redemption
from coupons.models.shoppers import Shopper


class UsageCounter(models.Model):
    """One slot of a limit. Rows are made and resized by a database trigger when a limit is set (migration 0003)."""

    scope = models.CharField(_("scope"), max_length=10, choices=CounterScope)
    scope_id = models.BigIntegerField(_("of"))
    slot = models.PositiveSmallIntegerField(_("slot"), default=0)
    limit_n = models.BigIntegerField(_("limit"))
    held_n = models.BigIntegerField(_("held"), default=0, db_default=0)
    redeemed_n = models.BigIntegerField(_("redeemed"), default=0, db_default=0)

    class Meta:
        verbose_name = _("usage counter")
        verbose_name_plural = _("usage counters")
        constraints = [
            models.UniqueConstraint(name="usage_counter_once", fields=["scope", "scope_id", "slot"]),
            models.CheckConstraint(
                name="usage_counter_within_limit",
                condition=Q(held_n__gte=0, redeemed_n__gte=0, limit_n__gte=F("held_n") + F("redeemed_n")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id}: {self.held_n} + {self.redeemed_n} of {self.limit_n}"


class ShopperUsage(models.Model):
    """One person's uses of one coupon; `shopper` is the account that stands for the person."""

    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, verbose_name=_("coupon"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, verbose_name=_("shopper"))
    limit_n = models.BigIntegerField(_("limit"))
    held_n = models.BigIntegerField(_("held"), default=0, db_default=0)
    redeemed_n = models.BigIntegerField(_("redeemed"), default=0, db_default=0)

    class Meta:
        verbose_name = _("shopper usage")
        verbose_name_plural = _("shopper usages")
        constraints = [
            models.UniqueConstraint(name="shopper_usage_once", fields=["coupon", "shopper"]),
            models.CheckConstraint(
                name="shopper_usage_within_limit",
                condition=Q(held_n__gte=0, redeemed_n__gte=0, limit_n__gte=F("held_n") + F("redeemed_n")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} by {self.shopper_id}"


class Budget(models.Model):
    """A ceiling in money or uses over a calendar period, for a whole campaign or one coupon."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name=_("campaign")
    )
    coupon = models.ForeignKey(
        Coupon, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name=_("coupon")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=BudgetKind)
    period = models.CharField(_("period"), max_length=10, choices=BudgetPeriod, default=BudgetPeriod.TOTAL)
    limit_n = models.BigIntegerField(_("limit"), help_text=_("Minor units for money"))

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(
                name="budget_of_one",
                condition=Q(campaign__isnull=False, coupon=None) | Q(campaign=None, coupon__isnull=False),
            ),
            models.CheckConstraint(name="budget_limit_positive", condition=Q(limit_n__gt=0)),
            models.UniqueConstraint(
                name="budget_once", fields=["campaign", "coupon", "kind", "period"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.limit_n} {self.get_kind_display()} {self.get_period_display()}"


class BudgetCounter(models.Model):
    """A budget in one of its periods, made by the first use in it."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="counters", verbose_name=_("budget"))
    period_start = models.DateField(_("from"))
    limit_n = models.BigIntegerField(_("limit"))
    held_n = models.BigIntegerField(_("held"), default=0, db_default=0)
    spent_n = models.BigIntegerField(_("spent"), default=0, db_default=0)

    class Meta:
        verbose_name = _("budget counter")
        verbose_name_plural = _("budget counters")
        constraints = [
            models.UniqueConstraint(name="budget_counter_once", fields=["budget", "period_start"]),
            models.CheckConstraint(
                name="budget_counter_within_limit",
                condition=Q(held_n__gte=0, spent_n__gte=0, limit_n__gte=F("held_n") + F("spent_n")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.held_n} + {self.spent_n} of {self.limit_n}"


class BudgetCharge(models.Model):
    """What one redemption took out of one period of a budget, and what came back to it."""

    redemption = models.ForeignKey(
        Redemption, on_delete=models.CASCADE, related_name="charges", verbose_name=_("redemption")
    )
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="charges", verbose_name=_("budget"))
    period_start = models.DateField(_("from"))
    amount_n = models.BigIntegerField(_("taken"))
    returned_n = models.BigIntegerField(_("returned"), default=0, db_default=0)

    class Meta:
        verbose_name = _("budget charge")
        verbose_name_plural = _("budget charges")
        constraints = [
            models.UniqueConstraint(name="budget_charge_once", fields=["redemption", "budget"]),
            models.CheckConstraint(
                name="budget_charge_returned_range",
                condition=Q(returned_n__gte=0, amount_n__gte=F("returned_n")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_n} - {self.returned_n}"
