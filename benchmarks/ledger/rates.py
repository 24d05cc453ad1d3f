"""Redemptions per second through the service layer beside the bare conditional UPDATE."""

from typing import Any

import psycopg

from benchmarks.ledger.clients import Attempt, guarded, run_clients
from benchmarks.ledger.site import NOW, Result, bare_dsn, make_coupon, make_shoppers, rate_of


def redeeming(number: int, clients: int, coupon_id: int, shoppers: list[int], prefix: str) -> Attempt:
    """One client of the service layer, each order another shopper's."""
    from django.db import connection

    from coupons.models import Coupon, Shopper
    from coupons.services import Use, redeem_coupons

    channel = Coupon.objects.select_related("campaign__channel").get(pk=coupon_id).campaign.channel
    mine = list(Shopper.objects.filter(pk__in=shoppers[number::clients]))
    connection.ensure_connection()

    def attempt(turn: int) -> str:
        return guarded(
            lambda: redeem_coupons(
                channel=channel,
                shopper=mine[turn % len(mine)],
                order_ref=f"{prefix}-{number}-{turn}",
                uses=[Use(coupon_id, 100)],
                now=NOW,
            )
        )

    return attempt


def updating(number: int, clients: int, dsn: dict[str, Any], row: int) -> Attempt:
    """One client of nothing but the conditional UPDATE, in autocommit."""
    del number, clients
    connection = psycopg.connect(**dsn, autocommit=True)

    def attempt(_turn: int) -> str:
        done = connection.execute("UPDATE bench_bare SET used = used + 1 WHERE id = %s AND used < 1000000000", [row])
        return "ok" if done.rowcount == 1 else "full"

    return attempt


def measure_rates(clients_list: list[int], seconds: float) -> list[Result]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (id integer PRIMARY KEY, used bigint NOT NULL)")
        cursor.execute("INSERT INTO bench_bare VALUES (1, 0)")
    dsn = bare_dsn()
    coupons = {
        "limited": make_coupon(usage_limit=100_000_000),
        "unlimited": make_coupon(),
        "slots_16": make_coupon(usage_limit=100_000_000, counter_slots=16),
    }
    shoppers = make_shoppers(2_000)
    found = []
    for clients in clients_list:
        row: Result = {"clients": clients}
        # before and after: what else the machine does changes within a minute
        halves = [rate_of(*run_clients(updating, clients, seconds / 2, dsn, 1), seconds / 2)]
        for name, coupon in coupons.items():
            outcomes, times = run_clients(redeeming, clients, seconds, coupon.pk, shoppers, f"{name}-{clients}")
            row[name] = rate_of(outcomes, times, seconds)
            if name == "limited":
                halves.append(rate_of(*run_clients(updating, clients, seconds / 2, dsn, 1), seconds / 2))
        row["bare_update"] = {
            "per_s": round(sum(half["per_s"] for half in halves) / 2, 1),
            "p50_ms": max(half["p50_ms"] for half in halves),
            "p95_ms": max(half["p95_ms"] for half in halves),
            "outcomes": {"ok": sum(half["outcomes"].get("ok", 0) for half in halves)},
        }
        row["limited_share_of_bare"] = round(row["limited"]["per_s"] / row["bare_update"]["per_s"], 3)
        found.append(row)
        print_rates(row)
    return found


def print_rates(row: Result) -> None:
    names = ("bare_update", "limited", "unlimited", "slots_16")
    cells = "  ".join(f"{name} {row[name]['per_s']:>7.0f}/s p95 {row[name]['p95_ms']:>6.1f} ms" for name in names)
    print(f"{row['clients']:>3} clients  {cells}  limited/bare {row['limited_share_of_bare']:.0%}", flush=True)  # noqa: T201
