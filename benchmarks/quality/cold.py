"""Candidates about somebody or something that training has not seen, as masks over the test candidates."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import protocol
from benchmarks.quality.measures import journey_tables, truth

NEW_PRODUCT_DAYS = 56
"""A product first sold within so many days before its campaign is new."""

MEANING = {
    "new_shopper": "was sent no campaign before the cut",
    "never_redeemed": "redeemed nothing before the campaign",
    "new_coupon": "the coupon was in no campaign before the cut",
    "new_product": f"most of the coupon's products were first sold within {NEW_PRODUCT_DAYS} days of it, or later",
    "new_to_the_shopper": "the shopper never bought one of the coupon's products",
    "new_category": "no coupon before the cut was for the coupon's main category",
}


def cold_subsets() -> dict[str, NDArray[np.bool_]]:
    """One mask a kind of newness, in the order of `measures.truth()`."""
    data, candidates = journey_tables(), truth()
    start = candidates.campaign_id.map(data.start)
    before = data.start[data.start < protocol.CUT].index
    sent = set(data.campaigns.household_id[data.campaigns.campaign_id.isin(before)])
    return {
        "new_shopper": ~candidates.household_id.isin(sent).to_numpy(),
        "never_redeemed": _never_redeemed(candidates, start),
        "new_coupon": candidates.coupon_upc.isin(protocol.cold_coupons(data)).to_numpy(),
        "new_product": _new_products(candidates),
        "new_to_the_shopper": _never_bought(candidates),
        "new_category": _new_category(candidates, set(before)),
    }


def _never_redeemed(candidates: pd.DataFrame, start: pd.Series) -> NDArray[np.bool_]:
    first = journey_tables().redemptions.groupby("household_id").redemption_date.min()
    earlier = np.asarray(candidates.household_id.map(first) < start, bool)
    never: NDArray[np.bool_] = np.logical_not(earlier)
    return never


def _new_products(candidates: pd.DataFrame) -> NDArray[np.bool_]:
    data = journey_tables()
    first = data.transactions.groupby("product_id").date.min()
    coupons = data.coupons[data.coupons.campaign_id.isin(candidates.campaign_id.unique())]
    old = coupons.product_id.map(first) < coupons.campaign_id.map(data.start) - pd.Timedelta(days=NEW_PRODUCT_DAYS)
    known = old.groupby([coupons.campaign_id, coupons.coupon_upc]).mean()
    share = pd.MultiIndex.from_frame(candidates[["campaign_id", "coupon_upc"]])
    old_share = np.asarray(known.reindex(share), float)
    return np.asarray(old_share < 0.5, bool)


def _never_bought(candidates: pd.DataFrame) -> NDArray[np.bool_]:
    data = journey_tables()
    bought = []
    for campaign in candidates.campaign_id.unique():
        history, _, _ = protocol.history(data, campaign)
        coupons = data.coupons[data.coupons.campaign_id == campaign]
        lines = history[["household_id", "product_id"]].drop_duplicates()
        bought.append(lines.merge(coupons, on="product_id")[protocol.KEY].drop_duplicates())
    index = pd.MultiIndex.from_frame(pd.concat(bought))
    mine = pd.MultiIndex.from_frame(candidates[protocol.KEY])
    never: NDArray[np.bool_] = ~mine.isin(index)
    return never


def _new_category(candidates: pd.DataFrame, before: set[int]) -> NDArray[np.bool_]:
    data = journey_tables()
    named = data.coupons.merge(data.products[["product_id", "product_category"]], on="product_id")
    counted = named.groupby(["campaign_id", "coupon_upc", "product_category"]).size().reset_index(name="products")
    main = counted.sort_values("products").drop_duplicates(["campaign_id", "coupon_upc"], keep="last")
    promoted = set(main.product_category[main.campaign_id.isin(before)])
    category = main.set_index(["campaign_id", "coupon_upc"]).product_category
    mine = category.reindex(pd.MultiIndex.from_frame(candidates[["campaign_id", "coupon_upc"]]))
    new: NDArray[np.bool_] = (mine.notna() & ~mine.isin(promoted)).to_numpy(bool)
    return new
