"""Model versions: how good they are beside the live one, and which is live."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import EMPTY, choice_pill, link, moment
from recommender import services
from recommender.admin.comparing import compare_versions
from recommender.admin.gates import blocked, gates
from recommender.admin.measures import estimates, evaluation_table, served, system_estimates, written
from recommender.admin.settings_view import changed_settings
from recommender.enums import VersionStatus
from recommender.models import ModelActivation, ModelVersion
from recommender.selectors import shadow_report
from recommender.selectors.version_satisfaction import VersionSatisfaction, version_satisfaction
from recommender.services.activation import previous_version_id
from recommender.verdicts import verdict_words

ACTIVATE = "recommender.activate_modelversion"
SATISFACTION_DAYS = 28
"""How far back a version's page looks at what shoppers made of it."""
TONES = {
    VersionStatus.CANDIDATE: ("info", "science"),
    VersionStatus.SHADOW: ("warn", "visibility_off"),
    VersionStatus.LIVE: ("ok", "check"),
    VersionStatus.RETIRED: ("plain", "history"),
}


class ReasonForm(forms.Form):
    """Why the live model is changed; kept in the log of activations."""

    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Kept in the log of activations"))


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly, PlatformAdmin):
    list_display = ("version", "state", "auc", "ndcg", "pr_auc", "run_link", "data_to", "created_at", "why")
    list_filter = ("status",)
    list_select_related = ("run",)
    ordering = ("-number",)
    search_fields = ("=number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        rows: QuerySet[ModelVersion] = super().get_queryset(request)
        return rows.defer("config", "run__log", "run__report", "run__cleaning_report", "run__stages")

    @display(description=_("version"), ordering="number")
    def version(self, version: ModelVersion) -> str:
        return str(version)

    @display(description=_("status"), ordering="status")
    def state(self, version: ModelVersion) -> str:
        return choice_pill(version, "status", TONES)

    @display(description="ROC AUC")
    def auc(self, version: ModelVersion) -> str:
        return _served_value(version, "auc")

    @display(description="NDCG@10")
    def ndcg(self, version: ModelVersion) -> str:
        return _served_value(version, "ndcg_10")

    @display(description="PR-AUC")
    def pr_auc(self, version: ModelVersion) -> str:
        return _served_value(version, "pr_auc")

    @display(description=_("training run"))
    def run_link(self, version: ModelVersion) -> str:
        return link(version.run)

    @display(description=_("verdict"))
    def why(self, version: ModelVersion) -> str:
        return verdict_words(version.verdict)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/activate/", wrap(self.activate_view), name="recommender_modelversion_activate"),
            path("<int:pk>/shadow/", wrap(self.shadow_view), name="recommender_modelversion_shadow"),
            path("compare/", wrap(self.compare_view), name="recommender_modelversion_compare"),
            path("roll-back/", wrap(self.rollback_view), name="recommender_modelversion_rollback"),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  (Django's signature)
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """What the version is, beside the live one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = (
            ModelVersion.objects.select_related("run").filter(pk=object_id).first() if object_id.isdecimal() else None
        )
        if version is None:
            raise Http404
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).select_related("run").first()
        other = live if live and live.pk != version.pk else None
        columns, rows = evaluation_table(version.metrics)
        tone, icon = TONES[VersionStatus(version.status)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Model %(version)s") % {"version": version},
            "original": version,
            "version": version,
            "tone": tone,
            "icon": icon,
            "live": other,
            "judged": compare_versions(version, other) if other else None,
            "gates": gates(version, other) if other or not live else [],
            "content": _satisfaction(version),
            "content_days": SATISFACTION_DAYS,
            "shadow": shadow_report(version=version, live=other) if other and version.shadow_checks.exists() else None,
            "may_shadow": bool(other) and request.user.has_perm(ACTIVATE),
            "others": ModelVersion.objects.exclude(pk=version.pk).only("number", "status")[:50],
            "columns": columns,
            "evaluation": rows,
            "facts": _facts(version),
            "changed": changed_settings(version.config, other.config if other else None),
            "activations": ModelActivation.objects.select_related("version", "previous", "actor")[:20],
            "may_activate": request.user.has_perm(ACTIVATE),
            "previous": previous_version() if version.status == VersionStatus.LIVE else None,
        }
        return TemplateResponse(request, "admin/recommender/modelversion/version.html", context)

    def activate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and on POST make this version the live one."""
        self._require_activation(request)
        version = ModelVersion.objects.filter(pk=pk).select_related("run").first()
        if version is None:
            raise Http404
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        checks = gates(version, live)
        stopped = blocked(checks)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and not stopped and form.is_valid():
            done = services.activate_model(version=version, actor=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
            if done is None:
                messages.info(request, gettext("%(version)s was live already.") % {"version": version})
            else:
                messages.success(request, gettext("%(version)s is live.") % {"version": version})
            return HttpResponseRedirect(_page(version))
        points = [gettext("Shoppers are shown the coupons that %(version)s chooses, as soon as they are computed.")]
        if live is not None:
            points.append(gettext("%(live)s is kept; switching back takes one click.") % {"live": live})
        return self._ask(
            request,
            form,
            title=gettext("Make %(version)s live") % {"version": version},
            points=[point % {"version": version} if "%(version)s" in point else point for point in points],
            submit=gettext("Make it live"),
            back=_page(version),
            gates=checks,
            blocked=stopped and gettext("It can't go live. %(reason)s") % {"reason": stopped},
        )

    def shadow_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and on POST begin to compute the version beside the live one, or stop it."""
        self._require_activation(request)
        version = ModelVersion.objects.filter(pk=pk).first()
        if version is None:
            raise Http404
        stop = version.status == VersionStatus.SHADOW
        if request.method == "POST":
            self._move_shadow(request, version, stop=stop)
            return HttpResponseRedirect(_page(version))
        words = {"version": version}
        points = (
            [gettext("%(version)s is not computed any more. What was counted stays.") % words]
            if stop
            else [
                gettext("%(version)s is computed beside the live model each hour and shown to nobody.") % words,
                gettext("Its page tells how far the two agree, and in whose slates the coupons were that are used."),
                gettext("Computing takes about twice the time while it runs."),
            ]
        )
        title = gettext("Stop the shadow %(version)s") if stop else gettext("Run %(version)s as a shadow")
        submit = gettext("Stop it") if stop else gettext("Run as a shadow")
        return TemplateResponse(
            request,
            "admin/confirm.html",
            {
                **self.admin_site.each_context(request), "opts": self.opts, "title": title % words, "points": points,
                "submit": submit, "back": _page(version),
            },
        )  # fmt: skip

    @staticmethod
    def _move_shadow(request: HttpRequest, version: ModelVersion, *, stop: bool) -> None:
        words = {"version": version}
        if stop:
            services.stop_shadow(version=version)
            messages.success(request, gettext("%(version)s is a candidate again.") % words)
            return
        try:
            started = services.start_shadow(version=version, now=timezone.now())
        except services.NotACandidateError:
            messages.error(request, gettext("%(version)s is live: a shadow runs beside the live model.") % words)
            return
        if started is None:
            messages.error(request, gettext("No model is live; there is nothing to run beside."))
        else:
            messages.success(request, gettext("%(version)s is computed beside the live model from now on.") % words)

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Any two versions side by side, like with like or with a warning."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        versions = list(ModelVersion.objects.only("number", "status").order_by("-number")[:100])
        one, other = (self._chosen(request.GET.get(name, "")) for name in ("one", "other"))
        if one is None and versions:
            one = self._chosen(str(versions[0].pk))
        if other is None and len(versions) > 1:
            other = self._chosen(str(next(v.pk for v in versions if one is None or v.pk != one.pk)))
        both = one is not None and other is not None and one.pk != other.pk
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Compare models"),
            "versions": versions,
            "one": one,
            "other": other,
            "judged": compare_versions(one, other) if both and one and other else None,
            "changed": changed_settings(one.config, other.config) if both and one and other else [],
        }
        return TemplateResponse(request, "admin/recommender/modelversion/compare.html", context)

    @staticmethod
    def _chosen(word: str) -> ModelVersion | None:
        rows = ModelVersion.objects.select_related("run")
        return rows.filter(pk=word).first() if word.isdecimal() and len(word) < 10 else None

    def rollback_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, and on POST go back to the version that was live before."""
        self._require_activation(request)
        form = ReasonForm(request.POST or None)
        changelist = reverse("admin:recommender_modelversion_changelist")
        if request.method == "POST" and form.is_valid():
            try:
                done = services.rollback_model(actor=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
            except services.NoPreviousModelError:
                messages.error(request, gettext("No model was live before; nothing was changed."))
                return HttpResponseRedirect(changelist)
            messages.success(request, gettext("%(version)s is live again.") % {"version": done.version})
            return HttpResponseRedirect(_page(done.version))
        previous = previous_version()
        return self._ask(
            request,
            form,
            title=gettext("Roll back to %(version)s") % {"version": previous} if previous else gettext("Roll back"),
            points=[
                gettext("The version that was live before serves again."),
                gettext("The present one is kept and can be made live again."),
            ],
            submit=gettext("Roll back"),
            back=changelist,
            blocked="" if previous else gettext("No model was live before the present one."),
        )

    def _ask(self, request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/confirm.html",
            {**self.admin_site.each_context(request), "opts": self.opts, "form": form, **context},
        )

    @staticmethod
    def _require_activation(request: HttpRequest) -> None:
        if not request.user.has_perm(ACTIVATE):
            raise PermissionDenied


def previous_version() -> ModelVersion | None:
    """Where a rollback would go to."""
    pk = previous_version_id()
    return ModelVersion.objects.filter(pk=pk).first() if pk else None


def _page(version: ModelVersion) -> str:
    return reverse("admin:recommender_modelversion_change", args=[version.pk])


def _satisfaction(version: ModelVersion) -> VersionSatisfaction:
    now = timezone.now()
    return version_satisfaction(version=version, since=now - timedelta(days=SATISFACTION_DAYS), until=now)


def _served_value(version: ModelVersion, measure: str) -> str:
    values = served(system_estimates(version.metrics)) or estimates(version.metrics)
    return written(measure, values[measure].value) if measure in values else EMPTY


def _facts(version: ModelVersion) -> list[tuple[str, Any]]:
    """What its manifest says, as rows."""
    return [
        (gettext("Trained on data from"), version.data_from),
        (gettext("to"), version.data_to),
        (gettext("Made"), version.created_at),
        (gettext("Artefact"), version.path),
        (gettext("Manifest, SHA-256"), f"{version.manifest_sha256[:16]}…"),
    ]


@admin.register(ModelActivation)
class ModelActivationAdmin(ReadOnly, PlatformAdmin):
    list_display = fields = ("created_at", "now_live", "instead_of", "who", "why")
    list_select_related = ("version", "previous", "actor")
    ordering = ("-pk",)

    def page_name(self, row: ModelActivation) -> str:
        return f"{row.version}, {moment(row.created_at)}"

    @display(description=_("live since then"))
    def now_live(self, row: ModelActivation) -> str:
        return link(row.version)

    @display(description=_("instead of"))
    def instead_of(self, row: ModelActivation) -> str:
        return link(row.previous)

    @display(description=_("by"))
    def who(self, row: ModelActivation) -> str:
        return row.actor.get_username() if row.actor else gettext("the schedule")

    @display(description=_("reason"))
    def why(self, row: ModelActivation) -> str:
        return row.reason or verdict_words(row.version.verdict)
