"""The other cards of the home page: figures, events by day, the recommender, running campaigns, last trainings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import money, number, short_date
from recommender.admin.measures import Estimate, served, system_estimates, written
from recommender.admin.run_page import STATUS_TONES, duration, stage_views
from recommender.dashboard.facts import DAYS, Facts
from recommender.dashboard.needs import ENDING, OLD_SCORES
from recommender.dashboard.words import ago, currency_of, days_left
from recommender.enums import EventKind, RunStatus
from recommender.models import ModelVersion

EVENT_SERIES = (
    (EventKind.PURCHASE, "c1"),
    (EventKind.IMPRESSION, "c3"),
    (EventKind.REDEMPTION, "c2"),
)


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


def figures(facts: Facts) -> list[Figure]:
    """Four figures with what they are compared with."""
    return [*_used_figures(facts), *_coverage_figures(facts)]


def _used_figures(facts: Facts) -> list[Figure]:
    url = reverse("admin:coupons_redemption_changelist")
    names = (gettext("Redeemed, last 28 days"), gettext("Discount given, last 28 days"))
    if facts.used is None:
        return [Figure(name=name, value="–", note=gettext("cannot be read now"), url=url) for name in names]
    today = facts.at.date()
    counts = _by_day([(day, uses) for day, uses, _minor in facts.used], today)
    minor = _by_day([(day, amount) for day, _uses, amount in facts.used], today)
    currency = currency_of(facts)
    note = gettext("vs the 28 days before")
    return [
        _figure(names[0], counts, number, note, url),
        _figure(names[1], minor, lambda value: money(value, currency), note, url),
    ]


def _by_day(rows: list[tuple[date, int]], today: date) -> list[int]:
    """56 values, oldest first; a day without a row is 0."""
    known = dict(rows)
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
    covered_name, quality_name = gettext("Shoppers covered"), gettext("NDCG@10 of the live model")
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
            _interval(best) if best else gettext("not measured") if live else gettext("no model is live"),
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
    series: list[dict[str, Any]] = [
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
        (gettext("Trained"), ago(live.created_at, now) if live else "–"),
        (gettext("Data up to"), ago(live.data_to, now) if live and live.data_to else "–"),
        (gettext("Computed"), ago(newest, now) if newest else "–"),
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
                "dates": f"{short_date(row['starts_at'])} – {short_date(row['ends_at'])}",
                "gone": gone,
                "left": days_left(row["ends_at"] - now),
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
                "when": ago(run.created_at, now),
            }
        )
    return rows
