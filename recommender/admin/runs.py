"""Training runs: ask for one, watch it, stop it."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill, link
from recommender import services
from recommender.admin import run_page
from recommender.admin.comparing import compare_run
from recommender.admin.failures import last_lines, likely_cause
from recommender.admin.gates import blocked, gates
from recommender.admin.importances import importances
from recommender.admin.measures import evaluation_of, evaluation_table
from recommender.admin.recipients import mail_page
from recommender.admin.run_report import cut_off, report_charts, with_live
from recommender.admin.settings_view import changed_settings
from recommender.admin.train_form import TrainForm
from recommender.enums import RunStatus, RunTrigger, VersionStatus
from recommender.models import ModelVersion, TrainingReport, TrainingRun
from recommender.services.training import request_report

TRAIN = "recommender.train_model"


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnly, PlatformAdmin):
    list_display = ("run", "state", "progress_text", "started_by", "version_link", "started_at", "took", "memory")
    list_filter = ("status", "trigger")
    list_select_related = ("requested_by", "version")
    ordering = ("-pk",)
    actions_list = ("train_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingRun]:
        rows: QuerySet[TrainingRun] = super().get_queryset(request)
        return rows.defer("log", "report", "cleaning_report", "version__metrics", "version__config")

    @display(description=_("run"), ordering="pk")
    def run(self, run: TrainingRun) -> str:
        return str(run)

    @display(description=_("status"), ordering="status")
    def state(self, run: TrainingRun) -> str:
        return choice_pill(run, "status", run_page.STATUS_TONES)

    @display(description=_("progress"))
    def progress_text(self, run: TrainingRun) -> str:
        """How many stages are done, and the one at work."""
        stages = run_page.stage_views(run, None)
        done = sum(stage.state == "done" for stage in stages)
        now = next((stage.label for stage in stages if stage.state in {"now", "failed"}), "")
        return f"{done}/{len(stages)} {now}".strip() if stages else ""

    @display(description=_("started by"))
    def started_by(self, run: TrainingRun) -> str:
        return run.requested_by.get_username() if run.requested_by else str(run.get_trigger_display())

    @display(description=_("model"))
    def version_link(self, run: TrainingRun) -> str:
        return link(getattr(run, "version", None))

    @display(description=_("took"))
    def took(self, run: TrainingRun) -> str:
        if run.started_at is None:
            return ""
        return run_page.duration(((run.finished_at or timezone.now()) - run.started_at).total_seconds())

    @display(description=_("peak memory"), ordering="peak_memory_mb")
    def memory(self, run: TrainingRun) -> str:
        return f"{run.peak_memory_mb:,} MB" if run.peak_memory_mb else ""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:run_id>/progress/", wrap(self.progress_view), name="recommender_trainingrun_progress"),
            path("<int:run_id>/stop/", wrap(self.stop_view), name="recommender_trainingrun_stop"),
            path("<int:run_id>/report.pdf", wrap(self.pdf_view), name="recommender_trainingrun_pdf"),
            path("<int:run_id>/mail/", wrap(self.mail_view), name="recommender_trainingrun_mail"),
            path("<int:run_id>/report.json", wrap(self.report_view), name="recommender_trainingrun_report"),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def has_train_permission(self, request: HttpRequest) -> bool:
        """As a method: a dotted name would make the system checks ask a database that `migrate` has yet to fill."""
        return request.user.has_perm(TRAIN)

    @action(  # type: ignore[untyped-decorator]  # Unfold ships no types
        description=_("Train now…"),
        url_path="train",
        icon="model_training",
        permissions=["train"],
        variant=ActionVariant.PRIMARY,
    )
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """The form of all settings; on POST a run with those that differ from the defaults is queued."""
        form = TrainForm(request.POST or None, initial=_like(request.GET.get("like", "")))
        if request.method == "POST" and form.is_valid():
            run = services.request_training(
                config=form.overrides,
                requested_by=request.user,  # type: ignore[arg-type]  # admin_view lets no anonymous user in
                trigger=RunTrigger.ADMIN,
            )
            messages.success(request, gettext("Run %(run)s is queued.") % {"run": run})
            return HttpResponseRedirect(reverse("admin:recommender_trainingrun_change", args=[run.pk]))
        busy = TrainingRun.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Train now"),
            "form": form,
            "busy": busy,
        }
        return TemplateResponse(request, "admin/recommender/trainingrun/train.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  (Django's signature)
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The page of a run; it follows the run by itself while that lasts."""
        run = self._visible_run(request, object_id)
        now = timezone.now()
        version = ModelVersion.objects.filter(run=run).first()
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        metrics = run.report or (version.metrics if version else {})
        columns, rows = evaluation_table(metrics)
        judged = compare_run(run)
        checks = gates(version, live) if version and live != version else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Training run %(number)s") % {"number": run.pk},
            "original": run,
            "run": run,
            "state": run_page.progress(run, after=0, log_from=len(run.log), now=now, most=run_page.ALL_POINTS),
            "version": version,
            "live": live,
            "judged": judged,
            "judged_against": (run.report.get("comparison") or {}).get("live", ""),
            "gates": checks,
            "blocked": blocked(checks),
            "cause": likely_cause(run.error + run.log[-4000:]) if run.status == RunStatus.FAILED else "",
            "last_lines": last_lines(run.log),
            "importances": importances(run.report),
            "costs": run_page.stage_costs(run),
            "columns": columns,
            "evaluation": rows,
            "charts": report_charts(with_live(run.report, gettext("Live model"))),
            "cut_off": cut_off(run.report),
            "test": evaluation_of(run.report),
            "cleaning": run_page.cleaning_rows(run.cleaning_report or run.report.get("cleaning", {})),
            "changed": changed_settings(run.config),
            "log": run_page.log_tail(run),
            "may_train": request.user.has_perm(TRAIN),
            "may_stop": request.user.has_perm(TRAIN) and run.status in {RunStatus.QUEUED, RunStatus.RUNNING},
            "may_activate": bool(version) and request.user.has_perm("recommender.activate_modelversion"),
            "words": _script_words(),
        }
        return TemplateResponse(request, "admin/recommender/trainingrun/run.html", context)

    def progress_view(self, request: HttpRequest, run_id: int) -> JsonResponse:
        """New points since `after`, and the state."""
        run = self._visible_run(request, str(run_id))
        after, log_from = (_cursor(request.GET.get(name, "")) for name in ("after", "log"))
        answer = run_page.progress(run, after=after, log_from=log_from, now=timezone.now())
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})

    def report_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """The whole evaluation report as a file."""
        run = self._visible_run(request, str(run_id))
        return HttpResponse(
            json.dumps(run.report, indent=2),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="run-{run.pk}-report.json"'},
        )

    def pdf_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """The report as a PDF; where no worker has drawn it yet, one is asked to."""
        run = self._visible_run(request, str(run_id))
        report = TrainingReport.objects.filter(run=run).first()
        if report is None:
            if request_report(run_id=run.pk):
                messages.info(request, gettext("The report is being drawn. Ask again in a few seconds."))
            else:
                messages.error(request, gettext("The task queue does not answer, so the report can't be drawn now."))
            return HttpResponseRedirect(reverse("admin:recommender_trainingrun_change", args=[run.pk]))
        return HttpResponse(
            bytes(report.pdf),
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="run-{run.pk}-report.pdf"'},
        )

    def mail_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Send the report to somebody; the site's own letters are for those who may train."""
        run = self._visible_run(request, str(run_id))
        if not request.user.has_perm(TRAIN):
            raise PermissionDenied
        if not run.report:
            raise Http404
        return mail_page(request, run, {**self.admin_site.each_context(request), "opts": self.opts})

    def stop_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Ask, and on POST call the run off."""
        if not request.user.has_perm(TRAIN):
            raise PermissionDenied
        run = self._visible_run(request, str(run_id))
        page = reverse("admin:recommender_trainingrun_change", args=[run.pk])
        if request.method == "POST":
            status = services.cancel_training(run=run, now=timezone.now())
            if status == RunStatus.RUNNING:
                messages.info(request, gettext("Run %(run)s stops after its present epoch.") % {"run": run})
            else:
                messages.success(request, gettext("Run %(run)s: %(status)s.") % {"run": run, "status": status.label})
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Stop training run %(number)s") % {"number": run.pk},
            "points": [
                gettext("A running run ends after its present epoch; what it learnt is dropped."),
                gettext("The live model is not affected."),
            ],
            "submit": gettext("Stop the run"),
            "back": page,
        }
        return TemplateResponse(request, "admin/confirm.html", context)

    def _visible_run(self, request: HttpRequest, object_id: str) -> TrainingRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = (
            TrainingRun.objects.select_related("requested_by").filter(pk=object_id).first()
            if object_id.isdecimal()
            else None
        )
        if run is None:
            raise Http404
        return run


def _like(word: str) -> dict[str, Any]:
    """The settings of an earlier run, for the form; empty where there is none."""
    config = TrainingRun.objects.filter(pk=word).values_list("config", flat=True).first() if word.isdecimal() else None
    found: dict[str, Any] = {}
    for name, value in (config or {}).items():
        found |= {f"{name}__{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    return found


def _cursor(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) < 19 else 0


def _script_words() -> dict[str, str]:
    """Sentences that the page's script fills in; scripts hold no text of their own."""
    return {
        "training": gettext("Training"),
        "validation": gettext("Validation"),
        "round": gettext("fit"),
        "epoch": gettext("epoch"),
        "table": gettext("View as table"),
        "loss": gettext("Loss of %(name)s by epoch: %(loss)s after epoch %(epoch)s."),
        "val_loss": gettext(
            "Loss of %(name)s by epoch: training %(loss)s and validation %(val)s after epoch %(epoch)s; "
            "lowest validation at epoch %(best)s."
        ),
        "best": gettext("best: %(epoch)s"),
        "offline": gettext("The server does not answer. Trying again."),
    }
