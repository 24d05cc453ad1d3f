"""A made-up grocer as a lake: small, seeded, with a taste that a model can find. Nothing about it is a result."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from recommender.pipeline.lake import SCHEMAS, write_lake

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=200)
CATEGORIES = 6
PRODUCTS_EACH = 5
CAMPAIGN_DAYS = (60, 75, 90, 105, 120, 135, 150, 165, 180)
COUPONS_EACH = 6


def day(number: float) -> datetime:
    """An instant so many days after the first event."""
    return START + timedelta(days=number)


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with the lake's types; a column that no row names is null."""
    schema = SCHEMAS[name]
    return pa.table({field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema})


def event(event_id: str, shopper: int, at: float, product: int | None = 1, **fields: Any) -> dict[str, Any]:
    """A purchase of one unit for 100 minor units unless the fields say otherwise."""
    return {
        "event_id": event_id,
        "shopper_id": shopper,
        "product_id": product,
        "kind": "purchase",
        "occurred_at": day(at),
        "order_ref": f"{shopper}-{at:g}",
        "quantity": 1,
        "value_minor": 100,
        "discount_minor": 0,
        "coupon_discount_minor": 0,
    } | fields


def shop_tables(shoppers: int = 60, seed: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table. Shopper s likes category s mod CATEGORIES, buys from it and redeems its coupons."""
    rng = np.random.default_rng(seed)
    products = [
        {
            "product_id": 100 * category + item,
            "brand_id": item,
            "category_1": "Food",
            "category_2": f"Aisle {category}",
            "category_3": f"Shelf {category}-{item % 2}",
            "price_minor": 100 + 50 * item,
            "package_size": f"{item + 1} OZ",
            "private_label": item == 0,
        }
        for category in range(CATEGORIES)
        for item in range(PRODUCTS_EACH)
    ]
    events: list[dict[str, object]] = []
    for shopper in range(1, shoppers + 1):
        for visit in range(0, 190, 5):
            at = visit + float(rng.random()) * 4
            for _ in range(2):
                liked = rng.random() < 0.7
                category = shopper % CATEGORIES if liked else int(rng.integers(CATEGORIES))
                product = 100 * category + int(rng.integers(PRODUCTS_EACH))
                couponed = 20 if rng.random() < 0.1 else 0
                events.append(
                    event(f"e{len(events)}", shopper, at, product, value_minor=200, coupon_discount_minor=couponed)
                )
    campaigns, coupons, covers, members, redemptions = [], [], [], [], []
    for number, start in enumerate(CAMPAIGN_DAYS, start=1):
        campaigns.append(
            {
                "campaign_id": number,
                "external_id": f"C{number}",
                "campaign_kind": "AB"[number % 2],
                "starts_at": day(start),
                "ends_at": day(start + 30),
            }
        )
        members += [{"campaign_id": number, "shopper_id": shopper} for shopper in range(1, shoppers + 1)]
        for place in range(COUPONS_EACH):
            coupon = 1000 * number + place
            coupons.append({"coupon_id": coupon, "campaign_id": number, "external_id": f"offer-{place}"})
            covers += [{"coupon_id": coupon, "product_id": 100 * place + item} for item in range(PRODUCTS_EACH)]
            for shopper in range(1, shoppers + 1):
                wanted = 0.5 if place == shopper % CATEGORIES else 0.03
                if rng.random() < wanted:
                    redemptions.append(
                        {
                            "shopper_id": shopper,
                            "campaign_id": number,
                            "coupon_id": coupon,
                            "redeemed_at": day(start + 1 + 10 * float(rng.random())),
                        }
                    )
    return {
        "events": events,
        "products": products,
        "coupons": coupons,
        "coupon_products": covers,
        "campaigns": campaigns,
        "members": members,
        "redemptions": redemptions,
        "shoppers": [{"shopper_id": s, "external_id": f"s{s}"} for s in range(1, shoppers + 1)],
    }


def build(folder: Path, rows: dict[str, list[dict[str, Any]]], now: datetime = NOW) -> Path:
    """Write the rows as a snapshot."""
    return write_lake(folder, {name: table(name, part) for name, part in rows.items()}, now=now)
