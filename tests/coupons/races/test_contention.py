"""Waiting is bounded, deadlocks are tried again, and a killed connection leaves nothing behind."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from coupons.errors import Contention, NotEligible
from coupons.models import Coupon, Redemption, UsageCounter
from coupons.services import consume, counters, transactions
from tests.coupons.factories import make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, race, redeem, use
from tests.coupons.races import naive

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def other_connection() -> Iterator[psycopg.Connection]:
    keys = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: keys[name] for name in names if keys.get(name)}) as other:
        yield other


def lock_counter(other: psycopg.Connection, coupon: Coupon) -> None:
    other.execute("SELECT 1 FROM coupons_usagecounter WHERE scope_id = %s FOR UPDATE", [coupon.pk])


def test_a_row_that_stays_locked_is_contention_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT_MS", 50)
    attempts = []
    real = counters.take_use

    def counted(*args: Any, **fields: Any) -> None:
        attempts.append(1)
        real(*args, **fields)

    monkeypatch.setattr(counters, "take_use", counted)
    coupon = make_coupon(usage_limit=5)
    shopper = make_shopper(coupon.campaign.channel)
    with other_connection() as other:
        lock_counter(other, coupon)
        with pytest.raises(Contention) as refusal:
            redeem(shopper, "order-1", use(coupon))
    assert (refusal.value.status, refusal.value.code, refusal.value.retry_after_s) == (503, "contention", 1)
    assert (len(attempts), Redemption.objects.count()) == (3, 0)
    redeem(shopper, "order-1", use(coupon))
    assert_balanced()


def test_a_deadlock_is_tried_again_and_the_order_goes_through() -> None:
    coupon = make_coupon(usage_limit=5)
    shopper = make_shopper(coupon.campaign.channel)
    done: list[str] = []

    def buy() -> None:
        try:
            done.append(redeem(shopper, "order-1", use(coupon))[0].status)
        finally:
            connections.close_all()

    with other_connection() as other:
        other.execute("SET deadlock_timeout = '30s'")  # so that Postgres picks the service's transaction
        lock_counter(other, coupon)
        thread = threading.Thread(target=buy)
        thread.start()
        wait_for_a_waiter()
        # crosswise: it holds the coupon's key share and waits for the counter, which is held here
        other.execute("SELECT 1 FROM coupons_coupon WHERE id = %s FOR UPDATE", [coupon.pk])
        other.rollback()
        thread.join(30)
    assert done == ["redeemed"]
    assert_balanced()


def wait_for_a_waiter() -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


def test_a_connection_killed_before_its_commit_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=1)
    people = [make_shopper(coupon.campaign.channel) for _ in range(12)]
    real = counters.take_use

    def killed_now_and_then(cursor, **fields):  # type: ignore[no-untyped-def]
        real(cursor, **fields)
        cursor.execute("SELECT order_ref FROM coupons_redemption ORDER BY id DESC LIMIT 1")
        if int(cursor.fetchone()[0].removeprefix("order-")) % 3 == 0:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(counters, "take_use", killed_now_and_then)
    outcomes = race(lambda i: redeem(people[i], f"order-{i}", use(coupon)), attempts=12, threads=1)
    assert outcomes["OperationalError"] > 0
    assert outcomes["ok"] == Redemption.objects.count() == UsageCounter.objects.get().redeemed_n
    assert_balanced()


def test_tc_04_first_order_without_compare_and_set_is_many_firsts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of test_first_order_of_a_person_is_one_of_many_at_once."""

    def look_then_write(cursor, order, owner_id):  # type: ignore[no-untyped-def]
        cursor.execute("SELECT first_order_ref FROM coupons_shopper WHERE id = %s", [owner_id])
        known = cursor.fetchone()[0]
        naive.gathering.wait()
        if known is not None:
            raise NotEligible
        cursor.execute("UPDATE coupons_shopper SET first_order_ref = %s WHERE id = %s", [order.order_ref, owner_id])

    monkeypatch.setattr(consume, "_take_first_order", look_then_write)
    coupon = make_coupon(first_order_only=True)
    person = make_shopper(coupon.campaign.channel)
    assert race(lambda i: redeem(person, f"order-{i}", use(coupon)), attempts=24)["ok"] > 1
