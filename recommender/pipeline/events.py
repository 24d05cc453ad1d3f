"""Stage 1: Postgres -> an immutable snapshot folder of Parquet, the lake that everything after it reads.

Rows go from ADBC to Arrow to Parquet by the batch, never one by one. Events are written by month; a month that
did not change since the last snapshot is linked from it instead of being read again.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from recommender.enums import EventKind
from recommender.pipeline.lake import MANIFEST, SCHEMAS, remove_unread

log = logging.getLogger(__name__)

FORMAT = 2
KEPT_SNAPSHOTS = 3
BATCH_ROWS = 100_000

_KINDS = " ".join(f"when {kind.value} then '{kind.slug}'" for kind in EventKind)
_MONTHS = """
    select to_char(occurred_at at time zone 'UTC', 'YYYY-MM') as month, count(*) as rows, max(id) as last
    from recommender_behaviorevent group by 1 order by 1"""
_EVENTS = f"""
    select event_key::text as event_id, shopper_id, product_id, coupon_id, case kind {_KINDS} end as kind,
           occurred_at, order_ref::text as order_ref, quantity, value_minor, discount_minor, coupon_discount_minor,
           rating::smallint as rating
    from recommender_behaviorevent
    where occurred_at >= '{{first}}'::timestamptz and occurred_at < '{{after}}'::timestamptz
    order by shopper_id, occurred_at, id"""  # noqa: S608 - kinds are ours
_TREE = """
    with recursive tree as (
        select id, array[name::text] as names, array[id] as ids from coupons_category where parent_id is null
        union all
        select child.id, tree.names || child.name::text, tree.ids || child.id
        from coupons_category child join tree on child.parent_id = tree.id)"""
_TARGETED = f"""{_TREE},
    targeted as (
        select target.coupon_id, target.mode, product.id as product_id
        from coupons_coupontarget target join coupons_product product
          on (target.kind = 'product' and product.id = target.product_id)
          or (target.kind = 'brand' and product.brand_id = target.brand_id)
        union all
        select target.coupon_id, target.mode, product.id
        from coupons_coupontarget target
        join tree on target.category_id = any(tree.ids)
        join coupons_product product on product.category_id = tree.id
        where target.kind = 'category'),
    included as (
        select coupon_id, product_id from targeted where mode = 'include'
        union
        select coupon.id, product.id from coupons_coupon coupon cross join coupons_product product
        where not exists (
            select 1 from coupons_coupontarget target
            where target.coupon_id = coupon.id and target.mode = 'include'))
    select coupon_id, product_id from included
    except select coupon_id, product_id from targeted where mode = 'exclude'
    order by 1, 2"""  # noqa: S608 - no input
_REAL = "status not in ('draft', 'in_review')"
TABLES = {
    "products": f"""{_TREE}
        select product.id as product_id, product.brand_id, product.category_id, names[1] as category_1,
               names[2] as category_2, names[3] as category_3, product.price_minor,
               nullif(product.package_size, '')::text as package_size,
               coalesce(brand.private_label, false) as private_label
        from coupons_product product left join tree on tree.id = product.category_id
        left join coupons_brand brand on brand.id = product.brand_id order by product.id""",  # noqa: S608 - no input
    # Of buy X, get Y: the share of what is bought and got that is free.
    "coupons": f"""
        select coupon.id as coupon_id, campaign_id, coupon.external_id::text as external_id,
               benefit.amount_minor as amount_off_minor,
               case benefit.type
                   when 'percent' then benefit.percent_bp
                   when 'buy_x_get_y' then coalesce(benefit.percent_bp, 10000) * benefit.get_quantity
                       / (benefit.buy_quantity + benefit.get_quantity)
               end as percent_off_bp,
               nullif(greatest(coupon.min_quantity, case benefit.type
                   when 'buy_x_get_y' then benefit.buy_quantity + benefit.get_quantity end), 0) as least_units,
               nullif(coupon.min_spend_minor, 0) as least_spend_minor
        from coupons_coupon coupon join coupons_campaign campaign on campaign.id = campaign_id
        left join coupons_benefit benefit on benefit.coupon_id = coupon.id
        where campaign.{_REAL} order by coupon.id""",  # noqa: S608 - no input
    "coupon_products": _TARGETED,
    "campaigns": f"""
        select id as campaign_id, external_id::text as external_id, kind::text as campaign_kind, starts_at, ends_at
        from coupons_campaign where {_REAL} order by id""",  # noqa: S608 - no input
    # A campaign without a list was sent to everyone.
    "members": f"""
        select member.campaign_id, member.shopper_id from coupons_campaignmember member
        join coupons_campaign campaign on campaign.id = member.campaign_id where campaign.{_REAL}
        union all
        select campaign.id, shopper.id from coupons_campaign campaign
        join coupons_shopper shopper on shopper.channel_id = campaign.channel_id
        where campaign.{_REAL} and not exists (
            select 1 from coupons_campaignmember member where member.campaign_id = campaign.id)
        order by 1, 2""",  # noqa: S608 - no input
    "redemptions": f"""
        select shopper_id, campaign_id, coupon_id, min(redeemed_at) as redeemed_at from (
            select shopper_id, coupon_id, redeemed_at from coupons_redemption
            where redeemed_at is not null and status in ('redeemed', 'partially_rolled_back')
            union all
            select shopper_id, coupon_id, occurred_at from recommender_behaviorevent
            where kind = {EventKind.REDEMPTION.value} and coupon_id is not null) used
        join coupons_coupon coupon on coupon.id = used.coupon_id
        group by 1, 2, 3 order by 1, 2, 3""",  # noqa: S608 - no input
    "impressions": """
        select shopper_id, coupon_id, date_trunc('day', shown_at, 'UTC') as shown_at, count(*)::int as times
        from recommender_impression where shopper_id is not null group by 1, 2, 3 order by 1, 2, 3""",
    "shoppers": "select id as shopper_id, external_id::text as external_id from coupons_shopper order by id",
}
"""The statement of every table but the events, with the columns of `SCHEMAS`."""


def export_snapshot(lake_dir: Path, *, now: datetime) -> Path:
    """The folder of a snapshot of the database as it is: a new one, or the last one when nothing changed."""
    lake_dir.mkdir(parents=True, exist_ok=True)
    with _reader() as reader:
        months = {row["month"]: [row["rows"], row["last"]] for row in reader.table(_MONTHS).to_pylist()}
        tables = {
            name: reader.table(query).select(SCHEMAS[name].names).cast(SCHEMAS[name]) for name, query in TABLES.items()
        }
        fingerprint = _fingerprint(months, tables)
        last = latest_snapshot(lake_dir)
        if last is not None and _manifest(last).get("fingerprint") == fingerprint:
            return last
        folder = lake_dir / f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{fingerprint[:8]}"
        draft = lake_dir / f".{folder.name}.{uuid4().hex}"
        try:
            _write(draft, reader, months, tables, last)
            manifest = {
                "format": FORMAT,
                "snapshot": folder.name,
                "now": now.astimezone(UTC).isoformat(),
                "fingerprint": fingerprint,
                "months": months,
                "rows": {"events": sum(rows for rows, _ in months.values())}
                | {name: table.num_rows for name, table in tables.items()},
            }
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    prune_snapshots(lake_dir)
    return folder


def latest_snapshot(lake_dir: Path) -> Path | None:
    """The newest finished snapshot, by name: names begin with the time."""
    finished = [path.parent for path in lake_dir.glob(f"[0-9]*/{MANIFEST}")]
    return max(finished, default=None, key=lambda folder: folder.name)


def prune_snapshots(lake_dir: Path, keep: int = KEPT_SNAPSHOTS) -> None:
    """Remove all but the newest snapshots and those that are being read; files that a newer one links stay with it."""
    finished = sorted(path.parent for path in lake_dir.glob(f"[0-9]*/{MANIFEST}"))
    for folder in finished[:-keep]:
        with suppress(FileNotFoundError):  # another process prunes too
            remove_unread(folder)


def _write(
    draft: Path, reader: "_Reader", months: dict[str, list[int]], tables: dict[str, pa.Table], last: Path | None
) -> None:
    draft.mkdir()
    (draft / "events").mkdir()
    for name, table in tables.items():
        pq.write_table(table, draft / f"{name}.parquet", compression="zstd")
    known = _manifest(last)["months"] if last is not None else {}
    for month, state in months.items():
        target = draft / "events" / f"month={month}" / "part.parquet"
        target.parent.mkdir()
        if last is not None and known.get(month) == state and _link(last, target, month):
            continue
        with pq.ParquetWriter(target, SCHEMAS["events"], compression="zstd") as writer:
            for batch in reader.batches(_EVENTS.format(first=f"{month}-01Z", after=f"{_next_month(month)}-01Z")):
                writer.write_table(batch.select(SCHEMAS["events"].names).cast(SCHEMAS["events"]))
    if not months:
        target = draft / "events" / "month=none"
        target.mkdir()
        pq.write_table(SCHEMAS["events"].empty_table(), target / "part.parquet")


def _link(last: Path, target: Path, month: str) -> bool:
    source = last / "events" / f"month={month}" / "part.parquet"
    if not source.is_file():
        return False
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
    return True


def _next_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return content


def _fingerprint(months: dict[str, list[int]], tables: dict[str, pa.Table]) -> str:
    """Of what was read: equal for equal content."""
    digest = hashlib.sha256(json.dumps([FORMAT, months], sort_keys=True).encode())
    for name, table in tables.items():
        digest.update(name.encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()


class _Reader:
    """Statements -> Arrow, all in one repeatable-read transaction: the tables of a snapshot fit together."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def batches(self, query: str) -> Iterator[pa.Table]:
        """The answer, some rows at a time."""
        self.cursor.execute(query)
        for batch in self.cursor.fetch_record_batch():
            yield pa.Table.from_batches([batch])

    def table(self, query: str) -> pa.Table:
        """The whole answer."""
        self.cursor.execute(query)
        return self.cursor.fetch_arrow_table()


class _PlainReader(_Reader):
    """The same by psycopg, several times slower, where ADBC is not installed."""

    def batches(self, query: str) -> Iterator[pa.Table]:
        self.cursor.execute(query)
        names = [column.name for column in self.cursor.description]
        while rows := self.cursor.fetchmany(BATCH_ROWS):
            yield pa.table({name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)})

    def table(self, query: str) -> pa.Table:
        parts = list(self.batches(query))
        if not parts:
            names = [column.name for column in self.cursor.description]
            return pa.table({name: pa.array([], pa.null()) for name in names})
        return pa.concat_tables(parts, promote_options="permissive")


@contextmanager
def _reader() -> Iterator[_Reader]:
    """A reader on a connection of its own, that of the settings."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        import psycopg

        log.warning("adbc-driver-postgresql is not installed: reading the events by psycopg")
        with psycopg.connect(database_url()) as plain, plain.cursor() as plain_cursor:
            plain.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield _PlainReader(plain_cursor)
        return
    with dbapi.connect(database_url()) as arrow, arrow.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        yield _Reader(cursor)


def database_url() -> str:
    """The database of the Django settings as a libpq URL; a socket folder goes into the query."""
    facts = connection.settings_dict
    user, password = quote(str(facts["USER"] or ""), safe=""), quote(str(facts["PASSWORD"] or ""), safe="")
    credentials = f"{user}:{password}@" if password else f"{user}@" if user else ""
    query = {key: str(value) for key, value in facts.get("OPTIONS", {}).items() if key in {"sslmode", "sslrootcert"}}
    for key in ("host", "port"):
        if facts[key.upper()]:
            query[key] = str(facts[key.upper()])
    return f"postgresql://{credentials}/{quote(str(facts['NAME']), safe='')}?{urlencode(query)}"
