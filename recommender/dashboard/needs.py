"""`Needs you`: object, reason and where the fix is, worst first, five at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import number
from coupons.models import ImportRun
from recommender.admin.run_page import duration
from recommender.dashboard.facts import Facts
from recommender.dashboard.words import days_left
from recommender.enums import RunStatus

OLD_MODEL = timedelta(days=14)
OLD_SCORES = timedelta(hours=24)
ENDING = timedelta(days=3)
WAITING = timedelta(minutes=2)


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
    if last.status == RunStatus.QUEUED and now - last.created_at > WAITING:
        title = gettext("Training run %(run)s waits for a worker") % {"run": last.pk}
        text = gettext("Queued %(age)s ago.") % {"age": duration((now - last.created_at).total_seconds())}
        return [Need(2, "warn", "hourglass_top", title, text, gettext("Open run"), page)]
    return []


def _import_needs(facts: Facts) -> list[Need]:
    return [
        Need(
            3, "warn", "upload_file",
            _import_title(run),
            run.error.strip()[:160] or run.source,
            gettext("See why"), reverse("admin:coupons_importrun_change", args=[run.pk]),
        )
        for run in facts.imports or []
    ]  # fmt: skip


def _import_title(run: ImportRun) -> str:
    if run.rows_rejected:
        rows = number(run.rows_rejected)
        return gettext("%(table)s: %(rows)s rows were not accepted") % {"table": run.table, "rows": rows}
    return gettext("The import of %(table)s failed") % {"table": run.table}


def _campaign_needs(facts: Facts, now: datetime) -> list[Need]:
    return [
        Need(
            5, "info", "event",
            gettext("%(campaign)s ends in %(left)s")
            % {"campaign": row["name"], "left": days_left(row["ends_at"] - now)},
            gettext("%(used)s uses so far by %(coupons)s coupons.")
            % {"used": number(row["used_n"]), "coupons": number(row["coupons_n"])},
            gettext("Open campaign"), reverse("admin:coupons_campaign_change", args=[row["pk"]]),
        )
        for row in facts.campaigns or []
        if row["ends_at"] - now < ENDING
    ]  # fmt: skip
