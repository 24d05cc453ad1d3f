"""A made-up data set in the shape of Complete Journey, small enough to load and train on within a test.

Planted: each household prefers one category, buys mostly there, and redeems almost only coupons of it. The calendar is
that of the real data set (2017; the evaluation protocol cuts at 2017-08-08 and 2017-10-01), with campaigns that still
run when the data ends. Nothing measured on it says anything about real shoppers.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

CATEGORIES = ["FROZEN PIZZA", "COFFEE", "YOGURT", "DOG FOODS", "SOFT DRINKS", "CHEESE"]
PRODUCTS_EACH = 8
FIRST_DAY, LAST_DAY = datetime(2017, 1, 1), datetime(2017, 12, 31)  # noqa: DTZ001 - the data set's naive UTC clock
CAMPAIGNS = {
    1: ("2017-03-03", "2017-04-09"),
    4: ("2017-03-29", "2017-04-30"),
    7: ("2017-04-24", "2017-05-28"),
    8: ("2017-05-08", "2017-06-25"),
    10: ("2017-06-28", "2017-07-30"),
    13: ("2017-08-08", "2017-09-24"),
    14: ("2017-09-04", "2017-11-08"),
    16: ("2017-10-04", "2017-11-05"),
    18: ("2017-10-30", "2017-12-24"),
    20: ("2017-11-27", "2018-02-05"),
    22: ("2017-12-06", "2018-01-14"),
}


def write_made_up_journey(folder: Path, *, households: int = 40, seed: int = 7) -> None:
    """Write the six Parquet files that the converter reads; the same arguments give the same files."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    products = _products()
    likes = {household: int(random.integers(len(CATEGORIES))) for household in range(1, households + 1)}
    coupons = _coupons()
    members = _members(likes, random)
    redemptions = _redemptions(members, coupons, likes, random)
    tables = {
        "products": products,
        "coupons": coupons,
        "campaigns": members,
        "campaign_descriptions": _descriptions(),
        "coupon_redemptions": redemptions,
        "transactions": _transactions(likes, redemptions, coupons, random),
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)


def _product_id(category: int, number: int) -> int:
    return 100_000 + category * 100 + number


def _products() -> pd.DataFrame:
    rows = [
        (_product_id(category, number), 10 + number % 3, "GROCERY", "Private" if number % 3 == 0 else "National", name)
        for category, name in enumerate(CATEGORIES)
        for number in range(PRODUCTS_EACH)
    ]
    frame = pd.DataFrame(rows, columns=["product_id", "manufacturer_id", "department", "brand", "product_category"])
    return frame.assign(product_type=frame.product_category + ": REGULAR", package_size="12 OZ")


def _coupons() -> pd.DataFrame:
    """Two coupons a category and campaign; each covers half of the category's products."""
    rows = [
        (50_000_000 + category * 10 + half, _product_id(category, number), campaign)
        for campaign in CAMPAIGNS
        for category in range(len(CATEGORIES))
        for half in (0, 1)
        for number in range(half, PRODUCTS_EACH, 2)
    ]
    return pd.DataFrame(rows, columns=["coupon_upc", "product_id", "campaign_id"])


def _members(likes: dict[int, int], random: np.random.Generator) -> pd.DataFrame:
    rows = [(campaign, household) for campaign in CAMPAIGNS for household in likes if random.random() < 0.9]
    return pd.DataFrame(rows, columns=["campaign_id", "household_id"])


def _descriptions() -> pd.DataFrame:
    kinds = ["Type A", "Type B", "Type C"]
    return pd.DataFrame(
        {
            "campaign_id": list(CAMPAIGNS),
            "campaign_type": [kinds[number % 3] for number in CAMPAIGNS],
            "start_date": pd.to_datetime([start for start, _ in CAMPAIGNS.values()]),
            "end_date": pd.to_datetime([end for _, end in CAMPAIGNS.values()]),
        }
    )


def _redemptions(
    members: pd.DataFrame, coupons: pd.DataFrame, likes: dict[int, int], random: np.random.Generator
) -> pd.DataFrame:
    offers = coupons[["campaign_id", "coupon_upc"]].drop_duplicates()
    rows = []
    for campaign, household, coupon in members.merge(offers, on="campaign_id").itertuples(index=False):
        liked = (coupon - 50_000_000) // 10 == likes[household]
        if random.random() < (0.55 if liked else 0.01):
            start, end = (datetime.fromisoformat(day) for day in CAMPAIGNS[campaign])
            days = (min(end, LAST_DAY) - start).days
            rows.append((household, coupon, campaign, start + timedelta(days=int(random.integers(days + 1)))))
    return pd.DataFrame(rows, columns=["household_id", "coupon_upc", "campaign_id", "redemption_date"])


def _transactions(
    likes: dict[int, int], redemptions: pd.DataFrame, coupons: pd.DataFrame, random: np.random.Generator
) -> pd.DataFrame:
    rows = []
    basket = 30_000_000_000
    for household, liked in likes.items():
        for day in range(int(random.integers(7)), (LAST_DAY - FIRST_DAY).days + 1, 7):
            basket += 1
            time = FIRST_DAY + timedelta(days=day, hours=15 + int(random.integers(8)), minutes=int(random.integers(60)))
            for number in random.choice(PRODUCTS_EACH, size=4, replace=False):
                category = liked if random.random() < 0.75 else int(random.integers(len(CATEGORIES)))
                rows.append((household, basket, _product_id(category, int(number)), time, 0.0))
    for household, coupon, campaign, date in redemptions.itertuples(index=False):
        basket += 1
        covered = coupons[(coupons.coupon_upc == coupon) & (coupons.campaign_id == campaign)].product_id.iloc[0]
        rows.append((household, basket, covered, date + timedelta(hours=20), 1.0))
    frame = pd.DataFrame(rows, columns=["household_id", "basket_id", "product_id", "transaction_timestamp", "off"])
    frame = frame.drop_duplicates(["basket_id", "product_id"])
    price = 1.49 + (frame.product_id % 10) * 0.25
    return pd.DataFrame(
        {
            "household_id": frame.household_id,
            "store_id": 300,
            "basket_id": frame.basket_id,
            "product_id": frame.product_id,
            "quantity": 1,
            "sales_value": (price - 0.1).round(2),
            "retail_disc": 0.1,
            "coupon_disc": frame.off,
            "coupon_match_disc": 0.0,
            "week": 1 + (frame.transaction_timestamp - FIRST_DAY).dt.days // 7,
            "transaction_timestamp": frame.transaction_timestamp,
        }
    ).sort_values("transaction_timestamp", kind="stable", ignore_index=True)


if __name__ == "__main__":
    write_made_up_journey(Path(sys.argv[1]))
