"""How fast uses are taken, and that none is taken too many: service layer beside the bare conditional UPDATE.

Run: `make bench-ledger` (or `python -m benchmarks.ledger --help`). A database of its own is made and dropped on the
server of DATABASE_URL, or on the embedded one. Writes var/bench/ledger.json and prints the same as a table.

- rates: redemptions per second through coupons.services.redeem_coupons, from worker processes with threads, each
  round with new shoppers, beside `UPDATE ... SET used = used + 1 WHERE used < limit` from plain psycopg threads of the
  same processes: the same number of clients, the same server settings, in the same run
- storm: contended attempts on one limited coupon with connections killed and deadlocks forced in between; reports
  `over_redemptions` and `counter_drift`, both of which must be 0
- evaluate: 50 candidates on a ten-line cart, read from the database and pure
- codes: how long a batch takes, and looking one up among them
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# ruff: noqa: PLR0917, S311, T201  clients are started with positional arguments; nothing here is a secret
NOW = datetime(2030, 3, 13, 12, tzinfo=UTC)
PROCESSES = 2
Result = dict[str, Any]


# --- setting up ---------------------------------------------------------------------------------------------------


def start_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def make_database() -> Callable[[], None]:
    """A fresh database with all migrations, and how to drop it again."""
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False, keepdb=False)
    return lambda: teardown_databases(made, verbosity=0)


def make_coupon(*, usage_limit: int | None, slots: int = 1, name: str = "") -> tuple[Any, Any]:
    from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
    from coupons.models import Benefit, Campaign, Channel, Coupon

    channel, _ = Channel.objects.get_or_create(slug="bench", defaults={"name": "Bench", "currency": "USD"})
    number = Coupon.objects.count()
    campaign = Campaign.objects.create(
        channel=channel,
        external_id=f"bench-{number}",
        name=name or f"Bench {number}",
        status=CampaignStatus.APPROVED,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=1),
    )
    coupon = Coupon.objects.create(
        campaign=campaign,
        external_id="c",
        title="Bench",
        trigger=CouponTrigger.AUTOMATIC,
        usage_limit=usage_limit,
        per_shopper_limit=None,
        counter_slots=slots,
    )
    Benefit.objects.create(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=100)
    return channel, coupon


def make_shoppers(channel: Any, count: int) -> list[int]:
    from coupons.models import Shopper

    first = Shopper.objects.count()
    rows = Shopper.objects.bulk_create(
        (Shopper(channel=channel, external_id=f"bench-{first + i}") for i in range(count)), batch_size=5_000
    )
    return [row.pk for row in rows]


# --- clients ------------------------------------------------------------------------------------------------------


def run_clients(
    target: Callable[..., None], clients: int, seconds: float, *args: Any
) -> tuple[Counter[str], list[float]]:
    """Clients over processes and threads, all of which start together; outcomes and seconds each attempt took."""
    processes = min(PROCESSES, clients)
    queue: Any = multiprocessing.Queue()
    barrier = multiprocessing.Barrier(clients)
    shares = [clients // processes + (i < clients % processes) for i in range(processes)]
    first = 0
    running = []
    for share in shares:
        numbers = list(range(first, first + share))
        process = multiprocessing.Process(
            target=_process, args=(target, numbers, clients, seconds, barrier, queue, args)
        )
        process.start()
        running.append(process)
        first += share
    outcomes: Counter[str] = Counter()
    times: list[float] = []
    for _ in running:
        counted, took = queue.get()
        outcomes += counted
        times += took
    for process in running:
        process.join()
    return outcomes, times


def _process(
    target: Callable[..., None], numbers: list[int], clients: int, seconds: float, barrier: Any, queue: Any, args: Any
) -> None:
    from django.db import connections

    connections.close_all()
    outcomes: Counter[str] = Counter()
    times: list[float] = []
    threads = [
        threading.Thread(target=target, args=(number, clients, seconds, barrier, outcomes, times, *args))
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.put((outcomes, times))


def redeeming(
    number: int, clients: int, seconds: float, barrier: Any, outcomes: Counter[str], times: list[float],
    channel_id: int, coupon_id: int, shoppers: list[int], prefix: str,
) -> None:  # fmt: skip
    """One client of the service layer."""
    from django.db import connection

    from coupons.errors import CouponError
    from coupons.models import Channel, Shopper
    from coupons.services import Use, redeem_coupons

    channel = Channel.objects.get(pk=channel_id)
    mine = list(Shopper.objects.filter(pk__in=shoppers[number::clients]))
    connection.ensure_connection()
    barrier.wait()
    end = time.perf_counter() + seconds
    turn = 0
    while time.perf_counter() < end:
        started = time.perf_counter()
        try:
            redeem_coupons(
                channel=channel,
                shopper=mine[turn % len(mine)],
                order_ref=f"{prefix}-{number}-{turn}",
                uses=[Use(coupon_id, 100)],
                now=NOW,
            )
            outcome = "ok"
        except CouponError as error:
            outcome = error.code
        except Exception as error:
            outcome = type(error).__name__
            connection.close()
        times.append(time.perf_counter() - started)
        outcomes[outcome] += 1
        turn += 1
    connection.close()


def bare_update(
    number: int, clients: int, seconds: float, barrier: Any, outcomes: Counter[str], times: list[float],
    dsn: dict[str, Any], row: int,
) -> None:  # fmt: skip
    """One client of nothing but the conditional UPDATE, in autocommit."""
    import psycopg

    del number, clients
    with psycopg.connect(**dsn, autocommit=True) as connection:
        barrier.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            started = time.perf_counter()
            done = connection.execute(
                "UPDATE bench_bare SET used = used + 1 WHERE id = %s AND used < 1000000000", [row]
            )
            times.append(time.perf_counter() - started)
            outcomes["ok" if done.rowcount == 1 else "full"] += 1


# --- what is measured ---------------------------------------------------------------------------------------------


def measure_rates(clients_list: list[int], seconds: float) -> list[Result]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_bare (id integer PRIMARY KEY, used bigint NOT NULL)")
        cursor.execute("INSERT INTO bench_bare SELECT n, 0 FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING")
    dsn = bare_dsn()
    channel, limited = make_coupon(usage_limit=100_000_000)
    _, unlimited = make_coupon(usage_limit=None)
    _, slotted = make_coupon(usage_limit=100_000_000, slots=16)
    shoppers = make_shoppers(channel, 2_000)
    found = []
    for clients in clients_list:
        row: Result = {"clients": clients}
        outcomes, times = run_clients(bare_update, clients, seconds, dsn, 1)
        row["bare_update"] = rate_of(outcomes, times, seconds)
        for name, coupon in (("limited", limited), ("unlimited", unlimited), ("slots_16", slotted)):
            connection.close()
            outcomes, times = run_clients(
                redeeming, clients, seconds, channel.pk, coupon.pk, shoppers, f"{name}-{clients}"
            )
            row[name] = rate_of(outcomes, times, seconds)
        row["limited_share_of_bare"] = round(row["limited"]["per_s"] / row["bare_update"]["per_s"], 3)
        found.append(row)
        print_rates(row)
    return found


def bare_dsn() -> dict[str, Any]:
    from django.db import connection

    keys = connection.get_connection_params()
    return {name: keys[name] for name in ("dbname", "user", "password", "host", "port") if keys.get(name)}


def rate_of(outcomes: Counter[str], times: list[float], seconds: float) -> Result:
    return {
        "per_s": round(outcomes["ok"] / seconds, 1),
        "p50_ms": percentile(times, 50),
        "p95_ms": percentile(times, 95),
        "outcomes": dict(outcomes),
    }


def percentile(times: list[float], percent: int) -> float:
    if not times:
        return 0.0
    return round(1_000 * sorted(times)[min(len(times) - 1, len(times) * percent // 100)], 3)


def measure_storm(attempts: int, clients: int) -> Result:
    """Until `attempts` have been made on a limit of a tenth of them; every second the odd connection dies."""
    from django.db import connection

    from coupons.models import Redemption
    from coupons.reconcile import find_drift

    limit = max(1, attempts // 10)
    channel, coupon = make_coupon(usage_limit=limit)
    shoppers = make_shoppers(channel, 500)
    stop = threading.Event()
    harm: Counter[str] = Counter()
    hurting = threading.Thread(target=hurt, args=(bare_dsn(), coupon.pk, stop, harm))
    hurting.start()
    outcomes: Counter[str] = Counter()
    started, turn = time.perf_counter(), 0
    while sum(outcomes.values()) < attempts:
        connection.close()
        counted, _ = run_clients(redeeming, clients, 5.0, channel.pk, coupon.pk, shoppers, f"storm-{turn}")
        outcomes += counted
        turn += 1
    stop.set()
    hurting.join()
    rows = Redemption.objects.filter(coupon=coupon, status="redeemed").count()
    return {
        "attempts": sum(outcomes.values()),
        "clients": clients,
        "seconds": round(time.perf_counter() - started, 1),
        "limit": limit,
        "redeemed_rows": rows,
        "over_redemptions": max(0, rows - limit),
        "counter_drift": len(find_drift()),
        "outcomes": dict(outcomes),
        "connections_killed": harm["killed"],
        "deadlocks_forced": harm["deadlocks"],
    }


def hurt(dsn: dict[str, Any], coupon_id: int, stop: threading.Event, harm: Counter[str]) -> None:
    """Kill a connection now and then, and lock the rows in the wrong order so that Postgres finds deadlocks."""
    import psycopg

    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND query LIKE '%coupons_%' ORDER BY random() LIMIT 1) q"
    )
    while not stop.wait(0.5 + random.random()):
        with suppress(psycopg.Error), psycopg.connect(**dsn, autocommit=True) as connection:
            harm["killed"] += connection.execute(kill).fetchone()[0]  # type: ignore[index]
        try:
            with psycopg.connect(**dsn) as connection:
                connection.execute("SET LOCAL deadlock_timeout = '3s'")  # so that it is the service that is chosen
                connection.execute(
                    "SELECT 1 FROM coupons_usagecounter WHERE scope = 'coupon' AND scope_id = %s FOR UPDATE",
                    [coupon_id],
                )
                time.sleep(0.05)
                connection.execute("SELECT 1 FROM coupons_coupon WHERE id = %s FOR UPDATE", [coupon_id])
                connection.rollback()
                harm["deadlocks"] += 1
        except psycopg.Error:
            harm["deadlocks"] += 1


def measure_evaluate(rounds: int) -> Result:
    from coupons.candidates import load_candidates, load_facts
    from coupons.enums import BenefitType, StackingMode
    from coupons.evaluation import Cart, CartLine, evaluate
    from coupons.models import Benefit, Campaign, Shopper, StackingGroup

    coupons: list[Any] = []
    channel: Any = None
    for i in range(50):
        channel, coupon = make_coupon(usage_limit=1_000 if i % 2 else None)
        kinds = [
            {"type": BenefitType.PERCENT, "percent_bp": 500 + 10 * i, "amount_minor": None},
            {"type": BenefitType.AMOUNT, "amount_minor": 50 + i, "percent_bp": None},
        ]
        Benefit.objects.filter(coupon=coupon).update(**kinds[i % 2])
        coupons.append(coupon)
    groups = {
        mode: StackingGroup.objects.create(
            channel=channel, name=str(mode.value), mode=mode, position=i, max_coupons=cap
        )
        for i, (mode, cap) in enumerate([(StackingMode.BEST_FOR_SHOPPER, 3), (StackingMode.STACKABLE, None)])
    }
    shopper = Shopper.objects.filter(channel=channel).first() or Shopper.objects.create(
        channel=channel, external_id="e"
    )
    cart = Cart(tuple(CartLine(str(i), 1 + i % 3, 300 + 97 * i, product_id=i) for i in range(10)), shipping_minor=499)
    ids = [coupon.pk for coupon in coupons]
    found: Result = {"candidates": 50, "lines": 10, "rounds": rounds}
    for mode, group in groups.items():
        Campaign.objects.filter(coupons__in=ids).update(stacking_group=group)
        whole, pure = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            candidates = load_candidates(channel=channel, shopper=shopper, coupon_ids=ids, now=NOW)
            facts = load_facts(shopper=shopper)
            loaded = time.perf_counter()
            evaluate(cart, facts, candidates, NOW)
            ended = time.perf_counter()
            pure.append(ended - loaded)
            whole.append(ended - started)
        found[mode.value] = {
            "with_reading_p50_ms": percentile(whole, 50),
            "with_reading_p95_ms": percentile(whole, 95),
            "pure_p50_ms": percentile(pure, 50),
            "pure_p95_ms": percentile(pure, 95),
        }
    return found


def measure_codes(count: int) -> Result:
    import resource

    from coupons.models import CouponCode
    from coupons.services import create_code_batch, find_codes, generate_codes

    channel, coupon = make_coupon(usage_limit=None)
    batch = create_code_batch(coupon=coupon, name="Bench", size=count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    generate_codes(batch_id=batch.pk, now=NOW)
    took = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    some = list(CouponCode.objects.filter(batch=batch).values_list("code", flat=True)[:1_000])
    looks = []
    for code in some:
        began = time.perf_counter()
        find_codes(channel=channel, codes=[code])
        looks.append(time.perf_counter() - began)
    return {
        "codes": count,
        "seconds": round(took, 1),
        "per_s": round(count / took),
        "memory_grown_mb": round(grown / 1024, 1),
        "lookup_p50_ms": percentile(looks, 50),
        "lookup_p95_ms": percentile(looks, 95),
    }


# --- the run ------------------------------------------------------------------------------------------------------


def print_rates(row: Result) -> None:
    names = ("bare_update", "limited", "unlimited", "slots_16")
    cells = "  ".join(f"{name} {row[name]['per_s']:>8.0f}/s p95 {row[name]['p95_ms']:>7.1f} ms" for name in names)
    print(f"{row['clients']:>3} clients  {cells}  limited/bare {row['limited_share_of_bare']:.0%}", flush=True)


def server_settings() -> Result:
    from django.db import connection

    names = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "full_page_writes")
    with connection.cursor() as cursor:
        found = {}
        for name in names:
            cursor.execute(f"SHOW {name}")
            found[name] = cursor.fetchone()[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--attempts", type=int, default=100_000, help="of the storm")
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100, help="evaluations")
    parser.add_argument("--out", type=Path, default=Path("var/bench/ledger.json"))
    options = parser.parse_args()
    multiprocessing.set_start_method("fork")
    start_django()
    drop = make_database()
    try:
        result: Result = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cpus": os.cpu_count(),
            "client_processes": PROCESSES,
            "server": server_settings(),
            "evaluate": measure_evaluate(options.rounds),
            "rates": measure_rates(options.clients, options.seconds),
            "codes": measure_codes(options.codes) if options.codes else None,
            "storm": measure_storm(options.attempts, 16) if options.attempts else None,
        }
    finally:
        from django.db import connections

        connections.close_all()
        drop()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    storm = result["storm"] or {}
    for name in ("evaluate", "codes", "storm"):
        print(f"{name}: {json.dumps(result[name])}")
    print(f"wrote {options.out}")
    if storm.get("over_redemptions") or storm.get("counter_drift"):
        sys.exit("uses were taken too many, or counters differ from the ledger")


if __name__ == "__main__":
    main()
