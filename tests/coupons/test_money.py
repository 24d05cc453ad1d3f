"""Amounts in words."""

import pytest

from coupons.enums import BenefitType
from coupons.models import Benefit
from coupons.money import describe_benefit, format_money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (150, "USD", "$1.50"),
        (5, "EUR", "€0.05"),
        (123_456_789, "GBP", "£1,234,567.89"),
        (500, "JPY", "¥500"),
        (1_005, "KWD", "1.005 KWD"),
        (-100, "CHF", "−1.00 CHF"),
        (0, "USD", "$0.00"),
    ],
)
def test_minor_units_are_written_as_the_currency_has_them(amount: int, currency: str, text: str) -> None:
    assert format_money(amount, currency) == text


@pytest.mark.parametrize(
    ("benefit", "text"),
    [
        (Benefit(type=BenefitType.AMOUNT, amount_minor=100), "$1.00 off"),
        (Benefit(type=BenefitType.PERCENT, percent_bp=1250), "12.5 % off"),
        (Benefit(type=BenefitType.PERCENT, percent_bp=1500, max_discount_minor=500), "15 % off, at most $5.00"),
        (Benefit(type=BenefitType.FREE_SHIPPING), "Free shipping"),
        (None, "See the coupon"),
    ],
)
def test_a_benefit_is_told_in_words(benefit: Benefit | None, text: str) -> None:
    assert describe_benefit(benefit, "USD") == text
