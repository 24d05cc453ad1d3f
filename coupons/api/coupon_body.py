"""A coupon as machines read and write it: what it gives, on what, under which conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from coupons.api.campaign_body import ID_PATTERN
from coupons.api.fields import MAX_INT, Choice, ExternalId, Money, StrictSerializer, Text, WholeNumber, YesNo
from coupons.api.problems import Fault, invalid_parameters
from coupons.enums import (
    Allocation,
    BelowMinimumPolicy,
    BenefitType,
    CouponTrigger,
    RestorePolicy,
    TargetKind,
    TargetMode,
)
from coupons.evaluation import Tier
from coupons.models import Benefit, Coupon, CouponTarget
from coupons.services.drafts import BenefitSpec, TargetSpec

_MAX_PERCENT_BP = 10_000


class BenefitTierSerializer(StrictSerializer):
    """From a spend of `threshold_minor` on, an amount or a percentage: exactly one of the two."""

    threshold_minor = Money(min_value=1)
    amount_minor = Money(min_value=1, required=False, allow_null=True)
    percent_bp = WholeNumber(min_value=1, max_value=_MAX_PERCENT_BP, required=False, allow_null=True)


class CouponBenefitSerializer(StrictSerializer):
    """percent needs `percent_bp`; amount `amount_minor`; buy_x_get_y both quantities; gift `gift`; tiers `tiers`."""

    type = Choice(choices=BenefitType.choices)
    percent_bp = WholeNumber(
        min_value=1, max_value=_MAX_PERCENT_BP, required=False, allow_null=True, help_text="1 % is 100."
    )
    amount_minor = Money(min_value=1, required=False, allow_null=True)
    max_discount_minor = Money(min_value=1, required=False, allow_null=True)
    allocation = Choice(choices=Allocation.choices, required=False)
    buy_quantity = WholeNumber(min_value=1, max_value=100_000, required=False, allow_null=True)
    get_quantity = WholeNumber(min_value=1, max_value=100_000, required=False, allow_null=True)
    gift = ExternalId(required=False, allow_null=True, help_text="The shop's own id of the product given.")
    tiers = serializers.ListField(child=BenefitTierSerializer(), required=False, max_length=20)


class CouponTargetSerializer(StrictSerializer):
    """A product, category (with all below it) or brand that the coupon covers or leaves out."""

    kind = Choice(choices=TargetKind.choices)
    mode = Choice(choices=TargetMode.choices, required=False)
    external_id = Text(max_length=300)


class CouponChangesSerializer(StrictSerializer):
    """What is left out of a PATCH stays as it is. Only `title` and `active` can be changed outside draft."""

    title = Text(max_length=200)
    trigger = Choice(choices=CouponTrigger.choices, required=False)
    active = YesNo(required=False)
    usage_limit = WholeNumber(min_value=1, max_value=MAX_INT, required=False, allow_null=True)
    per_shopper_limit = WholeNumber(min_value=1, max_value=MAX_INT, required=False, allow_null=True)
    claim_limit = WholeNumber(min_value=1, max_value=MAX_INT, required=False, allow_null=True)
    min_spend_minor = Money(required=False)
    min_quantity = WholeNumber(min_value=0, max_value=MAX_INT, required=False)
    restore_policy = Choice(choices=RestorePolicy.choices, required=False)
    below_minimum_policy = Choice(choices=BelowMinimumPolicy.choices, required=False)
    hold_ttl_s = WholeNumber(min_value=1, max_value=30 * 86_400, required=False, help_text="Seconds; 900 by default.")
    margin_minor = Money(required=False, allow_null=True)
    segments = serializers.ListField(child=Text(max_length=40), required=False, max_length=50)
    first_order_only = YesNo(required=False)
    counter_slots = WholeNumber(min_value=1, max_value=16, required=False)
    benefit = CouponBenefitSerializer()
    targets = serializers.ListField(child=CouponTargetSerializer(), required=False, max_length=1_000)


class CouponRequestSerializer(CouponChangesSerializer):
    campaign = serializers.RegexField(ID_PATTERN, max_length=64, help_text="The campaign's external id.")
    external_id = ExternalId()


class CouponSerializer(serializers.Serializer[object]):
    coupon = serializers.UUIDField(help_text="The public id.")
    external_id = serializers.CharField()
    campaign = serializers.CharField(help_text="The campaign's external id.")
    title = serializers.CharField()
    trigger = serializers.ChoiceField(choices=CouponTrigger.choices)
    active = serializers.BooleanField()
    usage_limit = serializers.IntegerField(allow_null=True)
    per_shopper_limit = serializers.IntegerField(allow_null=True)
    claim_limit = serializers.IntegerField(allow_null=True)
    min_spend_minor = serializers.IntegerField()
    min_quantity = serializers.IntegerField()
    restore_policy = serializers.ChoiceField(choices=RestorePolicy.choices)
    below_minimum_policy = serializers.ChoiceField(choices=BelowMinimumPolicy.choices)
    hold_ttl_s = serializers.IntegerField()
    margin_minor = serializers.IntegerField(allow_null=True)
    segments = serializers.ListField(child=serializers.CharField())
    first_order_only = serializers.BooleanField()
    counter_slots = serializers.IntegerField()
    benefit = CouponBenefitSerializer(allow_null=True)
    targets = CouponTargetSerializer(many=True)
    version = serializers.IntegerField(help_text="The ETag without its quotes.")


_PLAIN = [
    *("external_id", "title", "trigger", "active", "usage_limit", "per_shopper_limit", "claim_limit"),
    *("min_spend_minor", "min_quantity", "restore_policy", "below_minimum_policy", "hold_ttl_s", "margin_minor"),
    *("segments", "first_order_only", "counter_slots", "version"),
]

COUPON_REQUEST_EXAMPLE = {
    "campaign": "evening-saver",
    "external_id": "30-off-200",
    "title": "30 off 200, 80 off 400",
    "trigger": "automatic",
    "usage_limit": 10_000,
    "per_shopper_limit": 3,
    "benefit": {
        "type": "tiers",
        "tiers": [
            {"threshold_minor": 20_000, "amount_minor": 3_000},
            {"threshold_minor": 40_000, "amount_minor": 8_000},
        ],
    },
}
COUPON_EXAMPLE = {
    "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
    "external_id": "30-off-200",
    "campaign": "evening-saver",
    "title": "30 off 200, 80 off 400",
    "trigger": "automatic",
    "active": True,
    "usage_limit": 10_000,
    "per_shopper_limit": 3,
    "claim_limit": None,
    "min_spend_minor": 0,
    "min_quantity": 0,
    "restore_policy": "on_cancel",
    "below_minimum_policy": "keep",
    "hold_ttl_s": 900,
    "margin_minor": None,
    "segments": [],
    "first_order_only": False,
    "counter_slots": 1,
    "benefit": {
        "type": "tiers",
        "percent_bp": None,
        "amount_minor": None,
        "max_discount_minor": None,
        "allocation": "across",
        "buy_quantity": None,
        "get_quantity": None,
        "gift": None,
        "tiers": [
            {"threshold_minor": 20_000, "amount_minor": 3_000, "percent_bp": None},
            {"threshold_minor": 40_000, "amount_minor": 8_000, "percent_bp": None},
        ],
    },
    "targets": [],
    "version": 1,
}


def coupon_rows(rows: "QuerySet[Coupon]") -> "QuerySet[Coupon]":
    """With what coupon_body reads: three queries for any number."""
    targets = CouponTarget.objects.select_related("product", "category", "brand").order_by("pk")
    return rows.select_related("campaign", "benefit__gift_product").prefetch_related(
        Prefetch("targets", targets), "benefit__tiers"
    )


def coupon_body(coupon: Coupon) -> dict[str, Any]:
    """CouponSerializer documents it."""
    benefit: Benefit | None = getattr(coupon, "benefit", None)
    return {
        "coupon": coupon.uid,
        "campaign": coupon.campaign.external_id,
        **{name: getattr(coupon, name) for name in _PLAIN},
        "benefit": _benefit_body(benefit) if benefit is not None else None,
        "targets": [_target_body(target) for target in coupon.targets.all()],
    }


def _benefit_body(benefit: Benefit) -> dict[str, Any]:
    return {
        "type": benefit.type,
        "percent_bp": benefit.percent_bp,
        "amount_minor": benefit.amount_minor,
        "max_discount_minor": benefit.max_discount_minor,
        "allocation": benefit.allocation,
        "buy_quantity": benefit.buy_quantity,
        "get_quantity": benefit.get_quantity,
        "gift": benefit.gift_product.external_id if benefit.gift_product else None,
        "tiers": [
            {"threshold_minor": tier.threshold_minor, "amount_minor": tier.amount_minor, "percent_bp": tier.percent_bp}
            for tier in benefit.tiers.all()
        ],
    }


def _target_body(target: CouponTarget) -> dict[str, Any]:
    covered = target.product or target.category or target.brand
    return {"kind": target.kind, "mode": target.mode, "external_id": covered.external_id if covered else ""}


_NEEDED: dict[str, tuple[str, ...]] = {
    BenefitType.PERCENT: ("percent_bp",),
    BenefitType.AMOUNT: ("amount_minor",),
    BenefitType.BUY_X_GET_Y: ("buy_quantity", "get_quantity"),
    BenefitType.TIERS: ("tiers",),
    BenefitType.GIFT: ("gift",),
    BenefitType.FREE_SHIPPING: (),
}
_ALLOWED: dict[str, tuple[str, ...]] = {
    BenefitType.PERCENT: ("max_discount_minor",),
    BenefitType.AMOUNT: ("max_discount_minor",),
    BenefitType.BUY_X_GET_Y: ("percent_bp", "max_discount_minor"),
    BenefitType.TIERS: ("max_discount_minor",),
    BenefitType.GIFT: (),
    BenefitType.FREE_SHIPPING: ("max_discount_minor",),
}
_VALUES = ("percent_bp", "amount_minor", "max_discount_minor", "buy_quantity", "get_quantity", "gift", "tiers")


def benefit_spec(data: Mapping[str, Any]) -> BenefitSpec:
    """Raises Problem 400 where the values do not fit the type."""
    kind = data["type"]
    faults = []
    for name in _VALUES:
        given = data.get(name)
        if name in _NEEDED[kind] and not given:
            faults.append(Fault(field=f"benefit.{name}", value=given, reason=f"is needed for {kind}"))
        elif given and name not in (*_NEEDED[kind], *_ALLOWED[kind]):
            faults.append(Fault(field=f"benefit.{name}", value=str(given)[:200], reason=f"does not go with {kind}"))
    thresholds = set()
    for place, tier in enumerate(data.get("tiers", [])):
        field = f"benefit.tiers.{place}"
        if (tier.get("amount_minor") is None) == (tier.get("percent_bp") is None):
            faults.append(Fault(field=field, value=None, reason="needs amount_minor or percent_bp, one of the two"))
        if tier["threshold_minor"] in thresholds:
            reason = "comes twice"
            faults.append(Fault(field=f"{field}.threshold_minor", value=tier["threshold_minor"], reason=reason))
        thresholds.add(tier["threshold_minor"])
    if faults:
        raise invalid_parameters(faults)
    return BenefitSpec(
        type=BenefitType(kind),
        percent_bp=data.get("percent_bp"),
        amount_minor=data.get("amount_minor"),
        max_discount_minor=data.get("max_discount_minor"),
        allocation=Allocation(data.get("allocation", Allocation.ACROSS)),
        buy_quantity=data.get("buy_quantity"),
        get_quantity=data.get("get_quantity"),
        gift=data.get("gift"),
        tiers=tuple(
            Tier(tier["threshold_minor"], tier.get("amount_minor"), tier.get("percent_bp"))
            for tier in data.get("tiers", [])
        ),
    )


def target_specs(data: Sequence[Mapping[str, Any]]) -> list[TargetSpec]:
    """Raises Problem 400 for one that comes twice."""
    seen = set()
    specs = []
    for place, target in enumerate(data):
        named = (target["kind"], target["external_id"])
        if named in seen:
            fault = Fault(field=f"targets.{place}.external_id", value=target["external_id"], reason="comes twice")
            raise invalid_parameters([fault])
        seen.add(named)
        mode = TargetMode(target.get("mode", TargetMode.INCLUDE))
        specs.append(TargetSpec(TargetKind(target["kind"]), mode, target["external_id"]))
    return specs
