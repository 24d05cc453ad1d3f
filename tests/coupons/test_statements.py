"""Statements prepared once per connection: they give what the plain SQL gives, and outlive what happens around them."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from coupons.models import Channel
from coupons.selectors import eligible_coupon_ids
from coupons.statements import CompiledQuery, Statement, run_together
from tests.coupons.factories import NOW, make_channel, make_coupon, make_shopper

pytestmark = pytest.mark.django_db
SHARE = Statement(
    "test_share",
    "SELECT %(title)s || ' 10%%', %(n)s + cardinality(%(ids)s::bigint[])",
    {"n": "bigint", "title": "text", "ids": "bigint[]"},
)
VALUES = {"title": "it's", "n": 40, "ids": [7, 8], "unused": None}


def answer(statement: Statement, values: dict[str, Any]) -> object:
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
        return cursor.fetchone()


@pytest.mark.parametrize("prepared", [True, False])
def test_a_statement_gives_the_same_prepared_and_plain(settings: Any, prepared: bool) -> None:
    settings.PREPARED_STATEMENTS = prepared
    assert answer(SHARE, VALUES) == ("it's 10%", 42)
    assert answer(SHARE, {"title": "%s", "n": 0, "ids": []}) == ("%s 10%", 0)


TOLD = Statement(
    "test_told",
    "SELECT %(n)s::text || %(title)s, %(ids)s::text, %(yes)s, %(at)s::timestamptz = '2030-03-13 12:00Z', NULL"
    " FROM generate_series(1, cardinality(%(ids)s::bigint[]))",
    {"n": "bigint", "title": "text", "ids": "bigint[]", "yes": "boolean", "at": "timestamptz"},
)


@pytest.mark.parametrize("way", ["prepared", "plain", "looked at"])
def test_a_row_as_text_is_the_same_by_each_way(settings: Any, way: str) -> None:
    settings.PREPARED_STATEMENTS = way != "plain"
    values = {"n": 7, "title": " it's 10%s", "ids": [-1, 12], "yes": False, "at": NOW, "unused": object()}
    with CaptureQueriesContext(connection) if way == "looked at" else nullcontext():
        rows = TOLD.texts(values)
    assert rows == [(b"7 it's 10%s", b"{-1,12}", b"f", b"t", None)] * 2
    assert TOLD.texts({**values, "ids": ()}) == []
    assert TOLD.texts({**values, "n": None, "ids": [1]}) == [(None, b"{1}", b"f", b"t", None)]


@pytest.mark.parametrize("way", ["prepared", "plain", "looked at"])
def test_rows_are_the_same_by_each_way(settings: Any, way: str) -> None:
    settings.PREPARED_STATEMENTS = way != "plain"
    typed = Statement(
        f"test_typed_{way.replace(' ', '_')}",
        "SELECT %(n)s::bigint, %(names)s::varchar[], %(at)s::timestamptz, '{1,NULL}'::int[], %(none)s::bool,"
        " 1.5::float8, '\\x00ff'::bytea, '{\"a\": 1}'::jsonb, %(text)s::text",
        {"n": "bigint", "names": "varchar[]", "at": "timestamptz", "none": "bool", "text": "text"},
    )
    names = ["it's", 'a "quoted" one', "back\\slash", "", "with, comma", "{}", "NULL", "中文"]
    with CaptureQueriesContext(connection) if way == "looked at" else nullcontext():
        rows = typed.rows({"n": 7, "names": names, "at": NOW, "none": None, "text": b"as bytes"})
    assert rows == [(7, names, NOW, [1, None], None, 1.5, b"\0\xff", '{"a": 1}', "as bytes")]


@pytest.mark.parametrize("prepared", [True, False])
def test_together_each_value_is_read_by_its_declared_type(settings: Any, prepared: bool) -> None:
    settings.PREPARED_STATEMENTS = prepared
    first = Statement(f"test_first_{prepared}", "SELECT %(uids)s, %(day)s", {"uids": "uuid[]", "day": "date"})
    second = Statement(f"test_second_{prepared}", "SELECT %(text)s || %(uid)s", {"text": "text", "uid": "uuid"})
    uid, text = UUID("0f8fad5b-d9cb-469f-a165-70867728950e"), "o'clock\\ '); SELECT 1; -- 中文 %s"
    with connection.cursor() as cursor:
        found = run_together(
            cursor, (first, second), {"uids": [uid, None], "day": NOW.date(), "text": text, "uid": uid}
        )
    assert found == [[([uid, None], NOW.date())], [(text + str(uid),)]]


def test_a_row_as_text_refuses_what_postgres_would_cut_short_or_not_read() -> None:
    values = {"n": 7, "title": "ann\0bob", "ids": [], "yes": True, "at": NOW}
    with pytest.raises(psycopg.DataError, match="NUL"):
        TOLD.texts(values)
    with pytest.raises(TypeError, match="float is not among"):
        TOLD.texts({**values, "title": 1.5})


def test_a_row_as_text_says_what_went_wrong_and_the_connection_goes_on() -> None:
    broken = Statement("test_broken", "SELECT 1 / %(n)s", {"n": "bigint"})
    with pytest.raises(DataError, match="division by zero"), transaction.atomic():
        broken.texts({"n": 0})
    assert broken.texts({"n": 1}) == [(b"1",)]


@pytest.mark.django_db(transaction=True)
def test_a_row_as_text_of_a_connection_that_was_cut_is_an_error_of_the_connection() -> None:
    one = Statement("test_one", "SELECT %(n)s", {"n": "bigint"})
    assert one.texts({"n": 1}) == [(b"1",)]
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    finally:
        other.close()
    with pytest.raises(OperationalError):
        one.texts({"n": 1})
    connection.close()
    assert one.texts({"n": 2}) == [(b"2",)]


def test_a_statement_is_prepared_once_on_a_connection_whatever_is_rolled_back() -> None:
    once = Statement("test_once", "SELECT %(n)s", {"n": "bigint"})
    with pytest.raises(RuntimeError), transaction.atomic():
        assert answer(once, {"n": 1}) == (1,)
        raise RuntimeError
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert answer(once, {"n": 2}) == (2,)
    assert [query["sql"] for query in queries] == ["EXECUTE test_once('2')"]


def test_a_compiled_query_takes_other_values_and_keeps_its_constants() -> None:
    def build() -> QuerySet[Channel, tuple[str]]:
        return Channel.objects.filter(pk=-9, slug__contains="%").values_list("slug")

    channel = make_channel()
    query = CompiledQuery("test_slugs", build, {"channel": (-9, "bigint")})
    assert query.rows({"channel": channel.pk}) == []
    Channel.objects.filter(pk=channel.pk).update(slug="100%")
    assert query.rows({"channel": channel.pk}) == [("100%",)]
    with pytest.raises(ValueError, match=r"test_slugs: no place for \['other'\]"):
        CompiledQuery("test_slugs", build, {"channel": (-9, "bigint"), "other": ("x", "text")}).rows({})


@pytest.mark.parametrize("coupons", [1, 3])
def test_eligible_coupon_ids_is_one_query(coupons: int, django_assert_num_queries: Any) -> None:
    made = [make_coupon() for _ in range(coupons)]
    channel = made[0].campaign.channel
    shopper = make_shopper(channel)
    eligible_coupon_ids(channel=channel, shopper=shopper, now=NOW, among=[1])  # compiled and prepared by now
    with django_assert_num_queries(1):
        found = eligible_coupon_ids(channel=channel, shopper=shopper, now=NOW, among=[coupon.pk for coupon in made])
    assert made[0].pk in found
    with django_assert_num_queries(0):
        assert eligible_coupon_ids(channel=channel, shopper=shopper, now=NOW, among=[]) == set()


@pytest.mark.parametrize("ids", [[7], [7] * 50], ids=["fewer than Postgres guesses", "more"])
def test_a_statement_with_an_array_is_planned_once_however_long_the_array(ids: list[int]) -> None:
    name = f"test_planned_{len(ids)}"
    found = Statement(name, "SELECT 1 FROM coupons_coupon c WHERE c.id = ANY(%(ids)s)", {"ids": "bigint[]"})
    with connection.cursor() as cursor:
        for _ in range(8):
            found.execute(cursor, {"ids": ids})
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = %s", [name])
        assert cursor.fetchone() == (8, 0)
