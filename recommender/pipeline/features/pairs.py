"""Features of a candidate: one row for each shopper x coupon of its list, as of the list's day.

Names say what they count: product_* the coupon's own products, type_/commodity_/brand_* the coarser levels
that these products belong to, shopper_* the shopper alone, coupon_* the coupon alone, list_* the coupon among the
others of the list. Null means "never" or "not defined".
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from recommender.columns import Columns as C
from recommender.pipeline.features.feedback import feedback_features
from recommender.pipeline.features.history import (
    BROWSED,
    LEVELS,
    LIST_KEY,
    RECENT,
    SEASON,
    History,
    attach,
    before,
    build_history,
    level_habits,
    redemption_features,
    shopper_features,
    wanted_products,
)
from recommender.pipeline.features.terms import coupon_terms, with_saving
from recommender.pipeline.lake import Lake, day_number

PAIR = [C.CAMPAIGN, C.SHOPPER, C.COUPON]
_LIST = [C.CAMPAIGN, C.SHOPPER]


@dataclass(frozen=True)
class PairTables:
    """The parts of the pair features, each computed once and held; `rows` joins them for some campaigns.

    Joining campaign by campaign keeps the widest table, all features of all candidates, out of the engine.
    """

    lake: Lake
    pairs: ir.Table
    """campaign_id, shopper_id, coupon_id, as_of: every candidate (lazy)."""
    by_pair: tuple[ir.Table, ...]
    by_shopper: ir.Table
    by_list: ir.Table
    by_coupon: ir.Table
    held: tuple[ir.Table, ...]

    def rows(self, campaigns: Collection[int]) -> ir.Table:
        """Candidates of these campaigns with their features as float32 (lazy, in no order)."""
        table = self.pairs.filter(self.pairs[C.CAMPAIGN].isin(sorted(campaigns)))
        for part in self.by_pair:
            table = attach(table, part, PAIR)
        table = attach(table, self.by_shopper, LIST_KEY)
        table = attach(table, self.by_list, [C.CAMPAIGN, *LIST_KEY])
        table = attach(table, self.by_coupon, [C.CAMPAIGN, C.COUPON, C.AS_OF])
        return _as_numbers(_with_shares(_without_nulls(table)))

    def release(self) -> None:
        """Give the engine's memory back; `rows` is of no use afterwards."""
        self.lake.release(*self.held)


def pair_tables(lake: Lake, offers: ir.Table, *, feedback: bool = False, terms: bool = True) -> PairTables:
    """Features of every row of the lists `offers` (campaign_id, shopper_id, as_of as a day number).

    Only rows of the lake before as_of count. With `feedback` those of what came back to shown coupons too, with `terms`
    those of what coupons ask for and take off.
    """
    history = build_history(lake, offers)
    coupons = lake.hold(lake.coupons.select(C.CAMPAIGN, C.COUPON).distinct())
    covered = lake.hold(lake.coupon_products.distinct().join(coupons, C.COUPON).join(history.keys, C.PRODUCT))
    by_pair = (
        lake.hold(product_features(history, covered)),
        lake.hold(browse_features(lake, history, covered)),
        *[lake.hold(level_features(history, covered, level)) for level in LEVELS],
        lake.hold(redeemed_alike(lake, history, covered)),
    )
    of_shopper = shopper_features(lake, history)
    if feedback:
        reactions, alike = feedback_features(lake, history, covered, PAIR)
        of_shopper, by_pair = attach(of_shopper, reactions, LIST_KEY), (*by_pair, lake.hold(alike))
    by_shopper = lake.hold(of_shopper)
    known = by_pair[0].group_by(_LIST).agg(list_known_count=by_pair[0].count())
    by_list = lake.hold(attach(redemption_features(lake, history), known, _LIST))
    by_coupon = lake.hold(coupon_features(lake, history, covered, terms=terms))
    lake.release(history.lines, history.purchases, history.keys, covered)
    held = (history.offers, coupons, *by_pair, by_shopper, by_list, by_coupon)
    pairs = history.offers.join(coupons, C.CAMPAIGN)
    return PairTables(lake, pairs, by_pair, by_shopper, by_list, by_coupon, held)


def product_features(history: History, covered: ir.Table) -> ir.Table:
    """The shopper's purchases of exactly the coupon's products; trips are days, counted once."""
    lines = history.offers.join(history.lines, LIST_KEY).join(
        covered.select(C.CAMPAIGN, C.PRODUCT, C.COUPON), [C.CAMPAIGN, C.PRODUCT]
    )
    by_product = lines.group_by([*PAIR, C.PRODUCT]).agg(
        trips=lines["age"].nunique(), last=lines["age"].min(), first=lines["age"].max()
    )
    products = by_product.group_by(PAIR).agg(
        product_count=by_product.count(), product_favourite_trips=by_product["trips"].max()
    )
    recent, season = lines["age"] <= RECENT, lines["age"] <= SEASON
    couponed = lines["couponed"] > 0
    totals = lines.group_by(PAIR).agg(
        product_trips=lines["age"].nunique(),
        product_trips_28=lines["age"].nunique(where=recent),
        product_trips_84=lines["age"].nunique(where=season),
        product_spend=lines["spend"].sum(),
        product_spend_84=lines["spend"].sum(where=season),
        product_quantity=lines["quantity"].sum(),
        product_recency=lines["age"].min(),
        product_first=lines["age"].max(),
        product_coupon_lines=lines["couponed"].sum(),
        product_coupon_lines_84=lines["couponed"].sum(where=season),
        product_coupon_recency=lines["age"].min(where=couponed),
        product_saved=lines["saved"].sum(),
    )
    joined = attach(totals, products, PAIR)
    paid = joined["product_spend"] + joined["product_saved"]
    within = ibis.window(group_by=_LIST)
    joined = joined.mutate(
        list_spend_share=joined["product_spend"] / joined["product_spend"].sum().over(within).nullif(0),
        product_price=joined["product_spend"] / joined["product_quantity"].nullif(0),
        product_saving=joined["product_saved"] / paid.nullif(0),
        product_quantity_trip=joined["product_quantity"] / joined["product_trips"],
    ).drop("product_quantity", "product_saved")
    return _ranked(
        joined,
        list_rank_product_spend="product_spend",
        list_rank_product_trips="product_trips",
        list_rank_product_trips_84="product_trips_84",
        list_rank_product_coupon_lines="product_coupon_lines",
    )


def browse_features(lake: Lake, history: History, covered: ir.Table) -> ir.Table:
    """Views, clicks and carts of the coupon's products in the last days, and their mean rating."""
    events = lake.events.filter(lake.events[C.KIND].isin([*BROWSED, "rating"]))
    seen = before(
        history.offers,
        events.select(C.SHOPPER, C.PRODUCT, C.KIND, C.RATING, day=day_number(events[C.OCCURRED_AT])),
    )
    seen = history.offers.join(seen, LIST_KEY).join(
        covered.select(C.CAMPAIGN, C.PRODUCT, C.COUPON), [C.CAMPAIGN, C.PRODUCT]
    )
    browsed = seen[C.KIND].isin(BROWSED) & (seen["age"] <= RECENT)
    return seen.group_by(PAIR).agg(
        product_browsed_28=browsed.sum(), product_rating=seen[C.RATING].cast("float64").mean()
    )


def level_features(history: History, covered: ir.Table, level: str) -> ir.Table:
    """Habits at a level, over the keys that a coupon's products belong to, weighted by their share of it."""
    key = LEVELS[level]
    counted = covered.filter(covered[key].notnull()).group_by([C.CAMPAIGN, C.COUPON, key])
    counted = counted.agg(products=covered[C.PRODUCT].nunique())
    weight = counted["products"] / counted["products"].sum().over(ibis.window(group_by=C.COUPON))
    weighted = counted.select(C.CAMPAIGN, C.COUPON, key, weight=weight)
    habits = history.offers.join(level_habits(history, key), LIST_KEY)
    habits = habits.join(weighted, [C.CAMPAIGN, key])
    summed = habits.group_by(PAIR).agg(
        trips=habits["trips"].sum(),
        top_trips=habits["trips"].max(),
        trips_84=habits["trips_84"].sum(),
        spend=habits["spend"].sum(),
        spend_84=habits["spend_84"].sum(),
        weighted_spend=(habits["spend"] * habits["weight"]).sum(),
        recency=habits["recency"].min(),
        first=habits["first"].max(),
        coupon_lines=habits["coupon_lines"].sum(),
    )
    named = summed.select(*PAIR, **{f"{level}_{name}": summed[name] for name in summed.columns[len(PAIR) :]})
    if level == "brand":
        return named
    total = named[f"{level}_weighted_spend"].sum().over(ibis.window(group_by=_LIST))
    named = named.mutate(**{f"list_{level}_share": named[f"{level}_weighted_spend"] / total.nullif(0)})
    return _ranked(named, **{f"list_rank_{level}_spend": f"{level}_weighted_spend"})


def coupon_features(lake: Lake, history: History, covered: ir.Table, *, terms: bool) -> ir.Table:
    """One row a (coupon_id, as_of): its products, price level, how many buy (or want) them, its campaign and terms."""
    lists = history.offers.select(C.CAMPAIGN, C.AS_OF).distinct()
    counted = covered.group_by([C.CAMPAIGN, C.COUPON]).agg(
        coupon_products=covered[C.PRODUCT].nunique(),
        coupon_types=covered["type_key"].nunique(),
        coupon_brands=covered["brand_key"].nunique(),
        coupon_private=covered["private"].mean(),
    )
    days = history.offers.select(C.AS_OF).distinct()
    season = days.cross_join(wanted_products(lake, history)).filter(
        lambda t: (t["day"] < t[C.AS_OF]) & (t["day"] >= t[C.AS_OF] - SEASON)
    )
    sold = season.group_by([C.AS_OF, C.SHOPPER, C.PRODUCT]).agg(
        spend=season["spend"].sum(),
        quantity=season["quantity"].sum(),
        couponed=season["couponed"].sum(),
        lines=season.count(),
    )
    active = sold.group_by(C.AS_OF).agg(active=sold[C.SHOPPER].nunique())
    campaign_days = lists.select(C.CAMPAIGN, C.AS_OF)
    sold = sold.join(campaign_days, C.AS_OF).join(
        covered.select(C.CAMPAIGN, C.PRODUCT, C.COUPON), [C.CAMPAIGN, C.PRODUCT]
    )
    reach = sold.group_by([C.COUPON, C.AS_OF]).agg(
        buyers=sold[C.SHOPPER].nunique(),
        spend=sold["spend"].sum(),
        quantity=sold["quantity"].sum(),
        couponed=sold["couponed"].sum(),
        lines=sold["lines"].sum(),
    )
    sizes = lake.coupons.group_by(C.CAMPAIGN).agg(campaign_coupons=lake.coupons[C.COUPON].nunique())
    campaigns = lake.campaigns.select(
        C.CAMPAIGN,
        campaign_days=day_number(lake.campaigns[C.ENDS_AT]) - day_number(lake.campaigns[C.STARTS_AT]),
    )
    facts = counted.join(lists, C.CAMPAIGN).join(sizes, C.CAMPAIGN).join(campaigns, C.CAMPAIGN)
    facts = attach(attach(facts, reach, [C.COUPON, C.AS_OF]), active, [C.AS_OF])
    facts = facts.mutate(
        coupon_reach=facts["buyers"].fill_null(0) / facts["active"],
        coupon_price=facts["spend"] / facts["quantity"].nullif(0),
        coupon_couponed_rate=facts["couponed"] / facts["lines"],
    ).drop("buyers", "spend", "quantity", "couponed", "lines", "active")
    if not terms:
        return facts
    return with_saving(attach(facts, coupon_terms(lake.coupons, covered), [C.CAMPAIGN, C.COUPON]))


def redeemed_alike(lake: Lake, history: History, covered: ir.Table) -> ir.Table:
    """Past redemptions of the shopper on coupons that share a commodity with this one."""
    of_commodity = covered.filter(covered["commodity_key"].notnull())
    of_commodity = of_commodity.select(C.CAMPAIGN, C.COUPON, "commodity_key").distinct()
    past = lake.redemptions.select(C.SHOPPER, C.COUPON, day=day_number(lake.redemptions[C.REDEEMED_AT])).join(
        of_commodity.select(C.COUPON, "commodity_key"), C.COUPON
    )
    past = before(history.offers, past.select(C.SHOPPER, "day", "commodity_key", earlier=past[C.COUPON]))
    past = history.offers.join(past, LIST_KEY).join(of_commodity, [C.CAMPAIGN, "commodity_key"])
    return past.group_by(PAIR).agg(redeemed_commodity=past["earlier"].nunique())


COUNTED = (
    *("trips", "spend", "lines", "count", "browsed", "coupons", "campaigns", "kind", "commodity"),
    *("shown", "clicked", "claimed", "dismissed"),
)
"""A feature with one of these words in its name is a count or a sum: none means 0. Elsewhere null stays."""


def _without_nulls(table: ir.Table) -> ir.Table:
    key = {*PAIR, C.AS_OF}
    counted = [
        name for name in table.columns if name not in key and any(word in name.split("_")[1:] for word in COUNTED)
    ]
    return table.mutate(**{name: table[name].fill_null(0) for name in counted})


def _with_shares(table: ir.Table) -> ir.Table:
    spend, trips = table["shopper_spend"].nullif(0), table["shopper_trips"].nullif(0)
    interval = (table["product_first"] - table["product_recency"]) / (table["product_trips"] - 1).nullif(0)
    shares: dict[str, ir.Value] = {
        "product_share": table["product_spend"] / spend,
        "product_share_84": table["product_spend_84"] / table["shopper_spend_84"].nullif(0),
        "product_trip_share": table["product_trips"] / trips,
        "product_rate": table["product_trips"] / table["shopper_tenure"],
        "product_interval": interval,
        "product_due": table["product_recency"] / interval.nullif(0),
        "product_coupon_share": table["product_coupon_lines"] / table["product_trips"].nullif(0),
        "product_price_ratio": table["product_price"] / table["coupon_price"].nullif(0),
        "product_known": table["product_count"] / table["coupon_products"],
    }
    for level in LEVELS:
        level_interval = (table[f"{level}_first"] - table[f"{level}_recency"]) / (table[f"{level}_trips"] - 1).nullif(0)
        shares[f"{level}_share"] = table[f"{level}_weighted_spend"] / spend
        shares[f"{level}_share_84"] = table[f"{level}_spend_84"] / table["shopper_spend_84"].nullif(0)
        shares[f"{level}_loyalty"] = table["product_spend"] / table[f"{level}_spend"].nullif(0)
        shares[f"{level}_due"] = table[f"{level}_recency"] / level_interval.nullif(0)
    if "coupon_units" in table.columns:
        shares["product_enough"] = table["product_quantity_trip"] / table["coupon_units"]
        shares["shopper_least_spend"] = table["coupon_least_spend"] / table["shopper_basket"].nullif(0)
    first = ["product_first", *[f"{level}_first" for level in LEVELS]]
    return table.mutate(**shares).drop(*first, *[f"{level}_weighted_spend" for level in LEVELS])


def _ranked(part: ir.Table, **features: str) -> ir.Table:
    """Where each coupon stands in its list by some of its features: 1 is the best, null where it has none.

    Only coupons with a history have rows here, so the sort is a tenth of one over all candidates.
    """
    return part.mutate(
        **{
            name: (ibis.rank().over(ibis.window(group_by=_LIST, order_by=part[by].desc())) + 1).cast("int32")
            for name, by in features.items()
        }
    )


def feature_names(columns: Iterable[str]) -> list[str]:
    """The feature columns of a pair table, in one order for every engine."""
    return sorted(name for name in columns if name not in {*PAIR, C.AS_OF})


def _as_numbers(table: ir.Table) -> ir.Table:
    names = feature_names(table.columns)
    key = [C.CAMPAIGN, C.SHOPPER, C.COUPON, C.AS_OF]
    return table.select(*key, **{name: table[name].cast("float32") for name in names})
