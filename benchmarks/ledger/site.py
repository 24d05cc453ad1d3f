"""The made-up shop that is measured, and the numbers that come out."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2030, 3, 13, 12, tzinfo=UTC)
Result = dict[str, Any]


def start_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    # the admin's pages are drawn here, where no static files have been collected
    os.environ.setdefault("STATICFILES_BACKEND", "django.contrib.staticfiles.storage.StaticFilesStorage")
    os.environ.setdefault("TEST_DATABASE_NAME", f"bench_ledger_{os.getpid()}")
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


def make_channel() -> Any:
    from coupons.models import Channel

    return Channel.objects.get_or_create(slug="bench", defaults={"name": "Bench", "currency": "USD"})[0]


def make_coupon(*, around: datetime = NOW, **fields: Any) -> Any:
    """100 off for everyone, without limits unless some are given; its campaign runs a day around the given instant."""
    from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
    from coupons.models import Benefit, Campaign, Coupon

    number = Coupon.objects.count()
    campaign = Campaign.objects.create(
        channel=make_channel(),
        external_id=f"bench-{number}",
        name=f"Bench {number}",
        status=CampaignStatus.APPROVED,
        starts_at=around - timedelta(days=1),
        ends_at=around + timedelta(days=1),
    )
    wanted = {"trigger": CouponTrigger.AUTOMATIC, "per_shopper_limit": None, **fields}
    coupon = Coupon.objects.create(campaign=campaign, external_id="c", title="Bench", **wanted)
    Benefit.objects.create(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=100)
    return coupon


def make_candidates(*, around: datetime = NOW) -> list[Any]:
    """50 coupons of two stacking groups: half percentages, half amounts, half of them limited."""
    from coupons.enums import BenefitType, StackingMode
    from coupons.models import Benefit, Campaign, StackingGroup

    channel = make_channel()
    groups = [
        StackingGroup.objects.create(
            channel=channel, name=f"{mode} {around:%Y}", mode=mode, position=i, max_coupons=cap
        )
        for i, (mode, cap) in enumerate([(StackingMode.BEST_FOR_SHOPPER, 3), (StackingMode.STACKABLE, None)])
    ]
    coupons = []
    for i in range(50):
        coupon = make_coupon(around=around, usage_limit=1_000_000 if i % 2 else None)
        kinds = [
            {"type": BenefitType.PERCENT, "percent_bp": 500 + 10 * i, "amount_minor": None},
            {"type": BenefitType.AMOUNT, "amount_minor": 50 + i, "percent_bp": None},
        ]
        Benefit.objects.filter(coupon=coupon).update(**kinds[i % 2])
        Campaign.objects.filter(pk=coupon.campaign_id).update(stacking_group=groups[i // 25])
        coupons.append(coupon)
    return coupons


def make_shoppers(count: int) -> list[int]:
    from coupons.models import Shopper

    channel, first = make_channel(), Shopper.objects.count()
    rows = Shopper.objects.bulk_create(
        (Shopper(channel=channel, external_id=f"bench-{first + i}") for i in range(count)), batch_size=5_000
    )
    return [row.pk for row in rows]


def bare_dsn() -> dict[str, Any]:
    """The database as psycopg's own arguments."""
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
