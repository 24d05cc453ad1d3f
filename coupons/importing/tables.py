"""What a file of one table holds, how its rows are checked and where they go: data, run by loading."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from coupons.importing.columns import Column
from coupons.importing.errors import ImportFileError
from coupons.importing.files import SourceFile
from coupons.models import Channel, ImportRun, RejectedRow


@dataclass(frozen=True)
class Context:
    """Facts of one import that the statements need. `parameters` are bound to `%(name)s` in every SQL text."""

    channel: Channel | None
    now: datetime
    present: frozenset[str] = frozenset()
    """Columns that the file has."""
    create_shoppers: bool = False
    run_started: datetime | None = None

    @property
    def zone(self) -> str:
        return self.channel.timezone if self.channel else "UTC"

    @property
    def parameters(self) -> dict[str, Any]:
        channel = self.channel
        return {
            "channel": channel.pk if channel else None,
            "currency": channel.currency if channel else None,
            "zone": self.zone,
            "run_started": self.run_started,
        }


@dataclass(frozen=True)
class Rule:
    """Rows for which `broken` (SQL over the staged row `s` and the joins) holds are rejected."""

    field: str
    broken: str
    reason: str


@dataclass(frozen=True)
class Value:
    """A column of the target: an SQL expression, and the file column it depends on.

    An upsert touches it only when the file has that column, so a file with fewer columns wipes nothing;
    None: set when the row is new, never changed.
    """

    sql: str
    source: str | None = None


Hook = Callable[[CursorWrapper, Context], None]


@dataclass(frozen=True)
class TableImport:
    """Everything that differs between one table's import and another's."""

    name: str
    columns: tuple[Column, ...]
    target: type[Model]
    values: dict[str, Value]
    key: tuple[str, ...]
    """File columns that identify a row: a second one in the file is rejected."""
    conflict: str
    """What makes a row the same as one that exists, as it follows ON CONFLICT: unique columns in brackets, or a
    named constraint; empty for any uniqueness. Naming one spares the look into the other indexes."""
    write_order: str = "line"
    """Order in which rows are written."""
    joins: str = ""
    rules: tuple[Rule, ...] = ()
    help: str = ""
    needs_channel: bool = True
    rejected: type[Model] = RejectedRow
    remembers_keys: bool = True
    """Keep the keys of accepted rows in a session table, to find a double across chunks."""
    doubles_sql: str = ""
    """Instead of remembering keys: lists lines of table `resolved` that this run has loaded in an earlier chunk."""
    before_chunk: Callable[[Any], None] | None = None
    """Gets the good rows (Arrow) before the chunk's transaction."""
    prepare: Hook | None = None
    """Runs when `staged` is filled, before the rules."""
    write: Callable[[CursorWrapper, Context], int] | None = None
    """Instead of one insert into the target: writes the rows of `resolved`, returns how many are new."""
    finish: Hook | None = None
    """Runs when the target is filled; table `resolved` still stands."""
    reject_values: Callable[[ImportRun, Context], dict[str, object]] = field(
        default=lambda run, _context: {"run_id": run.pk}
    )

    def check_columns(self, source: SourceFile) -> list[str]:
        """Names in the file that mean nothing here. Raises ImportFileError where a required column is missing."""
        known = {column.name for column in self.columns}
        missing = [column.name for column in self.columns if column.required and column.name not in source.names]
        if missing:
            plural = "columns" if len(missing) > 1 else "column"
            raise ImportFileError(
                f"{source.path}: {plural} {', '.join(map(repr, missing))} missing for {self.name}"
                f" (the file has: {', '.join(source.names)})"
            )
        return [name for name in source.names if name not in known]

    def defaults(self) -> Iterator[tuple[str, Any]]:
        """Columns of the target that need a value, are not set here and have no default in the database."""
        for column in self.target._meta.concrete_fields:
            name = str(column.column)
            covered = name in self.values or column.primary_key or column.has_db_default()
            if not covered and not column.null:
                yield name, column.get_default()
