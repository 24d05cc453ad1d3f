"""What a US manufacturer's coupon takes off, and how many items it asks for: the value code in its UPC.

The number of such a coupon is 5, five digits of the manufacturer, three of the family of products and two of the value
(a check digit follows on paper). The codes are those of the Uniform Code Council for coupons of before 2011. A shop's
own coupons are numbered otherwise and say nothing of the kind.
"""

from typing import NamedTuple


class Terms(NamedTuple):
    """What one coupon gives."""

    amount_minor: int | None
    """Cents off; None where one of the items is free."""
    units: int
    """Items that have to be bought."""


_CENTS = {
    1: {
        **{code: code for code in (10, 12, 15, 20, 25, 29, 30, 35, 39, 40, 45, 49, 50, 55, 59, 60, 65, 69, 70)},
        **{code: code for code in (75, 79, 80, 85, 89, 90, 95, 99)},
        **{3: 110, 4: 135, 5: 140, 6: 160, 11: 185, 18: 260, 26: 285, 61: 1000, 62: 950, 63: 900, 64: 850, 66: 800},
        **{67: 750, 68: 700, 71: 650, 72: 600, 73: 550, 74: 500, 76: 100, 77: 125, 78: 150, 81: 175, 82: 200},
        **{83: 225, 84: 250, 86: 275, 87: 300, 88: 325, 91: 350, 92: 375, 93: 400, 96: 450},
    },
    2: {
        **{8: 300, 21: 35, 22: 40, 23: 45, 24: 50, 28: 55, 31: 60, 32: 75, 33: 100, 34: 125, 36: 150, 43: 110},
        **{44: 135, 46: 160, 47: 175, 48: 185, 51: 200, 53: 10, 54: 15, 56: 20, 57: 25, 58: 30, 98: 65},
    },
    3: {7: 150, 9: 200, 37: 25, 38: 30, 41: 50, 42: 100, 52: 55},
    4: {13: 100},
}
_ONE_FREE = {1: 1, 14: 2, 16: 3, 19: 4, 2: 5}
"""Code -> items, one of them free."""

TERMS = {code: Terms(cents, units) for units, codes in _CENTS.items() for code, cents in codes.items()}
TERMS |= {code: Terms(None, units) for code, units in _ONE_FREE.items()}
"""By value code."""
UNKNOWN_CENTS = 100
"""Off by a coupon that says nothing: what most of the others take off."""
MANUFACTURERS = range(50_000_000_000, 60_000_000_000)
"""UPCs of manufacturers' coupons, without the check digit."""


def terms_of(upc: int) -> Terms | None:
    """What a coupon says of itself; None for a shop's own and for a code that says nothing of value."""
    return TERMS.get(upc % 100) if upc in MANUFACTURERS else None
