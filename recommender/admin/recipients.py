"""Who gets a report by e-mail: the field of addresses, the page that asks, and the line in a schedule's form."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from recommender.models import TrainingRun
from recommender.services.report_mail import can_send_mail, clean_recipients, request_report_mail

RETRAIN = "recommender.tasks.retrain"
NO_SERVER = _("No mail server is set up: set EMAIL_HOST and what it needs, then start the site again.")


class RecipientsField(forms.CharField):
    """E-mail addresses apart by commas or spaces, as a list of them."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text: str = super().clean(value)
        return clean_recipients(text.replace(",", " ").replace(";", " ").split())


class MailForm(forms.Form):
    recipients = RecipientsField(label=_("to"), help_text=_("E-mail addresses, apart by commas"))


def mail_page(request: HttpRequest, run: TrainingRun, context: Mapping[str, Any]) -> HttpResponse:
    """Ask for the addresses; on POST a worker is asked to send."""
    back = reverse("admin:recommender_trainingrun_change", args=[run.pk])
    form = MailForm(request.POST or None, initial={"recipients": getattr(request.user, "email", "")})
    if request.method == "POST" and can_send_mail() and form.is_valid():
        to = form.cleaned_data["recipients"]
        if request_report_mail(run_id=run.pk, recipients=to, link=request.build_absolute_uri(back)):
            messages.success(request, gettext("The report goes to %(to)s.") % {"to": ", ".join(to)})
        else:
            messages.error(request, gettext("The task queue does not answer: nothing was sent."))
        return HttpResponseRedirect(back)
    asked = {
        "title": gettext("E-mail the report of run %(run)s") % {"run": run.pk},
        "points": [gettext("Everybody gets a letter of their own with the report as a PDF.")],
        "submit": gettext("Send"),
        "form": form,
        "blocked": "" if can_send_mail() else NO_SERVER,
        "back": back,
    }
    return TemplateResponse(request, "admin/confirm.html", {**context, **asked})


class ReportsByMail(forms.Form):
    """Part of the form of a scheduled task: who is told of its trainings. Kept among the task's keyword arguments."""

    report_to = RecipientsField(
        label=_("E-mail the report to"),
        required=False,
        help_text=_("Of trainings only: addresses apart by commas. Needs a mail server."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("report_to", _arguments(self.initial.get("kwargs")).get("report_to", []))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        arguments, to = _arguments(data.get("kwargs")), data.get("report_to", [])
        if to and data.get("task") != RETRAIN:
            raise ValidationError({"report_to": gettext("Only a training has a report")})
        arguments.pop("report_to", None)
        data["kwargs"] = json.dumps({**arguments, "report_to": to} if to else arguments)
        return data


def _arguments(text: Any) -> dict[str, Any]:
    """A task's keyword arguments; empty where they are none, which the task's own form says."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
