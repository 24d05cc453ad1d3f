"""What the home page knows, as one snapshot without words: languages and permissions differ between readers.

A periodic task reads it anew each minute and keeps it in the cache; its age is what the page calls "Updated".
Where the cache is empty or away, the request reads for itself.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from coupons.models import LedgerCheck
from recommender.answer_times import AnswerTime, read_answer_time
from recommender.dashboard import reading, reading_promotions
from recommender.dashboard.period import CHOICES, Period, last_days
from recommender.models import TrainingRun
from recommender.selectors.experiments import Incremental, incremental_revenue

logger = logging.getLogger(__name__)

CACHE_KEY = "dashboard:facts:4"
FRESH_FOR = timedelta(seconds=90)
"""The task comes each minute; a little late is not missing."""
KEPT_FOR = timedelta(minutes=30)
COUNTS_AGE = timedelta(minutes=10)
"""What reads whole tables (reach, funnel, forecast against use) is read anew after this."""
DAYS_KEPT = 2 * max(CHOICES)


@dataclass(frozen=True)
class Daily:
    """What happened by day, from `first` to `last`."""

    first: date
    last: date
    claims: list[tuple[date, int, int]]
    """(day, claims, of them used by now)."""
    uses: list[tuple[date, int, str, int, int]]
    """(day, campaign, currency, uses, discount in minor units)."""


@dataclass(frozen=True)
class Facts:
    """One reading. A part that failed is None and is named in `failed`."""

    at: datetime
    models: dict[str, Any] | None = None
    runs: list[TrainingRun] | None = None
    campaigns: list[dict[str, Any]] | None = None
    daily: Daily | None = None
    ledger: LedgerCheck | None = None
    counts: dict[str, Any] | None = None
    counts_at: datetime | None = None
    incremental: list[Incremental] | None = None
    answer_time: AnswerTime | None = None
    queues: dict[str, int] | None = None
    workers: dict[str, list[str]] | None = None
    """Queues that each worker takes from; None where nobody has asked them."""
    failed: list[str] = field(default_factory=list)


def cached_facts(now: datetime) -> Facts:
    """The newest snapshot that is young enough; read here where there is none."""
    known = _known()
    if known is not None and timedelta(0) <= now - known.at < FRESH_FOR:
        return known
    facts = read_facts(now, known=known)
    _keep(facts)
    return facts


def refresh_facts(now: datetime) -> Facts:
    """What the periodic task does: read, ask the workers, keep."""
    facts = replace(read_facts(now, known=_known()), workers=reading.read_workers())
    _keep(facts)
    return facts


def read_facts(now: datetime, *, known: Facts | None = None) -> Facts:
    """At most ten queries, and two looks at Redis. `known` lends its counts while they are young enough."""
    readers: dict[str, Callable[[datetime], Any]] = {
        "models": reading.read_models,
        "runs": reading.read_runs,
        "campaigns": reading_promotions.read_campaigns,
        "daily": lambda moment: read_daily(last_days(DAYS_KEPT, timezone.localdate(moment))),
        "ledger": reading.read_ledger_check,
        "incremental": lambda _now: incremental_revenue(),
        "answer_time": lambda _now: read_answer_time(),
        "queues": reading.read_queues,
    }
    counts_at = now
    if known and known.counts is not None and known.counts_at and now - known.counts_at < COUNTS_AGE:
        counts_at = known.counts_at
        readers["counts"] = lambda _now: known.counts
    else:
        readers["counts"] = lambda moment: reading.read_counts(
            [last_days(days, timezone.localdate(moment)) for days in CHOICES]
        )
    values, failed = _careful(readers, now)
    workers = known.workers if known else None
    return Facts(at=now, counts_at=counts_at, workers=workers, failed=failed, **values)


def _careful(readers: dict[str, Callable[[datetime], Any]], now: datetime) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    failed = []
    for name, reader in readers.items():
        try:
            values[name] = reader(now)
        except Exception:  # one part must not take the others with it, whatever broke
            logger.exception("Facts %s of the home page cannot be read", name)
            failed.append(name)
    return values, failed


def read_daily(period: Period) -> Daily:
    """Two queries."""
    return Daily(period.first, period.last, *reading_promotions.read_days(period.first, period.last))


def daily_of(facts: Facts, period: Period) -> Daily:
    """The days of a period and of the one before it: from the snapshot where it holds them, else read and kept."""
    first = period.before().first
    if facts.daily and facts.daily.first <= first and period.last <= facts.daily.last:
        return facts.daily
    key = f"{CACHE_KEY}:{first}:{period.last}"
    found: Daily = _remember(key, lambda: read_daily(Period(first, period.last, "")))
    return found


def funnel_of(facts: Facts, period: Period) -> dict[str, int]:
    """How many shoppers were shown, claimed and used a coupon in a period."""
    known: dict[str, dict[str, int]] = (facts.counts or {}).get("funnels", {})
    if period.key in known:
        return known[period.key]
    key = f"{CACHE_KEY}:funnel:{period.first}:{period.last}"
    found: dict[str, int] = _remember(key, lambda: reading.read_counts([period])["funnels"][period.key])
    return found


def _remember(key: str, read: Callable[[], Any]) -> Any:
    try:
        known = cache.get(key)
    except Exception:  # the page must stand while Redis is down
        return read()
    if known is None:
        known = read()
        cache.set(key, known, 60)
    return known


def _known() -> Facts | None:
    try:
        known = cache.get(CACHE_KEY)
    except Exception:  # also what an older release has kept and this one can't read
        logger.warning("The snapshot of the home page cannot be had from the cache", exc_info=True)
        return None
    return known if isinstance(known, Facts) else None


def _keep(facts: Facts) -> None:
    if facts.failed:
        return
    try:
        cache.set(CACHE_KEY, facts, KEPT_FOR.total_seconds())
    except Exception:
        logger.warning("The snapshot of the home page cannot be kept", exc_info=True)
