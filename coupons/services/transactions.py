"""The one transaction that every change of a use runs in: bounded waits, retries, one sweep of expired holds.

What `finally_run` is given waits until the work is done and then travels to the server together with the COMMIT, sorted
from cold rows to hot ones. So a row that many orders want is locked for no round trip at all, and always in one order.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from psycopg.pq import TransactionStatus

from coupons.errors import (
    BudgetExhausted,
    Contention,
    CounterDrift,
    LimitReached,
    NotEligible,
    PoolExhausted,
    ShopperLimitReached,
    UsageLimitReached,
)
from coupons.evaluation.reasons import Reason, ReasonCode

LOCK_TIMEOUT_MS = 2_000
ATTEMPTS = 3
_RETRIED = {"40P01", "40001", "55P03"}  # deadlock, serialisation failure, lock timeout

_T = TypeVar("_T")


class Level(IntEnum):
    """Which rows a last step touches, from cold to hot."""

    OWN = 1
    GRANT = 2
    SHOPPER = 3
    CODE = 4
    BATCH = 5
    COUPON = 6
    BUDGET = 7


@dataclass(frozen=True, slots=True)
class _Step:
    level: Level
    key: tuple[Any, ...]
    sql: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Open:
    """The transaction that is open: its last steps, and what gives expired holds back when one of them is refused."""

    steps: list[_Step] = field(default_factory=list)
    sweeps: list[Callable[[], int]] = field(default_factory=list)


_open: ContextVar[_Open | None] = ContextVar("open_ledger_transaction", default=None)


def in_ledger_transaction(work: Callable[[], _T]) -> _T:
    """Run `work` in one transaction with a lock timeout; within another such transaction, simply run it.

    A deadlock or timeout is tried again, three times in all, then refused as Contention: it says nothing about the
    coupon. When a limit looks full, expired holds on it are given back once, and if there were any, `work` runs again.
    """
    if _open.get() is not None:
        return work()
    try:
        return _attempts(work)
    except LimitReached as error:
        if error.sweep is None or not _attempts(error.sweep):
            raise
        return _attempts(work)


def finally_run(level: Level, key: tuple[Any, ...], sql: str, values: Mapping[str, Any]) -> None:
    """Run a statement as one of the last steps; its refusal undoes the whole transaction."""
    _current().steps.append(_Step(level, key, sql, values))


def sweep_if_full(sweep: Callable[[], int]) -> None:
    """What to do once when a last step finds a limit full: it gives back expired holds and says how many."""
    _current().sweeps.append(sweep)


def _current() -> _Open:
    opened = _open.get()
    if opened is None:
        raise RuntimeError("uses move inside in_ledger_transaction only")
    return opened


def _attempts(work: Callable[[], _T]) -> _T:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(work)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _RETRIED:
                raise
            if attempt == ATTEMPTS:
                raise Contention from error
            time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311  spreads the retries, guards nothing
    raise AssertionError("unreachable")


def _attempt(work: Callable[[], _T]) -> _T:
    outermost = not connection.in_atomic_block
    opened = _Open()
    token = _open.set(opened)
    try:
        with transaction.atomic(), _SettingsFirst(begin=outermost).until_sent():
            result = work()
            _finish(opened, commit=outermost)
        return result
    finally:
        _open.reset(token)


class _SettingsFirst:
    """Sends BEGIN and the transaction's settings with its first statement, whichever that is: no trip of their own."""

    def __init__(self, *, begin: bool) -> None:
        """`begin`: no transaction is open on the server yet."""
        self._begin = begin

    @contextmanager
    def until_sent(self) -> Iterator[None]:
        """Stands before the first statement of the block and no other: statements are sent in shorter ways alone."""
        connection.execute_wrappers.append(self)
        try:
            yield
        finally:
            self._stand_aside()

    def _stand_aside(self) -> bool:
        waiting = self in connection.execute_wrappers
        if waiting:
            connection.execute_wrappers.remove(self)
        return waiting

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not self._stand_aside():  # a wrapper around this one asked something first
            return execute(sql, params, many, context)
        if many or not isinstance(sql, str):
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS)
            return execute(sql, params, many, context)
        if not self._begin:
            result = execute(f"{_SETTINGS}; {sql}", params, many, context)
        else:
            with _begun_by_us():
                result = execute(f"BEGIN; {_SETTINGS}; {sql}", params, many, context)
            context["cursor"].nextset()
        context["cursor"].nextset()
        return result


# the second setting tells the ledger's trigger that the counters are moved by the services
_SETTINGS = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true),"
    " set_config('coupons.counted_by_service', 'on', true)"
)


@contextmanager
def _begun_by_us() -> Iterator[None]:
    """Keep psycopg from sending a BEGIN before the statement: one travels with it.

    Whatever becomes of the statement, psycopg begins again by itself wherever the server has no transaction open.
    """
    raw = connection.connection
    if raw.info.transaction_status != TransactionStatus.IDLE:
        raise RuntimeError("a transaction is open that Django knows nothing of")
    raw.autocommit = True
    try:
        yield
    finally:
        if raw.info.transaction_status == TransactionStatus.IDLE:
            raw.autocommit = False


def _finish(opened: _Open, *, commit: bool) -> None:
    """The last steps in order, and the COMMIT right behind them where this is the outermost transaction."""
    steps = sorted(opened.steps, key=lambda step: (step.level, step.key))
    if not steps:
        return
    with connection.cursor() as cursor:
        parts = [cursor.mogrify(step.sql, step.values) for step in steps]
        if commit:
            parts.append("COMMIT")
        try:
            cursor.execute("; ".join(parts))
        except IntegrityError as error:
            raise CounterDrift(str(error)) from error
        except DatabaseError as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            if isinstance(refusal, LimitReached) and opened.sweeps:
                refusal.sweep = lambda: sum(sweep() for sweep in opened.sweeps)
            raise refusal from error


_REFUSALS: Mapping[str, Callable[[str], Exception]] = {
    "CP000": CounterDrift,
    "CP001": lambda of: UsageLimitReached("All uses of the code are taken" if of == "code" else ""),
    "CP002": lambda _: ShopperLimitReached(),
    "CP003": lambda kind: BudgetExhausted(f"The {kind} budgeted for this period does not cover it"),
    "CP004": lambda _: PoolExhausted(),
    "CP005": lambda _: NotEligible(
        reasons=[Reason(ReasonCode.NOT_GRANTED, "The coupon is not in the shopper's wallet")]
    ),
}
"""By the error code of migration 0009's functions, from the detail they give."""


def _refusal(error: DatabaseError) -> Exception | None:
    cause = error.__cause__
    made = _REFUSALS.get(getattr(cause, "sqlstate", None) or "")
    if made is None:
        return None
    diagnosis = getattr(cause, "diag", None)
    return made((diagnosis and diagnosis.message_detail) or str(error))
