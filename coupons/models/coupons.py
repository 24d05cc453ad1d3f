"""What a coupon gives (benefit), on what (targets), and under which conditions."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coupons.enums import (
    Allocation,
    BelowMinimumPolicy,
    BenefitType,
    CouponTrigger,
    RestorePolicy,
    TargetKind,
    TargetMode,
)
from coupons.models.campaigns import Campaign
from coupons.models.catalog import Brand, Category, Product


class Coupon(models.Model):
    """One offer of a campaign. A limit of None is no limit; 0 is not a limit and is refused."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="coupons", verbose_name=_("campaign"))
    external_id = models.CharField(_("external id"), max_length=64)
    title = models.CharField(_("title"), max_length=200)
    trigger = models.CharField(_("trigger"), max_length=10, choices=CouponTrigger, default=CouponTrigger.CODE)
    active = models.BooleanField(_("active"), default=True, db_default=True)
    usage_limit = models.PositiveIntegerField(_("uses in all"), null=True, blank=True)
    per_shopper_limit = models.PositiveIntegerField(_("uses per shopper"), null=True, blank=True, default=1)
    min_spend_minor = models.BigIntegerField(_("minimum spend"), default=0, db_default=0)
    min_quantity = models.PositiveIntegerField(_("minimum quantity"), default=0, db_default=0)
    restore_policy = models.CharField(
        _("use given back"),
        max_length=15,
        choices=RestorePolicy,
        default=RestorePolicy.ON_CANCEL,
        db_default=RestorePolicy.ON_CANCEL,
    )
    below_minimum_policy = models.CharField(
        _("return below the minimum"),
        max_length=10,
        choices=BelowMinimumPolicy,
        default=BelowMinimumPolicy.KEEP,
        db_default=BelowMinimumPolicy.KEEP,
    )
    hold_ttl_s = models.PositiveIntegerField(_("hold, seconds"), default=900, db_default=900)
    margin_minor = models.BigIntegerField(
        _("margin"), null=True, blank=True, help_text=_("What one use earns the shop before the discount")
    )
    segments = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("segments"),
        default=list,
        blank=True,
        db_default=[],
        help_text=_("Only shoppers in one of these; empty for everyone"),
    )
    first_order_only = models.BooleanField(_("first order only"), default=False, db_default=False)
    claim_limit = models.PositiveIntegerField(_("claims in all"), null=True, blank=True)
    counter_slots = models.PositiveSmallIntegerField(
        _("counter slots"),
        default=1,
        db_default=1,
        help_text=_("Split a very busy limit over up to 16 rows; the limit stays exact"),
    )
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1, editable=False)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.UniqueConstraint(name="coupon_external_id_per_campaign", fields=["campaign", "external_id"]),
            models.CheckConstraint(name="coupon_usage_limit_positive", condition=Q(usage_limit__gt=0)),
            models.CheckConstraint(name="coupon_per_shopper_limit_positive", condition=Q(per_shopper_limit__gt=0)),
            models.CheckConstraint(name="coupon_min_spend_not_negative", condition=Q(min_spend_minor__gte=0)),
            models.CheckConstraint(name="coupon_hold_ttl_positive", condition=Q(hold_ttl_s__gt=0)),
            models.CheckConstraint(name="coupon_claim_limit_positive", condition=Q(claim_limit__gt=0)),
            models.CheckConstraint(name="coupon_counter_slots_range", condition=Q(counter_slots__range=(1, 16))),
        ]

    def __str__(self) -> str:
        return self.title


class Benefit(models.Model):
    """What a coupon takes off. Percentages are basis points (1 % = 100), money is minor units."""

    coupon = models.OneToOneField(Coupon, on_delete=models.CASCADE, related_name="benefit", verbose_name=_("coupon"))
    type = models.CharField(_("type"), max_length=15, choices=BenefitType)
    percent_bp = models.PositiveIntegerField(_("percent"), null=True, blank=True, help_text=_("In basis points"))
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    max_discount_minor = models.BigIntegerField(_("at most"), null=True, blank=True)
    allocation = models.CharField(
        _("allocation"), max_length=10, choices=Allocation, default=Allocation.ACROSS, db_default=Allocation.ACROSS
    )
    buy_quantity = models.PositiveIntegerField(_("buy"), null=True, blank=True)
    get_quantity = models.PositiveIntegerField(_("get"), null=True, blank=True)
    gift_product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("gift")
    )

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        constraints = [
            models.CheckConstraint(
                name="benefit_value_fits_type",
                condition=(
                    Q(type=BenefitType.PERCENT, percent_bp__range=(1, 10_000), amount_minor=None)
                    | Q(type=BenefitType.AMOUNT, amount_minor__gt=0, percent_bp=None)
                    | Q(type=BenefitType.BUY_X_GET_Y, amount_minor=None)
                    | Q(type__in=[BenefitType.FREE_SHIPPING, BenefitType.GIFT], percent_bp=None, amount_minor=None)
                    | Q(type=BenefitType.TIERS, percent_bp=None, amount_minor=None)
                ),
            ),
            models.CheckConstraint(name="benefit_cap_positive", condition=Q(max_discount_minor__gt=0)),
            models.CheckConstraint(name="benefit_buys_positive", condition=Q(buy_quantity__gt=0, get_quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return self.get_type_display()


class BenefitTier(models.Model):
    """From a spend of `threshold_minor` on, an amount or a percentage. The highest step reached counts."""

    benefit = models.ForeignKey(Benefit, on_delete=models.CASCADE, related_name="tiers", verbose_name=_("benefit"))
    threshold_minor = models.BigIntegerField(_("from"))
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    percent_bp = models.PositiveIntegerField(_("percent"), null=True, blank=True, help_text=_("In basis points"))

    class Meta:
        verbose_name = _("benefit tier")
        verbose_name_plural = _("benefit tiers")
        ordering = ["threshold_minor"]
        constraints = [
            models.UniqueConstraint(name="benefit_tier_once", fields=["benefit", "threshold_minor"]),
            models.CheckConstraint(name="benefit_tier_threshold_positive", condition=Q(threshold_minor__gt=0)),
            models.CheckConstraint(
                name="benefit_tier_one_value",
                condition=Q(amount_minor__gt=0, percent_bp=None) | Q(percent_bp__range=(1, 10_000), amount_minor=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.threshold_minor}"


class CouponTarget(models.Model):
    """A product, category (with all below it) or brand that the coupon covers or leaves out."""

    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, related_name="targets", verbose_name=_("coupon"))
    kind = models.CharField(_("kind"), max_length=10, choices=TargetKind)
    mode = models.CharField(
        _("mode"),
        max_length=10,
        choices=TargetMode,
        default=TargetMode.INCLUDE,
        db_default=TargetMode.INCLUDE,
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("product"))
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("category"))
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("brand"))

    class Meta:
        verbose_name = _("coupon target")
        verbose_name_plural = _("coupon targets")
        constraints = [
            models.CheckConstraint(
                name="coupon_target_fits_kind",
                condition=(
                    Q(kind=TargetKind.PRODUCT, product__isnull=False, category=None, brand=None)
                    | Q(kind=TargetKind.CATEGORY, category__isnull=False, product=None, brand=None)
                    | Q(kind=TargetKind.BRAND, brand__isnull=False, product=None, category=None)
                ),
            ),
            models.UniqueConstraint(
                name="coupon_target_once",
                fields=["coupon", "product", "category", "brand"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} {self.product or self.category or self.brand}"
