"""The home page of the admin: what needs somebody, the figures, the recommender, running campaigns, the last trainings.

Every card is computed apart and its errors are caught, so that one broken card leaves the others standing.
Facts are kept for a minute in the cache without any text in them: languages and permissions differ between readers.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from coupons.admin.display import money, number, short_date
from coupons.enums import LIVE_REDEMPTIONS
from coupons.models import Campaign, CampaignMember, Coupon, ImportRun, Redemption, Shopper
from coupons.phase import running
from recommender.admin.measures import Estimate, served, system_estimates, written
from recommender.admin.run_page import STATUS_TONES, duration, stage_views
from recommender.enums import EventKind, RunStatus, VersionStatus
from recommender.models import BehaviorEvent, ModelVersion, Recommendation, TrainingRun

logger = logging.getLogger(__name__)

DAYS = 28
CACHE_KEY = "dashboard:facts"
FACTS_AGE = timedelta(seconds=60)
OLD_MODEL = timedelta(days=14)
OLD_SCORES = timedelta(hours=24)
ENDING = timedelta(days=3)
QUEUE_TIMEOUT = 0.3
EVENT_SERIES = (
    (EventKind.PURCHASE, "c1"),
    (EventKind.IMPRESSION, "c3"),
    (EventKind.REDEMPTION, "c2"),
)


@dataclass(frozen=True)
class Failed:
    """A card that could not be computed."""

    what: str


@dataclass(frozen=True)
class Need:
    """One line of `Needs you`: tone, icon, what and why, where the fix is. `rank` 0 is the worst."""

    rank: int
    tone: str
    icon: str
    title: str
    text: str
    action: str
    url: str


@dataclass(frozen=True)
class Figure:
    """One key figure with what it is compared with, a sparkline and where it leads."""

    name: str
    value: str
    note: str
    url: str
    change: str = ""
    tone: str = ""
    spark: str = ""


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


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the context of templates/admin/index.html. Never raises."""
    now = timezone.now()
    facts = _cached_facts(now)
    cards: dict[str, Callable[[], Any]] = {
        "needs": lambda: needs(facts, now),
        "figures": lambda: figures(facts),
        "events_chart": lambda: events_chart(facts),
        "recommender": lambda: recommender_card(facts, now),
        "campaigns": lambda: campaign_rows(facts, now),
        "runs": lambda: run_rows(facts, now),
    }
    home = {name: _careful(name, card) for name, card in cards.items()}
    age = max(0, round((now - facts.at).total_seconds()))
    return context | {
        "title": gettext("Overview"),
        "home": home,
        "updated": gettext("Updated %(age)s ago") % {"age": duration(age)},
        "currency": _currency(facts),
        "may_train": request.user.has_perm("recommender.train_model"),
        "may_plan": request.user.has_perm("coupons.add_campaign"),
    }


def _careful(name: str, card: Callable[[], Any]) -> Any:
    try:
        return card()
    except Exception:  # a card must never take the page down, whatever broke in it
        logger.exception("Card %s of the home page failed", name)
        return Failed(name)


def _cached_facts(now: datetime) -> Facts:
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
    return list(rows[:12])


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
    import redis

    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    names = [settings.CELERY_TASK_DEFAULT_QUEUE, *sorted(routed)]
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    with redis.Redis.from_url(url, socket_timeout=QUEUE_TIMEOUT, socket_connect_timeout=QUEUE_TIMEOUT) as client:
        return {name: int(client.llen(name)) for name in names}


def needs(facts: Facts, now: datetime) -> list[Need]:
    """What asks for somebody, worst first, five at most."""
    found = [*_model_needs(facts, now), *_run_needs(facts, now), *_import_needs(facts), *_campaign_needs(facts, now)]
    if "queues" in facts.failed:
        found.append(
            Need(
                0, "bad", "cloud_off", gettext("The task queue does not answer"),
                gettext("Trainings and recommendations wait until Redis is back."),
                gettext("Training runs"), reverse("admin:recommender_trainingrun_changelist"),
            )
        )  # fmt: skip
    return sorted(found, key=lambda need: need.rank)[:5]


def _model_needs(facts: Facts, now: datetime) -> list[Need]:
    if facts.model is None:
        return []
    live, candidate = facts.model["live"], facts.model["candidate"]
    found = []
    if live is None:
        found.append(
            Need(
                1, "bad", "layers_clear", gettext("No model is live"),
                gettext("Every shopper gets the popular coupons until one is."),
                gettext("Models"), reverse("admin:recommender_modelversion_changelist"),
            )
        )  # fmt: skip
    elif now - live.created_at > OLD_MODEL:
        found.append(
            Need(
                3, "warn", "history", gettext("Model %(version)s is old") % {"version": live},
                gettext("Trained %(age)s ago; what happened since is not in it.")
                % {"age": duration((now - live.created_at).total_seconds())},
                gettext("Train now…"), reverse("admin:recommender_trainingrun_train_now"),
            )
        )  # fmt: skip
    if live and facts.model["newest"] and now - facts.model["newest"] > OLD_SCORES:
        found.append(
            Need(
                2, "warn", "update", gettext("Recommendations are stale"),
                gettext("Computed %(age)s ago; they are due every hour.")
                % {"age": duration((now - facts.model["newest"]).total_seconds())},
                gettext("Schedule"), reverse("admin:django_celery_beat_periodictask_changelist"),
            )
        )  # fmt: skip
    if candidate is not None:
        found.append(
            Need(
                4, "info", "science", gettext("Model %(version)s waits for a decision") % {"version": candidate},
                candidate.verdict or gettext("It was trained after the live one and is not live."),
                gettext("Compare"), reverse("admin:recommender_modelversion_change", args=[candidate.pk]),
            )
        )  # fmt: skip
    return found


def _run_needs(facts: Facts, now: datetime) -> list[Need]:
    if not facts.runs:
        return []
    last = facts.runs[0]
    page = reverse("admin:recommender_trainingrun_change", args=[last.pk])
    if last.status == RunStatus.FAILED:
        text = (last.error.strip().splitlines() or [""])[-1][:160]
        title = gettext("Training run %(run)s failed") % {"run": last.pk}
        return [
            Need(
                1, "bad", "error", title, text or gettext("The live model is not affected."), gettext("Open run"), page
            )
        ]
    if last.status == RunStatus.QUEUED and now - last.created_at > timedelta(minutes=2):
        title = gettext("Training run %(run)s waits for a worker") % {"run": last.pk}
        text = gettext("Queued %(age)s ago.") % {"age": duration((now - last.created_at).total_seconds())}
        return [Need(2, "warn", "hourglass_top", title, text, gettext("Open run"), page)]
    return []


def _import_needs(facts: Facts) -> list[Need]:
    return [
        Need(
            3, "warn", "upload_file",
            gettext("%(table)s: %(rows)s rows were not accepted") % {"table": run.table, "rows": number(run.rows_rejected)}
            if run.rows_rejected
            else gettext("The import of %(table)s failed") % {"table": run.table},
            run.error.strip()[:160] or run.source,
            gettext("See why"), reverse("admin:coupons_importrun_change", args=[run.pk]),
        )
        for run in facts.imports or []
    ]  # fmt: skip


def _campaign_needs(facts: Facts, now: datetime) -> list[Need]:
    return [
        Need(
            5, "info", "event",
            gettext("%(campaign)s ends in %(left)s") % {"campaign": row["name"], "left": _days(row["ends_at"] - now)},
            gettext("%(used)s uses so far by %(coupons)s coupons.")
            % {"used": number(row["used_n"]), "coupons": number(row["coupons_n"])},
            gettext("Open campaign"), reverse("admin:coupons_campaign_change", args=[row["pk"]]),
        )
        for row in facts.campaigns or []
        if row["ends_at"] - now < ENDING
    ]  # fmt: skip


def figures(facts: Facts) -> list[Figure]:
    """Four figures with what they are compared with."""
    return [*_used_figures(facts), *_coverage_figures(facts)]


def _used_figures(facts: Facts) -> list[Figure]:
    url = reverse("admin:coupons_redemption_changelist")
    names = (gettext("Redeemed, last 28 days"), gettext("Discount given, last 28 days"))
    if facts.used is None:
        return [Figure(name=name, value="–", note=gettext("cannot be read now"), url=url) for name in names]
    today = facts.at.date()
    counts, minor = _by_day(facts.used, 1, today), _by_day(facts.used, 2, today)
    currency = _currency(facts)
    note = gettext("vs the 28 days before")
    return [
        _figure(names[0], counts, number, note, url),
        _figure(names[1], minor, lambda value: money(value, currency), note, url),
    ]


def _by_day(rows: list[tuple[date, int, int]], column: int, today: date) -> list[int]:
    """56 values, oldest first; a day without a row is 0."""
    known = {row[0]: int(row[column] or 0) for row in rows}
    return [known.get(today - timedelta(days=back), 0) for back in range(2 * DAYS - 1, -1, -1)]


def _figure(name: str, values: list[int], written_as: Callable[[int], str], note: str, url: str) -> Figure:
    now, before = sum(values[DAYS:]), sum(values[:DAYS])
    change = f"{100 * (now - before) / before:+.1f}%".replace("-", "−") if before else ""
    tone = "" if not before or now == before else "up" if now > before else "down"
    return Figure(
        name=name,
        value=written_as(now),
        note=note if before else gettext("none in the 28 days before"),
        url=url,
        change=change,
        tone=tone,
        spark=sparkline(values[DAYS:]),
    )


def sparkline(values: list[int]) -> str:
    """Points of a 96 × 28 polyline; empty where there is nothing to draw."""
    top = max(values, default=0)
    if not top:
        return ""
    step = 96 / (len(values) - 1)
    return " ".join(f"{index * step:.1f},{27 - 26 * value / top:.1f}" for index, value in enumerate(values))


def _coverage_figures(facts: Facts) -> list[Figure]:
    covered_name, quality_name = gettext("Shoppers with personal coupons"), gettext("NDCG@10 of the live model")
    models = reverse("admin:recommender_modelversion_changelist")
    recommendations = reverse("admin:recommender_recommendation_changelist")
    if facts.model is None:
        note = gettext("cannot be read now")
        return [Figure(covered_name, "–", note, recommendations), Figure(quality_name, "–", note, models)]
    live, total = facts.model["live"], facts.model["shoppers"]
    share = f"{100 * facts.model['shoppers_covered'] / total:.1f}%" if total else "–"
    best = _quality(live).get("ndcg_10")
    return [
        Figure(
            covered_name, share, gettext("of %(total)s shoppers") % {"total": number(total)}, recommendations
        ),
        Figure(
            quality_name,
            written("ndcg_10", best.value) if best else "–",
            _interval(best) if best else gettext("no model is live"),
            reverse("admin:recommender_modelversion_change", args=[live.pk]) if live else models,
        ),
    ]  # fmt: skip


def _quality(version: ModelVersion | None) -> dict[str, Estimate]:
    return served(system_estimates(version.metrics)) if version else {}


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return gettext("on the test campaigns")
    return gettext("95%% interval %(low)s – %(high)s") % {
        "low": written("ndcg_10", estimate.low),
        "high": written("ndcg_10", estimate.high),
    }


def events_chart(facts: Facts) -> dict[str, Any]:
    """Events a day over 28 days: chart data, legend, table rows and a sentence."""
    if facts.events is None:
        raise RuntimeError("events could not be read")
    first = facts.at.date() - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=index) for index in range(DAYS)]
    counts = {(day, kind): n for day, kind, n in facts.events}
    series = [
        {
            "name": str(kind.label),
            "color": colour,
            "data": [counts.get((day, kind.value), 0) for day in days],
            "fill": kind == EventKind.PURCHASE,
        }
        for kind, colour in EVENT_SERIES
    ]
    labels = [short_date(day) for day in days]
    totals = [sum(item["data"]) for item in series]
    return {
        "config": {"labels": labels, "series": series, "y": {"min": 0, "zero": True}},
        "legend": [(item["name"], item["color"]) for item in series],
        "rows": list(zip(labels, *(item["data"] for item in series), strict=True)),
        "any": any(totals),
        "label": gettext(
            "Events by day over 28 days: %(purchases)s purchases, %(shown)s coupons shown, %(used)s redeemed."
        )
        % {"purchases": number(totals[0]), "shown": number(totals[1]), "used": number(totals[2])},
    }


def recommender_card(facts: Facts, now: datetime) -> dict[str, Any]:
    """Is the recommender healthy and fresh."""
    if facts.model is None:
        raise RuntimeError("the live model could not be read")
    live = facts.model["live"]
    newest = facts.model["newest"]
    fresh = bool(live and newest and now - newest <= OLD_SCORES)
    tone, icon, word = (
        ("ok", "check", gettext("Healthy"))
        if fresh
        else ("warn", "schedule", gettext("Stale"))
        if live
        else ("bad", "close", gettext("No model"))
    )
    quality = _quality(live)
    rows = [
        (gettext("ROC AUC"), written("auc", quality["auc"].value) if "auc" in quality else "–"),
        (gettext("NDCG@10"), written("ndcg_10", quality["ndcg_10"].value) if "ndcg_10" in quality else "–"),
        (gettext("Trained"), _ago(live.created_at, now) if live else "–"),
        (gettext("Data up to"), _ago(live.data_to, now) if live and live.data_to else "–"),
        (gettext("Computed"), _ago(newest, now) if newest else "–"),
        (gettext("Coupons recommended"), number(facts.model["coupons"])),
    ]
    waiting = None if facts.queues is None else sum(facts.queues.values())
    return {
        "live": live,
        "tone": tone,
        "icon": icon,
        "word": word,
        "rows": rows,
        "queues": facts.queues,
        "waiting": waiting,
    }


def campaign_rows(facts: Facts, now: datetime) -> list[dict[str, Any]]:
    """Running campaigns with how much of their time is gone."""
    if facts.campaigns is None:
        raise RuntimeError("campaigns could not be read")
    rows = []
    for row in facts.campaigns:
        whole = (row["ends_at"] - row["starts_at"]).total_seconds()
        gone = min(100, max(0, round(100 * (now - row["starts_at"]).total_seconds() / whole)))
        rows.append(
            row
            | {
                "url": reverse("admin:coupons_campaign_change", args=[row["pk"]]),
                "coupons_url": f"{reverse('admin:coupons_coupon_changelist')}?campaign__id__exact={row['pk']}",
                "uses_url": f"{reverse('admin:coupons_redemption_changelist')}?coupon__campaign__id__exact={row['pk']}",
                "gone": gone,
                "left": _days(row["ends_at"] - now),
                "given_text": money(row["given"], row["currency"]),
                "soon": row["ends_at"] - now < ENDING,
            }
        )
    return rows


def run_rows(facts: Facts, now: datetime) -> list[dict[str, Any]]:
    """The last trainings."""
    if facts.runs is None:
        raise RuntimeError("training runs could not be read")
    rows = []
    for run in facts.runs:
        tone, icon = STATUS_TONES[RunStatus(run.status)]
        stage = next((view.label for view in stage_views(run, None) if view.state in {"now", "failed"}), "")
        rows.append(
            {
                "run": run,
                "url": reverse("admin:recommender_trainingrun_change", args=[run.pk]),
                "tone": tone,
                "icon": icon,
                "stage": stage,
                "version": getattr(run, "version", None),
                "took": duration(((run.finished_at or now) - run.started_at).total_seconds()) if run.started_at else "",
                "when": _ago(run.created_at, now),
            }
        )
    return rows


def _ago(moment: datetime, now: datetime) -> str:
    """`3 d ago`, `2 h ago`, `4 m ago`."""
    seconds = max(0, (now - moment).total_seconds())
    if seconds >= 86400:
        return gettext("%(n)d d ago") % {"n": seconds // 86400}
    if seconds >= 3600:
        return gettext("%(n)d h ago") % {"n": seconds // 3600}
    return gettext("%(n)d m ago") % {"n": seconds // 60}


def _days(left: timedelta) -> str:
    if left.days >= 1:
        return gettext("%(n)d d") % {"n": left.days}
    return duration(left.total_seconds())


def _currency(facts: Facts) -> str:
    """The currency of figures over the whole shop; with several the running campaigns' first one."""
    rows = facts.campaigns or []
    return str(rows[0]["currency"]) if rows else "USD"
