"""Search by a part of a name: exact results, from the index where there is one and right without it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coupons.catalog_search import TITLE_INDEX, ensure_title_index, search_targets
from coupons.enums import TargetKind
from coupons.models import Brand, Category, Product

pytestmark = pytest.mark.django_db


def _shop() -> None:
    Category.objects.create(external_id="DAIRY > YOGURT", name="Yogurt", level=1)
    Brand.objects.create(external_id="b1", name="Yogurt Hill")
    for number, title in enumerate(("Greek yogurt, plain", "Yogurt drink", "Whole milk", "Frozen YOGURT bar"), start=1):
        Product.objects.create(external_id=f"p{number}", title=title)
    Product.objects.create(external_id="p9", title="Yogurt of last year", active=False)


def _names(text: str, *kinds: TargetKind) -> list[tuple[str, str]]:
    return [(found.kind.value, found.name) for found in search_targets(text, kinds=kinds or tuple(TargetKind))]


def test_parts_of_names_in_any_case() -> None:
    _shop()
    assert _names("yog") == [
        ("category", "Yogurt"),
        ("brand", "Yogurt Hill"),
        ("product", "Yogurt drink"),
        ("product", "Frozen YOGURT bar"),
        ("product", "Greek yogurt, plain"),
    ]
    assert _names("plain greek") == [("product", "Greek yogurt, plain")]
    assert _names("p3") == [("product", "Whole milk")]
    assert _names("100%_") == []
    assert _names("  ") == []
    assert _names("yog", TargetKind.BRAND) == [("brand", "Yogurt Hill")]


def test_queries_do_not_grow() -> None:
    Product.objects.create(external_id="a", title="Oats 1")
    with CaptureQueriesContext(connection) as one:
        assert len(search_targets("oats")) == 1
    Product.objects.create(external_id="b", title="Oats 2")
    Product.objects.create(external_id="c", title="Oats 3")
    with CaptureQueriesContext(connection) as three:
        assert len(search_targets("oats")) == 3
    assert (len(one), len(three)) == (4, 4)


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_index_serves_the_search_and_comes_back_by_itself() -> None:
    query = "SELECT id FROM coupons_product WHERE upper(title::text) LIKE upper('%yogurt%')"
    assert TITLE_INDEX in _plan(query)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {TITLE_INDEX}")
    assert TITLE_INDEX not in _plan(query)
    assert ensure_title_index()
    assert ensure_title_index()
    assert TITLE_INDEX in _plan(query)


def test_a_server_that_forbids_the_extension_is_searched_without_it() -> None:
    _shop()
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE made_up_guest; GRANT ALL ON coupons_product TO made_up_guest")
        cursor.execute("SET LOCAL ROLE made_up_guest")
    assert not ensure_title_index()
    assert _names("greek", TargetKind.PRODUCT) == [("product", "Greek yogurt, plain")]
