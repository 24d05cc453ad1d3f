"""Carts as a shop sends them, made ready for the evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from coupons.evaluation import Cart, CartLine
from coupons.statements import Statement


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a cart: the shop's own product id, or None where it has none."""

    ref: str
    quantity: int
    unit_price_minor: int
    product: str | None = None


_KNOWN = Statement(
    "products_of_carts",
    """
WITH RECURSIVE found AS (
    SELECT external_id, id, brand_id, category_id FROM coupons_product WHERE external_id = ANY(%(products)s)),
up(leaf, id) AS (
    SELECT category_id, category_id FROM found WHERE category_id IS NOT NULL
    UNION SELECT up.leaf, c.parent_id FROM up JOIN coupons_category c ON c.id = up.id WHERE c.parent_id IS NOT NULL)
SELECT external_id, id, brand_id, ARRAY(SELECT up.id FROM up WHERE up.leaf = found.category_id) FROM found
""",
    {"products": "text[]"},
)


def make_cart(*, items: Sequence[Item], shipping_minor: int = 0) -> Cart:
    """Find products, brands and categories (with all above them) in one query. Unknown products are kept.

    Raises ValueError for a quantity below 1, a negative price or a ref that comes twice.
    """
    products = _known_products({item.product for item in items if item.product is not None})
    lines = []
    for item in items:
        product_id, brand_id, categories = products.get(item.product or "", (None, None, frozenset[int]()))
        lines.append(
            CartLine(
                ref=item.ref,
                quantity=item.quantity,
                unit_price_minor=item.unit_price_minor,
                product_id=product_id,
                brand_id=brand_id,
                category_ids=categories,
            )
        )
    return Cart(tuple(lines), shipping_minor)


def _known_products(wanted: set[str]) -> dict[str, tuple[int | None, int | None, frozenset[int]]]:
    """Product, brand, and the product's category with all above it, by the shop's own product id."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        _KNOWN.execute(cursor, {"products": list(wanted)})
        return {row[0]: (row[1], row[2], frozenset(row[3])) for row in cursor.fetchall()}
