"""What the import commands share: files in, summaries out, errors as one line."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from coupons.importing.one_line import OneLineCommand
from coupons.importing.runs import CHUNK_ROWS, Options, Summary, check_file, import_file
from coupons.importing.tables import Context, TableImport
from coupons.models import Channel


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


class ImportCommand(OneLineCommand):
    """A command that reads files into tables. Subclasses add arguments and call `run_imports`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="read files anew that were imported before")
        parser.add_argument(
            "--chunk-rows", type=_positive, default=CHUNK_ROWS, help=f"rows per transaction (default {CHUNK_ROWS:,})"
        )

    def add_channel_argument(self, parser: CommandParser) -> None:
        parser.add_argument("--channel", required=True, metavar="SLUG", help="the channel that the rows belong to")

    def channel(self, slug: str) -> Channel:
        """The channel of that slug, or one line that says which there are."""
        found = Channel.objects.filter(slug=slug).first()
        if found is None:
            known = ", ".join(Channel.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"channel {slug!r} does not exist (there are: {known}); make it with create_channel")
        return found

    def run_imports(
        self, files: Sequence[tuple[Path, TableImport]], options: dict[str, Any], channel: Channel | None = None
    ) -> list[Summary]:
        """Check every file's columns, then import them in order. A problem with any file ends in one line."""
        context = Context(channel, timezone.now(), create_shoppers=bool(options.get("create_shoppers")))
        run_options = Options(again=options["again"], chunk_rows=options["chunk_rows"], out=sys.stderr)
        sources = [(check_file(path, table, run_options.out), table) for path, table in files]
        return [self._import(source, table, context, run_options) for source, table in sources]

    def _import(self, source: Any, table: TableImport, context: Context, options: Options) -> Summary:
        summary = import_file(source, table, context, options)
        for line in summary.lines():
            self.stdout.write(line)
        return summary


def chosen(options: dict[str, Any], tables: Sequence[tuple[str, TableImport]]) -> list[tuple[Path, TableImport]]:
    """The files that were named on the command line, in the order in which they depend on each other."""
    files = [(path, table) for option, table in tables for path in options[option] or []]
    if not files:
        raise CommandError(f"name at least one file: {', '.join('--' + option for option, _ in tables)}")
    return files
