"""Carts as a shop sends them, made ready for the evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from coupons.evaluation import Cart, CartLine
from coupons.models import Product


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a cart: the shop's own product id, or None where it has none."""

    ref: str
    quantity: int
    unit_price_minor: int
    product: str | None = None


def make_cart(*, items: Sequence[Item], shipping_minor: int = 0) -> Cart:
    """Find products, brands and categories (with all above them) in two queries. Unknown products are kept.

    Raises ValueError for a quantity below 1, a negative price or a ref that comes twice.
    """
    wanted = {item.product for item in items if item.product is not None}
    rows = Product.objects.filter(external_id__in=wanted).values_list("external_id", "pk", "brand", "category")
    products = {row[0]: row[1:] for row in rows}
    above = _categories_above({category for _, _, category in products.values() if category is not None})
    lines = []
    for item in items:
        product_id, brand_id, category_id = products.get(item.product or "", (None, None, None))
        lines.append(
            CartLine(
                ref=item.ref,
                quantity=item.quantity,
                unit_price_minor=item.unit_price_minor,
                product_id=product_id,
                brand_id=brand_id,
                category_ids=above.get(category_id, frozenset()) if category_id is not None else frozenset(),
            )
        )
    return Cart(tuple(lines), shipping_minor)


def _categories_above(ids: set[int]) -> dict[int, frozenset[int]]:
    """Each category with itself and its ancestors."""
    if not ids:
        return {}
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(leaf, id) AS ("
            " SELECT id, id FROM coupons_category WHERE id = ANY(%s)"
            " UNION SELECT up.leaf, c.parent_id FROM up JOIN coupons_category c ON c.id = up.id"
            " WHERE c.parent_id IS NOT NULL) SELECT leaf, id FROM up",
            [list(ids)],
        )
        for leaf, category in cursor.fetchall():
            found.setdefault(leaf, set()).add(category)
    return {leaf: frozenset(categories) for leaf, categories in found.items()}
