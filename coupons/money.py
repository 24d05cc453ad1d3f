"""Amounts and benefits in words, from integer minor units."""

from decimal import Decimal

from django.utils.translation import gettext as _

from coupons.enums import BenefitType
from coupons.models import Benefit

_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "XAF": 0, "XOF": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}
"""ISO 4217 currencies whose minor unit is not a hundredth."""

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}


def format_money(amount_minor: int, currency: str) -> str:
    """`$1.50` for 150 USD; the currency's code where it has no sign of its own."""
    digits = _DIGITS.get(currency, 2)
    whole, part = divmod(abs(amount_minor), 10**digits)
    number = f"{whole:,}.{part:0{digits}d}" if digits else f"{whole:,}"
    sign = "−" if amount_minor < 0 else ""
    return f"{sign}{_SIGNS[currency]}{number}" if currency in _SIGNS else f"{sign}{number} {currency}"


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """`Decimal("30.00")` for 3000 USD, with as many places as the currency has."""
    return Decimal(amount_minor).scaleb(-_DIGITS.get(currency, 2))


def to_minor(amount: Decimal, currency: str) -> int:
    """3000 for `Decimal("30.00")` USD, exactly. Raises ValueError for places that the currency does not have."""
    minor = amount.scaleb(_DIGITS.get(currency, 2))
    if minor != minor.to_integral_value():
        raise ValueError(_("%(currency)s has %(digits)d decimal places") % {
            "currency": currency, "digits": _DIGITS.get(currency, 2)
        })  # fmt: skip
    return int(minor)


def describe_benefit(benefit: Benefit | None, currency: str) -> str:
    """What a coupon gives, as a shopper reads it: `$1.00 off`, `15 % off, at most $5.00`, `Free shipping`."""
    if benefit is None:
        return _("See the coupon")
    cap = ""
    if benefit.max_discount_minor is not None:
        cap = ", " + _("at most %(amount)s") % {"amount": format_money(benefit.max_discount_minor, currency)}
    if benefit.type == BenefitType.PERCENT and benefit.percent_bp is not None:
        return _("%(percent)s %% off") % {"percent": f"{benefit.percent_bp / 100:g}"} + cap
    if benefit.type == BenefitType.AMOUNT and benefit.amount_minor is not None:
        return _("%(amount)s off") % {"amount": format_money(benefit.amount_minor, currency)} + cap
    return str(BenefitType(benefit.type).label) + cap
