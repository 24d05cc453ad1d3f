"""manage.py import_events --channel SLUG events.parquet"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from coupons.importing.command import ImportCommand
from recommender.importing import EVENTS


class Command(ImportCommand):
    help = "Import behaviour events of a channel from CSV or Parquet files (docs/importing.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        self.add_channel_argument(parser)
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="events")
        parser.add_argument(
            "--create-shoppers",
            action="store_true",
            help="make shoppers that are not known yet, for a shop that has no list of them",
        )

    def handle(self, *_args: str, **options: Any) -> None:
        channel = self.channel(options["channel"])
        self.run_imports([(path, EVENTS) for path in options["files"]], options, channel)
