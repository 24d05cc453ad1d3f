"""What is in the cart: product ids and quantities in the session, prices from the catalog at every look."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from coupons.models import Channel
from coupons.money import format_money
from couponsite.shop.shelves import Tile, priced, tiles_of

_KEY = "shop_cart"
MAX_QUANTITY = 20
MAX_LINES = 40


@dataclass(frozen=True)
class Line:
    tile: Tile
    quantity: int
    total_minor: int
    total: str


@dataclass(frozen=True)
class Basket:
    lines: tuple[Line, ...]
    total_minor: int
    total: str

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    def as_cart(self) -> dict[str, Any]:
        """As the API takes it; a line's ref is its product."""
        items = [
            {
                "ref": line.tile.id,
                "product": line.tile.id,
                "quantity": line.quantity,
                "unit_price_minor": line.tile.price_minor,
            }
            for line in self.lines
        ]
        return {"items": items, "shipping_minor": 0}


def basket_of(request: HttpRequest, channel: Channel) -> Basket:
    wanted = _quantities(request)
    products = {product.external_id: product for product in priced().filter(external_id__in=wanted)}
    lines = []
    for tile in tiles_of([products[pk] for pk in wanted if pk in products], channel):
        total = tile.price_minor * wanted[tile.id]
        lines.append(Line(tile, wanted[tile.id], total, format_money(total, channel.currency)))
    total = sum(line.total_minor for line in lines)
    return Basket(tuple(lines), total, format_money(total, channel.currency))


def put_in(request: HttpRequest, product: str, change: int) -> int:
    """Add or take away; returns how many things are in the cart."""
    quantities = _quantities(request)
    wanted = min(quantities.get(product, 0) + change, MAX_QUANTITY)
    if wanted <= 0:
        quantities.pop(product, None)
    elif product in quantities or len(quantities) < MAX_LINES:
        quantities[product] = wanted
    request.session[_KEY] = quantities
    return sum(quantities.values())


def count_in(request: HttpRequest) -> int:
    return sum(_quantities(request).values())


def empty(request: HttpRequest) -> None:
    request.session[_KEY] = {}


def _quantities(request: HttpRequest) -> dict[str, int]:
    kept = request.session.get(_KEY)
    return dict(kept) if isinstance(kept, dict) else {}
