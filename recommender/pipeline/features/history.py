"""What each shopper did strictly before a day, as relational expressions.

Every table here is keyed by (shopper_id, as_of): campaigns that start on one day share their history. `age`
is the number of days from an event to as_of, 1 at least, so nothing of the day itself or later can enter.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from recommender.columns import Columns as C
from recommender.pipeline.lake import Lake, day_number

LIST_KEY = [C.SHOPPER, C.AS_OF]
RECENT = 28
SEASON = 84
"""Days of the short and of the long window."""
BROWSED = ("view", "click", "cart")
LEAST_PURCHASES = 50
"""A shop with fewer says too little by them; carts, clicks and views stand in for them, as many at least."""

LEVELS = {"type": "type_key", "commodity": "commodity_key", "brand": "brand_key"}
"""Coarser views of a product, and the columns that hold their keys in `History.lines`."""


@dataclass(frozen=True)
class History:
    """Held tables from which pair features are made."""

    offers: ir.Table
    """campaign_id, shopper_id, as_of."""
    keys: ir.Table
    """product_id, type_key, commodity_key, brand_key (int32, null where the catalog has none)."""
    lines: ir.Table
    """Purchases: shopper_id, as_of, product_id, age, spend, quantity, couponed (0/1), and the level keys."""
    purchases: ir.Table
    """Purchases of the whole population: shopper_id, product_id, day, spend, quantity, saved, couponed."""


def build_history(lake: Lake, offers: ir.Table) -> History:
    """Hold the history of every (shopper, as_of) of `offers` (campaign_id, shopper_id, as_of)."""
    offers = lake.hold(offers)
    keys = lake.hold(level_keys(lake.products))
    purchases = lake.hold(_purchases(lake.events))
    readers = offers.select(*LIST_KEY).distinct()
    joined = readers.join(purchases, C.SHOPPER).filter(lambda t: t["day"] < t[C.AS_OF])
    aged = joined.mutate(age=(joined[C.AS_OF] - joined["day"]).cast("int32")).drop("day")
    lines = lake.hold(aged.left_join(keys, C.PRODUCT).drop(f"{C.PRODUCT}_right"))
    return History(offers=offers, keys=keys, lines=lines, purchases=purchases)


def level_keys(products: ir.Table) -> ir.Table:
    """Whole numbers in place of category names, null where the name is: joins on them are cheap."""
    return products.select(
        C.PRODUCT,
        type_key=_numbered(products, [C.DEPARTMENT, C.COMMODITY, C.TYPE]),
        commodity_key=_numbered(products, [C.DEPARTMENT, C.COMMODITY]),
        brand_key=products[C.BRAND],
        private=products[C.PRIVATE_LABEL].fill_null(False).cast("int32"),
    )


def _numbered(products: ir.Table, path: list[str]) -> ir.Value:
    number = ibis.dense_rank().over(ibis.window(order_by=[products[name] for name in path])).cast("int64")
    return products[path[-1]].isnull().ifelse(ibis.null("int64"), number)


def _purchases(events: ir.Table) -> ir.Table:
    sold = events.filter(events[C.KIND] == "purchase")
    coupon_discount = sold[C.COUPON_DISCOUNT].fill_null(0)
    return sold.select(
        C.SHOPPER,
        C.PRODUCT,
        day=day_number(sold[C.OCCURRED_AT]),
        spend=sold[C.VALUE].fill_null(0).cast("float64"),
        quantity=sold[C.QUANTITY].fill_null(1).cast("float64"),
        saved=sold[C.DISCOUNT].fill_null(0).cast("float64"),
        couponed=(coupon_discount > 0).cast("int32"),
    )


def looking_stands_in(*, bought: int, looked: int) -> bool:
    """Whether a shop knows what is wanted by what is looked at: it sells hardly anything where we see it."""
    return bought < LEAST_PURCHASES <= looked


def _count(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def wanted_products(lake: Lake, history: History) -> ir.Table:
    """`History.purchases`; in a shop that has hardly any, what was looked at as well, without money."""
    looked = lake.events.filter(lake.events[C.KIND].isin(BROWSED))
    if not looking_stands_in(bought=_count(history.purchases), looked=_count(looked)):
        return history.purchases
    nothing = ibis.literal(0.0)
    looked = looked.select(
        C.SHOPPER,
        C.PRODUCT,
        day=day_number(looked[C.OCCURRED_AT]),
        spend=nothing,
        quantity=nothing,
        saved=nothing,
        couponed=ibis.literal(0, "int32"),
    )
    return history.purchases.union(looked)


def shopper_features(lake: Lake, history: History) -> ir.Table:
    """One row a (shopper_id, as_of): habit, coupon use in baskets, browsing."""
    lines = history.lines
    recent, season = lines["age"] <= RECENT, lines["age"] <= SEASON
    couponed = lines["couponed"] > 0
    bought = lines.group_by(LIST_KEY).agg(
        shopper_trips=lines["age"].nunique(),
        shopper_trips_28=lines["age"].nunique(where=recent),
        shopper_trips_84=lines["age"].nunique(where=season),
        shopper_spend=lines["spend"].sum(),
        shopper_spend_28=lines["spend"].sum(where=recent),
        shopper_spend_84=lines["spend"].sum(where=season),
        shopper_lines=lines.count(),
        shopper_tenure=lines["age"].max(),
        shopper_recency=lines["age"].min(),
        shopper_products=lines[C.PRODUCT].nunique(),
        shopper_saved=lines["saved"].sum(),
        shopper_coupon_lines=lines["couponed"].sum(),
        shopper_coupon_lines_84=lines["couponed"].sum(where=season),
        shopper_coupon_trips=lines["age"].nunique(where=couponed),
        shopper_coupon_trips_84=lines["age"].nunique(where=couponed & season),
        shopper_coupon_recency=lines["age"].min(where=couponed),
        shopper_coupon_products=lines[C.PRODUCT].nunique(where=couponed),
    )
    browsed = lake.events.filter(lake.events[C.KIND].isin(BROWSED))
    browsed = browsed.select(C.SHOPPER, day=day_number(browsed[C.OCCURRED_AT]))
    looked = before(history.offers, browsed).filter(lambda t: t["age"] <= RECENT)
    looked = looked.group_by(LIST_KEY).agg(shopper_browsed_28=looked.count())
    readers = history.offers.select(*LIST_KEY).distinct()
    joined = attach(attach(readers, bought, LIST_KEY), looked, LIST_KEY)
    return joined.mutate(
        shopper_basket=joined["shopper_spend"] / joined["shopper_trips"],
        shopper_saving=joined["shopper_saved"] / (joined["shopper_saved"] + joined["shopper_spend"]).nullif(0),
        shopper_coupon_rate=joined["shopper_coupon_lines"] / joined["shopper_lines"],
        shopper_coupon_trip_rate=joined["shopper_coupon_trips"] / joined["shopper_trips"],
    ).drop("shopper_saved")


def redemption_features(lake: Lake, history: History) -> ir.Table:
    """One row a (campaign_id, shopper_id, as_of): what the shopper redeemed of what it was sent before."""
    kinds = lake.campaigns.select(C.CAMPAIGN, C.CAMPAIGN_KIND, start=day_number(lake.campaigns[C.STARTS_AT]))
    past = lake.redemptions.join(kinds, C.CAMPAIGN).mutate(day=day_number(lake.redemptions[C.REDEEMED_AT]))
    past = past.select(C.SHOPPER, "day", earlier=past[C.CAMPAIGN], earlier_kind=past[C.CAMPAIGN_KIND])
    now = history.offers.join(kinds.drop("start"), C.CAMPAIGN)
    redeemed = now.join(past, C.SHOPPER).filter(lambda t: t["day"] < t[C.AS_OF])
    same = redeemed["earlier_kind"] == redeemed[C.CAMPAIGN_KIND]
    key = [C.CAMPAIGN, *LIST_KEY]
    redeemed = redeemed.group_by(key).agg(
        redeemed_coupons=redeemed.count(),
        redeemed_coupons_84=((redeemed[C.AS_OF] - redeemed["day"]) <= SEASON).sum(),
        redeemed_campaigns=redeemed["earlier"].nunique(),
        redeemed_same_kind=same.sum(),
        redeemed_recency=(redeemed[C.AS_OF] - redeemed["day"]).min(),
    )
    sent = lake.members.distinct().join(kinds, C.CAMPAIGN)
    sent = sent.select(C.SHOPPER, "start", sent_kind=sent[C.CAMPAIGN_KIND])
    received = now.join(sent, C.SHOPPER).filter(lambda t: t["start"] < t[C.AS_OF])
    received = received.group_by(key).agg(
        sent_campaigns=received.count(),
        sent_same_kind=(received["sent_kind"] == received[C.CAMPAIGN_KIND]).sum(),
    )
    joined = attach(attach(history.offers, redeemed, key), received, key)
    return joined.mutate(
        redeemed_rate=joined["redeemed_campaigns"].fill_null(0) / (joined["sent_campaigns"].fill_null(0) + 1)
    )


def level_habits(history: History, key: str) -> ir.Table:
    """One row a (shopper_id, as_of, key): how much and how lately the shopper buys at a level."""
    lines = history.lines.filter(history.lines[key].notnull())
    season = lines["age"] <= SEASON
    return lines.group_by([*LIST_KEY, key]).agg(
        trips=lines["age"].nunique(),
        trips_84=lines["age"].nunique(where=season),
        spend=lines["spend"].sum(),
        spend_84=lines["spend"].sum(where=season),
        recency=lines["age"].min(),
        first=lines["age"].max(),
        coupon_lines=lines["couponed"].sum(),
    )


def before(offers: ir.Table, dated: ir.Table) -> ir.Table:
    """Rows of `dated` (shopper_id, day, ...) before each as_of, with their age in place of the day."""
    joined = offers.select(*LIST_KEY).distinct().join(dated, C.SHOPPER)
    joined = joined.filter(joined["day"] < joined[C.AS_OF])
    return joined.mutate(age=(joined[C.AS_OF] - joined["day"]).cast("int32")).drop("day")


def attach(left: ir.Table, right: ir.Table, key: list[str]) -> ir.Table:
    """A left join that keeps the key once."""
    return left.left_join(right, key).drop(*[f"{name}_right" for name in key])
