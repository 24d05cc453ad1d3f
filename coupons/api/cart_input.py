"""A cart as clients send it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from coupons.api.fields import MAX_ID_LENGTH, ExternalId, Money, PublicId, StrictSerializer, Text, WholeNumber
from coupons.api.problems import Fault, invalid_parameters
from coupons.carts import Item, make_cart
from coupons.evaluation import Cart
from coupons.evaluation.terms import SHIPPING_REF

MAX_LINES = 200
MAX_COUPONS = 20
MAX_CODE_LENGTH = 64


class CartItemSerializer(StrictSerializer):
    """One line of a cart."""

    ref = ExternalId(help_text="The line's own id in this cart; returns name it.")
    quantity = WholeNumber(min_value=1, max_value=100_000)
    unit_price_minor = Money(help_text="Before coupons, in minor units of the channel's currency.")
    product = Text(
        max_length=MAX_ID_LENGTH,
        required=False,
        allow_null=True,
        help_text="The shop's own id of the product. One that is not in the catalog matches no target.",
    )


class CartSerializer(StrictSerializer):
    items = serializers.ListField(child=CartItemSerializer(), min_length=1, max_length=MAX_LINES)
    shipping_minor = Money(required=False, help_text="0 if left out.")


def coupon_ids_field() -> serializers.ListField:
    return serializers.ListField(
        child=PublicId(), required=False, max_length=MAX_COUPONS, help_text="Public ids of coupons."
    )


def codes_field() -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=MAX_CODE_LENGTH),
        required=False,
        max_length=MAX_COUPONS,
        help_text="Codes as the shopper typed them.",
    )


CART_EXAMPLE = {
    "items": [{"ref": "1", "quantity": 2, "unit_price_minor": 299, "product": "1029743"}],
    "shipping_minor": 0,
}


def cart_from(data: Mapping[str, Any]) -> Cart:
    """The evaluation's cart. Raises Problem 400 for a ref that comes twice or is taken."""
    refs: set[str] = set()
    for place, item in enumerate(data["items"]):
        ref = item["ref"]
        if ref in refs or ref == SHIPPING_REF:
            reason = "comes twice" if ref in refs else "is taken: it stands for shipping"
            raise invalid_parameters([Fault(field=f"cart.items.{place}.ref", value=ref, reason=reason)])
        refs.add(ref)
    items = [
        Item(item["ref"], item["quantity"], item["unit_price_minor"], item.get("product")) for item in data["items"]
    ]
    return make_cart(items=items, shipping_minor=data.get("shipping_minor", 0))
