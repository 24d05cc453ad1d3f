"""The transaction that a use is taken in begins with its first statement, and keeps all of it or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.pq import TransactionStatus

from coupons.models import Channel
from coupons.services import Use, redeem_coupons
from coupons.services.transactions import in_ledger_transaction
from coupons.statements import Statement
from tests.coupons.factories import NOW, make_channel, make_coupon, make_shopper

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT = Statement("test_lock_timeout", "SELECT current_setting('lock_timeout')", {})


@contextmanager
def sent(file: Path) -> Iterator[list[str]]:
    """What goes to the server, one text for each round trip."""
    server, told = connection.connection.pgconn, list[str]()
    with file.open("w") as output:
        server.trace(output.fileno())
        yield told
        server.untrace()
    told += [line.split('"', 1)[1] for line in file.read_text().splitlines() if "\tF\t" in line and "Query" in line]


def idle() -> bool:
    """Nothing is open, and Django commits each statement by itself again."""
    raw = connection.connection
    return bool(
        raw.info.transaction_status == TransactionStatus.IDLE and raw.autocommit and connection.get_autocommit()
    )


def test_taking_a_use_is_two_round_trips(tmp_path: Path) -> None:
    coupon = make_coupon(usage_limit=10)
    channel = coupon.campaign.channel
    shopper = make_shopper(channel)

    def redeem(order: str) -> None:
        [taken] = redeem_coupons(channel=channel, shopper=shopper, order_ref=order, uses=[Use(coupon.pk, 100)], now=NOW)
        assert not taken.replayed

    redeem("1")  # prepares its statements
    with sent(tmp_path / "trace") as told:
        redeem("2")
    assert len(told) == 2
    assert told[0].startswith("BEGIN; SELECT set_config('lock_timeout', '2000', true)")
    assert told[1].rstrip('"').endswith("COMMIT")
    assert idle()


def write(slug: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE coupons_channel SET slug = %s", [slug])


def refused_by_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def refused_before_it_is_sent() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, %s", [1])


def in_many() -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE coupons_channel SET slug = %s", [["a"], ["b"]])


def in_a_savepoint() -> None:
    with transaction.atomic():
        write("in a savepoint")


def by_the_short_way() -> None:
    assert TIMEOUT.rows({}) == [("2s",)]


@pytest.mark.parametrize(
    "first", [refused_by_the_server, refused_before_it_is_sent, in_many, in_a_savepoint, by_the_short_way]
)
def test_whatever_comes_first_what_fails_leaves_nothing(first: Callable[[], Any]) -> None:
    make_channel(slug="kept")

    def work() -> None:
        try:
            first()
        except (DatabaseError, TypeError):
            assert first in {refused_by_the_server, refused_before_it_is_sent}
            connection.needs_rollback = False
        if first != refused_by_the_server:  # there the transaction is over for the server too
            write("half")
        raise OSError

    with pytest.raises(OSError):
        in_ledger_transaction(work)
    assert Channel.objects.get().slug == "kept"
    assert idle()


@pytest.mark.parametrize("first", [in_many, in_a_savepoint, by_the_short_way])
def test_the_settings_hold_from_the_first_statement_and_end_with_the_transaction(first: Callable[[], Any]) -> None:
    make_channel()
    before = TIMEOUT.rows({})

    def work() -> list[tuple[Any, ...]]:
        first()
        return TIMEOUT.rows({})

    assert before != [("2s",)] == in_ledger_transaction(work)
    assert TIMEOUT.rows({}) == before
    assert idle()
