"""Stage 2: events without duplicates, impossible values and bots; each change counted by its reason.

A dropped row leaves the training data only: the snapshot and the database keep it.
"""

from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from recommender.columns import Columns as C
from recommender.config import CleaningConfig
from recommender.pipeline.lake import Lake, day_number

KINDS = ("view", "click", "cart", "purchase", "impression", "claim", "redemption", "rating", "dismissal")
NEEDS_PRODUCT = ("cart", "purchase", "rating")

DROPPED = {
    "missing": "no shopper, instant or kind, or no product where the kind needs one",
    "unknown_kind": "a kind of behaviour that is not known",
    "out_of_window": "later than the snapshot",
    "duplicate": "an event id seen before",
    "impossible": "a quantity below 1 without a value, or a negative value",
    "bot": "a shopper with more events in one day than a person makes",
}
"""Why a row is dropped, in the order in which the reasons are tried: a row counts once."""

REPAIRED = {
    "quantity_too_large": "a weight or a typing error in the quantity: 1 unit",
    "quantity_missing": "no quantity, or 0 with a value: 1 unit",
    "negative_discount": "a discount below 0: its size",
    "rating_out_of_range": "a rating outside 1-5: unknown",
}


@dataclass(frozen=True)
class CleaningReport:
    """Rows in and out, and how many were dropped or repaired for each reason (every reason is present)."""

    rows_in: int
    rows_out: int
    dropped: dict[str, int]
    repaired: dict[str, int]

    def to_dict(self) -> dict[str, int | dict[str, int]]:
        """As the run's report holds it."""
        return {
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "dropped": self.dropped,
            "repaired": self.repaired,
        }


@dataclass(frozen=True)
class CleanResult:
    """The lake with clean events (held by the engine, not lazy any more) and the report on them."""

    lake: Lake
    report: CleaningReport


def clean(lake: Lake, config: CleaningConfig) -> CleanResult:
    """Events of the lake, each marked with its first reason to be dropped, then repaired."""
    marked = lake.hold(_marked(lake.events, config, lake.now))
    kept = marked.filter(marked.dropped_for.isnull())
    counted = marked.group_by("dropped_for").agg(rows=marked.count()).to_pyarrow().to_pylist()
    by_reason = {row["dropped_for"]: row["rows"] for row in counted}
    flags = _repair_flags(kept, config)
    sums = kept.aggregate(**{name: flag.fill_null(False).cast("int64").sum() for name, flag in flags.items()})
    repaired = {name: int(value or 0) for name, value in sums.to_pyarrow().to_pylist()[0].items()}
    events = lake.hold(_repaired(kept, flags).drop("dropped_for"))
    report = CleaningReport(
        rows_in=sum(by_reason.values()),
        rows_out=by_reason.get(None, 0),
        dropped={reason: by_reason.get(reason, 0) for reason in DROPPED},
        repaired={reason: repaired[reason] for reason in REPAIRED},
    )
    lake.release(marked)
    return CleanResult(lake.with_tables(events=events), report)


def _marked(events: ir.Table, config: CleaningConfig, now: datetime) -> ir.Table:
    events = events.mutate(_day=day_number(events[C.OCCURRED_AT]))
    copy = ibis.row_number().over(ibis.window(group_by=C.EVENT, order_by=[C.OCCURRED_AT, C.SHOPPER]))
    per_day = events.count().over(ibis.window(group_by=[C.SHOPPER, "_day"]))
    events = events.mutate(_copy=copy, _per_day=per_day)
    sold = events[C.KIND] == "purchase"
    missing = (
        events[C.SHOPPER].isnull()
        | events[C.OCCURRED_AT].isnull()
        | events[C.KIND].isnull()
        | (events[C.PRODUCT].isnull() & events[C.KIND].isin(NEEDS_PRODUCT))
    )
    value = events[C.VALUE].fill_null(0)
    impossible = (value < 0) | (sold & (events[C.QUANTITY].fill_null(1) < 1) & (value <= 0))
    dropped_for = ibis.cases(
        (missing.fill_null(False), "missing"),
        (~events[C.KIND].isin(KINDS), "unknown_kind"),
        (events[C.OCCURRED_AT] > ibis.literal(now), "out_of_window"),
        (events[C.EVENT].notnull() & (events["_copy"] > 0), "duplicate"),
        (impossible.fill_null(False), "impossible"),
        (events["_per_day"] > config.max_events_per_day, "bot"),
        else_=ibis.null(str),
    )
    return events.mutate(dropped_for=dropped_for).drop("_day", "_copy", "_per_day")


def _repair_flags(events: ir.Table, config: CleaningConfig) -> dict[str, ir.BooleanValue]:
    sold = events[C.KIND] == "purchase"
    return {
        "quantity_too_large": events[C.QUANTITY] > config.max_quantity,
        "quantity_missing": sold & (events[C.QUANTITY].fill_null(0) < 1),
        "negative_discount": (events[C.DISCOUNT] < 0) | (events[C.COUPON_DISCOUNT] < 0),
        "rating_out_of_range": ~events[C.RATING].between(1, 5),
    }


def _repaired(events: ir.Table, flags: dict[str, ir.BooleanValue]) -> ir.Table:
    wrong_quantity = flags["quantity_too_large"].fill_null(False) | flags["quantity_missing"].fill_null(False)
    wrong_rating = flags["rating_out_of_range"].fill_null(False)
    return events.mutate(
        **{
            C.QUANTITY: wrong_quantity.ifelse(ibis.literal(1, "int32"), events[C.QUANTITY]),
            C.DISCOUNT: events[C.DISCOUNT].abs(),
            C.COUPON_DISCOUNT: events[C.COUPON_DISCOUNT].abs(),
            C.RATING: wrong_rating.ifelse(ibis.null("int16"), events[C.RATING]),
        }
    )
