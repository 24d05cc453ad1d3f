"""50 candidates on a ten-line cart: read from the database by 1 and by 16 clients, and as the pure function."""

import time
from typing import Any

from benchmarks.ledger.clients import Attempt, guarded, run_clients
from benchmarks.ledger.site import NOW, Result, make_candidates, make_channel, make_shoppers, percentile


def cart() -> Any:
    from coupons.evaluation import Cart, CartLine

    return Cart(tuple(CartLine(str(i), 1 + i % 3, 300 + 97 * i, product_id=i) for i in range(10)), shipping_minor=499)


def evaluating(number: int, clients: int, channel_id: int, shoppers: list[int]) -> Attempt:
    """Everything the shopper may use now: which, how they stand, and what the cart gets."""
    from coupons.models import Channel, Shopper
    from coupons.services import evaluate_cart

    channel, goods = Channel.objects.get(pk=channel_id), cart()
    mine = list(Shopper.objects.filter(pk__in=shoppers[number::clients]))

    def attempt(turn: int) -> str:
        return guarded(lambda: evaluate_cart(channel=channel, shopper=mine[turn % len(mine)], cart=goods, now=NOW))

    return attempt


def measure_evaluate(rounds: int, seconds: float) -> Result:
    from coupons.candidates import load_candidates, load_facts
    from coupons.evaluation import evaluate
    from coupons.models import Shopper

    channel = make_channel()
    ids = [coupon.pk for coupon in make_candidates()]
    shoppers = make_shoppers(100)
    found: Result = {"candidates": len(ids), "lines": 10}
    shopper, goods = Shopper.objects.get(pk=shoppers[0]), cart()
    candidates = load_candidates(channel=channel, shopper=shopper, coupon_ids=ids, cart=goods, now=NOW)
    facts = load_facts(shopper=shopper)
    pure = []
    for _ in range(rounds):
        started = time.perf_counter()
        evaluate(goods, facts, candidates, NOW)
        pure.append(time.perf_counter() - started)
    found["pure"] = {"p50_ms": percentile(pure, 50), "p95_ms": percentile(pure, 95)}
    for clients in (1, 16):
        outcomes, times = run_clients(evaluating, clients, seconds, channel.pk, shoppers)
        found[f"clients_{clients}"] = {
            "per_s": round(outcomes["ok"] / seconds, 1),
            "p50_ms": percentile(times, 50),
            "p95_ms": percentile(times, 95),
            "outcomes": dict(outcomes),
        }
    return found
