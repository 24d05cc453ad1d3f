"""manage.py import_catalog --products products.csv"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from coupons.importing.catalog import BRANDS, CATEGORIES, PRODUCTS
from coupons.importing.command import ImportCommand, chosen

_TABLES = (("categories", CATEGORIES), ("brands", BRANDS), ("products", PRODUCTS))


class Command(ImportCommand):
    help = (
        "Import categories, brands and products from CSV or Parquet files (docs/importing.md). Products alone suffice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        for option, table in _TABLES:
            parser.add_argument(f"--{option}", type=Path, nargs="+", metavar="FILE", help=table.help)

    def handle(self, *_args: str, **options: Any) -> None:
        self.run_imports(chosen(options, _TABLES), options)
