"""Each general-format table from the tables of Complete Journey: pandas frames in, pandas frames out (worker side)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.datasets.complete_journey import ZONE
from recommender.datasets.value_codes import UNKNOWN_CENTS, Terms, terms_of
from recommender.datasets.wording import offer_title, product_title, readable

_MAIN_SHARE = 0.6
"""Share of a coupon's products from which a type, category or department names the coupon."""
_LEVELS = ("product_type", "product_category", "department")


def cents(dollars: Any) -> Any:
    """A float column of dollars as whole cents. The data set has at most two decimals, so this is exact."""
    return np.rint(dollars.to_numpy(np.float64) * 100).astype(np.int64)


def described_products(products: Any, transactions: Any, coverage: Any) -> Any:
    """The product table with a row for every product that is bought or covered: some lack a description."""
    ids = pd.concat([transactions.product_id, coverage.product_id]).drop_duplicates()
    extra = pd.DataFrame({"product_id": np.setdiff1d(ids, products.product_id)})
    frame = pd.concat([products, extra], ignore_index=True).sort_values("product_id").reset_index(drop=True)
    for level in ("department", "product_category", "product_type", "package_size", "brand"):
        frame[level] = frame[level].astype("string").fillna("").str.strip().str.replace(r"\s+", " ", regex=True)
    frame["brand_ref"] = frame.manufacturer_id.astype("Int64").astype("string").fillna("")
    parts = [frame.department, frame.product_category, frame.product_type]
    frame["path"] = parts[0]
    for part in parts[1:]:
        joint = np.where((frame.path != "") & (part != ""), " > ", "")
        frame["path"] = frame.path + joint + part
    return frame


def categories(products: Any) -> Any:
    """Every node of the tree with a readable name, outermost level first."""
    paths: dict[str, str] = {}
    for path in products.path[products.path != ""].unique():
        parts = path.split(" > ")
        for depth in range(1, len(parts) + 1):
            paths.setdefault(" > ".join(parts[:depth]), readable(parts[depth - 1]) or parts[depth - 1])
    rows = sorted(paths.items(), key=lambda item: (item[0].count(" > "), item[0]))
    return pd.DataFrame(rows, columns=["category", "name"])


def brands(products: Any) -> Any:
    """Manufacturers have no names in the data set, only numbers; `Private` ones are the grocer's own."""
    own = products[products.brand_ref != ""].groupby("brand_ref").brand.agg(lambda kinds: (kinds == "Private").any())
    names = [f"Store brand {ref}" if private else f"Brand {ref}" for ref, private in own.items()]
    return pd.DataFrame({"brand": own.index, "name": names, "private_label": own.to_numpy(bool)})


def products(products: Any, transactions: Any) -> Any:
    kind = products[list(_LEVELS)].replace("", pd.NA).bfill(axis=1).iloc[:, 0].fillna("")
    titles = [
        product_title(name, size) if name else f"Product {number}"
        for name, size, number in zip(kind, products.package_size, products.product_id, strict=True)
    ]
    return pd.DataFrame(
        {
            "product": products.product_id.astype("string"),
            "title": titles,
            "category": products.path,
            "brand": products.brand_ref,
            "price_minor": products.product_id.map(_unit_prices(transactions)).astype("Int64"),
            "package_size": products.package_size.str.lower().str.slice(0, 50),
        }
    )


def _unit_prices(transactions: Any) -> Any:
    """Median price of one unit in cents. Fuel is counted in thousandths of a gallon: it has no unit price."""
    sold = transactions[(transactions.quantity > 0) & (transactions.sales_value > 0)]
    price = pd.Series(cents(sold.sales_value) / sold.quantity.to_numpy())
    median = price.groupby(sold.product_id.to_numpy()).median()
    whole = np.rint(median).astype(np.int64)
    return whole[whole > 0]


def shoppers(tables: dict[str, Any]) -> Any:
    """Every household; what is known of some (age, income...) as attributes, which nothing uses by default."""
    seen = [tables[name].household_id for name in ("transactions", "campaigns", "coupon_redemptions")]
    ids = pd.concat(seen).drop_duplicates().sort_values()
    known: dict[int, str] = {}
    if "demographics" in tables:
        facts = tables["demographics"].set_index("household_id")
        for household, row in zip(facts.index, facts.to_dict("records"), strict=True):
            known[household] = json.dumps({name: value for name, value in row.items() if pd.notna(value)})
    return pd.DataFrame({"shopper": ids.astype("string"), "attributes": [known.get(i, "{}") for i in ids]})


def campaigns(descriptions: Any, shift: timedelta) -> Any:
    number = descriptions.campaign_id.astype("string")
    return pd.DataFrame(
        {
            "campaign": number,
            "name": descriptions.campaign_type.astype("string") + ", campaign " + number,
            "kind": descriptions.campaign_type.astype("string"),
            "status": "approved",
            "starts_at": to_utc(descriptions.start_date, shift),
            "ends_at": to_utc(descriptions.end_date, shift + timedelta(days=1)),
            "audience": "everyone",
        }
    )


def members(campaigns: Any) -> Any:
    once = campaigns[["campaign_id", "household_id"]].drop_duplicates()
    return pd.DataFrame({"campaign": once.campaign_id.astype("string"), "shopper": once.household_id.astype("string")})


def targets(coverage: Any) -> Any:
    return pd.DataFrame(
        {
            "campaign": coverage.campaign_id.astype("string"),
            "coupon": coverage.coupon_upc.astype("string"),
            "product": coverage.product_id.astype("string"),
        }
    )


def matched_redemptions(redemptions: Any, coverage: Any, transactions: Any) -> Any:
    """Redemptions with the basket in which the coupon took most off, its time, and the cents off that day."""
    discounted = transactions[(transactions.coupon_disc > 0) | (transactions.coupon_match_disc > 0)]
    lines = pd.DataFrame(
        {
            "household_id": discounted.household_id,
            "product_id": discounted.product_id,
            "basket_id": discounted.basket_id,
            "time": discounted.local,
            "redemption_date": discounted.local.dt.normalize(),
            "off": cents(discounted.coupon_disc),
        }
    )
    day = redemptions.assign(redemption_date=redemptions.redemption_date.astype("datetime64[ns]"))
    lines["redemption_date"] = lines.redemption_date.astype("datetime64[ns]")
    covered = day.merge(coverage, on=["campaign_id", "coupon_upc"]).merge(
        lines, on=["household_id", "product_id", "redemption_date"]
    )
    key = ["household_id", "campaign_id", "coupon_upc"]
    baskets = covered.groupby([*key, "basket_id"], as_index=False).agg(time=("time", "max"), off=("off", "sum"))
    best = baskets.sort_values(["off", "basket_id"], ascending=[False, True]).drop_duplicates(key)
    total = baskets.groupby(key, as_index=False).off.sum().rename(columns={"off": "off_that_day"})
    return day.merge(best.drop(columns="off"), on=key, how="left").merge(total, on=key, how="left")


def offers(coverage: Any, products: Any) -> Any:
    """One row per coupon of a campaign, with what its number says of its value and a title made of what it covers.

    Nothing comes from how it was used: models learn from what a coupon says before anybody uses it.
    """
    key = ["campaign_id", "coupon_upc"]
    frame = coverage[key].drop_duplicates().sort_values(key).reset_index(drop=True)
    terms = [terms_of(upc) or Terms(None, 0) for upc in frame.coupon_upc]
    frame["amount_minor"] = [said.amount_minor or UNKNOWN_CENTS for said in terms]
    frame["min_quantity"] = [said.units for said in terms]
    subjects = _subjects(coverage.merge(products, on="product_id"))
    names = [subjects[pair] for pair in zip(frame.campaign_id, frame.coupon_upc, strict=True)]
    facts = zip(frame.amount_minor, names, frame.min_quantity, strict=True)
    frame["title"] = [offer_title(off, name, units) for off, name, units in facts]
    frame["campaign"] = frame.campaign_id.astype("string")
    frame["coupon"] = frame.coupon_upc.astype("string")
    return frame.assign(benefit_type="amount", trigger="automatic")


def _subjects(covered: Any) -> dict[tuple[int, int], str]:
    """(campaign, coupon) -> what it is good for, in words: the category of most of its products, else their department.

    Product types are left out: many say nothing alone (PREMIUM, REGULAR).
    """
    names: dict[tuple[int, int], str] = {}
    for pair, group in covered.groupby(["campaign_id", "coupon_upc"]):
        name = "groceries"
        for level in ("product_category", "department"):
            shares = group[level][group[level] != ""].value_counts()
            if len(shares) and shares.iloc[0] >= _MAIN_SHARE * len(group):
                word = readable(str(shares.index[0]))
                name = word[:1].lower() + word[1:]
                break
        made_by = group.brand_ref.unique()
        if len(made_by) == 1 and made_by[0]:
            name += " of the store brand" if (group.brand == "Private").all() else f" of brand {made_by[0]}"
        names[pair] = name
    return names


def redemptions(uses: Any, offers: Any, shift: timedelta) -> Any:
    """The ledger: basket as order where one was found, else the household and its day; noon where no time is known."""
    benefit = offers[["campaign_id", "coupon_upc", "amount_minor"]]
    frame = uses.merge(benefit, on=["campaign_id", "coupon_upc"], how="left")
    day = frame.household_id.astype("string") + "-" + (frame.redemption_date + shift).dt.strftime("%Y%m%d")
    basket = frame.basket_id.astype("Int64").astype("string")
    amount = frame.off_that_day.where(frame.off_that_day > 0, frame.amount_minor).fillna(UNKNOWN_CENTS)
    time = frame.time.fillna(frame.redemption_date + timedelta(hours=12))
    return pd.DataFrame(
        {
            "campaign": frame.campaign_id.astype("string"),
            "coupon": frame.coupon_upc.astype("string"),
            "shopper": frame.household_id.astype("string"),
            "order_ref": basket.fillna(day),
            "redeemed_at": to_utc(time, shift),
            "amount_minor": amount.astype(np.int64),
        }
    )


def events(transactions: Any, shift: timedelta) -> Any:
    """One purchase a basket line, in the order of time."""
    lines = transactions.sort_values(["local", "basket_id", "product_id"], kind="stable")
    basket, product = lines.basket_id.astype("string[pyarrow]"), lines.product_id.astype("string[pyarrow]")
    number = lines.groupby(["basket_id", "product_id"]).cumcount().to_numpy() + 1
    event_id = basket + "-" + product
    if (number > 1).any():
        event_id = event_id.where(number == 1, event_id + "-" + pd.Series(number, lines.index).astype("string"))
    coupon = cents(lines.coupon_disc) + cents(lines.coupon_match_disc)
    return pd.DataFrame(
        {
            "event_id": event_id,
            "shopper": lines.household_id.astype("string[pyarrow]"),
            "kind": "purchase",
            "occurred_at": to_utc(lines.local, shift),
            "product": product,
            "order_ref": basket,
            "quantity": lines.quantity.to_numpy(np.int64),
            "value_minor": cents(lines.sales_value),
            "discount_minor": cents(lines.retail_disc),
            "coupon_discount_minor": coupon,
        }
    )


def to_utc(local: Any, shift: timedelta) -> Any:
    """New York's wall clock, moved, as UTC: the hour of the day stays, whatever daylight saving does."""
    moved = (local + shift).astype("datetime64[us]")
    return moved.dt.tz_localize(ZONE, ambiguous=np.ones(len(moved), bool), nonexistent="shift_forward").dt.tz_convert(
        "UTC"
    )


def write(table: Any, path: Path) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd", row_group_size=1 << 18)
