"""Behaviour events from files: millions of rows, into monthly partitions."""

from datetime import UTC
from typing import Any

import numpy as np
from django.db.backends.utils import CursorWrapper

from coupons.importing import shoppers
from coupons.importing.columns import Column, Kind
from coupons.importing.promotions import COUPON_JOIN
from coupons.importing.tables import Context, Rule, TableImport, Value
from coupons.models import ImportRun
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, RejectedEvent
from recommender.partitions import ensure_partitions

_KIND_NUMBER = "CASE s.kind " + " ".join(f"WHEN '{kind.slug}' THEN {kind.value}" for kind in EventKind) + " END"

# Only asked when fewer rows went in than were good: which of them did this same run bring in an earlier chunk?
_DOUBLES = """
    SELECT line FROM resolved
    JOIN recommender_behaviorevent earlier USING (event_key, occurred_at)
    WHERE broken IS NULL AND earlier.received_at >= %(run_started)s AND earlier.received_at < %(chunk_started)s
    ORDER BY line
"""

_ADD_SHOPPERS = """
    INSERT INTO coupons_shopper (channel_id, external_id, personalised)
    SELECT DISTINCT %(channel)s::bigint, shopper, true FROM staged ORDER BY shopper
    ON CONFLICT DO NOTHING
"""


def _make_partitions(rows: Any) -> None:
    """Partitions for the months of the rows; outside of the chunk's transaction, because making one takes a lock."""
    times = rows.column("occurred_at").to_numpy().astype("datetime64[M]")
    for month in np.unique(times[~np.isnat(times)]):
        first = month.astype("datetime64[s]").item().replace(tzinfo=UTC)
        ensure_partitions(first=first, last=first)


def _add_shoppers(cursor: CursorWrapper, context: Context) -> None:
    if context.create_shoppers:
        cursor.execute(_ADD_SHOPPERS, context.parameters)


def _reject_values(run: ImportRun, context: Context) -> dict[str, object]:
    return {"run_id": run.pk, "channel_id": context.channel.pk if context.channel else None}


EVENTS = TableImport(
    name="events",
    help="What shoppers did, one row each. A line of a basket is one `purchase`.",
    target=BehaviorEvent,
    rejected=RejectedEvent,
    reject_values=_reject_values,
    key=("event_id",),
    conflict="(event_key, occurred_at)",
    write_order="occurred_at",
    remembers_keys=False,
    doubles_sql=_DOUBLES,
    before_chunk=_make_partitions,
    prepare=_add_shoppers,
    columns=(
        Column("event_id", required=True, max_length=200, help="Unique in the channel, the same on every try"),
        Column("shopper", required=True, max_length=64, help="The shopper's id"),
        Column("kind", required=True, choices=frozenset(kind.slug for kind in EventKind), help="What happened"),
        Column("occurred_at", Kind.TIME, required=True, past=True, help="When"),
        Column("product", max_length=64, help="The product's id; needed for view, click, cart, purchase and rating"),
        Column("campaign", max_length=64, help="The coupon's campaign"),
        Column("coupon", max_length=64, help="The coupon's id; needed for impression, claim and redemption"),
        Column("order_ref", max_length=64, help="The basket or order"),
        Column("quantity", Kind.INTEGER, minimum=0, maximum=2**31 - 1, help="Items"),
        Column("value_minor", Kind.INTEGER, minimum=0, help="Paid for the line, in minor units"),
        Column("discount_minor", Kind.INTEGER, minimum=0, help="The shop's own discount on the line"),
        Column("coupon_discount_minor", Kind.INTEGER, minimum=0, help="What coupons took off the line"),
        Column("rating", Kind.INTEGER, minimum=1, maximum=5, help="For `rating`: 1 to 5"),
        Column("properties", Kind.JSON, help="Anything else, as a JSON object"),
    ),
    joins=shoppers.JOIN + COUPON_JOIN + "LEFT JOIN coupons_product product ON product.external_id = s.product",
    rules=(
        shoppers.UNKNOWN,
        shoppers.ERASED,
        Rule("product", "s.product IS NOT NULL AND product.id IS NULL", "is not a known product"),
        Rule("campaign", "s.campaign IS NOT NULL AND campaign.id IS NULL", "is not a campaign of this channel"),
        Rule("campaign", "s.coupon IS NOT NULL AND s.campaign IS NULL", "is needed where a coupon is named"),
        Rule("coupon", "s.coupon IS NOT NULL AND coupon.id IS NULL", "is not a coupon of this campaign"),
        Rule(
            "product",
            "s.product IS NULL AND s.kind IN ('view', 'click', 'cart', 'purchase', 'rating') AND s.coupon IS NULL",
            "is needed for this kind of event",
        ),
        Rule(
            "coupon",
            "s.coupon IS NULL AND s.kind IN ('impression', 'claim', 'redemption')",
            "is needed for this kind of event",
        ),
        Rule("rating", "s.kind = 'rating' AND s.rating IS NULL", "is needed for a rating"),
    ),
    values={
        "event_key": Value("md5(%(channel)s || ':' || s.event_id)::uuid"),
        "channel_id": Value("%(channel)s::bigint"),
        "shopper_id": Value("shopper.id"),
        "kind": Value(f"({_KIND_NUMBER})::smallint"),
        "product_id": Value("product.id"),
        "coupon_id": Value("coupon.id"),
        "occurred_at": Value("s.occurred_at"),
        "order_ref": Value("s.order_ref"),
        "quantity": Value("s.quantity::int"),
        "value_minor": Value("s.value_minor"),
        "discount_minor": Value("s.discount_minor"),
        "coupon_discount_minor": Value("s.coupon_discount_minor"),
        "rating": Value("s.rating::smallint"),
        "properties": Value("s.properties::jsonb"),
    },
)
