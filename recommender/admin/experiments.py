"""Experiments: set up, started, watched and stopped with a verdict."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill
from coupons.models import Channel
from recommender.admin.experiment_form import ExperimentForm, arm_rows
from recommender.admin.experiment_page import page_of
from recommender.admin.policy_words import refusal_text
from recommender.admin.steps import Steps
from recommender.enums import ExperimentStatus
from recommender.models import Experiment
from recommender.selectors.experiments import incremental_revenue, is_simulated
from recommender.services.experiments import (
    ExperimentError,
    discard_experiment,
    save_experiment,
    start_experiment,
    stop_experiment,
)
from recommender.services.readings import read_experiment

RUN = "recommender.run_experiment"
EDIT = "recommender.change_experiment"
ADD = "recommender.add_experiment"
EXPERIMENT_TONES = {
    ExperimentStatus.DRAFT: ("plain", "edit"),
    ExperimentStatus.RUNNING: ("info", "science"),
    ExperimentStatus.STOPPED: ("plain", "flag"),
}


class StopForm(forms.Form):
    reason = forms.CharField(label=_("Why now"), max_length=300, required=False, help_text=_("Kept with the verdict"))


@admin.register(Experiment)
class ExperimentAdmin(Steps[Experiment], ReadOnly, PlatformAdmin):
    refusal = ExperimentError
    related = ("channel", "started_by", "stopped_by")
    list_display = ("name", "state", "channel", "started_at", "stopped_at", "started_by")
    list_filter = ("status", "channel")
    list_select_related = ("channel", "started_by")
    ordering = ("-pk",)
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.has_perm(ADD))

    @display(description=_("status"), ordering="status")
    def state(self, row: Experiment) -> str:
        return choice_pill(row, "status", EXPERIMENT_TONES)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views: dict[str, Callable[..., HttpResponse]] = {
            "edit": self.edit_view,
            "start": self.start_view,
            "stop": self.stop_view,
            "read": self.read_view,
            "discard": self.discard_view,
        }
        own = [
            path(f"<int:pk>/{name}/", wrap(view), name=f"recommender_experiment_{name}") for name, view in views.items()
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  (Django's signature)
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Watch it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = self.row(int(object_id)) if object_id.isdecimal() else None
        if experiment is None:
            raise Http404
        tone, icon = EXPERIMENT_TONES[ExperimentStatus(experiment.status)]
        draft, runs = experiment.status == ExperimentStatus.DRAFT, experiment.status == ExperimentStatus.RUNNING
        context = {
            **page_of(experiment),
            "title": experiment.name,
            "original": experiment,
            "tone": tone,
            "icon": icon,
            "simulated": is_simulated(experiment.channel),
            "holdout": next(iter(incremental_revenue(channel=experiment.channel)), None),
            "may_edit": draft and request.user.has_perm(EDIT),
            "may_start": draft and request.user.has_perm(RUN),
            "may_stop": runs and request.user.has_perm(RUN),
            "may_read": runs,
        }
        return self.page(request, "admin/recommender/experiment/experiment.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        if not self.has_add_permission(request):
            raise PermissionDenied
        channels = list(Channel.objects.order_by("name"))
        chosen = request.GET.get("channel", "")
        channel = next((each for each in channels if str(each.pk) == chosen or len(channels) == 1), None)
        if channel is None:
            context = {"title": gettext("New experiment"), "channels": channels}
            return self.page(request, "admin/recommender/policy/channel.html", context)
        return self._edit(request, channel, None)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        experiment = self.row_for(request, pk, EDIT)
        if experiment.status != ExperimentStatus.DRAFT:
            messages.error(request, gettext("It has started: its arms are fixed."))
            return HttpResponseRedirect(self.url("change", experiment))
        return self._edit(request, experiment.channel, experiment)

    def _edit(self, request: HttpRequest, channel: Channel, experiment: Experiment | None) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = ExperimentForm(data, instance=Experiment.objects.get(pk=experiment.pk) if experiment else None)
        rows = arm_rows(data, channel=channel, experiment=experiment)
        if data is not None and form.is_valid() and rows.is_valid():
            told = form.cleaned_data
            try:
                saved = save_experiment(
                    channel=channel,
                    arms=rows.specs(),
                    actor=request.user,  # type: ignore[arg-type]
                    experiment=experiment,
                    name=told["name"],
                    hypothesis=told["hypothesis"],
                    error_percent=told["error_percent"],
                    planned_shoppers=told["planned_shoppers"],
                )
            except ExperimentError as error:
                form.add_error(None, refusal_text(error))
            else:
                messages.success(request, gettext("%(name)s is saved as a draft.") % {"name": saved})
                return HttpResponseRedirect(self.url("change", saved))
        context = {
            "title": gettext("Edit %(name)s") % {"name": experiment} if experiment else gettext("New experiment"),
            "form": form,
            "rows": rows,
            "channel": channel,
            "simulated": is_simulated(channel),
            "back": self.url("change", experiment)
            if experiment
            else reverse("admin:recommender_experiment_changelist"),
        }
        return self.page(request, "admin/recommender/experiment/edit.html", context)

    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        experiment = self.row_for(request, pk, RUN)
        points = [
            gettext("From the next answer on shoppers are assigned by a hash of their id; each stays in one arm."),
            gettext("Its arms and their policies are fixed from now on."),
            gettext("Shoppers of the permanent hold-out are in no arm."),
            gettext("You may look at it as often as you like: the intervals allow for it."),
        ]
        if request.method == "POST":
            return self.attempt(
                request,
                experiment,
                lambda: start_experiment(experiment=experiment, actor=request.user, now=timezone.now()),  # type: ignore[arg-type]
                gettext("It runs."),
            )
        return self.ask(request, experiment, gettext("Start %(name)s") % {"name": experiment}, points, gettext("Start"))

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        experiment = self.row_for(request, pk, RUN)
        form = StopForm(request.POST or None)
        points = [
            gettext("Everybody gets the live policy again."),
            gettext("What is seen now becomes the verdict. It cannot be started again."),
        ]
        if request.method == "POST" and form.is_valid():
            return self.attempt(
                request,
                experiment,
                lambda: stop_experiment(
                    experiment=experiment,
                    actor=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                    reason=form.cleaned_data["reason"],
                ),
                gettext("It is stopped. This is the verdict."),
            )
        return self.ask(
            request, experiment, gettext("Stop %(name)s") % {"name": experiment}, points, gettext("Stop"), form=form
        )

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        experiment = self.row_for(request, pk, EDIT)
        if request.method == "POST":
            return self.attempt(
                request,
                experiment,
                lambda: discard_experiment(experiment=experiment, actor=request.user),  # type: ignore[arg-type]
                gettext("The draft is gone."),
                reverse("admin:recommender_experiment_changelist"),
            )
        points = [gettext("The draft is deleted. The audit log keeps what it said.")]
        return self.ask(
            request, experiment, gettext("Discard %(name)s") % {"name": experiment}, points, gettext("Discard")
        )

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read it now and not in ten minutes; looking often does no harm."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = self.row(pk)
        if experiment is None:
            raise Http404
        if request.method == "POST" and experiment.status == ExperimentStatus.RUNNING:
            read_experiment(experiment=experiment, now=timezone.now())
        return HttpResponseRedirect(self.url("change", experiment))
