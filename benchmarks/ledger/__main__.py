"""One run of everything; see the package's docstring."""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import benchmarks.ledger
from benchmarks.ledger import codes, evaluation, http, rates, storm
from benchmarks.ledger.clients import PROCESSES
from benchmarks.ledger.site import Result, make_database, start_django
from benchmarks.ledger.table import markdown

# ruff: noqa: T201  what it finds is printed


PARTS = ("server", "evaluate", "rates", "http", "codes", "storm")


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
    parser = argparse.ArgumentParser(description=(benchmarks.ledger.__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="all unless some are named")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--attempts", type=int, default=100_000, help="of the storm")
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100, help="pure evaluations")
    parser.add_argument("--out", type=Path, default=Path("var/bench/ledger.json"))
    options = parser.parse_args()
    multiprocessing.set_start_method("fork")
    start_django()
    result: Result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_average": list(os.getloadavg()),
        "client_processes": PROCESSES,
    }
    parts: dict[str, Callable[[], Any]] = {
        "server": server_settings,
        "evaluate": lambda: evaluation.measure_evaluate(options.rounds, options.seconds),
        "rates": lambda: rates.measure_rates(options.clients, options.seconds),
        "http": lambda: http.measure_http(16, 2 * options.seconds),
        "codes": lambda: codes.measure_codes(options.codes) if options.codes else None,
        "storm": lambda: storm.measure_storm(options.attempts, 16) if options.attempts else None,
    }
    drop = make_database()
    try:
        for name, measure in parts.items():
            if name not in options.parts:
                continue
            started = time.perf_counter()
            result[name] = measure()
            _write(options.out, result)
            print(f"{name} ({time.perf_counter() - started:.0f} s): {json.dumps(result[name])}", flush=True)
    finally:
        from django.db import connections

        connections.close_all()
        drop()
    print(f"{markdown(result)}\nwrote {options.out}")
    storms = result.get("storm") or {}
    if storms.get("over_redemptions") or storms.get("counter_drift"):
        sys.exit("uses were taken too many, or counters differ from the ledger")


def _write(path: Path, result: Result) -> None:
    """After every part: a run that is broken off leaves what it has found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
    path.with_suffix(".md").write_text(markdown(result))


if __name__ == "__main__":
    main()
