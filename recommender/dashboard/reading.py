"""What the home page reads of models, trainings, reach and machinery. Few queries, each of a fixed cost."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone

from coupons.models import LedgerCheck
from recommender.dashboard.period import Period
from recommender.enums import EventKind, VersionStatus
from recommender.models import ModelVersion, TrainingRun

QUEUE_TIMEOUT = 0.3
WORKER_TIMEOUT = 1.0


def read_models(_now: datetime) -> dict[str, Any]:
    """The live version, the shadow one, and the newest candidate after the live one."""
    versions = list(
        ModelVersion.objects.exclude(status=VersionStatus.RETIRED)
        .select_related("run")
        .defer("config", "run__log", "run__report", "run__cleaning_report", "run__stages")
        .order_by("-number")[:20]
    )
    live = next((version for version in versions if version.status == VersionStatus.LIVE), None)
    return {
        "live": live,
        "candidate": next(
            (
                version
                for version in versions
                if version.status == VersionStatus.CANDIDATE and (not live or version.number > live.number)
            ),
            None,
        ),
    }


def read_runs(_now: datetime) -> list[TrainingRun]:
    return list(
        TrainingRun.objects.select_related("requested_by", "version")
        .defer("log", "report", "cleaning_report", "version__metrics", "version__config")
        .order_by("-pk")[:5]
    )


def read_ledger_check(_now: datetime) -> LedgerCheck | None:
    return LedgerCheck.objects.order_by("-checked_at").first()


def read_queues(_now: datetime) -> dict[str, int]:
    """Tasks that wait in each queue."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    names = [settings.CELERY_TASK_DEFAULT_QUEUE, *sorted(routed)]
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    with redis.Redis.from_url(url, socket_timeout=QUEUE_TIMEOUT, socket_connect_timeout=QUEUE_TIMEOUT) as client:
        return {name: int(client.llen(name)) for name in names}


def read_workers() -> dict[str, list[str]] | None:
    """The queues that each worker takes tasks from; None where none can be asked. Waits WORKER_TIMEOUT seconds."""
    try:
        answers = current_app.control.inspect(timeout=WORKER_TIMEOUT).active_queues()
    except (OSError, redis.RedisError):
        return None
    return {name: sorted(queue["name"] for queue in queues) for name, queues in sorted((answers or {}).items())}


_COUNTS = """
WITH live AS (SELECT id FROM recommender_modelversion WHERE status = 'live'),
     slates AS (
         SELECT count(DISTINCT shopper_id) AS shoppers, count(DISTINCT coupon_id) AS coupons, max(created_at) AS newest
         FROM recommender_recommendation WHERE model_version_id = (SELECT id FROM live)),
     people AS (
         SELECT count(*) AS everybody, count(*) FILTER (WHERE personalised) AS opted_in FROM coupons_shopper),
     shown AS (
         SELECT DISTINCT ON (i.shopper_id, i.coupon_id) i.score, EXISTS (
             SELECT FROM coupons_redemption r
             WHERE r.shopper_id = i.shopper_id AND r.coupon_id = i.coupon_id AND r.redeemed_at >= i.shown_at
                   AND r.status IN ('redeemed', 'partially_rolled_back')) AS used
         FROM recommender_impression i
         WHERE i.shown_at >= %(month)s AND i.fallback = '' AND i.score IS NOT NULL AND i.shopper_id IS NOT NULL
         ORDER BY i.shopper_id, i.coupon_id, i.shown_at)
SELECT json_build_object(
    'covered', (SELECT shoppers FROM slates), 'coupons', (SELECT coupons FROM slates),
    'newest', (SELECT newest FROM slates),
    'shoppers', (SELECT everybody FROM people), 'opted_in', (SELECT opted_in FROM people),
    'active_coupons', (SELECT count(*) FROM coupons_coupon c JOIN coupons_campaign g ON g.id = c.campaign_id
                       WHERE c.active AND g.status = 'approved' AND g.starts_at <= %(now)s AND g.ends_at > %(now)s),
    'answers', (SELECT count(DISTINCT slate_id) FROM recommender_impression WHERE shown_at >= %(week)s),
    'fallbacks', (SELECT count(DISTINCT slate_id) FROM recommender_impression
                  WHERE shown_at >= %(week)s AND fallback <> ''),
    'pairs', (SELECT count(*) FROM shown), 'forecast', (SELECT avg(score) FROM shown),
    'actual', (SELECT avg(used::int) FROM shown),
    'purchase', (SELECT occurred_at FROM recommender_behaviorevent
                 WHERE kind = %(purchase)s AND occurred_at <= %(now)s ORDER BY occurred_at DESC LIMIT 1),
    'entries', (SELECT count(*) FROM coupons_redemption WHERE created_at >= %(today)s)
               + (SELECT count(*) FROM coupons_rollback WHERE created_at >= %(today)s),
    'holds', (SELECT count(*) FROM coupons_redemption WHERE status = 'held'),
    'reserved', (SELECT coalesce(json_object_agg(currency, minor), '{}') FROM (
        SELECT currency, sum(amount_minor) AS minor FROM coupons_redemption WHERE status = 'held' GROUP BY 1) AS held),
    'imports', (SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT id, "table", source, rows_rejected, error FROM coupons_importrun
        WHERE started_at > %(week)s AND (rows_rejected > 0 OR status = 'failed')
        ORDER BY started_at DESC LIMIT 3) AS i),
    'funnels', (SELECT json_object_agg(p.key, json_build_object(
        'shown', (SELECT count(DISTINCT shopper_id) FROM recommender_impression
                  WHERE shown_at >= p.first AND shown_at < p.until),
        'claimed', (SELECT count(DISTINCT shopper_id) FROM coupons_coupongrant
                    WHERE source = 'claim' AND created_at >= p.first AND created_at < p.until),
        'used', (SELECT count(DISTINCT shopper_id) FROM coupons_redemption
                 WHERE redeemed_at >= p.first AND redeemed_at < p.until
                       AND status IN ('redeemed', 'partially_rolled_back'))))
        FROM unnest(%(keys)s::text[], %(firsts)s::timestamptz[], %(untils)s::timestamptz[]) AS p (key, first, until)))
"""


def read_counts(periods: Sequence[Period]) -> dict[str, Any]:
    """Reach, serving, ledger and the funnels of `periods`, in one statement; instants are ISO texts."""
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = [(_start(period), _start(period, after=True)) for period in periods]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "now": now,
                "today": midnight,
                "week": now - timedelta(days=7),
                "month": now - timedelta(days=28),
                "purchase": EventKind.PURCHASE.value,
                "keys": [period.key for period in periods],
                "firsts": [first for first, _until in bounds],
                "untils": [until for _first, until in bounds],
            },
        )
        found: dict[str, Any] = _parsed(cursor.fetchone()[0])
    for name in ("newest", "purchase"):
        found[name] = datetime.fromisoformat(found[name]) if found[name] else None
    return found


def _parsed(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else dict(value)


def _start(period: Period, *, after: bool = False) -> datetime:
    """The first instant of a period in the site's time zone, or the first one after it."""
    day = period.last + timedelta(days=1) if after else period.first
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  (made aware here)
