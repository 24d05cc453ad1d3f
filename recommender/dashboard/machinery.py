"""The recommender, the ledger, the queues, the last trainings and the funnel on the home page."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import money, number, short_date
from recommender.admin.measures import Estimate, served, system_estimates, written
from recommender.admin.run_page import STATUS_TONES, duration, stage_views
from recommender.dashboard.facts import Facts
from recommender.dashboard.words import ago, amounts, milliseconds, percent
from recommender.enums import RunStatus
from recommender.models import ModelVersion
from recommender.selectors.experiments import Incremental

OLD_SCORES = timedelta(hours=24)
OLD_CHECK = timedelta(hours=1)

Row = tuple[str, str, str]
"""(name, value, link or nothing)."""


def quality(version: ModelVersion | None) -> dict[str, Estimate]:
    """The measures of what the version serves."""
    return served(system_estimates(version.metrics)) if version else {}


def _jobs_url(may: Callable[[str], bool]) -> str:
    """No link for who would be refused behind it."""
    may_look = may("django_celery_beat.view_periodictask")
    return reverse("admin:django_celery_beat_periodictask_changelist") if may_look else ""


def recommender_card(facts: Facts, now: datetime, may: Callable[[str], bool]) -> dict[str, Any]:
    """Is the recommender healthy and fresh."""
    if facts.models is None or facts.counts is None:
        raise RuntimeError("the live model could not be read")
    live, counts = facts.models["live"], facts.counts
    newest = counts["newest"]
    fresh = bool(live and newest and now - newest <= OLD_SCORES)
    pill = (
        ("ok", "check", gettext("Healthy"))
        if fresh
        else ("warn", "schedule", gettext("Stale"))
        if live
        else ("bad", "close", gettext("No model"))
    )
    return {
        "live": live,
        "pill": pill,
        "rows": [*_recommender_rows(live, counts, now, _jobs_url(may)), _answer_row(facts)],
        "stale": bool(live and not fresh),
    }


def _recommender_rows(live: ModelVersion | None, counts: dict[str, Any], now: datetime, jobs: str) -> list[Row]:
    slates = reverse("admin:recommender_recommendation_changelist")
    impressions = reverse("admin:recommender_impression_changelist")
    measures = quality(live)
    ndcg = written("ndcg_10", measures["ndcg_10"].value) if "ndcg_10" in measures else "–"
    covered = percent(counts["covered"] / counts["shoppers"]) if counts["shoppers"] else "–"
    rows: list[Row] = [
        (gettext("Trained"), ago(live.created_at, now) if live else "–", _run_url(live)),
        (gettext("Quality, NDCG@10"), ndcg, reverse("admin:recommender_modelversion_changelist")),
        (
            gettext("Newest purchase seen"),
            ago(counts["purchase"], now) if counts["purchase"] else "–",
            reverse("admin:recommender_behaviorevent_changelist"),
        ),
        (gettext("Computed"), ago(counts["newest"], now) if counts["newest"] else "–", jobs),
        (gettext("Shoppers covered"), covered, slates),
        (
            gettext("Coupons recommended"),
            f"{number(counts['coupons'])} / {number(counts['active_coupons'])}",
            slates,
        ),
        (gettext("Forecast vs actual use"), _forecast(counts), impressions),
        (gettext("Answers by fallback, 7 days"), _fallbacks(counts), impressions),
    ]
    return rows


def _run_url(live: ModelVersion | None) -> str:
    return reverse("admin:recommender_trainingrun_change", args=[live.run_id]) if live and live.run_id else ""


def _answer_row(facts: Facts) -> Row:
    """The time that 95 % of the last hour's answers did not exceed, in the web processes."""
    if "answer_time" in facts.failed:
        value = "–"
    elif facts.answer_time is None:
        value = gettext("no answers yet")
    else:
        value = milliseconds(facts.answer_time.p95_ms)
    return gettext("Answer time, p95, last hour"), value, reverse("admin:recommender_impression_changelist")


def _forecast(counts: dict[str, Any]) -> str:
    """Of the coupons shown in 28 days: mean forecast, and the share that was used since."""
    if not counts["pairs"]:
        return gettext("none shown yet")
    return f"{percent(counts['forecast'])} / {percent(counts['actual'])}"


def _fallbacks(counts: dict[str, Any]) -> str:
    if not counts["answers"]:
        return gettext("no answers yet")
    return percent(counts["fallbacks"] / counts["answers"])


def ledger_card(facts: Facts, now: datetime) -> dict[str, Any]:
    """Whether the books balance, by the last check."""
    if facts.counts is None or "ledger" in facts.failed:
        raise RuntimeError("the ledger could not be read")
    check = facts.ledger
    checks = reverse("admin:coupons_ledgercheck_changelist")
    rows: list[Row] = []
    if check is None:
        pill = ("plain", "schedule", gettext("Not checked yet"))
    elif check.difference_count:
        pill = ("bad", "error", gettext("Does not balance"))
        first = check.differences[0] if check.differences else None
        rows.append((gettext("Numbers that differ"), number(check.difference_count), _check_url(check)))
        if first:
            rows.append((gettext("First one affected"), f"{first['what']} {first['key']}", _check_url(check)))
    elif now - check.checked_at > OLD_CHECK:
        pill = ("warn", "schedule", gettext("Old check"))
    else:
        pill = ("ok", "check", gettext("Balanced"))
    if check is not None:
        rows.append((gettext("Checked"), ago(check.checked_at, now), checks))
    rows += [
        (gettext("Entries today"), number(facts.counts["entries"]), reverse("admin:coupons_redemption_changelist")),
        (
            gettext("Reserved for open holds"),
            amounts(facts.counts["reserved"]),
            f"{reverse('admin:coupons_redemption_changelist')}?status__exact=held",
        ),
    ]
    return {"pill": pill, "rows": rows, "alarm": bool(check and check.difference_count)}


def _check_url(check: Any) -> str:
    return reverse("admin:coupons_ledgercheck_change", args=[check.pk])


def queues_card(facts: Facts, may: Callable[[str], bool]) -> dict[str, Any]:
    """Tasks that wait, and who takes them."""
    if facts.queues is None:
        return {
            "pill": ("bad", "cloud_off", gettext("No answer")),
            "rows": [],
            "note": gettext("Redis does not answer. Shoppers get what was computed; trainings wait."),
        }
    waiting = sum(facts.queues.values())
    orphans = [name for name in facts.queues if facts.workers is not None and not _takers(facts, name)]
    if orphans:
        pill = ("bad", "person_off", gettext("No worker"))
    elif waiting:
        pill = ("info", "hourglass_top", gettext("Working"))
    else:
        pill = ("ok", "check", gettext("Empty"))
    jobs = _jobs_url(may)
    rows = [
        (
            gettext("Waiting in %(queue)s") % {"queue": name},
            number(n) if facts.workers is None else gettext("%(n)s, workers: %(workers)d")
            % {"n": number(n), "workers": _takers(facts, name)},
            jobs,
        )
        for name, n in facts.queues.items()
    ]  # fmt: skip
    note = gettext("Workers are asked by the job that refreshes this page; it has not run.")
    return {"pill": pill, "rows": rows, "note": note if facts.workers is None else ""}


def _takers(facts: Facts, queue: str) -> int:
    return sum(queue in queues for queues in (facts.workers or {}).values())


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


def funnel_rows(facts: Facts, steps: dict[str, int]) -> list[dict[str, Any]]:
    """Opted in, shown, claimed, used: shoppers, and each as a share of the step above where it can be one."""
    if facts.counts is None:
        raise RuntimeError("shoppers could not be counted")
    shoppers = reverse("admin:coupons_shopper_changelist")
    named = [
        (gettext("Opted in"), facts.counts["opted_in"], f"{shoppers}?personalised__exact=1"),
        (gettext("Shown a coupon"), steps["shown"], reverse("admin:recommender_impression_changelist")),
        (
            gettext("Claimed one"),
            steps["claimed"],
            f"{reverse('admin:coupons_coupongrant_changelist')}?source__exact=claim",
        ),
        (gettext("Used one"), steps["used"], reverse("admin:coupons_redemption_changelist")),
    ]
    most = max((n for _name, n, _url in named), default=0) or 1
    rows = []
    above: int | None = None
    for name, n, url in named:
        share = f"{100 * n / above:.0f}%" if above and n <= above else ""
        rows.append(
            {"name": name, "n": number(n), "share": share, "width": f"{max(0.5, 100 * n / most):.1f}", "url": url}
        )
        above = n
    return rows


def incremental_rows(readings: Sequence[Incremental], now: datetime) -> dict[str, Any] | None:
    """What personal coupons added beside each channel's hold-out; None where there is no control group."""
    if not readings:
        return None
    url = reverse("admin:recommender_experimentreading_changelist")
    rows: list[Row] = []
    for reading in readings:
        currency = reading.channel.currency
        estimate = money(round(reading.estimate), currency)
        if reading.low is not None and reading.high is not None:
            ends = {"low": money(round(reading.low), currency), "high": money(round(reading.high), currency)}
            estimate += " " + gettext("(%(low)s to %(high)s)") % ends
        name = gettext("%(channel)s, simulated") if reading.simulated else "%(channel)s"
        rows.append((name % {"channel": reading.channel}, estimate, url))
        groups = {"treated": number(reading.treated), "held": number(reading.held_out)}
        rows.append((gettext("Shoppers, held out"), gettext("%(treated)s, %(held)s") % groups, url))
    first = readings[0]
    note = gettext("%(share)d%% interval, since %(since)s, read %(ago)s.") % {
        "share": round(100 * first.confidence), "since": short_date(first.since), "ago": ago(first.read_at, now)
    }  # fmt: skip
    if not all(reading.enough for reading in readings):
        note += " " + gettext("The groups are too small yet for the interval to be believed.")
    return {"rows": rows, "note": note}
