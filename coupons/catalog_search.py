"""Find what a coupon may cover by a part of its name: products by the ten thousand, categories, brands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet

from coupons.enums import TargetKind
from coupons.models import Brand, Category, Product

TITLE_INDEX = "product_title_trigram"
MOST = 8
_CONSIDERED = 200
"""Rows of a kind that are put in order; a word that fits more of them is too short to choose by."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something a coupon may cover; `note` tells things of one name apart."""

    kind: TargetKind
    pk: int
    name: str
    note: str


def ensure_title_index() -> bool:
    """Make pg_trgm and the index that search by a part of a title is fast with; False where the server forbids it.

    Without them the same search reads the whole table, which is right but slower. Safe to call again: the index comes
    as soon as somebody who may has run CREATE EXTENSION pg_trgm.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [TITLE_INDEX])
            if cursor.fetchone()[0] is not None:
                return True
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            # the expression is what Django compares in `icontains`
            cursor.execute(f"CREATE INDEX {TITLE_INDEX} ON coupons_product USING gin (upper(title::text) gin_trgm_ops)")
    except DatabaseError:
        return False
    return True


def search_targets(text: str, *, kinds: Sequence[TargetKind] = tuple(TargetKind)) -> list[Found]:
    """At most MOST of each kind whose name holds `text`, those that start with it first. One query a kind."""
    words = text.split()
    if not words:
        return []
    found: list[Found] = []
    if TargetKind.CATEGORY in kinds:
        rows = _matching(Category.objects.all(), "name", words)
        found += _best(TargetKind.CATEGORY, rows.values_list("pk", "name", "external_id"), text)
    if TargetKind.BRAND in kinds:
        rows = _matching(Brand.objects.all(), "name", words)
        found += _best(TargetKind.BRAND, rows.values_list("pk", "name", "external_id"), text)
    if TargetKind.PRODUCT in kinds:
        by_id = Product.objects.filter(external_id=text.strip())
        rows = _matching(Product.objects.filter(active=True), "title", words)
        columns = ("pk", "title", "external_id")
        exact = list(by_id.values_list(*columns)) if text.strip().isalnum() else []
        found += _best(TargetKind.PRODUCT, [*exact, *rows.values_list(*columns)], text)
    return found


def _matching(rows: QuerySet[Any], field: str, words: Sequence[str]) -> QuerySet[Any]:
    wanted = Q()
    for word in words:
        wanted &= Q(**{f"{field}__icontains": word})
    # in no order: an order would make the server find every match before the first is known
    return rows.filter(wanted).order_by()[:_CONSIDERED]


def _best(kind: TargetKind, rows: Any, text: str) -> list[Found]:
    wanted = text.strip().lower()
    unique = {row[0]: row for row in rows}.values()
    ordered = sorted(
        unique, key=lambda row: (row[2] != wanted, not row[1].lower().startswith(wanted), len(row[1]), row[1])
    )
    return [Found(kind, pk, name, note) for pk, name, note in ordered[:MOST]]
