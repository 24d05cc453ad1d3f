"""What the ledger tests share: uses to take, threads that start together, and the books balanced at the end."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.db import connection, connections

from coupons.errors import CouponError
from coupons.models import Coupon, CouponCode, Shopper
from coupons.reconcile import find_drift
from coupons.services import Taken, Use, UseLine, hold_coupons, redeem_coupons
from tests.coupons.factories import NOW

THREADS = 8


def use(coupon: Coupon, amount_minor: int = 100, *, code: CouponCode | None = None) -> Use:
    return Use(coupon.pk, amount_minor, code_id=code.pk if code else None)


def use_with_lines(coupon: Coupon, *lines: tuple[str, int, int, int]) -> Use:
    """Lines of (ref, quantity, spend, discount)."""
    return Use(coupon.pk, sum(line[3] for line in lines), tuple(UseLine(*line) for line in lines))


def redeem(shopper: Shopper, order_ref: str, *uses: Use, now: datetime = NOW) -> list[Taken]:
    return redeem_coupons(channel=shopper.channel, shopper=shopper, order_ref=order_ref, uses=uses, now=now)


def hold(shopper: Shopper, order_ref: str, *uses: Use, now: datetime = NOW) -> list[Taken]:
    return hold_coupons(channel=shopper.channel, shopper=shopper, order_ref=order_ref, uses=uses, now=now)


def assert_balanced() -> None:
    assert [str(drift) for drift in find_drift()] == []


def race(work: Callable[[int], object], *, attempts: int, threads: int = THREADS) -> Counter[str]:
    """Run work(0) ... work(attempts - 1) on threads that start together; outcomes counted by name.

    "ok" for a return, the code of a refusal, else the exception's name.
    """
    outcomes: Counter[str] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(threads)
    numbers = iter(range(attempts))

    def run() -> None:
        try:
            connection.ensure_connection()
            barrier.wait(30)
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                outcome = _outcome(work, number)
                with lock:
                    outcomes[outcome] += 1
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert not worker.is_alive()
    return outcomes


def _outcome(work: Callable[[int], object], number: int) -> str:
    try:
        work(number)
    except CouponError as error:
        return error.code
    except Exception as error:  # a race may raise anything; the test names what it expects
        return type(error).__name__
    return "ok"
