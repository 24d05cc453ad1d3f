"""What came back to coupons that a shopper was shown, strictly before a day, as features of another coupon.

Candidates are judged as of their campaign's start, when nobody can have seen their coupon yet. So these count what the
shopper did with the coupons of earlier days: all of them, and those that share a commodity with the candidate. The
candidate's own coupon never counts, so that features mean the same while its campaign runs.

A shop that has shown nothing yet has no such columns at all, and its models are those of before: `has_feedback`.
"""

import ibis
import ibis.expr.types as ir

from recommender.columns import Columns as C
from recommender.pipeline.features.history import LIST_KEY, RECENT, History, before
from recommender.pipeline.lake import Lake, day_number

SHOWN = "shown"
REACTIONS = {"click": "clicked", "claim": "claimed", "dismissal": "dismissed"}
"""Kinds of events on a coupon, and what a feature calls them."""
_LASTING = ("dismissed",)
"""Counted however long ago they were."""


def has_feedback(lake: Lake, *, day: int) -> bool:
    """Whether any coupon of the lake was shown or reacted to before the day number `day`."""
    found = reactions(lake).join(lake.coupons.select(C.COUPON).distinct(), C.COUPON)
    return bool(found.filter(found["day"] < day).count().to_pyarrow().as_py())


def reactions(lake: Lake) -> ir.Table:
    """shopper_id, coupon_id, day, said (SHOWN or a word of REACTIONS), times."""
    shown = lake.impressions
    shown = shown.select(
        C.SHOPPER, C.COUPON, day=day_number(shown[C.SHOWN_AT]), said=ibis.literal(SHOWN), times=shown[C.TIMES]
    )
    events = lake.events.filter(lake.events[C.KIND].isin(list(REACTIONS)) & lake.events[C.COUPON].notnull())
    said = events[C.KIND].cases(*REACTIONS.items())
    reacted = events.group_by([C.SHOPPER, C.COUPON, day_number(events[C.OCCURRED_AT]).name("day"), said.name("said")])
    return shown.mutate(times=shown["times"].cast("int64")).union(reacted.agg(times=events.count().cast("int64")))


def feedback_features(lake: Lake, history: History, covered: ir.Table, pair: list[str]) -> tuple[ir.Table, ir.Table]:
    """One row a (shopper_id, as_of), and one a candidate; only where there is anything to count."""
    past = before(history.offers, reactions(lake))
    by_shopper = past.group_by(LIST_KEY).agg(**_counts(past, "shopper"))
    products = lake.coupon_products.distinct().join(history.keys.select(C.PRODUCT, "commodity_key"), C.PRODUCT)
    products = products.filter(products["commodity_key"].notnull())
    earlier = products.select("commodity_key", earlier=products[C.COUPON]).distinct()
    seen = past.mutate(earlier=past[C.COUPON]).drop(C.COUPON).join(earlier, "earlier")
    wanted = covered.filter(covered["commodity_key"].notnull())
    wanted = wanted.select(C.CAMPAIGN, C.COUPON, "commodity_key").distinct()
    alike = history.offers.join(seen, LIST_KEY).join(wanted, [C.CAMPAIGN, "commodity_key"])
    alike = alike.filter(alike["earlier"] != alike[C.COUPON])
    # two coupons may share several commodities: what happened counts once
    once = alike.select(*pair, C.AS_OF, "earlier", "age", "said", "times").distinct()
    return by_shopper, once.group_by(pair).agg(**_counts(once, "commodity"))


def _counts(past: ir.Table, level: str) -> dict[str, ir.Value]:
    recent = past["age"] <= RECENT
    counts: dict[str, ir.Value] = {}
    for word in (SHOWN, *REACTIONS.values()):
        where = past["said"] == word
        name = f"{level}_{word}" if word in _LASTING else f"{level}_{word}_28"
        counts[name] = past["times"].sum(where=where if word in _LASTING else where & recent)
    return counts
