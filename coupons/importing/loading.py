"""Typed rows into their table, a chunk at a time: COPY into a staging table, then set-based SQL."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.csv
from django.db.backends.utils import CursorWrapper

from coupons.importing.columns import Column
from coupons.importing.parsing import ParsedBatch, Reject
from coupons.importing.tables import Context, TableImport
from coupons.models import ImportRun

# Table and column names below come from TableImports, never from a file, so composing SQL from them is safe.
# ruff: noqa: S608


@dataclass(frozen=True)
class ChunkResult:
    new: int
    known: int
    rejects: list[Reject]


def load_chunk(cursor: CursorWrapper, table: TableImport, batch: ParsedBatch, context: Context) -> ChunkResult:
    """Write the good rows, in the caller's transaction; return what became of the chunk.

    Leaves temporary tables `staged` and `resolved` behind, which the next chunk replaces.
    """
    cursor.execute("SET LOCAL TIME ZONE 'UTC'; SET LOCAL work_mem = '64MB'")
    cursor.execute("SELECT clock_timestamp()")
    parameters = {**context.parameters, "chunk_started": cursor.fetchone()[0]}
    stage(cursor, table.columns, batch.rows)
    if table.prepare:
        table.prepare(cursor, context)
    _resolve(cursor, table, parameters, twins=_has_twins(table, batch.rows))
    faults = _faults(cursor, table)
    new = (table.write or partial(_insert, table))(cursor, context)
    good = int(batch.rows.num_rows) - len(faults)
    if table.doubles_sql and new < good:
        cursor.execute(table.doubles_sql, parameters)
        faults += [(line, table.key[0], _double_reason(table)) for (line,) in cursor.fetchall()]
    if table.finish:
        table.finish(cursor, context)
    if table.remembers_keys:
        cursor.execute("INSERT INTO seen SELECT key FROM resolved WHERE broken IS NULL ON CONFLICT DO NOTHING")
    known = int(batch.rows.num_rows) - len(faults) - new
    return ChunkResult(new, known, [*batch.rejects, *batch.rejected(faults)])


def remember_keys(cursor: CursorWrapper, table: TableImport) -> None:
    """Start with no keys seen."""
    if table.remembers_keys:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.seen")
        cursor.execute("CREATE TEMP TABLE seen (key text PRIMARY KEY)")


def recall_chunk(cursor: CursorWrapper, table: TableImport, batch: ParsedBatch, rejected: list[int]) -> None:
    """Note the keys of a chunk that an earlier, killed run has loaded."""
    stage(cursor, table.columns, batch.rows)
    cursor.execute(
        f"INSERT INTO seen SELECT {_key(table)} FROM staged s WHERE NOT line = ANY(%s) ON CONFLICT DO NOTHING",
        [rejected],
    )


def write_rejects(
    cursor: CursorWrapper, table: TableImport, rejects: list[Reject], run: ImportRun, context: Context
) -> None:
    if not rejects:
        return
    fixed = table.reject_values(run, context)
    columns = [*fixed, "line", "field", "value", "reason", "raw"]
    with cursor.copy(f"COPY {table.rejected._meta.db_table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rejects:
            copy.write_row([*fixed.values(), row.line, row.field, row.value, row.reason, row.raw])


def stage(cursor: CursorWrapper, columns: tuple[Column, ...], rows: Any) -> None:
    """Rows into the temporary table `staged`, one column each and `line`."""
    definitions = ", ".join(f"{column.name} {column.kind.sql}" for column in columns)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staged")
    cursor.execute(f"CREATE TEMP TABLE staged (line bigint, {definitions})")
    buffer = pa.BufferOutputStream()
    pa.csv.write_csv(rows, buffer, pa.csv.WriteOptions(include_header=False))
    with cursor.copy("COPY staged FROM STDIN (FORMAT csv)") as copy:
        copy.write(buffer.getvalue())


def _key(table: TableImport) -> str:
    return "concat_ws(chr(31), " + ", ".join(f"coalesce(s.{name}::text, '')" for name in table.key) + ")"


def _has_twins(table: TableImport, rows: Any) -> bool:
    """Whether some key stands twice in the chunk; cheaper to ask here than to sort in the database every time."""
    return bool(rows.group_by(list(table.key), use_threads=False).aggregate([]).num_rows < rows.num_rows)


def _resolve(cursor: CursorWrapper, table: TableImport, parameters: dict[str, Any], *, twins: bool) -> None:
    """Look the ids up and judge every row: table `resolved`, whose `broken` is the number of the rule, or null.

    -1 stands for a double: of an accepted row above it, or of one that an earlier chunk has brought.
    """
    nth = 'row_number() OVER (PARTITION BY key COLLATE "C", broken IS NULL ORDER BY line)' if twins else "1"
    cases = " ".join(f"WHEN {rule.broken} THEN {number}" for number, rule in enumerate(table.rules))
    broken = f"CASE {cases} END" if cases else "NULL::int"
    values = ", ".join(f"{value.sql} AS {name}" for name, value in table.values.items())
    earlier = "OR EXISTS (SELECT FROM seen WHERE seen.key = judged.key)" if table.remembers_keys else ""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.resolved")
    cursor.execute(
        f"CREATE TEMP TABLE resolved AS "
        f"WITH judged AS (SELECT s.line, {_key(table)} AS key, {broken} AS broken, {values} "
        f"FROM staged s {table.joins}), numbered AS (SELECT *, {nth} AS nth FROM judged) "
        f"SELECT line, key, {', '.join(table.values)}, "
        f"CASE WHEN broken IS NULL AND (nth > 1 {earlier}) THEN -1 ELSE broken END AS broken FROM numbered judged",
        parameters,
    )


def _faults(cursor: CursorWrapper, table: TableImport) -> list[tuple[int, str, str]]:
    cursor.execute("SELECT line, broken FROM resolved WHERE broken IS NOT NULL ORDER BY line")
    double = (table.key[0], _double_reason(table))
    faults = [(rule.field, rule.reason) for rule in table.rules]
    return [(line, *(double if number < 0 else faults[number])) for line, number in cursor.fetchall()]


def _double_reason(table: TableImport) -> str:
    return f"the same {' and '.join(table.key)} stood in an earlier row of this file"


def _insert(table: TableImport, cursor: CursorWrapper, context: Context) -> int:
    """Insert or update the rows that are not broken; the number of new ones."""
    parameters = context.parameters
    selected = {name: name for name in table.values}
    for name, default in table.defaults():
        if isinstance(default, UUID):  # must differ from row to row
            selected[name] = "gen_random_uuid()"
        else:
            selected[name] = f"%(default_{name})s"
            parameters[f"default_{name}"] = json.dumps(default) if isinstance(default, dict | list) else default
    insert = (
        f"INSERT INTO {table.target._meta.db_table} AS kept ({', '.join(selected)}) "
        f"SELECT {', '.join(selected.values())} FROM resolved WHERE broken IS NULL ORDER BY {table.write_order} "
    )
    changed = [name for name, value in table.values.items() if value.source in context.present]
    if not changed:
        cursor.execute(f"{insert} ON CONFLICT {table.conflict} DO NOTHING", parameters)
        return int(cursor.rowcount)
    cursor.execute(
        f"WITH written AS ({insert} {_update(table, changed)} RETURNING kept.xmax = 0 AS new) "
        f"SELECT count(*) FILTER (WHERE new) FROM written",
        parameters,
    )
    return int(cursor.fetchone()[0])


def _update(table: TableImport, changed: list[str]) -> str:
    """Update what the file says about rows that exist, and only where it differs: a second run writes nothing."""
    assign = ", ".join(f"{name} = excluded.{name}" for name in changed)
    old = ", ".join(f"kept.{name}" for name in changed)
    new = ", ".join(f"excluded.{name}" for name in changed)
    return f"ON CONFLICT {table.conflict} DO UPDATE SET {assign} WHERE ({old}) IS DISTINCT FROM ({new})"
