"""The one transaction that every change of a use runs in: bounded waits, retries, one sweep of expired holds."""

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from coupons.errors import Contention, LimitReached

LOCK_TIMEOUT_MS = 2_000
ATTEMPTS = 3
_RETRIED = {"40P01", "40001", "55P03"}  # deadlock, serialisation failure, lock timeout

_inside: ContextVar[bool] = ContextVar("inside_ledger_transaction", default=False)
_T = TypeVar("_T")


def in_ledger_transaction(work: Callable[[], _T]) -> _T:
    """Run `work` in one transaction with a lock timeout; within another such transaction, simply run it.

    A deadlock or timeout is tried again, three times in all, then refused as Contention: it says nothing about the
    coupon. When a limit looks full, expired holds on it are given back once, and if there were any, `work` runs again.
    """
    if _inside.get():
        return work()
    token = _inside.set(True)
    try:
        try:
            return _attempts(work)
        except LimitReached as error:
            if error.sweep is None or not _attempts(error.sweep):
                raise
            return _attempts(work)
    finally:
        _inside.reset(token)


def _attempts(work: Callable[[], _T]) -> _T:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    # the second setting tells the table's trigger that the counters are moved here
                    cursor.execute(
                        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; SET LOCAL coupons.counted_by_service = 'on'"
                    )
                return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _RETRIED:
                raise
            if attempt == ATTEMPTS:
                raise Contention from error
            time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311  spreads the retries, guards nothing
    raise AssertionError("unreachable")
