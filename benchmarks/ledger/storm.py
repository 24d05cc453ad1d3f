"""Storms: many clients on few uses, connections killed and deadlocks forced in between; then the books are counted."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import psycopg

from benchmarks.ledger.clients import Attempt, guarded, run_clients
from benchmarks.ledger.rates import redeeming
from benchmarks.ledger.site import NOW, Result, bare_dsn, make_channel, make_coupon, make_shoppers

# ruff: noqa: S311  chance that guards nothing

_ROUND_SECONDS = 5.0


def measure_storm(attempts: int, clients: int) -> Result:
    """Two thirds of the attempts redeem one limited coupon, the rest is everything mixed."""
    from coupons.reconcile import find_drift

    started = time.perf_counter()
    redeems = _redeem_storm(attempts * 2 // 3, clients)
    mixed = _mixed_storm(attempts - attempts * 2 // 3, clients)
    return {
        "attempts": redeems["attempts"] + mixed["attempts"],
        "clients": clients,
        "seconds": round(time.perf_counter() - started, 1),
        "over_redemptions": redeems["over_redemptions"] + mixed["over_redemptions"],
        "counter_drift": len(find_drift()),
        "connections_killed": redeems["connections_killed"] + mixed["connections_killed"],
        "deadlocks_forced": redeems["deadlocks_forced"] + mixed["deadlocks_forced"],
        "redeem": redeems,
        "mixed": mixed,
    }


def _redeem_storm(attempts: int, clients: int) -> Result:
    limit = max(1, attempts // 10)
    coupon = make_coupon(usage_limit=limit)
    shoppers = make_shoppers(500)
    outcomes: Counter[str] = Counter()
    with hurt([coupon.pk]) as harm:
        turn = 0
        while sum(outcomes.values()) < attempts:
            counted, _ = run_clients(redeeming, clients, _ROUND_SECONDS, coupon.pk, shoppers, f"storm-{turn}")
            outcomes += counted
            turn += 1
    rows = _uses(coupon.pk)
    over = {"over_redemptions": max(0, rows - limit), "limit": limit, "redeemed_rows": rows}
    return {"attempts": sum(outcomes.values()), **over, "outcomes": dict(outcomes), **harm}


def _mixed_storm(attempts: int, clients: int) -> Result:
    """Holds, confirmations, releases, roll-backs and redemptions over limits of every kind at once."""
    coupons = _limited_in_every_way()
    shoppers = make_shoppers(60)
    outcomes: Counter[str] = Counter()
    with hurt([coupon.pk for coupon in coupons]) as harm:
        turn = 0
        while sum(outcomes.values()) < attempts:
            args = ([coupon.pk for coupon in coupons], shoppers, turn)
            outcomes += run_clients(moving, clients, _ROUND_SECONDS, *args)[0]
            turn += 1
    over = {"over_redemptions": _over(coupons), "redeemed_rows": sum(_uses(coupon.pk) for coupon in coupons)}
    return {"attempts": sum(outcomes.values()), **over, "outcomes": dict(outcomes), **harm}


def _limited_in_every_way() -> list[Any]:
    """One row, slots, a batch of codes with a limit, persons; budgets of a day and in all, one of them shared."""
    from coupons.enums import BudgetKind, BudgetPeriod, CouponTrigger, RestorePolicy
    from coupons.models import Budget, Campaign, CodeBatch, CouponCode

    restored = RestorePolicy.ON_FULL_REFUND
    plain = make_coupon(usage_limit=400, restore_policy=restored, hold_ttl_s=1)
    slotted = make_coupon(usage_limit=300, counter_slots=8, per_shopper_limit=20, restore_policy=restored)
    coded = make_coupon(trigger=CouponTrigger.CODE, restore_policy=restored)
    budgeted = make_coupon(per_shopper_limit=50, restore_policy=RestorePolicy.NEVER)
    campaign = Campaign.objects.get(pk=plain.campaign_id)
    type(slotted).objects.filter(pk=slotted.pk).update(campaign=campaign, external_id="slotted")
    batch = CodeBatch.objects.create(coupon=coded, name="Storm", size=40, usage_limit=150)
    for number in range(40):
        code = f"STORM{number:03}"
        CouponCode.objects.create(
            channel=make_channel(), coupon=coded, batch=batch, code=code, code_norm=code, usage_limit=10
        )
    Budget.objects.create(campaign=campaign, kind=BudgetKind.MONEY, period=BudgetPeriod.DAY, limit_n=45_000)
    Budget.objects.create(coupon=budgeted, kind=BudgetKind.MONEY, period=BudgetPeriod.DAY, limit_n=20_050)
    Budget.objects.create(coupon=budgeted, kind=BudgetKind.USES, period=BudgetPeriod.TOTAL, limit_n=700)
    return [plain, slotted, coded, budgeted]


def moving(number: int, clients: int, coupon_ids: list[int], shoppers: list[int], turn_of_storm: int) -> Attempt:
    """One client that does one of everything by chance, on a clock that moves from day to day."""
    del clients
    from coupons.enums import RollbackKind
    from coupons.models import Channel, CouponCode, Shopper
    from coupons.services import (
        Use,
        confirm_redemption,
        expire_holds,
        hold_coupons,
        redeem_coupons,
        release_redemption,
        roll_back_redemption,
    )

    random_ = random.Random(1_000 * turn_of_storm + number)
    channel = Channel.objects.get(slug="bench")
    people = list(Shopper.objects.filter(pk__in=shoppers))
    codes = list(CouponCode.objects.filter(coupon__in=coupon_ids).values_list("pk", "coupon_id"))
    held: list[Any] = []
    used: list[Any] = []

    def take(turn: int, becomes: Callable[..., Any], into: list[Any]) -> None:
        chosen = random_.sample(coupon_ids, random_.choice([1, 1, 2, 3]))
        uses = []
        for coupon_id in chosen:
            mine = [code for code, of in codes if of == coupon_id]
            uses.append(
                Use(coupon_id, random_.choice([40, 90, 100, 250]), code_id=random_.choice(mine) if mine else None)
            )
        # some orders are sent by two clients at once
        order = f"m{turn_of_storm}-{turn}-{number // 2 if random_.random() < 0.3 else number}"
        person = people[hash(order) % len(people)]
        into.extend(becomes(channel=channel, shopper=person, order_ref=order, uses=uses, now=clock(turn)))

    def clock(turn: int) -> Any:
        return NOW - timedelta(hours=20) + timedelta(minutes=10 * turn_of_storm + turn // 50)

    def attempt(turn: int) -> str:
        now = clock(turn)
        deed = random_.random()
        if deed < 0.3:
            return guarded(lambda: take(turn, hold_coupons, held))
        if deed < 0.55:
            return guarded(lambda: take(turn, redeem_coupons, used))
        if deed < 0.7 and held:
            taken = held.pop(random_.randrange(len(held)))
            used.append(taken)
            return guarded(lambda: confirm_redemption(channel=channel, uid=taken.uid, now=now))
        if deed < 0.8 and held:
            taken = held.pop(random_.randrange(len(held)))
            return guarded(lambda: release_redemption(channel=channel, uid=taken.uid))
        if deed < 0.98 and used:
            taken = used.pop(random_.randrange(len(used)))
            kind = random_.choice(list(RollbackKind))
            part = taken.amount_minor // 2 if kind == RollbackKind.REFUND and random_.random() < 0.5 else None
            return guarded(
                lambda: roll_back_redemption(channel=channel, uid=taken.uid, kind=kind, amount_minor=part, now=now)
            )
        return guarded(lambda: expire_holds(now=now))

    return attempt


def _uses(coupon_id: int) -> int:
    from coupons.models import Redemption
    from coupons.selectors import uses_that_count

    return Redemption.objects.filter(uses_that_count(), coupon=coupon_id).count()


def _over(coupons: list[Any]) -> int:
    """Uses beyond any limit, counted from the ledger's rows alone."""
    from django.db.models import Count, F, Sum

    from coupons.models import BudgetCharge, Redemption
    from coupons.selectors import uses_that_count

    over = 0
    live = Redemption.objects.filter(uses_that_count(), coupon__in=[coupon.pk for coupon in coupons])
    for by, limit in (
        (("coupon",), "coupon__usage_limit"),
        (("coupon", "shopper"), "coupon__per_shopper_limit"),
        (("code",), "code__usage_limit"),
        (("code__batch",), "code__batch__usage_limit"),
    ):
        counted = live.exclude(**{limit: None}).order_by().values(*by, most=F(limit)).annotate(n=Count("pk"))
        over += sum(max(0, row["n"] - row["most"]) for row in counted)
    charges = BudgetCharge.objects.order_by().values("budget", "period_start", most=F("budget__limit_n"))
    spent = charges.annotate(n=Sum(F("amount_n") - F("returned_n")))
    return over + sum(1 for row in spent if row["n"] > row["most"])


@contextmanager
def hurt(coupon_ids: list[int]) -> Iterator[Result]:
    """While it is open: a connection is killed now and then, and rows are locked the wrong way round."""
    harm: Result = {"connections_killed": 0, "deadlocks_forced": 0}
    stop = threading.Event()
    thread = threading.Thread(target=_hurt, args=(bare_dsn(), coupon_ids, stop, harm))
    thread.start()
    try:
        yield harm
    finally:
        stop.set()
        thread.join()


def _hurt(dsn: dict[str, Any], coupon_ids: list[int], stop: threading.Event, harm: Result) -> None:
    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'harm'"
        " AND state <> 'idle' ORDER BY random() LIMIT 1) q"
    )
    while not stop.wait(0.5 + random.random()):
        with suppress(psycopg.Error), psycopg.connect(**dsn, autocommit=True, application_name="harm") as connection:
            harm["connections_killed"] += connection.execute(kill).fetchone()[0]  # type: ignore[index]
        with suppress(psycopg.Error), psycopg.connect(**dsn, application_name="harm") as connection:
            connection.execute("SET LOCAL deadlock_timeout = '3s'")  # so that it is the service that is chosen
            coupon_id = random.choice(coupon_ids)
            connection.execute(
                "SELECT 1 FROM coupons_usagecounter WHERE scope = 'coupon' AND scope_id = %s FOR UPDATE", [coupon_id]
            )
            time.sleep(0.05)
            connection.execute("SELECT 1 FROM coupons_coupon WHERE id = %s FOR UPDATE", [coupon_id])
            connection.rollback()
        harm["deadlocks_forced"] += 1
