"""`Needs you`: object, reason and where the fix is, worst first, five at most."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import number
from recommender.admin.failures import known_cause
from recommender.admin.run_page import duration
from recommender.dashboard.campaigns import campaign_rows
from recommender.dashboard.facts import Facts
from recommender.dashboard.machinery import OLD_SCORES
from recommender.dashboard.words import ago
from recommender.enums import RunStatus
from recommender.verdicts import verdict_words

OLD_MODEL = timedelta(days=14)
WAITING = timedelta(minutes=2)
MOST = 5

May = Callable[[str], bool]
"""Whether the reader holds a permission."""


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
    permission: str = ""
    """Who lacks it could not do anything about it, and is not told."""
    other: tuple[str, str] | None = None
    """A second way: (words, link)."""


def needs(facts: Facts, now: datetime, may: May) -> list[Need]:
    """What asks for this reader, worst first, five at most."""
    found = [
        *_ledger_needs(facts),
        *_queue_needs(facts),
        *_model_needs(facts, now),
        *_run_needs(facts, now),
        *_budget_needs(facts, now),
        *_review_needs(facts),
        *_import_needs(facts),
        *_ending_needs(facts, now),
    ]
    mine = [need for need in found if not need.permission or may(need.permission)]
    return sorted(mine, key=lambda need: need.rank)[:MOST]


def _ledger_needs(facts: Facts) -> Iterator[Need]:
    check = facts.ledger
    if check is None or not check.difference_count:
        return
    first = check.differences[0] if check.differences else {"what": "", "key": "", "stored": "", "ledger": ""}
    yield Need(
        0, "bad", "error", gettext("The ledger does not balance"),
        gettext("%(count)s numbers differ; first %(what)s %(key)s: stored %(stored)s, the rows say %(ledger)s.")
        % {"count": number(check.difference_count), **{k: first[k] for k in ("what", "key", "stored", "ledger")}},
        gettext("See which"), reverse("admin:coupons_ledgercheck_change", args=[check.pk]),
        "coupons.view_ledgercheck",
    )  # fmt: skip


def _queue_needs(facts: Facts) -> Iterator[Need]:
    jobs = reverse("admin:django_celery_beat_periodictask_changelist")
    if "queues" in facts.failed:
        yield Need(
            0, "bad", "cloud_off", gettext("The task queue does not answer"),
            gettext("Trainings and recommendations wait until Redis is back."), gettext("Open jobs"), jobs,
        )  # fmt: skip
        return
    for name in facts.queues or {}:
        if facts.workers is not None and not any(name in queues for queues in facts.workers.values()):
            yield Need(
                1, "bad", "person_off", gettext("No worker takes tasks from “%(queue)s”") % {"queue": name},
                gettext("%(n)s tasks wait. Start a worker for this queue.") % {"n": number((facts.queues or {})[name])},
                gettext("Open jobs"), jobs,
            )  # fmt: skip


def _model_needs(facts: Facts, now: datetime) -> Iterator[Need]:
    if facts.models is None:
        return
    live, candidate = facts.models["live"], facts.models["candidate"]
    newest = (facts.counts or {}).get("newest")
    if live is None:
        yield Need(
            1, "bad", "layers_clear", gettext("No model is live"),
            gettext("Every shopper gets the popular coupons until one is."),
            gettext("Train now…"), reverse("admin:recommender_trainingrun_train_now"), "recommender.train_model",
            (gettext("Model versions"), reverse("admin:recommender_modelversion_changelist")),
        )  # fmt: skip
    elif now - live.created_at > OLD_MODEL:
        yield Need(
            3, "warn", "history", gettext("Model %(version)s is old") % {"version": live},
            gettext("Trained %(when)s; what happened since is not in it.") % {"when": ago(live.created_at, now)},
            gettext("Train now…"), reverse("admin:recommender_trainingrun_train_now"), "recommender.train_model",
        )  # fmt: skip
    if live and newest and now - newest > OLD_SCORES:
        yield Need(
            2, "warn", "update", gettext("Recommendations are stale"),
            gettext("Computed %(when)s; they are due every hour.") % {"when": ago(newest, now)},
            gettext("Open jobs"), reverse("admin:django_celery_beat_periodictask_changelist"),
        )  # fmt: skip
    if candidate is not None:
        yield Need(
            4, "info", "science", gettext("Model %(version)s waits for a decision") % {"version": candidate},
            verdict_words(candidate.verdict) or gettext("It was trained after the live one and is not live."),
            gettext("Compare"), reverse("admin:recommender_modelversion_change", args=[candidate.pk]),
            "recommender.view_modelversion",
        )  # fmt: skip


def _run_needs(facts: Facts, now: datetime) -> Iterator[Need]:
    if not facts.runs:
        return
    last = facts.runs[0]
    page = reverse("admin:recommender_trainingrun_change", args=[last.pk])
    view = "recommender.view_trainingrun"
    if last.status == RunStatus.FAILED:
        text = known_cause(last.error) or (last.error.strip().splitlines() or [""])[-1][:160]
        yield Need(
            1, "bad", "error", gettext("Training run %(run)s failed") % {"run": last.pk},
            text or gettext("The live model is not affected."), gettext("Open run"), page, view,
        )  # fmt: skip
    elif last.status == RunStatus.QUEUED and now - last.created_at > WAITING:
        yield Need(
            2, "warn", "hourglass_top", gettext("Training run %(run)s waits for a worker") % {"run": last.pk},
            gettext("Queued %(when)s.") % {"when": ago(last.created_at, now)}, gettext("Open run"), page, view,
        )  # fmt: skip
    elif last.status == RunStatus.RUNNING and last.started_at:
        yield Need(
            6, "info", "model_training", gettext("Training run %(run)s is running") % {"run": last.pk},
            gettext("For %(age)s so far.") % {"age": duration((now - last.started_at).total_seconds())},
            gettext("Watch"), page, view,
        )  # fmt: skip


def _budget_needs(facts: Facts, now: datetime) -> Iterator[Need]:
    """Budgets that run out before their campaign ends, and campaigns far behind an even pace."""
    if facts.campaigns is None:
        return
    for row in campaign_rows(facts, now):
        if not row["budgeted"] or row["bar_tone"] == "ok":
            continue
        tone, icon, words = row["status_pill"]
        behind = icon == "trending_down"
        text = (
            gettext("%(spent)d%% spent, %(gone)d%% of its time gone.")
            % {"spent": row["spent_share"], "gone": row["gone"]}
            if behind
            else gettext("%(left)s left, about %(rate)s a day.")
            % {"left": row["left_text"], "rate": row["per_day_text"]}
        )
        yield Need(
            3 if behind else 1 if tone == "bad" else 2, tone, icon,
            gettext("%(campaign)s: %(words)s") % {"campaign": row["name"], "words": words}, text,
            gettext("Open campaign"), row["url"], "coupons.view_campaign",
            (gettext("See its uses"), row["uses_url"]),
        )  # fmt: skip


def _review_needs(facts: Facts) -> Iterator[Need]:
    for row in facts.campaigns or []:
        if row["phase"] == "in_review":
            yield Need(
                2, "info", "rate_review", gettext("%(campaign)s waits for approval") % {"campaign": row["name"]},
                gettext("%(coupons)s coupons. Who sent it for approval may not approve it.")
                % {"coupons": number(row["coupons_n"])},
                gettext("Review"), reverse("admin:coupons_campaign_change", args=[row["pk"]]),
                "coupons.approve_campaign",
            )  # fmt: skip


def _import_needs(facts: Facts) -> Iterator[Need]:
    for run in (facts.counts or {}).get("imports", []):
        yield Need(
            3, "warn", "upload_file", _import_title(run), run["error"].strip()[:160] or run["source"],
            gettext("See why"), reverse("admin:coupons_importrun_change", args=[run["id"]]), "coupons.view_importrun",
        )  # fmt: skip


def _import_title(run: Mapping[str, Any]) -> str:
    if run["rows_rejected"]:
        words = {"table": run["table"], "rows": number(run["rows_rejected"])}
        return gettext("%(table)s: %(rows)s rows were not accepted") % words
    return gettext("The import of %(table)s failed") % {"table": run["table"]}


def _ending_needs(facts: Facts, now: datetime) -> Iterator[Need]:
    for row in campaign_rows(facts, now) if facts.campaigns is not None else []:
        if row["soon"]:
            yield Need(
                5, "info", "event",
                gettext("%(campaign)s ends in %(left)s") % {"campaign": row["name"], "left": row["left"]},
                gettext("%(used)s uses so far by %(coupons)s coupons.")
                % {"used": number(row["used_n"]), "coupons": number(row["coupons_n"])},
                gettext("Open campaign"), row["url"], "coupons.view_campaign",
            )  # fmt: skip
