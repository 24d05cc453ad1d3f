"""Policies: how scores become a slate. A version's terms never change once it has served; the next one is a copy."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import BudgetPeriod
from coupons.models import Channel
from recommender.enums import EstimateKind, EstimateStatus, ExplorationKind, HoldoutSees, Objective, PolicyStatus


def _ids(name: Any, help_text: Any) -> "ArrayField[list[int], list[int]]":
    return ArrayField(
        models.BigIntegerField(),
        verbose_name=name,
        default=list,
        db_default=[],
        blank=True,
        help_text=help_text,
    )


class Policy(models.Model):
    """One version of a channel's rules. recommender.decision.terms compiles it; docs/policy.md defines each rule."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="policies", verbose_name=_("channel"))
    number = models.PositiveIntegerField(_("version"), editable=False)
    name = models.CharField(_("name"), max_length=100)
    note = models.CharField(_("note"), max_length=300, blank=True, default="", db_default="")
    status = models.CharField(
        _("status"), max_length=10, choices=PolicyStatus, default=PolicyStatus.DRAFT, editable=False
    )
    based_on = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, verbose_name=_("copy of")
    )

    objective = models.CharField(_("puts first"), max_length=10, choices=Objective, default=Objective.RESPONSE)
    margin_percent = models.DecimalField(
        _("margin, percent"),
        max_digits=5,
        decimal_places=2,
        default=30,
        db_default=30,
        help_text=_("What the shop earns of a purchase before the coupon, where the coupon does not say"),
    )
    basket_minor = models.BigIntegerField(
        _("purchase with a coupon"),
        default=0,
        db_default=0,
        help_text=_("What a purchase with a coupon is worth, in minor units; 0: its minimum spend"),
    )
    incremental_percent = models.DecimalField(
        _("extra purchases, percent"),
        max_digits=5,
        decimal_places=2,
        default=100,
        db_default=100,
        help_text=_("Of 100 coupons used, how many purchases would not have happened without: an assumption"),
    )

    min_score = models.FloatField(
        _("lowest score"), default=0.0, db_default=0.0, help_text=_("Coupons less likely to be used are left out")
    )
    only_campaigns = _ids(_("only these campaigns"), _("Empty: every running campaign"))
    pinned_coupons = _ids(_("pinned coupons"), _("Shown first, in this order, to whoever may use them"))
    excluded_coupons = _ids(_("excluded coupons"), _("Never shown by this policy"))

    max_impressions = models.PositiveSmallIntegerField(
        _("shown at most"), null=True, blank=True, help_text=_("Times a coupon is shown to one shopper; blank: no cap")
    )
    impression_days = models.PositiveSmallIntegerField(
        _("within days"), default=7, db_default=7, help_text=_("The days that the cap counts")
    )
    dismissal_days = models.PositiveSmallIntegerField(
        _("rest after a dismissal, days"),
        default=0,
        db_default=0,
        help_text=_("A coupon put away never comes back; for so long its category rests too"),
    )
    redemption_days = models.PositiveSmallIntegerField(
        _("rest after a use, days"),
        default=0,
        db_default=0,
        help_text=_("A coupon that a shopper used is not shown for so long"),
    )

    max_per_category = models.PositiveSmallIntegerField(
        _("of one category at most"), null=True, blank=True, help_text=_("In one answer; blank: any number")
    )
    max_per_campaign = models.PositiveSmallIntegerField(
        _("of one campaign at most"), null=True, blank=True, help_text=_("In one answer; blank: any number")
    )
    fair_brands = _ids(_("favoured brands"), _("Coupons for these brands form the group of the fairness floor"))
    fair_campaigns = _ids(_("favoured campaigns"), _("Coupons of these campaigns belong to the group too"))
    fair_percent = models.DecimalField(
        _("fairness floor, percent"),
        max_digits=5,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text=_("Share of the places of every answer that the group gets at least, while it has coupons"),
    )

    exploration_kind = models.CharField(
        _("exploration"),
        max_length=10,
        choices=ExplorationKind,
        default=ExplorationKind.UNIFORM,
        db_default=ExplorationKind.UNIFORM,
        help_text=_("How the last place of an answer is drawn where it is left to chance"),
    )
    exploration_percent = models.DecimalField(
        _("exploration, percent"),
        max_digits=5,
        decimal_places=2,
        default=5,
        db_default=5,
        help_text=_("Share of answers whose last place is drawn by chance, to learn from"),
    )
    holdout_percent = models.DecimalField(
        _("permanent hold-out, percent"),
        max_digits=5,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text=_("Share of shoppers, always the same, whom everything is measured against"),
    )
    holdout_sees = models.CharField(
        _("the hold-out sees"), max_length=10, choices=HoldoutSees, default=HoldoutSees.POPULAR
    )
    holdout_planned = models.PositiveIntegerField(
        _("shoppers planned for the hold-out"),
        null=True,
        editable=False,
        help_text=_("On the version that began the channel's hold-out: shoppers then; intervals are tightest there"),
    )

    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("last edited by"),
    )
    edited_at = models.DateTimeField(_("last edited"), db_default=Now(), editable=False)
    live_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("made live by"),
    )
    live_at = models.DateTimeField(_("live since"), null=True, blank=True, editable=False)
    live_reason = models.CharField(_("reason"), max_length=300, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering: ClassVar = ["channel", "-number"]
        permissions: ClassVar = [
            ("promote_policy", _("Can make policies of others live")),
            ("override_policygate", _("Can make a policy live against its estimate, with a reason")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(name="policy_number_once", fields=["channel", "number"]),
            models.UniqueConstraint(
                name="policy_one_live", fields=["channel"], condition=models.Q(status=PolicyStatus.LIVE)
            ),
            models.CheckConstraint(name="policy_min_score_range", condition=models.Q(min_score__range=(0, 1))),
            models.CheckConstraint(
                name="policy_shares_range",
                condition=models.Q(
                    margin_percent__range=(0, 100),
                    incremental_percent__range=(0, 100),
                    fair_percent__range=(0, 100),
                    exploration_percent__range=(0, 50),
                    holdout_percent__range=(0, 50),
                ),
            ),
            models.CheckConstraint(
                name="policy_bounds_positive",
                condition=models.Q(max_impressions__gt=0) | models.Q(max_impressions=None),
            ),
            models.CheckConstraint(name="policy_basket_not_negative", condition=models.Q(basket_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"p{self.number} {self.name}"


class PolicyBudget(models.Model):
    """What a policy's coupons may cost in a period. Its terms are the policy's; price and spend follow what happens.

    The redemption ledger enforces budgets of campaigns and coupons at the till whatever stands here; this one decides
    what is offered, so that the money goes where it earns most.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="budgets", verbose_name=_("policy"))
    name = models.CharField(_("name"), max_length=60)
    campaigns = _ids(_("campaigns"), _("Empty: all coupons of the channel"))
    period = models.CharField(_("period"), max_length=10, choices=BudgetPeriod, default=BudgetPeriod.WEEK)
    limit_minor = models.BigIntegerField(_("limit"), help_text=_("In minor units"))

    price = models.FloatField(
        _("price"),
        null=True,
        editable=False,
        help_text=_("What one more unit of this budget would earn, after its own cost"),
    )
    pace = models.FloatField(
        _("pace"), default=1.0, db_default=1.0, editable=False, help_text=_("What the control loop makes of the price")
    )
    pace_error = models.FloatField(
        _("ahead by"),
        default=0.0,
        db_default=0.0,
        editable=False,
        help_text=_("Share of the limit that was spent ahead of time at the last step of the control loop"),
    )
    paced_at = models.DateTimeField(_("paced"), null=True, editable=False)
    expected_spend_minor = models.BigIntegerField(_("expected spend"), null=True, editable=False)
    expected_profit_minor = models.BigIntegerField(_("expected profit"), null=True, editable=False)
    priced_at = models.DateTimeField(_("priced"), null=True, editable=False)
    spent_minor = models.BigIntegerField(_("spent"), default=0, db_default=0, editable=False)
    stopped = models.BooleanField(_("spent up"), default=False, db_default=False, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)

    class Meta:
        verbose_name = _("policy budget")
        verbose_name_plural = _("policy budgets")
        constraints: ClassVar = [
            models.UniqueConstraint(name="policybudget_name_once", fields=["policy", "name"]),
            models.CheckConstraint(name="policybudget_limit_positive", condition=models.Q(limit_minor__gt=0)),
            models.CheckConstraint(name="policybudget_price_not_negative", condition=models.Q(price__gte=0)),
            models.CheckConstraint(name="policybudget_pace_not_negative", condition=models.Q(pace__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyEstimate(models.Model):
    """A question about a policy that a worker answers: asked, progressing, answered or failed."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="estimates", verbose_name=_("policy"))
    kind = models.CharField(_("question"), max_length=10, choices=EstimateKind)
    status = models.CharField(_("status"), max_length=10, choices=EstimateStatus, default=EstimateStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(_("percent done"), default=0, db_default=0)
    asked = models.JSONField(_("asked with"), default=dict, db_default={})
    result = models.JSONField(_("result"), default=dict, db_default={})
    error = models.CharField(_("error"), max_length=300, blank=True, default="", db_default="")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("requested by")
    )
    created_at = models.DateTimeField(_("asked"), db_default=Now())
    finished_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("policy estimate")
        verbose_name_plural = _("policy estimates")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="policyestimate_progress_range", condition=models.Q(progress__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.policy}"
