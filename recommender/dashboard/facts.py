"""What the home page reads: at most eight queries and one look at Redis, kept for a minute without any words."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from coupons.enums import LIVE_REDEMPTIONS
from coupons.models import Campaign, CampaignMember, Coupon, ImportRun, Redemption, Shopper
from coupons.phase import running
from recommender.enums import VersionStatus
from recommender.models import BehaviorEvent, ModelVersion, Recommendation, TrainingRun

logger = logging.getLogger(__name__)

DAYS = 28
CACHE_KEY = "dashboard:facts"
FACTS_AGE = timedelta(seconds=60)
QUEUE_TIMEOUT = 0.3


@dataclass(frozen=True)
class Facts:
    """One reading of the database, without words. A part that failed is None and is named in `failed`."""

    at: datetime
    model: dict[str, Any] | None = None
    used: list[tuple[date, int, int]] | None = None
    events: list[tuple[date, int, int]] | None = None
    campaigns: list[dict[str, Any]] | None = None
    runs: list[TrainingRun] | None = None
    imports: list[ImportRun] | None = None
    queues: dict[str, int] | None = None
    failed: list[str] = field(default_factory=list)


def cached_facts(now: datetime) -> Facts:
    """Facts of the last minute; read anew where the cache is empty or away."""
    try:
        known = cache.get(CACHE_KEY)
    except Exception:  # the page must stand while Redis is down
        logger.exception("The cache does not answer")
        return read_facts(now)
    if isinstance(known, Facts) and timedelta(0) <= now - known.at < FACTS_AGE:
        return known
    facts = read_facts(now)
    if not facts.failed:
        cache.set(CACHE_KEY, facts, FACTS_AGE.total_seconds())
    return facts


def read_facts(now: datetime) -> Facts:
    """At most eight queries, and one look at Redis."""
    readers: dict[str, Callable[[datetime], Any]] = {
        "model": _read_model,
        "used": _read_used,
        "events": _read_events,
        "campaigns": _read_campaigns,
        "runs": _read_runs,
        "imports": _read_imports,
        "queues": _read_queues,
    }
    values: dict[str, Any] = {}
    failed = []
    for name, reader in readers.items():
        try:
            values[name] = reader(now)
        except Exception:
            logger.exception("Facts %s of the home page cannot be read", name)
            failed.append(name)
    return Facts(at=now, failed=failed, **values)


def _read_model(_now: datetime) -> dict[str, Any]:
    """The live version, what it covers, and the newest candidate."""
    versions = list(
        ModelVersion.objects.filter(Q(status=VersionStatus.LIVE) | Q(status=VersionStatus.CANDIDATE))
        .order_by("-number")
        .defer("config")[:20]
    )
    live = next((version for version in versions if version.status == VersionStatus.LIVE), None)
    if live is None:
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).defer("config").first()
    rows = Recommendation.objects.filter(model_version=live) if live else Recommendation.objects.none()
    covered = rows.aggregate(
        shoppers_covered=Count("shopper", distinct=True),
        coupons=Count("coupon", distinct=True),
        newest=Max("created_at"),
    )
    candidate = next(
        (v for v in versions if v.status == VersionStatus.CANDIDATE and (not live or v.number > live.number)), None
    )
    return {"live": live, "candidate": candidate, "shoppers": Shopper.objects.count(), **covered}


def _read_used(now: datetime) -> list[tuple[date, int, int]]:
    """(day, uses, discount in minor units) of the last 56 days."""
    rows = (
        Redemption.objects.filter(
            status__in=LIVE_REDEMPTIONS, redeemed_at__gt=now - timedelta(days=2 * DAYS), redeemed_at__lte=now
        )
        .annotate(day=TruncDate("redeemed_at"))
        .values("day")
        .annotate(n=Count("pk"), minor=Sum("amount_minor"))
        .values_list("day", "n", "minor")
    )
    return list(rows)


def _read_events(now: datetime) -> list[tuple[date, int, int]]:
    """(day, kind, events) of the last 28 days: one or two monthly partitions, by their index on time."""
    rows = (
        BehaviorEvent.objects.filter(occurred_at__gt=now - timedelta(days=DAYS), occurred_at__lte=now)
        .order_by()
        .annotate(day=TruncDate("occurred_at"))
        .values("day", "kind")
        .annotate(n=Count("pk"))
        .values_list("day", "kind", "n")
    )
    return list(rows)


def _read_campaigns(now: datetime) -> list[dict[str, Any]]:
    """Running campaigns, those that end first at the top."""

    def counted(model: type[Any], key: str, what: Any, **filters: Any) -> Coalesce:
        rows = model.objects.filter(**{key: OuterRef("pk")}, **filters).order_by().values(key).annotate(x=what)
        return Coalesce(Subquery(rows.values("x"), output_field=IntegerField()), 0)

    rows = (
        Campaign.objects.filter(running(now))
        .annotate(
            coupons_n=counted(Coupon, "campaign", Count("pk"), active=True),
            members_n=counted(CampaignMember, "campaign", Count("pk")),
            used_n=counted(Redemption, "coupon__campaign", Count("pk"), status__in=LIVE_REDEMPTIONS),
            given=counted(Redemption, "coupon__campaign", Sum("amount_minor"), status__in=LIVE_REDEMPTIONS),
            currency=F("channel__currency"),
        )
        .order_by("ends_at", "pk")
        .values("pk", "name", "kind", "starts_at", "ends_at", "coupons_n", "members_n", "used_n", "given", "currency")
    )
    return [dict(row) for row in rows[:12]]


def _read_runs(_now: datetime) -> list[TrainingRun]:
    return list(
        TrainingRun.objects.select_related("requested_by", "version")
        .defer("log", "report", "cleaning_report", "version__metrics", "version__config")
        .order_by("-pk")[:5]
    )


def _read_imports(now: datetime) -> list[ImportRun]:
    return list(
        ImportRun.objects.filter(started_at__gt=now - timedelta(days=7))
        .filter(Q(rows_rejected__gt=0) | Q(status="failed"))
        .order_by("-started_at")[:3]
    )


def _read_queues(_now: datetime) -> dict[str, int]:
    """Tasks that wait in each queue."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    names = [settings.CELERY_TASK_DEFAULT_QUEUE, *sorted(routed)]
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    with redis.Redis.from_url(url, socket_timeout=QUEUE_TIMEOUT, socket_connect_timeout=QUEUE_TIMEOUT) as client:
        return {name: int(client.llen(name)) for name in names}
