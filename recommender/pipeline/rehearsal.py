"""Lists to learn from where a shop's campaigns can't teach anything yet: buying stands in for redeeming.

A shop that starts has products and shoppers, but no past campaigns, or none whose coupons were redeemed. Its history
is then cut into windows. In each, a share of the shoppers "is sent" one offer a category, and "redeems" those of the
categories that it buys from before the window closes. The models, their evaluation and their calibration are the
usual ones; a score means the probability of such a purchase until campaigns with redemptions take over.

Every shopper is in one window only, so the features of earlier redemptions are empty, as they are for the real
coupons that the model scores afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from recommender.columns import Columns as C
from recommender.config import SplitConfig
from recommender.pipeline.features.history import BROWSED, LEAST_PURCHASES
from recommender.pipeline.features.vocabulary_fit import with_category_path
from recommender.pipeline.lake import SCHEMAS, Lake, day_number, day_of
from recommender.pipeline.splits import Part, Split, SplitError, candidates, make_split

REDEMPTIONS = "redemptions"
PURCHASES = "purchases"
VISITS = "visits"

WINDOW_DAYS = 28
LEAST_WINDOWS = 3
MOST_WINDOWS = 12
MOST_OFFERS = 40
"""Categories offered in a window: those that most shoppers touched."""


@dataclass(frozen=True)
class Lessons:
    """A lake whose campaigns are those to learn from, split by time."""

    lake: Lake
    split: Split
    learnt_from: str
    """REDEMPTIONS of real campaigns, or PURCHASES or VISITS of made-up ones."""


def lessons(lake: Lake, config: SplitConfig) -> Lessons:
    """The shop's own campaigns where their redemptions can teach and judge a model, else a rehearsal.

    SplitError names both reasons where neither is possible.
    """
    try:
        split = make_split(lake, config)
    except SplitError as error:
        why = str(error)
    else:
        if all(_can_teach(lake, part) for part in (split.train, split.validation)):
            return Lessons(lake, split, REDEMPTIONS)
        why = "no coupon of the campaigns to learn from was redeemed by a shopper that it was sent to, or every one was"
    try:
        return rehearse(lake, refit=config.refit)
    except SplitError as error:
        raise SplitError(f"{why}; {error}") from None


def is_rehearsed(campaigns: Sequence[int]) -> bool:
    """Whether these are campaigns that `rehearse` made up."""
    return any(campaign < 0 for campaign in campaigns)


def rehearse(lake: Lake, *, refit: bool = True) -> Lessons:
    """A clean lake with made-up campaigns in place of its own; the same lake gives the same ones. SplitError."""
    touched, learnt_from = _touches(lake)
    first = touched.aggregate(day=touched["day"].min()).to_pyarrow()["day"][0].as_py()
    starts, length = _windows(first, day_of(lake.now))
    offers = _offers(touched)
    if not offers:
        raise SplitError("no shopper did anything with a product")
    tables = {
        "campaigns": [_campaign(number, start, length) for number, start in enumerate(starts)],
        "coupons": [
            {C.COUPON: _coupon_id(number, place), C.CAMPAIGN: _campaign_id(number), "external_id": str(offer)}
            for number in range(len(starts))
            for place, offer in enumerate(offers)
        ],
    }
    made = {name: lake.bring(_table(name, rows)) for name, rows in tables.items()}
    places = lake.bring(pa.table({"offer": [str(offer) for offer in offers], "place": list(range(len(offers)))}))
    begun = lake.bring(pa.table({"number": list(range(len(starts))), "start": list(starts)}))
    members = lake.hold(_members(touched, begun, len(starts)))
    made["members"] = members.select(C.CAMPAIGN, C.SHOPPER)
    made["coupon_products"] = lake.hold(_coupon_products(lake, places, begun, _level(touched)))
    made["redemptions"] = lake.hold(_redeemed(touched, members, places, length))
    rehearsed = lake.with_tables(**made)
    return Lessons(rehearsed, make_split(rehearsed, SplitConfig(refit=refit)), learnt_from)


def _can_teach(lake: Lake, part: Part) -> bool:
    """Whether some of the part's candidates were redeemed and some were not. Redemptions of others teach nothing."""
    rows = candidates(lake, part)
    counted = rows.aggregate(all=rows.count(), redeemed=rows[C.LABEL].cast("int64").sum()).to_pyarrow().to_pylist()[0]
    return bool(0 < (counted["redeemed"] or 0) < counted["all"])


def _touches(lake: Lake) -> tuple[ir.Table, str]:
    """shopper_id, product_id, day, occurred_at, path, brand_id of what counts as wanting a product, and its name."""
    events = lake.events.filter(lake.events[C.PRODUCT].notnull())
    bought = events.filter(events[C.KIND] == "purchase")
    enough = int(bought.count().to_pyarrow().as_py()) >= LEAST_PURCHASES
    chosen = bought if enough else events.filter(events[C.KIND].isin(("purchase", *BROWSED)))
    dated = chosen.select(C.SHOPPER, C.PRODUCT, C.OCCURRED_AT, day=day_number(chosen[C.OCCURRED_AT]))
    products = with_category_path(lake.products).select(C.PRODUCT, "path", C.BRAND)
    touched = lake.hold(
        dated.join(products, C.PRODUCT).select(C.SHOPPER, C.PRODUCT, C.OCCURRED_AT, "day", "path", C.BRAND)
    )
    if not int(touched.count().to_pyarrow().as_py()):
        raise SplitError("there are no purchases, carts, clicks or views of products to learn from instead")
    return touched, PURCHASES if enough else VISITS


def _windows(first: int, today: int) -> tuple[list[int], int]:
    """Starts (day numbers, ascending) and the length of windows that have closed by `today`."""
    length = max(1, min(WINDOW_DAYS, (today - first) // (LEAST_WINDOWS + 1)))
    starts = [today - length * (back + 1) for back in range(MOST_WINDOWS)]
    starts = sorted(start for start in starts if start > first)
    if len(starts) < LEAST_WINDOWS:
        raise SplitError(f"{today - first + 1} days of behaviour are too few to learn from it instead")
    return starts, length


def _level(touched: ir.Table) -> str:
    """By what products are offered together: category, else brand, else each by itself."""
    counts = touched.aggregate(path=touched["path"].nunique(), brand=touched[C.BRAND].nunique()).to_pyarrow()
    if counts["path"][0].as_py() > 1:
        return "path"
    return C.BRAND if counts["brand"][0].as_py() > 1 else C.PRODUCT


def _offers(touched: ir.Table) -> list[Any]:
    level = _level(touched)
    known = touched.filter(touched[level].notnull())
    reached = known.group_by(level).agg(shoppers=known[C.SHOPPER].nunique())
    best = reached.order_by([ibis.desc("shoppers"), ibis.asc(level)]).limit(MOST_OFFERS)
    offers: list[Any] = best.to_pyarrow()[level].to_pylist()
    return offers


def _members(touched: ir.Table, begun: ir.Table, windows: int) -> ir.Table:
    """campaign_id, shopper_id, number, start: each shopper in one window, if it had come before that began."""
    come = touched.group_by(C.SHOPPER).agg(came=touched["day"].min())
    come = come.mutate(number=(come[C.SHOPPER] % windows).cast("int64"))
    joined = come.join(begun, "number")
    joined = joined.filter(joined["came"] < joined["start"])
    return joined.select(C.SHOPPER, "number", "start", **{C.CAMPAIGN: (-1 - joined["number"]).cast("int64")})


def _coupon_products(lake: Lake, places: ir.Table, begun: ir.Table, level: str) -> ir.Table:
    products = with_category_path(lake.products)
    offered = products.mutate(offer=products[level].cast("string")).join(places, "offer")
    crossed = offered.select(C.PRODUCT, "place").cross_join(begun.select("number"))
    return crossed.select(C.PRODUCT, **{C.COUPON: _coupon(crossed["number"], crossed["place"])})


def _redeemed(touched: ir.Table, members: ir.Table, places: ir.Table, length: int) -> ir.Table:
    wanted = touched.mutate(offer=touched[_level(touched)].cast("string")).join(places, "offer")
    inside = wanted.select(C.SHOPPER, "day", C.OCCURRED_AT, "place").join(members, C.SHOPPER)
    inside = inside.filter((inside["day"] >= inside["start"]) & (inside["day"] < inside["start"] + length))
    keyed = inside.mutate(**{C.COUPON: _coupon(inside["number"], inside["place"])})
    return keyed.group_by([C.SHOPPER, C.CAMPAIGN, C.COUPON]).agg(**{C.REDEEMED_AT: keyed[C.OCCURRED_AT].min()})


def _campaign_id(number: int) -> int:
    return -1 - number


def _coupon_id(number: int, place: int) -> int:
    return -1 - number * MOST_OFFERS - place


def _coupon(number: Any, place: Any) -> Any:
    return (-1 - number * MOST_OFFERS - place).cast("int64")


def _campaign(number: int, start: int, length: int) -> dict[str, Any]:
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=start)
    return {
        C.CAMPAIGN: _campaign_id(number),
        "external_id": f"{begins:%Y-%m-%d}",
        C.CAMPAIGN_KIND: "",
        C.STARTS_AT: begins,
        C.ENDS_AT: begins + timedelta(days=length),
    }


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMAS[name])
