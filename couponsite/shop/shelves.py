"""The catalog as a shopper walks it: departments, what sells in each, search. Only products that have a price."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.db.models import Q, QuerySet

from coupons.enums import TargetMode
from coupons.models import Category, Channel, CouponTarget, Product
from coupons.money import describe_benefit, format_money
from couponsite.shop.glyphs import glyph_of
from recommender.enums import EventKind

SHELF_SIZE = 24
DEPARTMENTS = 10
KEPT_SECONDS = 24 * 3600
NOTHING_KEPT_SECONDS = 1
"""A shop that has sold nothing yet is looked at again soon."""
_SOLD_WITHIN = timedelta(days=56)


@dataclass(frozen=True)
class Department:
    """A root of the category tree with what sells best in it."""

    id: int
    name: str
    products: tuple[int, ...]


@dataclass(frozen=True)
class Tile:
    """A product as a tile shows it. `glyph` names a drawing of its kind: the data has no pictures."""

    id: str
    title: str
    brand: str
    price_minor: int
    price: str
    glyph: str
    tint: str
    coupon: str = ""


def priced() -> QuerySet[Product]:
    rows = Product.objects.filter(active=True, price_minor__gt=0)
    return rows.select_related("category__parent__parent", "brand")


def departments(channel: Channel, now: datetime) -> list[Department]:
    """The departments that sell most, each with its best sellers; worked out once a day."""
    name = f"shop:departments:{channel.pk}"
    kept: list[Department] | None = cache.get(name)
    if kept is None:
        kept = _departments(channel, now)
        cache.set(name, kept, KEPT_SECONDS if kept else NOTHING_KEPT_SECONDS)
    return kept


_BEST_SELLERS = """
WITH RECURSIVE tree AS (
    SELECT id, id AS root FROM coupons_category WHERE parent_id IS NULL
    UNION ALL
    SELECT child.id, tree.root FROM coupons_category child JOIN tree ON child.parent_id = tree.id
), sold AS (
    SELECT product_id, count(*) AS n FROM recommender_behaviorevent
    WHERE channel_id = %s AND kind = %s AND occurred_at > %s AND product_id IS NOT NULL GROUP BY 1
), ranked AS (
    SELECT tree.root, p.id, sold.n, row_number() OVER (PARTITION BY tree.root ORDER BY sold.n DESC, p.id) AS place,
        row_number() OVER (PARTITION BY p.category_id ORDER BY sold.n DESC, p.id) AS in_kind
    FROM sold JOIN coupons_product p ON p.id = sold.product_id AND p.active AND p.price_minor > 0
    JOIN tree ON tree.id = p.category_id
)
SELECT root, sum(n) AS n, (array_agg(id ORDER BY in_kind > 2, place))[:%s] FROM ranked WHERE place <= 200
GROUP BY root HAVING count(*) >= 3 ORDER BY n DESC LIMIT %s
"""


def _departments(channel: Channel, now: datetime) -> list[Department]:
    with connection.cursor() as cursor:
        cursor.execute(_BEST_SELLERS, [channel.pk, EventKind.PURCHASE, now - _SOLD_WITHIN, SHELF_SIZE, DEPARTMENTS])
        rows = cursor.fetchall()
    names = dict(Category.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "name"))
    return [Department(root, names[root], tuple(products)) for root, _n, products in rows]


def tiles_of(products: list[Product], channel: Channel, coupons: dict[int, str] | None = None) -> list[Tile]:
    return [_tile(product, channel, (coupons or {}).get(product.pk, "")) for product in products]


def shelf(department: Department) -> list[Product]:
    """The best sellers in their order."""
    found = priced().in_bulk(department.products)
    return [found[pk] for pk in department.products if pk in found]


def category_products(category: Category, limit: int = SHELF_SIZE) -> list[Product]:
    """Products of a category and of what is below it, two levels down."""
    below = Q(category=category) | Q(category__parent=category) | Q(category__parent__parent=category)
    return list(priced().filter(below).order_by("-rating", "title", "pk")[:limit])


def search(text: str, limit: int = SHELF_SIZE) -> list[Product]:
    """Products whose title or category has every word."""
    words = text.split()[:6]
    if not words:
        return []
    rows = priced()
    for word in words:
        rows = rows.filter(Q(title__icontains=word) | Q(category__name__icontains=word))
    return list(rows.order_by("title", "pk")[:limit])


def related(product: Product, limit: int = 6) -> list[Product]:
    return list(priced().filter(category=product.category).exclude(pk=product.pk).order_by("pk")[:limit])


def coupons_on(products: list[Product], coupons: list[int], currency: str) -> dict[int, str]:
    """What these coupons take off the products, in words, by product id; the first coupon that covers one counts."""
    found: dict[int, str] = {}
    rank = {pk: place for place, pk in enumerate(coupons)}
    targets = CouponTarget.objects.filter(coupon__in=coupons, mode=TargetMode.INCLUDE).filter(
        Q(product__in=products) | Q(category__in={pk for product in products for pk in _lineage(product)})
    )
    best = sorted(targets.select_related("coupon__benefit"), key=lambda target: rank[target.coupon_id])
    for target in reversed(best):
        text = describe_benefit(getattr(target.coupon, "benefit", None), currency)
        for product in products:
            if target.product_id == product.pk or target.category_id in _lineage(product):
                found[product.pk] = text
    return found


def _lineage(product: Product) -> list[int]:
    found, category = [], product.category
    while category is not None:
        found.append(category.pk)
        category = category.parent
    return found


def _tile(product: Product, channel: Channel, coupon: str) -> Tile:
    glyph, tint = glyph_of(product.category)
    price = product.price_minor or 0
    return Tile(
        id=product.external_id,
        title=product.title,
        brand=product.brand.name if product.brand else "",
        price_minor=price,
        price=format_money(price, channel.currency),
        glyph=glyph,
        tint=tint,
        coupon=coupon,
    )
