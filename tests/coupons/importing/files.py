"""Made-up files for the importer's tests."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from coupons.importing.runs import Options, Summary, check_file, import_file
from coupons.importing.tables import Context, TableImport
from coupons.models import Channel

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Silent(StringIO):
    """Where warnings and progress go; `getvalue` has them."""


def write_csv(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def counts(summary: Summary) -> tuple[int, int, int, int]:
    """(read, new, already there, rejected)"""
    run = summary.run
    return run.rows_read, run.rows_new, run.rows_known, run.rows_rejected


class Importer:
    """Writes rows as a CSV file and imports it at NOW."""

    def __init__(self, folder: Path, channel: Channel) -> None:
        self.folder, self.channel, self.number, self.out = folder, channel, 0, Silent()

    def __call__(
        self, table: TableImport, header: str, *rows: str, again: bool = False, chunk_rows: int = 100_000
    ) -> Summary:
        self.number += 1
        path = write_csv(self.folder / f"{table.name}-{self.number}.csv", header, *rows)
        return self.file(path, table, again=again, chunk_rows=chunk_rows)

    def file(self, path: Path, table: TableImport, *, again: bool = False, chunk_rows: int = 100_000) -> Summary:
        options = Options(again=again, chunk_rows=chunk_rows, out=self.out)
        context = Context(self.channel if table.needs_channel else None, NOW)
        return import_file(check_file(path, table, self.out), table, context, options)
