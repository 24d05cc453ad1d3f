"""Redeem and evaluate through the web server, started as `make serve` starts it, on the benchmark's database."""

import http.client
import json
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.ledger.clients import Attempt, run_clients
from benchmarks.ledger.site import Result, bare_dsn, make_candidates, make_channel, make_coupon, make_shoppers, rate_of

_HOST = "127.0.0.1"
_READY_SECONDS = 60


@dataclass(frozen=True)
class Asked:
    """A POST that clients send over and over, each time with an order and a key of its own."""

    port: int
    plaintext: str
    path: str
    body: dict[str, Any]
    shoppers: list[str]
    orders: str = ""


def posting(number: int, clients: int, asked: Asked) -> Attempt:
    """One client with one connection that stays open."""
    connection = http.client.HTTPConnection(_HOST, asked.port, timeout=60)
    mine = asked.shoppers[number::clients]
    headers = {"Authorization": f"Api-Key {asked.plaintext}", "Content-Type": "application/json"}

    def attempt(turn: int) -> str:
        body = {**asked.body, "shopper": mine[turn % len(mine)]}
        more = {}
        if asked.orders:
            body["order_ref"] = f"{asked.orders}-{number}-{turn}"
            more["Idempotency-Key"] = uuid.uuid4().hex
        try:
            connection.request("POST", asked.path, json.dumps(body), {**headers, **more})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        return "ok" if answer.status < 300 else f"{answer.status} {json.loads(content).get('code')}"

    return attempt


def measure_http(clients: int, seconds: float) -> Result:
    from coupons.enums import Scope
    from coupons.models import ApiKey, Shopper
    from coupons.services.api_keys import create_api_key

    now = datetime.now(UTC)
    coupon = make_coupon(around=now, usage_limit=100_000_000, per_shopper_limit=1_000_000)
    make_candidates(around=now)
    shoppers = list(Shopper.objects.filter(pk__in=make_shoppers(2_000)).values_list("external_id", flat=True))
    key, plaintext = create_api_key(name="bench", channel=make_channel(), scopes=Scope.values)
    ApiKey.objects.filter(pk=key.pk).update(requests_per_minute=100_000_000)
    items = [{"ref": str(i), "quantity": 1 + i % 3, "unit_price_minor": 300 + 97 * i} for i in range(10)]
    goods = {"items": items, "shipping_minor": 499}
    found: Result = {"clients": clients, "server_processes": _processes()}
    with web_server() as port:
        redeem = {"mode": "redeem", "cart": {"items": items[:2], "shipping_minor": 0}, "coupons": [str(coupon.uid)]}
        asks = {
            "redeem": Asked(port, plaintext, "/api/v1/redemptions", redeem, shoppers, "http"),
            "evaluate_50": Asked(port, plaintext, "/api/v1/evaluations", {"cart": goods}, shoppers),
        }
        for name, asked in asks.items():
            run_clients(posting, 8, 1.5, Asked(**{**vars(asked), "orders": asked.orders and "warm"}))  # every thread
            found[name] = rate_of(*run_clients(posting, clients, seconds, asked), seconds)
    return found


def _processes() -> int:
    from couponsite.demo.programs import WEB_PROCESSES

    return WEB_PROCESSES


@contextmanager
def web_server() -> Iterator[int]:
    """The site on a free port, stopped at the end."""
    from couponsite.demo import programs

    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **programs.environment(), "DATABASE_URL": _database_url(), "LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(programs.web(_HOST, port).command, env=environment)
    try:
        _wait_until_ready(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(_HOST, port, timeout=5)
            connection.request("GET", "/api/v1/redemptions")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the web server does not answer")


def _database_url() -> str:
    keys = bare_dsn()
    login = f"{quote(str(keys.get('user', '')))}:{quote(str(keys.get('password', '')))}"
    place = {name: keys[name] for name in ("host", "port") if keys.get(name)}
    return f"postgres://{login}@/{quote(str(keys['dbname']))}?{urlencode(place)}"
