"""One training from the events in the database to a model version, live or not. Reads like the flow."""

import hashlib
import logging
import re
import resource
import shutil
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from recommender.artefacts import MANIFEST_FILE
from recommender.config import TrainingConfig
from recommender.enums import RunStatus, VersionStatus
from recommender.jobs.heartbeat import Heartbeat, RunLostError, TrainingCancelledError
from recommender.jobs.judging import judge_saved
from recommender.jobs.measures import chart_curves, plain, version_metrics
from recommender.jobs.paired import paired_comparison
from recommender.jobs.precompute import publish_version
from recommender.jobs.progress import Listen, RunProgress
from recommender.jobs.promotion import Verdict, compare
from recommender.models import ModelVersion, TrainingRun
from recommender.pipeline.events import export_snapshot
from recommender.pipeline.lake import Lake, read_lake
from recommender.pipeline.rehearsal import REDEMPTIONS
from recommender.pipeline.training import STAGES, StageReport, TrainingResult, train
from recommender.registry import ArtefactError, save_bundle
from recommender.services.activation import LiveModelChangedError, activate_model
from recommender.services.runs import claim_run, end_run
from recommender.verdicts import VerdictCode, verdict_words

logger = logging.getLogger(__name__)

ALL_STAGES = ("snapshot", *STAGES, "saving", "comparison", "publish")


def run_training(run_id: int, *, say: Listen | None = None, activate: bool = False) -> ModelVersion | None:
    """Train a queued run to its end; None where it is not queued (any more).

    The new version goes live by itself where none is live or it is not worse than the live one, and always with
    `activate`. Whatever fails or is called off is kept in the run, raised again, and leaves the live model as it
    is. Raises TrainingBusyError where another training runs; this one stays queued then.
    """
    run = claim_run(run_id=run_id, now=timezone.now())
    if run is None:
        logger.info("Training run %s is not queued any more", run_id)
        return None
    with Heartbeat(run.pk) as heartbeat:
        try:
            progress = RunProgress(run, heartbeat, ALL_STAGES, say)
            return _train(run, progress, activate=activate)
        except BaseException as error:
            _keep_failure(run, error)
            raise


def _train(run: TrainingRun, progress: RunProgress, *, activate: bool) -> ModelVersion:
    config = TrainingConfig.from_dict(run.config)
    with progress.stage("snapshot"):
        _remove_drafts()
        lake = read_lake(export_snapshot(Path(settings.LAKE_DIR), now=timezone.now()), config.features)
    result = train(lake, config, on_progress=lambda report: _on_stage(progress, report), on_epoch=progress.epoch)
    with progress.stage("saving"):
        version = _save(run, result, lake)
    live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
    with progress.stage("comparison"):
        verdict = _name_lessons(_judge(result, lake, live, activate=activate), result.report["learnt_from"])
        ModelVersion.objects.filter(pk=version.pk).update(verdict=verdict.reason)
        _keep_comparison(run, verdict)
        progress.tell(verdict_words(verdict.reason))
    with progress.stage("publish"):
        if verdict.promote:
            publish_version(version, result.bundle, lake, now=timezone.now(), say=progress.tell)
    return _finish(run, version, verdict, instead_of=live, force=activate)


def _on_stage(progress: RunProgress, report: StageReport) -> None:
    if report.seconds is None:
        progress.begin(report.stage)
    else:
        progress.end(report.stage, report.seconds)


def _save(run: TrainingRun, result: TrainingResult, lake: Lake) -> ModelVersion:
    """The artefacts on disk, then the row that names them; a folder without a row is never served."""
    number = _next_number()
    folder = Path(settings.MODEL_DIR) / folder_name(number)
    metrics = version_metrics(result.report["test"])
    facts = {
        "number": number,
        "run": str(run.uid),
        "snapshot": lake.folder.name,
        "split": result.report["split"],
        "learnt_from": result.report["learnt_from"],
        "metrics": plain(metrics),
        "seconds": result.report["seconds"],
    }
    judged = f"{folder.name}-judged" if result.judged is not result.bundle else folder.name
    if judged != folder.name:
        save_bundle(result.judged, folder.with_name(judged), {**facts, "judged": judged})
    save_bundle(result.bundle, folder, {**facts, "judged": judged})
    TrainingRun.objects.filter(pk=run.pk).update(
        cleaning_report=plain(result.report["cleaning"]), report=_run_report(result.report)
    )
    return ModelVersion.objects.create(
        number=number,
        run=run,
        path=folder.name,
        manifest_sha256=hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest(),
        config=result.bundle.config.to_dict(),
        metrics=plain(metrics),
        data_from=data_from(lake),
        data_to=lake.now,
    )


def folder_name(number: int) -> str:
    """The artefact folder of a version, below MODEL_DIR."""
    return f"v{number:04d}"


def _next_number() -> int:
    """One above every version and every folder: a run that died while saving has left its folder behind."""
    numbers = list(ModelVersion.objects.values_list("number", flat=True))
    for path in Path(settings.MODEL_DIR).glob("v*"):
        if found := re.match(r"v(\d+)", path.name):
            numbers.append(int(found[1]))
    return max(numbers, default=0) + 1


def _remove_drafts() -> None:
    """Unfinished artefacts of runs that died; this run holds the lock, so nobody writes them."""
    for draft in Path(settings.MODEL_DIR).glob(".v*"):
        shutil.rmtree(draft, ignore_errors=True)


def data_from(lake: Lake) -> Any:
    """The instant of the first event, None without events."""
    first = lake.events.aggregate(first=lake.events["occurred_at"].min()).to_pyarrow()
    return first["first"][0].as_py()


def _run_report(report: dict[str, Any]) -> dict[str, Any]:
    """What the run's page shows; the epochs have rows of their own."""
    kept = {name: value for name, value in report.items() if name != "learning_curves"}
    metrics, curves = version_metrics(report["test"]), chart_curves(report["test"])
    return plain({**kept, "metrics": metrics, "curves": curves})  # type: ignore[no-any-return]  # a dict in, a dict out


def _keep_comparison(run: TrainingRun, verdict: Verdict) -> None:
    if verdict.comparison:
        report = TrainingRun.objects.values_list("report", flat=True).get(pk=run.pk)
        TrainingRun.objects.filter(pk=run.pk).update(report={**report, "comparison": plain(verdict.comparison)})


def _judge(result: TrainingResult, lake: Lake, live: ModelVersion | None, *, activate: bool) -> Verdict:
    """The live model scored on the same test candidates, in the form that knows none of them."""
    if live is None:
        return Verdict(promote=True, reason={"code": VerdictCode.FIRST})
    if activate:
        return Verdict(promote=True, reason={"code": VerdictCode.FORCED, "live": str(live)})
    try:
        campaigns = sorted(set(result.test.campaign.tolist()))
        report, theirs = judge_saved(Path(settings.MODEL_DIR) / live.path, lake, campaigns)
    except ArtefactError as error:
        # what can't be loaded can't compute tomorrow's recommendations either
        reason = {"code": VerdictCode.UNREADABLE, "live": str(live), "problem": error.reason}
        return Verdict(promote=True, reason=reason)
    verdict = compare(result.test, theirs, live_name=str(live))
    reports = result.report["test"], report
    return replace(verdict, comparison=paired_comparison(result.test, theirs, live_name=str(live), reports=reports))


def _name_lessons(verdict: Verdict, learnt_from: str) -> Verdict:
    """Say it where no redemption has taught the model: its scores mean something else then."""
    if learnt_from == REDEMPTIONS:
        return verdict
    return replace(verdict, reason={**verdict.reason, "learnt_from": learnt_from})


def _finish(
    run: TrainingRun, version: ModelVersion, verdict: Verdict, *, instead_of: ModelVersion | None, force: bool
) -> ModelVersion:
    """End the run and change the live model together; what went live by hand meanwhile stays."""
    with transaction.atomic():
        ended = end_run(run_id=run.pk, status=RunStatus.SUCCEEDED, now=timezone.now(), peak_memory_mb=peak_memory_mb())
        if not ended:
            raise RunLostError("the run was marked as ended while it was at work")
        if verdict.promote:
            _activate(version, instead_of=instead_of, force=force)
    version.refresh_from_db()
    return version


def _activate(version: ModelVersion, *, instead_of: ModelVersion | None, force: bool) -> None:
    try:
        with transaction.atomic():
            activate_model(
                version=version,
                reason="",  # the version's verdict says it
                compare=not force,
                instead_of=instead_of,
                refresh=False,
            )
    except LiveModelChangedError as changed:
        overtaken = {"code": VerdictCode.OVERTAKEN, "now": changed.live}
        ModelVersion.objects.filter(pk=version.pk).update(verdict=overtaken)


def _keep_failure(run: TrainingRun, error: BaseException) -> None:
    """Why the run ended, for the admin; a cancelled one is no failure."""
    cancelled = isinstance(error, TrainingCancelledError)
    words = "" if cancelled else f"{type(error).__name__}: {error}"
    log = TrainingRun.objects.values_list("log", flat=True).get(pk=run.pk)
    trace = "" if cancelled else "\n" + "".join(traceback.format_exception(error))
    end_run(
        run_id=run.pk,
        status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
        now=timezone.now(),
        error=words,
        log=log + trace,
        peak_memory_mb=peak_memory_mb(),
    )


def peak_memory_mb() -> int:
    """The most memory this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (1024 * 1024 if sys.platform == "darwin" else 1024))
