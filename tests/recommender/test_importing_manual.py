"""docs/importing.md says what the importers check."""

from pathlib import Path

import pytest

from coupons.importing.catalog import BRANDS, CATEGORIES, PRODUCTS
from coupons.importing.manual import describe
from coupons.importing.promotions import CAMPAIGNS, COUPONS, MEMBERS, TARGETS
from coupons.importing.redemptions import REDEMPTIONS
from coupons.importing.shoppers import SHOPPERS
from coupons.importing.tables import TableImport
from recommender.importing import EVENTS

MANUAL = Path(__file__).resolve().parent.parent.parent / "docs" / "importing.md"
TABLES = [PRODUCTS, CATEGORIES, BRANDS, SHOPPERS, CAMPAIGNS, MEMBERS, COUPONS, TARGETS, REDEMPTIONS, EVENTS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_manual_has_the_columns_as_they_are(table: TableImport) -> None:
    section = MANUAL.read_text().split(f"### {table.name}\n", 1)[1].split("\n### ", 1)[0]
    assert section.startswith(f"\n{table.help} ")
    assert section.strip().endswith(describe(table))
