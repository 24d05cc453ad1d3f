"""Monthly partitions of the event table: made before events of that month arrive."""

from datetime import UTC, date, datetime

from django.db import connection, transaction

EVENT_TABLE = "recommender_behaviorevent"
_LOCK = 7_316_201  # advisory lock: two processes must not make the same month at once


def month_of(moment: datetime) -> date:
    """First day of the UTC month that the instant lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def ensure_partitions(*, first: datetime, last: datetime) -> list[str]:
    """Make the partitions of every month from `first` to `last` that are missing; return the names made.

    Rows of such a month that wait in the default partition are moved over, so a late call loses nothing.
    """
    existing = _existing_partitions()
    months = []
    month = month_of(first)
    while month <= month_of(last):
        if partition_name(month) not in existing:
            months.append(month)
        month = next_month(month)
    return [_make_partition(month) for month in months]


def partition_name(month: date) -> str:
    return f"{EVENT_TABLE}_y{month:%Ym%m}"


def _existing_partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = %s::regclass",
            [EVENT_TABLE],
        )
        return {name for (name,) in cursor.fetchall()}


def _make_partition(month: date) -> str:
    name, default = partition_name(month), f"{EVENT_TABLE}_default"
    bounds = [f"{month}+00", f"{next_month(month)}+00"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if name in _existing_partitions():
            return name
        cursor.execute(f"LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TABLE {name} (LIKE {EVENT_TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {default} WHERE occurred_at >= %s AND occurred_at < %s RETURNING *) "  # noqa: S608 - names are ours
            f"INSERT INTO {name} SELECT * FROM moved",
            bounds,
        )
        cursor.execute(
            f"ALTER TABLE {EVENT_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{bounds[0]}') TO ('{bounds[1]}')"
        )
    return name
