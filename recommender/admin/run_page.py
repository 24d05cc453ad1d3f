"""What the page of a training run shows: plain values for its template and for its poll."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from coupons.admin.display import number
from recommender.enums import RunStatus
from recommender.models import ModelVersion, TrainingEpoch, TrainingRun

SILENCE = timedelta(seconds=30)
LOG_LINES = 200
MOST_POINTS = 20
"""Points in one answer to a poll."""

MOST_LOG = 600
"""Characters of the log in one answer to a poll."""

ALL_POINTS = 5000

STAGE_NAMES = {
    "snapshot": gettext_noop("Read events"),
    "tuning": gettext_noop("Rankers, tuned"),
    "fitting": gettext_noop("Rankers, fitted"),
    "refit": gettext_noop("Fit on everything"),
    "events": gettext_noop("Read events"),
    "cleaning": gettext_noop("Clean"),
    "split": gettext_noop("Split by time"),
    "splits": gettext_noop("Split by time"),
    "features": gettext_noop("Features"),
    "interest": gettext_noop("Interest model (RNN)"),
    "encoder": gettext_noop("Item encoder"),
    "fusion": gettext_noop("Fusion"),
    "classic": gettext_noop("Classical models"),
    "boosting": gettext_noop("Gradient boosting"),
    "training": gettext_noop("Train"),
    "stack": gettext_noop("Stack and calibration"),
    "evaluation": gettext_noop("Evaluate"),
    "saving": gettext_noop("Save"),
    "comparison": gettext_noop("Compare"),
    "save": gettext_noop("Save"),
    "publish": gettext_noop("Publish"),
}
ESTIMATOR_NAMES = {
    "interest": gettext_noop("Interest model (RNN)"),
    "encoder": gettext_noop("Item encoder"),
    "fusion interaction": gettext_noop("Fusion with interactions"),
    "fusion literal": gettext_noop("Fusion, literal"),
    "boosting": gettext_noop("Gradient boosting"),
    "als": gettext_noop("Similar shoppers (ALS)"),
}
ROUNDS = {
    "tuning": gettext_noop("tuned"),
    "fitting": gettext_noop("fitted"),
    "refit": gettext_noop("on everything"),
}
"""What an estimator is fitted for, the last word of its name: it is fitted several times in a run."""

TRAINED_TO = re.compile(r"interest to (\d{4}-\d{2}-\d{2})")
"""The interest model is also fitted on what was known at earlier days, for lists of that time to learn from."""

CLEANING_NAMES = {
    "rows_in": gettext_noop("Rows in"),
    "rows_out": gettext_noop("Rows out"),
    "dropped": gettext_noop("Dropped: %(why)s"),
    "repaired": gettext_noop("Repaired: %(why)s"),
    "missing": gettext_noop("something is missing"),
    "unknown_kind": gettext_noop("unknown kind"),
    "out_of_window": gettext_noop("later than the snapshot"),
    "duplicate": gettext_noop("seen before"),
    "impossible": gettext_noop("impossible value"),
    "bot": gettext_noop("too many for a person"),
    "quantity_missing": gettext_noop("no quantity"),
    "quantity_too_large": gettext_noop("quantity too large"),
    "negative_discount": gettext_noop("discount below 0"),
    "rating_out_of_range": gettext_noop("rating outside 1 to 5"),
}
"""As recommender.pipeline.cleaning names what it counts."""

DONE = frozenset({"done", "finished", "succeeded", "success", "ok", "complete", "completed"})
NOW = frozenset({"running", "started", "now"})
FAILED = frozenset({"failed", "error", "cancelled"})
ENDED = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})

STATUS_TONES = {
    RunStatus.QUEUED: ("plain", "schedule"),
    RunStatus.RUNNING: ("info", "autorenew"),
    RunStatus.SUCCEEDED: ("ok", "check"),
    RunStatus.FAILED: ("bad", "close"),
    RunStatus.CANCELLED: ("plain", "block"),
}


@dataclass(frozen=True)
class StageView:
    """One step of the rail: `state` is done, now, failed or empty (still to come)."""

    name: str
    label: str
    state: str
    note: str


def known_name(names: Mapping[str, str], name: str) -> str:
    """A name for people; one that is not in the list is shown as it is, without underscores."""
    return gettext(names[name]) if name in names else name.replace("_", " ").capitalize()


def duration(seconds: float | None) -> str:
    """`48 s`, `9 m 40 s`, `1 h 05 m`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return gettext("%(s)d s") % {"s": whole}
    if whole < 3600:
        return gettext("%(m)d m %(s)02d s") % {"m": whole // 60, "s": whole % 60}
    return gettext("%(h)d h %(m)02d m") % {"h": whole // 3600, "m": whole % 3600 // 60}


def stage_views(run: TrainingRun, last_epoch: TrainingEpoch | None) -> list[StageView]:
    """The rail. The stage that was running when the run failed is the one that failed."""
    return [_stage_view(run, stage, last_epoch) for stage in run.stages if isinstance(stage, Mapping)]


def _stage_view(run: TrainingRun, stage: Mapping[str, Any], last_epoch: TrainingEpoch | None) -> StageView:
    name, status = str(stage.get("name", "")), str(stage.get("status", "")).lower()
    state = "done" if status in DONE else "failed" if status in FAILED else "now" if status in NOW else ""
    if state == "now" and run.status in {RunStatus.FAILED, RunStatus.CANCELLED}:
        state = "failed"
    note = duration(stage.get("seconds")) if state != "now" else ""
    detail = stage.get("detail")
    if state == "now":
        note = _epoch_note(last_epoch) if last_epoch else ""
    note = note or (str(detail) if isinstance(detail, str) else "")
    return StageView(name=name, label=known_name(STAGE_NAMES, name), state=state, note=note)


def _epoch_note(epoch: TrainingEpoch) -> str:
    return gettext("epoch %(n)d of %(all)d") % {"n": epoch.epoch, "all": epoch.epochs}


def percent_done(run: TrainingRun, last_epoch: TrainingEpoch | None, typical: Mapping[str, float]) -> int:
    """How far, in percent, each stage weighing what it took in the last run that ended well (1 where unknown)."""
    if run.status == RunStatus.SUCCEEDED:
        return 100
    total = done = 0.0
    for stage in run.stages:
        weight = max(typical.get(str(stage.get("name")), 1.0), 0.1)
        total += weight
        status = str(stage.get("status", "")).lower()
        if status in DONE:
            done += weight
        elif status in NOW and last_epoch is not None:
            done += weight * min(last_epoch.epoch / max(last_epoch.epochs, 1), 1)
    return min(99, round(100 * done / total)) if total else 0


def typical_seconds(run: TrainingRun) -> dict[str, float]:
    """Seconds of each stage in the latest earlier run that ended well."""
    earlier = (
        TrainingRun.objects.filter(status=RunStatus.SUCCEEDED, pk__lt=run.pk)
        .order_by("-pk")
        .values_list("stages", flat=True)
        .first()
    )
    return {
        str(stage.get("name")): float(stage["seconds"])
        for stage in earlier or []
        if isinstance(stage, Mapping) and isinstance(stage.get("seconds"), int | float)
    }


def remaining(run: TrainingRun, percent: int, typical: Mapping[str, float]) -> str:
    """`about 8 m left`, from what each stage took in the last run that ended well; empty where none did."""
    whole = sum(typical.get(str(stage.get("name")), 0.0) for stage in run.stages)
    if run.status != RunStatus.RUNNING or not whole:
        return ""
    left = whole * (100 - percent) / 100
    words = duration(left) if left < 60 else gettext("%(m)d m") % {"m": round(left / 60)}
    return gettext("about %(left)s left") % {"left": words}


def stage_costs(run: TrainingRun) -> list[dict[str, Any]]:
    """Time and memory of each stage that has ended, as bars."""
    rows = [
        stage for stage in run.stages if isinstance(stage, Mapping) and isinstance(stage.get("seconds"), int | float)
    ]
    longest = max((float(stage["seconds"]) for stage in rows), default=0.0) or 1.0
    return [
        {
            "name": known_name(STAGE_NAMES, str(stage.get("name"))),
            "took": duration(stage["seconds"]),
            "width": f"{max(0.5, 100 * float(stage['seconds']) / longest):.1f}",
            "memory": f"{stage['memory_mb']:,} MB" if isinstance(stage.get("memory_mb"), int) else "–",
        }
        for stage in rows
    ]


def headline(run: TrainingRun, version: ModelVersion | None, stages: Sequence[StageView]) -> str:
    """The state of the run in one line."""
    if run.status == RunStatus.QUEUED:
        return gettext("Waiting for a worker")
    if run.status == RunStatus.RUNNING:
        now = next((stage for stage in stages if stage.state == "now"), None)
        text = gettext("Running: %(stage)s") % {"stage": now.label} if now else gettext("Running")
        return gettext("%(what)s, stopping") % {"what": text} if run.cancel_requested else text
    if run.status == RunStatus.SUCCEEDED:
        return gettext("Finished: %(version)s") % {"version": version} if version else gettext("Finished")
    return str(run.get_status_display())


def facts(run: TrainingRun, now: datetime) -> str:
    """Who started it, when, and for how long: one muted line."""
    who = run.requested_by.get_username() if run.requested_by else str(run.get_trigger_display())
    if run.started_at is None:
        return gettext("Queued %(when)s by %(who)s.") % {"when": _clock(run.created_at), "who": who}
    took = duration(((run.finished_at or now) - run.started_at).total_seconds())
    words = {"took": took, "when": _clock(run.started_at), "who": who}
    if run.finished_at:
        return gettext("%(took)s in all. Started %(when)s by %(who)s.") % words
    return gettext("%(took)s so far. Started %(when)s by %(who)s.") % words


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def silence(run: TrainingRun, now: datetime) -> str:
    """What to say where a running run has not been heard of, or nobody takes a queued one."""
    if run.status == RunStatus.RUNNING and run.heartbeat_at and now - run.heartbeat_at > SILENCE:
        return gettext("No news for %(age)s. The worker may be busy.") % {
            "age": duration((now - run.heartbeat_at).total_seconds())
        }
    if run.status == RunStatus.QUEUED and now - run.created_at > SILENCE:
        return gettext("No worker has taken it for %(age)s. Is one running for the queue “train”?") % {
            "age": duration((now - run.created_at).total_seconds())
        }
    return ""


def log_tail(run: TrainingRun, lines: int = LOG_LINES) -> str:
    return "\n".join(run.log.splitlines()[-lines:])


def split_estimator(stored: str) -> tuple[str, str]:
    """(estimator, round): `fusion literal tuning` is (`fusion literal`, `tuned`), `interest #2` (`interest`, `#2`)."""
    plain, _space, number = stored.partition(" #")
    words = plain.split(" ")
    phase = gettext(ROUNDS[words.pop()]) if words[-1] in ROUNDS and len(words) > 1 else ""
    return " ".join(words), " ".join(filter(None, [phase, f"#{number}" if number else ""]))


def _named(stored: str) -> tuple[str, str, str]:
    base, fitted = split_estimator(stored)
    if day := TRAINED_TO.fullmatch(base):
        words = {"day": date_format(date.fromisoformat(day[1]), "SHORT_DATE_FORMAT")}
        return base, gettext("Interest model (RNN), to %(day)s") % words, fitted
    return base, known_name(ESTIMATOR_NAMES, base), fitted


def points(epochs: Sequence[TrainingEpoch]) -> list[list[Any]]:
    """[estimator, its name, its round, epoch, of, loss, validation loss or None] in the order of events."""
    return [
        [
            *_named(epoch.estimator),
            epoch.epoch,
            epoch.epochs,
            round(epoch.loss, 6),
            None if epoch.val_loss is None else round(epoch.val_loss, 6),
        ]
        for epoch in epochs
    ]


def progress(run: TrainingRun, *, after: int, log_from: int, now: datetime, most: int = MOST_POINTS) -> dict[str, Any]:
    """The answer to a poll: the state, the epochs after the cursor, the log after `log_from` characters.

    Four queries at most. What does not fit comes with the next poll.
    """
    epochs = list(run.epochs.filter(pk__gt=after).order_by("pk")[:most])
    last_epoch = epochs[-1] if epochs else run.epochs.order_by("-pk").first()
    version = ModelVersion.objects.filter(run=run).first() if run.status == RunStatus.SUCCEEDED else None
    stages = stage_views(run, last_epoch)
    typical = typical_seconds(run) if run.status == RunStatus.RUNNING else {}
    percent = percent_done(run, last_epoch, typical)
    tone, icon = STATUS_TONES[RunStatus(run.status)]
    return {
        "status": run.status,
        "status_text": str(run.get_status_display()),
        "tone": tone,
        "icon": icon,
        "ended": run.status in ENDED,
        "headline": headline(run, version, stages),
        "facts": facts(run, now),
        "silence": silence(run, now),
        "percent": percent,
        "left": remaining(run, percent, typical),
        "stages": [asdict(stage) for stage in stages],
        "epochs": points(epochs),
        "cursor": epochs[-1].pk if epochs else after,
        "log": run.log[log_from : log_from + MOST_LOG],
        "log_cursor": min(len(run.log), log_from + MOST_LOG),
    }


def cleaning_rows(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The cleaning report as rows: numbers first, then those counted by reason."""
    rows: list[tuple[str, Any]] = []
    for key, value in sorted(report.items(), key=lambda item: isinstance(item[1], Mapping)):
        name = known_name(CLEANING_NAMES, str(key))
        if isinstance(value, Mapping):
            rows += [(name % {"why": known_name(CLEANING_NAMES, part)}, count) for part, count in value.items()]
        else:
            rows.append((name, value))
    return [(name, number(value) if type(value) is int else value) for name, value in rows]
