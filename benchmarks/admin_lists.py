"""How long the admin takes to answer each list, the home page and a coupon's reach: `python -m benchmarks.admin_lists`.

On the configured database as it is loaded (`make demo` holds 1.47 M events), with `--codes` codes and `--shoppers`
shoppers more, in a transaction that is rolled back. Each page is asked REPEATS times by a superuser through the whole
stack of middleware and templates, without a socket. A time is the processor time here plus the time of the queries,
which a busy machine changes least; by the clock it is what a person waits for. Writes var/bench/admin_lists.json and a
Markdown table: `pages.PATH.median_ms`, `.p95_ms`, `.wall_p95_ms`, `.queries`; `reach` the same of the question how far
the newest running coupon reaches, which the aside of its page asks once the page is there; `rows.TABLE` how many rows
the largest tables hold; `over_limit` the paths whose p95 is above LIMIT_MS; `load_average`, `cores`. Exit code 1 where
one is over it.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django

REPEATS = 20
LIMIT_MS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--shoppers", type=int, default=200_000)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    os.environ.setdefault("STATICFILES_BACKEND", "django.contrib.staticfiles.storage.StaticFilesStorage")
    django.setup()
    from django.conf import settings
    from django.db import transaction

    # what is kept while the rows are there must not be what the site shows afterwards
    settings.CACHES["default"]["KEY_PREFIX"] = "cache-of-benchmark"
    with transaction.atomic():
        _add_codes(arguments.codes)
        _add_shoppers(arguments.shoppers)
        result = measure()
        transaction.set_rollback(True)
    folder = settings.VAR_DIR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "admin_lists.json").write_text(json.dumps(result, indent=2) + "\n")
    table = markdown(result)
    (folder / "admin_lists.md").write_text(table)
    sys.stdout.write(table)
    sys.exit(bool(result["over_limit"]))


def _add_codes(count: int) -> None:
    """Codes of the first coupon, made by the database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO coupons_couponcode (channel_id, coupon_id, code, code_norm, active, held_n, redeemed_n)
            SELECT g.channel_id, c.id, 'BENCH' || n, 'BENCH' || n, true, 0, 0
            FROM (SELECT id, campaign_id FROM coupons_coupon ORDER BY id LIMIT 1) AS c
            JOIN coupons_campaign AS g ON g.id = c.campaign_id CROSS JOIN generate_series(1, %s) AS n
            """,
            [count],
        )
        cursor.execute("ANALYZE coupons_couponcode")


def _add_shoppers(count: int) -> None:
    """Shoppers of the first channel who did nothing yet."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO coupons_shopper (channel_id, external_id)
            SELECT c.id, 'bench-' || n
            FROM (SELECT id FROM coupons_channel ORDER BY id LIMIT 1) AS c CROSS JOIN generate_series(1, %s) AS n
            """,
            [count],
        )
        cursor.execute("ANALYZE coupons_shopper")


def measure() -> dict[str, Any]:
    """Every list that has a link in the admin, and the home page."""
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    user = User.objects.create(username="benchmark", password="!", is_staff=True, is_superuser=True)  # noqa: S106
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    names = [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
    paths = [reverse("admin:index"), *sorted(reverse(f"admin:{name}_changelist") for name in names)]
    pages = {path: _measure(partial(client.get, path)) for path in paths}
    return {
        "pages": pages,
        "reach": _measure_reach(client),
        "over_limit": [path for path, found in pages.items() if found["p95_ms"] > LIMIT_MS],
        "rows": _rows(),
        "load_average": os.getloadavg(),
        "cores": os.cpu_count(),
    }


def _measure_reach(client: Any) -> dict[str, Any] | None:
    """None where no coupon runs."""
    from django.urls import reverse
    from django.utils import timezone

    from coupons.models import Coupon
    from coupons.phase import running

    coupon = Coupon.objects.filter(running(timezone.now(), "campaign__"), active=True).order_by("-pk").first()
    if coupon is None:
        return None
    url = reverse("admin:recommender_reach", args=["coupon", coupon.pk])
    return _measure(lambda: client.post(url))


def _measure(ask: Callable[[], Any]) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    walls, times = [], []
    for _ in range(REPEATS):
        with CaptureQueriesContext(connection) as seen:
            started, used = time.perf_counter(), time.process_time()
            answer = ask()
            walls.append(1000 * (time.perf_counter() - started))
            queries = sum(float(query["time"]) for query in seen.captured_queries)
            times.append(1000 * (time.process_time() - used + queries))
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.request['PATH_INFO']} answered {answer.status_code}")
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(_p95(times), 1),
        "wall_p95_ms": round(_p95(walls), 1),
        "queries": len(seen),
    }


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _rows() -> dict[str, int]:
    from coupons.models import CouponCode, Redemption, Shopper
    from recommender.models import BehaviorEvent, Recommendation

    tables = (BehaviorEvent, CouponCode, Redemption, Recommendation, Shopper)
    return {model._meta.label_lower: model._default_manager.count() for model in tables}


def markdown(result: dict[str, Any]) -> str:
    """The home page, the slowest ten and the reach, and whether any is over the limit."""
    slowest = sorted(result["pages"].items(), key=lambda item: -item[1]["p95_ms"])[:10]
    home = [("/admin/", result["pages"]["/admin/"])]
    reach = [("reach of a coupon", result["reach"])] if result["reach"] else []
    lines = ["| page | median ms | p95 ms | p95 by the clock | queries |", "|---|---|---|---|---|"]
    lines += [
        f"| {path} | {found['median_ms']} | {found['p95_ms']} | {found['wall_p95_ms']} | {found['queries']} |"
        for path, found in dict([*home, *slowest, *reach]).items()
    ]
    rows = ", ".join(f"{count:,} of {name}" for name, count in result["rows"].items())
    over = ", ".join(result["over_limit"]) or "none"
    return "\n".join([*lines, "", f"{len(result['pages'])} pages; {rows}. Over {LIMIT_MS} ms: {over}.", ""])


if __name__ == "__main__":
    main()
