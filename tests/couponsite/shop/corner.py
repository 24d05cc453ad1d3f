"""A made-up corner shop: three departments, a few products, coupons on them, and shoppers who bought."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from coupons.models import Brand, Category, Channel, Coupon, CouponTarget, Product, Shopper
from recommender.enums import EventKind
from recommender.models import BehaviorEvent
from recommender.partitions import ensure_partitions
from tests.coupons.api.client import running_campaign
from tests.coupons.factories import make_channel, make_coupon, make_shopper
from tests.made_up_rows import make_row

KINDS = {"Dairy": "Yogurt", "Bakery": "Bread", "Drinks": "Coffee"}


@dataclass(frozen=True)
class Corner:
    channel: Channel
    shopper: Shopper
    products: list[Product]
    coupons: list[Coupon]


def open_corner(*, products_each: int = 3) -> Corner:
    """Three departments of one kind each; a coupon of 0.50 off each kind; a household that bought everything once."""
    cache.clear()
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=2), last=now)
    channel = make_channel(name="Corner")
    shopper = make_shopper(channel, external_id="1823")
    brand = Brand.objects.create(external_id="b1", name="Made-up brand")
    campaign = running_campaign(channel, name="Corner saver")
    products, coupons = [], []
    for department, kind in KINDS.items():
        root = Category.objects.create(external_id=department, name=department, level=1)
        below = Category.objects.create(external_id=f"{department} > {kind}", name=kind, parent=root, level=2)
        for number in range(1, products_each + 1):
            products.append(
                Product.objects.create(
                    external_id=f"{kind.lower()}-{number}",
                    title=f"{kind} number {number}",
                    category=below,
                    brand=brand,
                    price_minor=100 * number + 25,
                )
            )
        benefit = {"type": "amount", "amount_minor": 50}
        coupon = make_coupon(campaign, title=f"$0.50 off {kind.lower()}", per_shopper_limit=1, benefit=benefit)
        CouponTarget.objects.create(coupon=coupon, kind="category", category=below, mode="include")
        coupons.append(coupon)
    for place, product in enumerate(products):
        make_row(
            BehaviorEvent,
            channel=channel,
            shopper=shopper,
            kind=EventKind.PURCHASE,
            product=product,
            coupon=None,
            occurred_at=now - timedelta(hours=place + 1),
        )
    return Corner(channel, shopper, products, coupons)
