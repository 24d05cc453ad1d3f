"""Shoppers of a channel."""

from coupons.importing.columns import Column, Kind
from coupons.importing.tables import Rule, TableImport, Value
from coupons.models import Shopper

ERASED = Rule("shopper", "shopper.erased_at IS NOT NULL", "was erased and stays so")
UNKNOWN = Rule("shopper", "shopper.id IS NULL", "is not a shopper of this channel")
JOIN = "LEFT JOIN coupons_shopper shopper ON shopper.channel_id = %(channel)s AND shopper.external_id = s.shopper "

SHOPPERS = TableImport(
    name="shoppers",
    help="Who buys.",
    target=Shopper,
    key=("shopper",),
    conflict="(channel_id, external_id)",
    columns=(
        Column(
            "shopper", required=True, max_length=64, help="The shopper's id in the shop (no e-mail address, no name)"
        ),
        Column("personalised", Kind.BOOLEAN, help="No: gets popular coupons only, and nothing is learnt from them"),
        Column("attributes", Kind.JSON, help="Facts the shop keeps, as a JSON object; not used unless switched on"),
    ),
    joins=JOIN,
    rules=(ERASED,),
    values={
        "channel_id": Value("%(channel)s::bigint"),
        "external_id": Value("s.shopper"),
        "personalised": Value("coalesce(s.personalised, true)", "personalised"),
        "attributes": Value("coalesce(s.attributes, '{}')::jsonb", "attributes"),
    },
)
