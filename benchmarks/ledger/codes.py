"""A batch of codes, one code among them, and the admin's lists beside them."""

import resource
import time
from typing import Any

from benchmarks.ledger.site import NOW, Result, make_channel, make_coupon, percentile

_LISTS = {
    "codes": "coupons_couponcode_changelist",
    "batches": "coupons_codebatch_changelist",
    "coupons": "coupons_coupon_changelist",
    "campaigns": "coupons_campaign_changelist",
    "redemptions": "coupons_redemption_changelist",
}


def measure_codes(count: int) -> Result:
    from coupons.enums import CouponTrigger
    from coupons.models import CouponCode
    from coupons.services import create_code_batch, find_codes, generate_codes

    channel, coupon = make_channel(), make_coupon(trigger=CouponTrigger.CODE)
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
        "admin_lists": measure_admin_lists(some[0]),
    }


def measure_admin_lists(code: str, rounds: int = 15) -> Result:
    """Each list with whatever this run has made, the first page, a page further on and one code searched for."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    person = User.objects.create_superuser("bench", password=None)
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    addresses = {name: reverse(f"admin:{view}") for name, view in _LISTS.items()}
    addresses |= {"codes_page_9": f"{addresses['codes']}?p=9", "codes_search": f"{addresses['codes']}?q={code}"}
    return {name: _opened(client, address, rounds) for name, address in addresses.items()}


def _opened(client: Any, address: str, rounds: int) -> Result:
    times = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        answer = client.get(address)
        times.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return {"p50_ms": percentile(times[1:], 50), "p95_ms": percentile(times[1:], 95)}  # templates are compiled by now
