"""manage.py import_coupons --channel SLUG --campaigns campaigns.csv --coupons coupons.csv ..."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from coupons.importing.command import ImportCommand, chosen
from coupons.importing.promotions import CAMPAIGNS, COUPONS, MEMBERS, TARGETS
from coupons.importing.redemptions import REDEMPTIONS

_TABLES = (
    ("campaigns", CAMPAIGNS),
    ("members", MEMBERS),
    ("coupons", COUPONS),
    ("targets", TARGETS),
    ("redemptions", REDEMPTIONS),
)


class Command(ImportCommand):
    help = "Import campaigns, members, coupons, targets and past redemptions from CSV or Parquet: docs/importing.md."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        self.add_channel_argument(parser)
        for option, table in _TABLES:
            parser.add_argument(f"--{option}", type=Path, nargs="+", metavar="FILE", help=table.help)

    def handle(self, *_args: str, **options: Any) -> None:
        files = chosen(options, _TABLES)
        self.run_imports(files, options, self.channel(options["channel"]))
