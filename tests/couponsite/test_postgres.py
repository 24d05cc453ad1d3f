"""Connections kept between requests: one that is well is used as it is, one that the server has closed is not."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DataError, connection, transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    """Another session of the same server."""
    keys = connection.get_connection_params()
    login = {name: keys[name] for name in ("dbname", "user", "password", "host", "port") if keys.get(name)}
    with psycopg.connect(**login, autocommit=True) as session:
        yield session


def own_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_is_well_is_asked_nothing(other: psycopg.Connection) -> None:
    pid = own_pid()
    assert connection.is_usable() is True
    [[last]] = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchall()
    assert last == "SELECT pg_backend_pid()"


def test_a_connection_that_the_server_has_closed_gives_way_to_a_new_one(other: psycopg.Connection) -> None:
    pid = own_pid()
    other.execute("SELECT pg_terminate_backend(%s)", [pid])
    deadline = time.monotonic() + 5
    while connection.is_usable() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert connection.is_usable() is False
    here: Any = connection
    here.health_check_enabled, here.health_check_done = True, False  # as at a request's start
    assert own_pid() != pid


def test_what_the_server_says_unasked_is_looked_into(other: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN news")
    other.execute("NOTIFY news")
    assert connection.is_usable() is True
    connection.close()
    assert connection.is_usable() is False


def test_a_transaction_that_failed_is_of_no_use() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        assert connection.is_usable() is True
        with pytest.raises(DataError):
            cursor.execute("SELECT 1 / 0")
        assert connection.is_usable() is False
        connection.set_rollback(True)
    assert connection.is_usable() is True
