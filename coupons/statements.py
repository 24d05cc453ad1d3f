"""Statements of the paths that every order and every page takes: parsed and planned once per connection, not per call.

Where connections are shared by a pooler that hands them out per transaction, PREPARED_STATEMENTS=0 sends the same SQL
without preparing it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

Texts = tuple[bytes | None, ...]
"""A row as Postgres writes it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with parameters as `%(name)s`, each of a Postgres type; a per cent sign of its own is written twice."""

    name: str
    sql: str
    types: Mapping[str, str]

    def execute(self, cursor: CursorWrapper, values: Mapping[str, Any]) -> None:
        """Run it; `values` has every parameter."""
        if not settings.PREPARED_STATEMENTS:
            cursor.execute(self.sql, values)
            return
        prepare(cursor, self)
        cursor.execute(self.call(cursor, values))

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it; `values` has every parameter, of the types of `as_text`."""
        result = self._result(values)
        if result is None:
            texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
            with connection.cursor() as cursor:
                self.execute(cursor, texts)
                return list(cursor.fetchall()) if cursor.description else []
        transformer = psycopg.adapt.Transformer(connection.connection)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def texts(self, values: Mapping[str, Any]) -> list[Texts]:
        """Run it; the rows as Postgres writes them, for what is compared and not read."""
        result = self._result(values)
        if result is None:
            written = {parameter: as_text(values[parameter]) for parameter in self.types}
            with connection.cursor() as cursor:
                self.execute(cursor, {name: text if text is None else text.decode() for name, text in written.items()})
                return [tuple(map(as_text, row)) for row in cursor.fetchall()]
        columns = range(result.nfields)
        return [tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples)]

    def _result(self, values: Mapping[str, Any]) -> psycopg.pq.abc.PGresult | None:
        """By libpq's own protocol for prepared statements: no SQL to put together here nor to parse there.

        That takes a third of the processor time. None where somebody looks on, or Django has a transaction to begin.
        """
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        raw: psycopg.Connection[Any] = connection.connection
        begun = raw.autocommit or raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
        if connection.queries_logged or connection.execute_wrappers or not begun or not settings.PREPARED_STATEMENTS:
            return None
        if self.name not in _prepared.get(raw, ()):
            with connection.cursor() as cursor:
                prepare(cursor, self)
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return _run(raw.pgconn, self.name, [as_text(values[parameter]) for parameter in self.types])

    def call(self, cursor: CursorWrapper, values: Mapping[str, Any]) -> str:
        """What runs it once it is prepared, to be sent alone or beside others: its types say how values are read."""
        literal = psycopg.pq.Escaping(cursor.connection.pgconn).escape_literal
        texts = [as_text(values[parameter]) for parameter in self.types]
        places = ", ".join("NULL" if text is None else literal(text).decode() for text in texts)
        return f"EXECUTE {self.name}({places})" if places else f"EXECUTE {self.name}"

    @property
    def definition(self) -> str:
        """The statement that prepares this one."""
        places = {parameter: f"${number}" for number, parameter in enumerate(self.types, start=1)}
        types = f"({', '.join(self.types.values())})" if self.types else ""
        return f"PREPARE {self.name}{types} AS {self.sql % places}"


def run_together(
    cursor: CursorWrapper, statements: Sequence[Statement], values: Mapping[str, Any]
) -> list[list[tuple[Any, ...]]]:
    """Run them one after the other in one round trip; the rows of each. `values` are those of all."""
    if settings.PREPARED_STATEMENTS:
        prepare(cursor, *statements)
        cursor.execute("; ".join(statement.call(cursor, values) for statement in statements))
    else:
        cursor.execute("; ".join(statement.sql for statement in statements), values)
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    return found


_prepared: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()


def prepare(cursor: CursorWrapper, *statements: Statement) -> None:
    """Make the connection know these statements; one that was prepared in a transaction outlives its rollback.

    Postgres would plan anew at every call for as long as an array shorter than it guesses promises a cheaper plan, and
    planning costs more than most of these statements do. A rollback takes that setting back: each preparation makes it.
    """
    known = _prepared.setdefault(cursor.connection, set())
    for statement in statements:
        if statement.name not in known:
            cursor.execute(f"SET plan_cache_mode = force_generic_plan; {statement.definition}")
            known.add(statement.name)


def as_text(value: Any) -> bytes | None:
    """A parameter as Postgres reads it: a whole number, a text, a UUID, a truth, a day, an instant with a time zone.

    Or a list of those, in which None is NULL. Bytes are the text itself.
    """
    match value:
        case None | bytes():
            return value
        case bool():
            return b"t" if value else b"f"
        case list() | tuple():
            return b"{%s}" % b",".join(map(_element, value))
        case int() | UUID():
            return str(value).encode()
        case date():  # an instant too
            return value.isoformat().encode()
        case str() if "\0" not in value:
            return value.encode()
        case str():
            raise psycopg.DataError("Postgres has no texts with NUL characters")
    raise TypeError(f"{type(value).__name__} is not among the types of parameters")


def _element(value: Any) -> bytes:
    if isinstance(value, int):
        return b"%d" % value
    text = as_text(value)
    if text is None:
        return b"NULL"
    return b'"%s"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


_DONE = {psycopg.pq.ExecStatus.TUPLES_OK, psycopg.pq.ExecStatus.COMMAND_OK}


def _run(server: psycopg.pq.abc.PGconn, name: str, parameters: Sequence[bytes | None]) -> psycopg.pq.abc.PGresult:
    result = server.exec_prepared(name.encode(), parameters)  # type: ignore[arg-type]  # None is NULL, the stub forgot it
    if result.status not in _DONE:
        if server.status != psycopg.pq.ConnStatus.OK:
            raise psycopg.OperationalError(server.get_error_message())
        raise psycopg.errors.error_from_result(result)
    return result


class CompiledQuery:
    """A queryset compiled once and run with other values ever after.

    `build` makes the queryset out of placeholders, one for each parameter: values of the parameter's Python type that
    no real one equals. Everything else in the query is a constant.
    """

    def __init__(
        self, name: str, build: Callable[[], QuerySet[Any, Any]], parameters: Mapping[str, tuple[Any, str]]
    ) -> None:
        """`parameters`: name -> (placeholder, Postgres type)."""
        self._name, self._build, self._parameters = name, build, parameters
        self._statement: Statement | None = None
        self._lock = Lock()

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it; `values` has every parameter."""
        statement = self._statement
        if statement is None:
            with connection.cursor() as cursor:
                statement = self.statement(cursor)
        return statement.rows(values)

    def statement(self, cursor: CursorWrapper) -> Statement:
        """What is run, to be sent beside others."""
        if self._statement is not None:
            return self._statement
        with self._lock:
            if self._statement is None:
                sql, params = self._build().query.sql_with_params()
                written = tuple(self._written(cursor, value) for value in params)
                used = {name: of for name, (_, of) in self._parameters.items() if f"%({name})s" in written}
                if used.keys() != self._parameters.keys():
                    raise ValueError(f"{self._name}: no place for {sorted(self._parameters.keys() - used.keys())}")
                self._statement = Statement(self._name, sql.replace("%%", "%%%%") % written, used)
            return self._statement

    def _written(self, cursor: CursorWrapper, value: Any) -> str:
        for name, (placeholder, _) in self._parameters.items():
            if isinstance(value, type(placeholder)) and value == placeholder:  # integers come wrapped in their width
                return f"%({name})s"
        literal: str = cursor.mogrify("%s", [value])
        return literal.replace("%", "%%")
