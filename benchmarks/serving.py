"""How fast the shop's calls are answered: the read, the events and the redemption, beside bare views of one process.

Run: `make bench-serving` (or `python -m benchmarks.serving --help`). A database of its own is made and dropped on the
server of DATABASE_URL, or on the embedded one. Writes var/bench/serving.json, anew after every part, and prints the
same as a table. A part that does not fit into `--minutes` is left out, and the file names it.

- row: a bare view that passes one row of Postgres through as JSON text; what every read is measured by
- recommendations: GET, for shoppers whose published coupons stand and who asked before
- recommendations_first: the same where the process keeps no answers: every one is made
- recommendations_live: GET, for shoppers who acted since: interest, scores and order are new
- recommendations_renewed: the same, scored anew at every single call (the process keeps nothing between calls)
- events: POST of batches, each event checked and stored once; bare_insert: as many events, unchecked, in one statement
- redeem: POST, one automatic coupon on a new order

Reads are measured before anything is written, and each read against the bare row of the same two processes, asked by as
many connections just before it: the server cleans up after half a million events for minutes.

Load comes from `wrk` where it is found; the file says which version. Rates are answers of the 2xx kind.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from benchmarks.ledger.site import make_database, start_django

# ruff: noqa: S310, T201  the server is ours, on this machine; a benchmark prints
ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = (1, 4, 16, 64)
BATCH = 500
ROW, FIRST, RENEWED = "row", "recommendations_first", "recommendations_renewed"
PARTS = (
    (True, (ROW, "recommendations", "recommendations_live")),
    (False, (ROW, FIRST, RENEWED)),
    (True, ("bare_insert", "events", "redeem")),
)
"""Whether the processes keep what they made, and what is asked of them."""
READS = {name: keep for keep, names in PARTS for name in names if name.startswith("recommendations")}
NAMES = tuple(dict.fromkeys(name for _, names in PARTS for name in names))
Result = dict[str, Any]

_ROW = """
{"slate_id": "3f0f5c62-70a1-4a44-9c38-8d6f1f0f8f39", "items": %s}
"""


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("benchmarks.serving needs the load generator wrk (Debian: apt-get install wrk)")
    start_django()
    drop = make_database()
    folder = Path(tempfile.mkdtemp(prefix="coupons-bench-"))
    try:
        result = _measure(options, wrk, folder)
    finally:
        drop()
        shutil.rmtree(folder, ignore_errors=True)
    print(_table(result))
    print(f"written: {options.out}")


def _measure(options: argparse.Namespace, wrk: str, folder: Path) -> Result:
    from benchmarks import serving_world

    end = time.monotonic() + options.minutes * 60
    now = datetime.now(UTC)
    world = serving_world.build(folder / "models", shoppers=options.shoppers, coupons=options.coupons, now=now)
    _make_rows(world)
    scripts = _scripts(folder, world)
    report = Report(Path(options.out), _surroundings(wrk, options))
    for keep, part in PARTS:
        names = [name for name in part if name in options.only]
        if not names:
            continue
        with _server(folder, options.port, keep=keep) as url:
            load = Load(wrk, url, scripts, options.seconds)
            for connections, name in product(options.connections, names):
                if time.monotonic() + load.stretch > end:
                    report.left_out.append(f"{name} at {connections}")
                else:
                    report.add({**_run(load, name, connections), "keeps": keep})
    return report.write()


@dataclass
class Report:
    """The file, which is whole after every part."""

    target: Path
    surroundings: Result
    runs: list[Result] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, run: Result) -> None:
        self.runs.append(run)
        self.write()

    def write(self) -> Result:
        reached = _reached(self.runs)
        result = {"runs": self.runs, "left_out": self.left_out, "reached": reached, **self.surroundings}
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.write_text(json.dumps(result, indent=1) + "\n")
        return result


def _reached(runs: list[Result]) -> Result:
    """The figures that count: shares of the bare row of the same processes, p99 at 16 connections, events a second."""
    by = {(run["name"], run["connections"]): run for run in runs}
    rows = {(run["keeps"], run["connections"]): run["per_s"] for run in runs if run["name"] == ROW}
    shares: dict[str, Result] = {}
    for (name, connections), run in by.items():
        row = rows.get((READS.get(name, True), connections))
        if name in READS and row:
            shares.setdefault(str(connections), {})[name] = round(run["per_s"] / row, 3)
    sixteen = {name: run["p99_ms"] for (name, connections), run in by.items() if connections == 16}
    events = max((run["per_s"] * BATCH for (name, _), run in by.items() if name == "events"), default=0.0)
    bare = max((run["per_s"] * BATCH for (name, _), run in by.items() if name == "bare_insert"), default=0.0)
    return {
        "share_of_row": shares,
        "p99_ms_at_16": sixteen,
        "events_per_s": round(events),
        "bare_insert_events_per_s": round(bare),
        "answers_other_than_2xx": sum(run["errors"] for run in runs),
    }


# --- the server ---------------------------------------------------------------------------------------------------


@contextmanager
def _server(folder: Path, port: int, *, keep: bool) -> Iterator[str]:
    """Two processes as the product starts them, warmed until they answer."""
    from couponsite.demo import programs

    command = [
        "benchmarks.serving_site:application" if part.endswith("wsgi:application") else part
        for part in programs.web("127.0.0.1", port).command
    ]
    environment = {
        **os.environ,
        **programs.environment(),
        "DATABASE_URL": _database_url(),
        "MODEL_DIR": str(folder / "models"),
        "LOG_LEVEL": "WARNING",
        "LIVE_SCORES_KEPT": "20000" if keep else "0",
        "ANSWERS_KEPT": "2000" if keep else "0",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server did not start")
            time.sleep(0.2)


def _database_url() -> str:
    from django.db import connection

    facts = connection.settings_dict
    login = f"{quote(str(facts['USER']))}:{quote(str(facts['PASSWORD']))}"
    place = urlencode({"host": facts["HOST"], **({"port": facts["PORT"]} if facts["PORT"] else {})})
    return f"postgres://{login}@/{quote(str(facts['NAME']))}?{place}"


def _make_rows(world: Any) -> None:
    """Answers of the size of a real one."""
    from django.db import connection

    item = {"coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10", "title": "$1.00 off", "score": 0.041, "text": "x" * 300}
    body = _ROW % json.dumps([item] * 10)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_row (id bigint PRIMARY KEY, body text NOT NULL)")
        cursor.execute(
            "INSERT INTO bench_row SELECT id, %s FROM generate_series(1, %s) id", [body, len(world.shoppers)]
        )
        cursor.execute("ANALYZE")


# --- the load -----------------------------------------------------------------------------------------------------

_LUA = """
local items = {%(items)s}
local count, at, thread_id = %(count)d, 0, tostring({}):sub(8)
math.randomseed(os.time() + tonumber(thread_id:sub(-6), 16) %% 1000000)
local headers = {%(headers)s}
function request()
  at = at + 1
  local pick = items[math.random(count)]
  %(make)s
end
"""


def _scripts(folder: Path, world: Any) -> dict[str, Path]:
    headers = f'["X-Api-Key"]="{world.key}", ["Content-Type"]="application/json"'

    def write(name: str, items: list[Any], make: str) -> Path:
        texts = ", ".join(json.dumps(item) for item in items)
        content = _LUA % {"items": texts, "count": len(items), "headers": headers, "make": make}
        (folder / f"{name}.lua").write_text(content)
        return folder / f"{name}.lua"

    get = 'return wrk.format("GET", "/api/v1/recommendations?shopper=" .. pick, headers)'
    ids = list(range(1, len(world.shoppers) + 1))
    bare = json.dumps({"channel": world.channel_id, "shopper": 0, "product": world.product_ids[0]})
    event = '{\\"event_id\\":\\"" .. thread_id .. "-" .. at .. "-" .. i .. "\\",\\"shopper\\":\\"" .. pick .. "\\",'
    event += f'\\"kind\\":\\"view\\",\\"product\\":\\"{world.products[0]}\\"}}'
    batch = (
        f'local parts = {{}} for i = 1, {BATCH} do pick = items[math.random(count)] parts[i] = "%s" end '
        'return wrk.format("POST", "%s", headers, "[" .. table.concat(parts, ",") .. "]")'
    )
    cart = '{\\"items\\":[{\\"ref\\":\\"1\\",\\"quantity\\":1,\\"unit_price_minor\\":2000}],\\"shipping_minor\\":0}'
    redeem = (
        'local name = thread_id .. "-" .. at headers["Idempotency-Key"] = name '
        'return wrk.format("POST", "/api/v1/redemptions", headers, '
        '"{\\"order_ref\\":\\"" .. name .. "\\",\\"shopper\\":\\"" .. pick .. "\\",\\"mode\\":\\"redeem\\",'
        f'\\"cart\\":{cart},\\"coupons\\":[\\"{world.automatic}\\"]}}")'
    )
    numbered = bare.replace('"', '\\"').replace("0,", '" .. pick .. ",', 1)
    return {
        "row": write("row", ids, 'return wrk.format("GET", "/api/v1/bench/row?id=" .. pick, headers)'),
        "recommendations": write("recommendations", world.shoppers, get),
        "recommendations_live": write("recommendations_live", world.acting, get),
        FIRST: write(FIRST, world.shoppers, get),
        RENEWED: write(RENEWED, world.acting, get),
        "bare_insert": write("bare_insert", world.sending_ids, batch % (numbered, "/api/v1/bench/events")),
        "events": write("events", world.sending, batch % (event, "/api/v1/events")),
        "redeem": write("redeem", world.sending, redeem),
    }


def _run(load: "Load", name: str, connections: int) -> Result:
    """A short warm-up, then one measured stretch."""
    load.text(name, connections, load.warm_up)
    result = {"name": name, "connections": connections, **_parsed(load.text(name, connections, load.seconds))}
    print(json.dumps(result), flush=True)
    return result


@dataclass(frozen=True)
class Load:
    """The load generator, where it is pointed, and what it sends."""

    wrk: str
    url: str
    scripts: dict[str, Path]
    seconds: int

    @property
    def warm_up(self) -> int:
        return max(self.seconds // 4, 1)

    @property
    def stretch(self) -> int:
        """Seconds that one part takes."""
        return self.warm_up + self.seconds

    def text(self, name: str, connections: int, seconds: int) -> str:
        """What it prints after so many seconds."""
        shape = [f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
        command = [self.wrk, *shape, "-s", str(self.scripts[name]), self.url]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout


def _parsed(text: str) -> Result:
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", text))
    total = int(_found(r"(\d+) requests in", text))
    bad = int(_found(r"Non-2xx or 3xx responses: (\d+)", text) or 0)
    socket = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    return {
        "per_s": round(rate * (1 - bad / max(total, 1)), 1),
        "p50_ms": _milliseconds(_found(r"50%\s+([\d.]+\w+)", text)),
        "p99_ms": _milliseconds(_found(r"99%\s+([\d.]+\w+)", text)),
        "errors": bad + socket,
    }


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else "0"


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", text).groups()  # type: ignore[union-attr]  # the pattern found it
    return round(float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}.get(unit, 1.0), 3)


# --- what is told -------------------------------------------------------------------------------------------------


def _surroundings(wrk: str, options: argparse.Namespace) -> Result:
    import platform

    from django.db import connection

    version = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False)
    with connection.cursor() as cursor:
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) name", [list(names)])
        server = dict(cursor.fetchall())
    return {
        "load_generator": (version.stdout + version.stderr).splitlines()[0].strip(),
        "server_processes": 2,
        "batch": BATCH,
        "shoppers": options.shoppers,
        "coupons": options.coupons,
        "seconds": options.seconds,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "server": server,
    }


def _table(result: Result) -> str:
    lines = [f"{'':24} {'connections':>11} {'per s':>10} {'p50 ms':>9} {'p99 ms':>9} {'not 2xx':>8}"]
    lines += [
        f"{run['name']:24} {run['connections']:>11} {run['per_s']:>10} {run['p50_ms']:>9} {run['p99_ms']:>9} "
        f"{run['errors']:>8}"
        for run in result["runs"]
    ]
    return "\n".join([*lines, json.dumps(result["reached"], indent=1)])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="length of each measured stretch; wrk takes whole ones")
    parser.add_argument("--minutes", type=float, default=4.0, help="no part begins that would end later")
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--shoppers", type=int, default=1_000)
    parser.add_argument("--coupons", type=int, default=100)
    parser.add_argument("--only", nargs="+", default=list(NAMES), help="what is measured, of these")
    parser.add_argument("--port", type=int, default=8105)
    parser.add_argument("--out", default=str(ROOT / "var" / "bench" / "serving.json"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
