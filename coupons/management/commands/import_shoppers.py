"""manage.py import_shoppers --channel SLUG shoppers.csv"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from coupons.importing.command import ImportCommand
from coupons.importing.shoppers import SHOPPERS


class Command(ImportCommand):
    help = "Import the shoppers of a channel from CSV or Parquet files (docs/importing.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        self.add_channel_argument(parser)
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="shoppers")

    def handle(self, *_args: str, **options: Any) -> None:
        channel = self.channel(options["channel"])
        self.run_imports([(path, SHOPPERS) for path in options["files"]], options, channel)
