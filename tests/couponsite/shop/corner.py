"""A made-up corner shop: three departments, a few products, coupons on them, and shoppers who bought."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.core.cache import cache
from django.utils import timezone

from coupons.models import Brand, Category, Channel, Coupon, CouponTarget, Product, Shopper
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, ModelVersion
from recommender.partitions import ensure_partitions
from tests.coupons.api.client import running_campaign
from tests.coupons.factories import make_channel, make_coupon, make_shopper
from tests.made_up_model import put_planted_model_live
from tests.made_up_rows import make_row

KINDS = {"Dairy": "Yogurt", "Bakery": "Bread", "Drinks": "Coffee"}


@dataclass(frozen=True)
class Corner:
    channel: Channel
    shopper: Shopper
    products: list[Product]
    coupons: list[Coupon]


def open_corner(*, products_each: int = 3) -> Corner:
    """Three departments of one kind each; a coupon of 0.50 off each kind; a household that bought all yesterday."""
    cache.clear()
    now = timezone.now()
    today = datetime.combine(now.astimezone(UTC), time(), UTC)
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
            occurred_at=today - timedelta(hours=place + 1),
        )
    return Corner(channel, shopper, products, coupons)


def train_corner(corner: Corner) -> ModelVersion:
    """A live model under which looking at a kind raises its coupon; published in the order yogurt, bread, coffee."""
    kinds = [f"{department} > {kind}" for department, kind in KINDS.items()]
    coupons = dict(zip(corner.coupons, kinds, strict=True))
    return put_planted_model_live(corner.channel, coupons, known=[corner.shopper], now=timezone.now())
