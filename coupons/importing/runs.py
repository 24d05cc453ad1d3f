"""A whole file: one at a time per table, one transaction a chunk with its resume point, a summary at the end."""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from django.db import connection, transaction
from django.db.models import Count, F, Min
from django.db.models.functions import Now

from coupons.enums import ImportStatus
from coupons.importing.errors import ImportFileError
from coupons.importing.files import SourceFile, fingerprint, open_source
from coupons.importing.loading import load_chunk, recall_chunk, remember_keys, write_rejects
from coupons.importing.parsing import ParsedBatch, parse_batch
from coupons.importing.progress import Progress
from coupons.importing.tables import Context, TableImport
from coupons.models import ImportRun
from coupons.planner_statistics import analyse

CHUNK_ROWS = 100_000
_ANALYSE_FROM = 1_000
_WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Options:
    """How to run an import; the same for every file of a command."""

    again: bool = False
    """Read a file anew that was finished before."""
    chunk_rows: int = CHUNK_ROWS
    out: TextIO = field(default_factory=lambda: sys.stderr)
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Reason:
    """Why rows were rejected, how many, and the first line of them."""

    field: str
    reason: str
    rows: int
    first_line: int


@dataclass(frozen=True)
class Summary:
    """What became of a file, over all runs it took. `seconds` and `rows_per_second` are of this run alone."""

    run: ImportRun
    done_before: bool
    reasons: list[Reason]
    seconds: float
    rows_per_second: float

    def lines(self) -> list[str]:
        """The summary for people."""
        run = self.run
        if self.done_before:
            return [
                f"{run.table}: {run.source} was imported on {run.finished_at:%Y-%m-%d %H:%M} UTC (--again repeats it)"
            ]
        head = (
            f"{run.table}: {run.rows_read:,} rows read, {run.rows_new:,} new, {run.rows_known:,} already there, "
            f"{run.rows_rejected:,} rejected in {self.seconds:.1f} s ({self.rows_per_second:,.0f} rows/s)"
        )
        return [head, *(_reason_line(reason) for reason in self.reasons)]


def _reason_line(reason: Reason) -> str:
    subject = f"{reason.field} {reason.reason}" if reason.field else f"the row {reason.reason}"
    return f"  rejected: {reason.rows:,} x {subject} (first: row {reason.first_line:,})"


def check_file(path: Path, table: TableImport, out: TextIO) -> SourceFile:
    """Open the file and hold its columns against the table; warn of columns that are not used.

    Raises ImportFileError, before anything is written.
    """
    source = open_source(path)
    unknown = table.check_columns(source)
    if unknown:
        out.write(f"warning: {path}: not used for {table.name}: {', '.join(unknown)}\n")
    return source


def import_file(source: SourceFile, table: TableImport, context: Context, options: Options) -> Summary:
    """Bring a file in, from where an earlier run of the same content stopped.

    Each chunk commits together with the number of rows read, so a kill at any instant loses and doubles nothing.
    Raises ImportFileError where the file turns out broken; the chunks before it stay and the run is marked failed.
    """
    context = replace(context, present=frozenset(source.names))
    began = time.monotonic()
    digest, line_ends = fingerprint(source.path)
    with _one_at_a_time(table, context, options):
        run = _open_run(source, table, _with_channel(digest, context), line_ends, options)
        if run.status == ImportStatus.FINISHED:
            return Summary(run, True, [], 0.0, 0.0)
        first_row = run.rows_read
        try:
            _run_chunks(run, source, table, context, options)
        except ImportFileError as error:
            _close_run(run, ImportStatus.FAILED, str(error))
            raise
        _close_run(run, ImportStatus.FINISHED, "")
    if run.rows_read - first_row >= _ANALYSE_FROM:
        analyse(table.target)
    seconds = time.monotonic() - began
    return Summary(run, False, _reasons(run, table), seconds, (run.rows_read - first_row) / max(seconds, 1e-9))


def _with_channel(digest: str, context: Context) -> str:
    """The same file for another channel is another import."""
    if context.channel is None:
        return digest
    return hashlib.sha256(f"{context.channel.slug}\0{digest}".encode()).hexdigest()


class _one_at_a_time:  # noqa: N801 - reads as a statement
    """Session lock on table and channel; a second importer waits, and says so once."""

    def __init__(self, table: TableImport, context: Context, options: Options) -> None:
        name = f"import {table.name} {context.channel.pk if context.channel else ''}"
        self.key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self.table, self.options = table, options

    def __enter__(self) -> None:
        said = False
        while not self._ask("SELECT pg_try_advisory_lock(%s)"):
            if not said:
                self.options.out.write(f"{self.table.name}: waiting for another import of this table to end\n")
                said = True
            self.options.sleep(_WAIT_SECONDS)

    def __exit__(self, *_: object) -> None:
        if connection.connection is not None and not connection.connection.closed:
            self._ask("SELECT pg_advisory_unlock(%s)")

    def _ask(self, sql: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.key])
            return bool(cursor.fetchone()[0])


def _open_run(source: SourceFile, table: TableImport, digest: str, line_ends: int, options: Options) -> ImportRun:
    total = source.rows if source.rows is not None else max(line_ends - 1, 0)
    run, _ = ImportRun.objects.get_or_create(
        table=table.name,
        fingerprint=digest,
        defaults={"source": str(source.path)[-500:], "rows_total": total, "status": ImportStatus.RUNNING},
    )
    run.refresh_from_db()  # started_at is the database's
    if run.status == ImportStatus.FINISHED and options.again:
        _forget(run, table)
    elif run.status == ImportStatus.FAILED:
        ImportRun.objects.filter(pk=run.pk).update(status=ImportStatus.RUNNING, error="", finished_at=None)
    run.refresh_from_db()
    return run


def _forget(run: ImportRun, table: TableImport) -> None:
    """Back to the start: the counts and rejected rows of the earlier reading go, what it loaded stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        table.rejected._default_manager.filter(run=run).delete()
        cursor.execute("SELECT clock_timestamp()")
        ImportRun.objects.filter(pk=run.pk).update(
            status=ImportStatus.RUNNING,
            rows_read=0,
            rows_new=0,
            rows_known=0,
            rows_rejected=0,
            started_at=cursor.fetchone()[0],
            finished_at=None,
        )


def _run_chunks(run: ImportRun, source: SourceFile, table: TableImport, context: Context, options: Options) -> None:
    with connection.cursor() as cursor:
        remember_keys(cursor, table)
    if run.rows_read and table.remembers_keys:
        _recall(run, source, table, context, options)
    with Progress(
        f"{table.name}: {source.path.name}", total=run.rows_total, start=run.rows_read, stream=options.out
    ) as progress:
        raws = source.batches(start=run.rows_read, size=options.chunk_rows)
        for batch in _ahead(parse_batch(raw, table.columns, zone=context.zone, now=context.now) for raw in raws):
            if table.before_chunk:
                table.before_chunk(batch.rows)
            with transaction.atomic(), connection.cursor() as cursor:
                # losing the last chunk in a power cut is fine: the resume point is lost with it
                cursor.execute("SET LOCAL synchronous_commit = off")
                run_context = replace(context, run_started=run.started_at)
                result = load_chunk(cursor, table, batch, run_context)
                write_rejects(cursor, table, result.rejects, run, context)
                ImportRun.objects.filter(pk=run.pk).update(
                    rows_read=F("rows_read") + batch.size,
                    rows_new=F("rows_new") + result.new,
                    rows_known=F("rows_known") + result.known,
                    rows_rejected=F("rows_rejected") + len(result.rejects),
                )
            run.rows_read += batch.size
            progress.advance_to(run.rows_read)


def _ahead(batches: Iterator[ParsedBatch]) -> Iterator[ParsedBatch]:
    """The same batches; the next one is parsed while the database works on the one before."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse") as thread:
        waiting = thread.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = thread.submit(next, batches, None)
            yield batch


def _recall(run: ImportRun, source: SourceFile, table: TableImport, context: Context, options: Options) -> None:
    """Read the keys of the part that an earlier run has loaded: a double of one of them is still a double."""
    for raw in source.batches(start=0, size=min(options.chunk_rows, run.rows_read)):
        left = run.rows_read - raw.first_line + 1
        if left <= 0:
            return
        part = replace(
            raw, rows=raw.rows.slice(0, left), broken={row: why for row, why in raw.broken.items() if row < left}
        )
        batch = parse_batch(part, table.columns, zone=context.zone, now=context.now)
        rejected = table.rejected._default_manager.filter(run=run).values_list("line", flat=True)
        with connection.cursor() as cursor:
            recall_chunk(cursor, table, batch, list(rejected))


def _close_run(run: ImportRun, status: ImportStatus, error: str) -> None:
    ImportRun.objects.filter(pk=run.pk).update(status=status, finished_at=Now(), error=error)
    run.refresh_from_db()
    if status == ImportStatus.FINISHED:
        ImportRun.objects.filter(pk=run.pk).update(rows_total=run.rows_read)


def _reasons(run: ImportRun, table: TableImport) -> list[Reason]:
    rows = (
        table.rejected._default_manager.filter(run=run)
        .values("field", "reason")
        .annotate(rows=Count("pk"), first_line=Min("line"))
        .order_by("-rows", "field", "reason")
    )
    return [Reason(**row) for row in rows]
