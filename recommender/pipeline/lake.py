"""The lake as lazy tables: one immutable snapshot folder of Parquet, read by DuckDB in process or by Spark.

Every stage after `events` works on these Ibis expressions only, so that the engine is one setting
(`features.backend`) and the database stays out of training.
"""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.columns import Columns as C
from recommender.config import FeatureConfig
from recommender.pipeline.spill import remove_with, spill_folder

DAY_SECONDS = 86_400
DUCKDB_MB = 1000
"""Above it DuckDB spills to disk: training on a shop of 1.5 million events has to fit in 3 GB as a whole."""
DUCKDB_BYTES_AN_EVENT = 650
"""For larger shops: some of what joins hold cannot be spilled, and ends the training where there is too little room."""
DUCKDB_MEMORY_AT_REST = "100MB"
MANIFEST = "manifest.json"

TIMESTAMP = pa.timestamp("us", tz="UTC")
SCHEMAS: dict[str, pa.Schema] = {
    "events": pa.schema(
        {
            C.EVENT: pa.string(),
            C.SHOPPER: pa.int64(),
            C.PRODUCT: pa.int64(),
            C.COUPON: pa.int64(),
            C.KIND: pa.string(),
            C.OCCURRED_AT: TIMESTAMP,
            C.ORDER: pa.string(),
            C.QUANTITY: pa.int32(),
            C.VALUE: pa.int64(),
            C.DISCOUNT: pa.int64(),
            C.COUPON_DISCOUNT: pa.int64(),
            C.RATING: pa.int16(),
        }
    ),
    "products": pa.schema(
        {
            C.PRODUCT: pa.int64(),
            C.BRAND: pa.int64(),
            C.CATEGORY: pa.int64(),
            C.DEPARTMENT: pa.string(),
            C.COMMODITY: pa.string(),
            C.TYPE: pa.string(),
            C.PRICE: pa.int64(),
            C.PACKAGE: pa.string(),
            C.PRIVATE_LABEL: pa.bool_(),
        }
    ),
    "coupons": pa.schema(
        {
            C.COUPON: pa.int64(),
            C.CAMPAIGN: pa.int64(),
            "external_id": pa.string(),
            C.AMOUNT_OFF: pa.int64(),
            C.PERCENT_OFF: pa.int32(),
            C.LEAST_UNITS: pa.int32(),
            C.LEAST_SPEND: pa.int64(),
        }
    ),
    "coupon_products": pa.schema({C.COUPON: pa.int64(), C.PRODUCT: pa.int64()}),
    "campaigns": pa.schema(
        {
            C.CAMPAIGN: pa.int64(),
            "external_id": pa.string(),
            C.CAMPAIGN_KIND: pa.string(),
            C.STARTS_AT: TIMESTAMP,
            C.ENDS_AT: TIMESTAMP,
        }
    ),
    "members": pa.schema({C.CAMPAIGN: pa.int64(), C.SHOPPER: pa.int64()}),
    "redemptions": pa.schema(
        {C.SHOPPER: pa.int64(), C.CAMPAIGN: pa.int64(), C.COUPON: pa.int64(), C.REDEEMED_AT: TIMESTAMP}
    ),
    "shoppers": pa.schema({C.SHOPPER: pa.int64(), "external_id": pa.string()}),
    "impressions": pa.schema({C.SHOPPER: pa.int64(), C.COUPON: pa.int64(), C.SHOWN_AT: TIMESTAMP, C.TIMES: pa.int32()}),
}
"""Every table of a snapshot; events are split in one file a month, events/month=YYYY-MM/*.parquet."""
LATER = ("impressions",)
"""Tables that older snapshots don't have: read as empty."""
LATER_COLUMNS = (C.AMOUNT_OFF, C.PERCENT_OFF, C.LEAST_UNITS, C.LEAST_SPEND)
"""Columns that older snapshots don't have: read as null."""


class LakeError(Exception):
    """A snapshot folder that is missing, unfinished or does not hold the tables it should."""


@dataclass(frozen=True)
class Lake:
    """One snapshot as lazy tables with the columns of `SCHEMAS`."""

    folder: Path
    connection: Any
    """The Ibis backend that runs the expressions."""
    now: datetime
    """When the snapshot was taken: nothing in it is known to be later."""
    events: ir.Table
    products: ir.Table
    coupons: ir.Table
    coupon_products: ir.Table
    campaigns: ir.Table
    members: ir.Table
    redemptions: ir.Table
    shoppers: ir.Table
    impressions: ir.Table
    """How often each coupon was shown to each shopper on each day (UTC)."""
    memory: str
    """What the engine may hold while it reads histories."""
    lease: IO[bytes]
    """Open as long as somebody may read the snapshot: it is not pruned until then."""

    def hold(self, table: ir.Table) -> ir.Table:
        """The table computed once and held by the engine under a name of its own."""
        if self.connection.name != "duckdb":
            return table.cache()
        name = f"held_{uuid4().hex}"
        self.connection.raw_sql(f'create temp table "{name}" as {self.connection.compile(table)}')
        return self.connection.table(name, database="temp.main")

    def bring(self, table: pa.Table) -> ir.Table:
        """A small Arrow table in the engine, under a name of its own."""
        if self.connection.name != "duckdb":
            return ibis.memtable(table)
        name = f"held_{uuid4().hex}"
        self.connection.con.register("brought", table)
        self.connection.raw_sql(f'create temp table "{name}" as from brought')
        self.connection.con.unregister("brought")
        return self.connection.table(name, database="temp.main")

    def release(self, *tables: ir.Table) -> None:
        """Give back the memory of tables that `hold` returned; those built on them must be held or read."""
        for table in tables:
            if self.connection.name == "duckdb":
                self.connection.raw_sql(f'drop table if exists temp.main."{table.get_name()}"')

    def rest(self) -> None:
        """Leave the memory to the models: DuckDB writes what it holds to its temporary folder. Small reads go on."""
        self._limit_memory(DUCKDB_MEMORY_AT_REST)

    def wake(self) -> None:
        """End `rest`: what reads histories needs the whole memory again."""
        self._limit_memory(self.memory)

    def _limit_memory(self, limit: str) -> None:
        if self.connection.name == "duckdb":
            self.connection.raw_sql(f"set memory_limit = '{limit}'")

    def with_tables(self, **tables: ir.Table) -> "Lake":
        """The same lake with some tables replaced."""
        return replace(self, **tables)


def connect(config: FeatureConfig) -> Any:
    """An Ibis backend: DuckDB in this process or the Spark of `spark_remote`. Both count in UTC."""
    if config.backend == "duckdb":
        folder, lock = spill_folder()
        connection = ibis.duckdb.connect(
            memory_limit=memory_for(0), preserve_insertion_order=False, temp_directory=str(folder / "spill")
        )
        remove_with(connection, folder, lock)
        return connection
    if config.backend == "spark":
        return ibis.pyspark.connect(_spark_session(config.spark_remote))
    raise ValueError(f"features.backend: {config.backend!r} is neither duckdb nor spark")


def read_lake(folder: Path, config: FeatureConfig | None = None, connection: Any = None) -> Lake:
    """The snapshot in `folder` as lazy tables, kept on disk while they are used.

    LakeError when it is not a whole snapshot.
    """
    lease = _lease(folder)
    manifest = json.loads(lease.read())
    connection = connection or connect(config or FeatureConfig())
    absent = {name for name in SCHEMAS if name != "events" and not (folder / f"{name}.parquet").is_file()}
    if missing := sorted(absent - set(LATER)):
        raise LakeError(f"{folder}: missing {', '.join(f'{name}.parquet' for name in missing)}")
    tables = {
        name: _table(connection, str(folder / f"{name}.parquet"), schema)
        for name, schema in SCHEMAS.items()
        if name != "events" and name not in absent
    }
    tables |= {name: _empty(tables["shoppers"], SCHEMAS[name]) for name in absent}
    events = _table(connection, str(folder / "events" / "*" / "*.parquet"), SCHEMAS["events"])
    lake = Lake(
        folder=folder,
        connection=connection,
        memory=memory_for(int(events.count().to_pyarrow().as_py())),
        lease=lease,
        now=datetime.fromisoformat(manifest["now"]).astimezone(UTC),
        events=events,
        **tables,
    )
    lake.wake()
    return lake


def memory_for(events: int, machine: int | None = None) -> str:
    """DuckDB's memory limit for histories of so many events: half of the `machine`'s bytes at most, or DUCKDB_MB."""
    machine = machine or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{max(DUCKDB_MB, min(events * DUCKDB_BYTES_AN_EVENT, machine // 2) // 10**6)}MB"


def _lease(folder: Path) -> IO[bytes]:
    """The manifest, locked against `remove_unread`; closed with the last reference to it."""
    try:
        manifest = (folder / MANIFEST).open("rb")
    except FileNotFoundError as error:
        raise LakeError(f"{folder}: no finished snapshot ({MANIFEST} is missing)") from error
    fcntl.flock(manifest, fcntl.LOCK_SH)
    if os.fstat(manifest.fileno()).st_nlink == 0:  # removed between opening and locking
        manifest.close()
        raise LakeError(f"{folder}: the snapshot was removed")
    return manifest


def remove_unread(folder: Path) -> bool:
    """Remove a snapshot unless a process of this machine reads it; whether it was removed."""
    with (folder / MANIFEST).open("rb") as manifest:
        try:
            fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        (folder / MANIFEST).unlink()  # first: without it nobody takes the rest for a snapshot
        shutil.rmtree(folder, ignore_errors=True)
        return True


def write_lake(folder: Path, tables: dict[str, pa.Table], *, now: datetime) -> Path:
    """Write a small snapshot from Arrow tables (absent ones are written empty); for tests and small shops."""
    for name, schema in SCHEMAS.items():
        table = tables.get(name, schema.empty_table()).select(schema.names).cast(schema)
        path = folder / "events" / "month=all" if name == "events" else folder
        path.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path / ("part.parquet" if name == "events" else f"{name}.parquet"))
    (folder / MANIFEST).write_text(json.dumps({"snapshot": folder.name, "now": now.isoformat()}))
    return folder


def day_number(instant: Any) -> Any:
    """Days since 1970-01-01 (UTC) of a timestamp expression, int32."""
    return (instant.epoch_seconds() / DAY_SECONDS).floor().cast("int32")


def day_of(instant: datetime) -> int:
    """Days since 1970-01-01 (UTC) of an aware datetime."""
    return int(instant.timestamp() // DAY_SECONDS)


def _table(connection: Any, path: str, schema: pa.Schema) -> ir.Table:
    options = {"hive_partitioning": False} if connection.name == "duckdb" and "*" in path else {}
    table = connection.read_parquet(path, **options)
    absent = [name for name in schema.names if name not in table.columns]
    if missing := [name for name in absent if name not in LATER_COLUMNS]:
        raise LakeError(f"{path}: missing columns {', '.join(missing)}")
    types = ibis.Schema.from_pyarrow(schema)
    return table.mutate(**{name: ibis.null(types[name]) for name in absent}).select(*schema.names)


def _empty(of: ir.Table, schema: pa.Schema) -> ir.Table:
    """No rows of this schema, on the engine of another table."""
    types = ibis.Schema.from_pyarrow(schema)
    return of.limit(0).select(**{name: ibis.null(kind) for name, kind in types.items()})


def _spark_session(remote: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("recommender")
    builder = builder.remote(remote) if remote.startswith("sc://") else builder.master(remote or "local[*]")
    return (
        builder.config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
