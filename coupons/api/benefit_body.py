"""What a coupon gives, as plain values."""

from typing import Any

from rest_framework import serializers

from coupons.enums import BenefitType
from coupons.models import Coupon
from coupons.money import describe_benefit


class BenefitSerializer(serializers.Serializer[object]):
    type = serializers.ChoiceField(choices=BenefitType.choices, allow_null=True)
    amount_minor = serializers.IntegerField(allow_null=True, help_text="In minor units of `currency`.")
    percent_bp = serializers.IntegerField(allow_null=True, help_text="In basis points: 1 % is 100.")
    currency = serializers.CharField(help_text="ISO 4217.")
    text = serializers.CharField(help_text="What the shopper gets, in words.")


BENEFIT_EXAMPLE = {"type": "amount", "amount_minor": 100, "percent_bp": None, "currency": "USD", "text": "$1.00 off"}


def benefit_body(coupon: Coupon, currency: str) -> dict[str, Any]:
    """BenefitSerializer documents it. Reads `benefit`: select it."""
    benefit = getattr(coupon, "benefit", None)
    return {
        "type": benefit.type if benefit else None,
        "amount_minor": benefit.amount_minor if benefit else None,
        "percent_bp": benefit.percent_bp if benefit else None,
        "currency": currency,
        "text": describe_benefit(benefit, currency),
    }
