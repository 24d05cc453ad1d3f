"""Jobs (when trainings and recommendations run), in the same dress as everything else."""

from cron_descriptor import FormatException, MissingFieldException, Options, WrongArgumentException, get_description
from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.widgets import UnfoldAdminSelectWidget

from coupons.admin.base import Kept, PlatformAdmin
from coupons.admin.display import EMPTY, moment
from recommender.admin.recipients import ReportsByMail

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


LABELS = {
    "name": _("name"),
    "task": _("task"),
    "description": _("what for"),
    "enabled": _("runs"),
    "crontab": _("at these times"),
    "interval": _("or every"),
    "start_time": _("not before"),
    "args": _("positional arguments"),
    "kwargs": _("named arguments"),
    "queue": _("queue"),
    "expires": _("not after"),
    "expire_seconds": _("seconds that it may wait"),
    "exchange": _("exchange"),
    "routing_key": _("routing key"),
    "priority": _("priority"),
    "headers": _("headers"),
}
HELP = {
    "crontab": _("Either times or an interval"),
    "args": _("A JSON list"),
    "kwargs": _("A JSON object"),
    "queue": _("Blank for the default one"),
    "expires": _("A run that no worker has begun by then is dropped"),
    "expire_seconds": _("A run that no worker has begun by then is dropped"),
    "priority": _("0 to 255; the lower, the earlier"),
    "headers": _("A JSON object"),
}


class TaskForm(ReportsByMail, PeriodicTaskForm):  # type: ignore[misc]
    """The scheduler's own form in our words, with the task as one list instead of a list beside a text."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = capfirst(str(LABELS.get(name, field.label)))
            field.help_text = HELP.get(name, "" if name in LABELS else field.help_text)
        self.fields["crontab"].label_from_instance = crontab_words  # type: ignore[attr-defined]  # rows to choose from
        self.fields["description"].widget.attrs["rows"] = 2
        self.fields["task"].widget = UnfoldAdminSelectWidget(choices=self._tasks())

    def _tasks(self) -> list[tuple[str, str]]:
        """Those that a worker knows, and the present one, which may be none of them."""
        known = TaskSelectWidget().tasks_as_choices()
        return list(known) if self.instance.task in dict(known) else [*known, (self.instance.task, self.instance.task)]


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatPeriodicTaskAdmin, PlatformAdmin):  # type: ignore[misc]
    """When trainings and recommendations run. What few will ever change stands below, folded."""

    form = TaskForm
    list_display = ("job", "what_for", "runs", "when", "last_run")
    list_filter = ("enabled",)
    list_select_related = ("interval", "crontab", "solar", "clocked")
    ordering = ("name",)
    date_hierarchy = None
    readonly_fields = ("last_run", "when")
    fieldsets = (
        (None, {"fields": ("name", "task", "description", "enabled", "report_to")}),
        (_("Schedule"), {"fields": ("crontab", "when", "interval", "start_time", "last_run")}),
        (_("Arguments"), {"classes": ("collapse",), "fields": ("args", "kwargs")}),
        (
            _("How it is queued"),
            {
                "classes": ("collapse",),
                "fields": ("queue", "expires", "expire_seconds", "exchange", "routing_key", "priority", "headers"),
            },
        ),
    )

    def page_name(self, row: PeriodicTask) -> str:
        """The row's own text is a crontab in shorthand."""
        return self.job(row)

    @display(description=_("job"), ordering="name")
    def job(self, task: PeriodicTask) -> str:
        return gettext(task.name)  # those that the site begins with are in the catalogue

    @display(description=_("runs"), ordering="enabled", boolean=True)
    def runs(self, task: PeriodicTask) -> bool:
        return bool(task.enabled)

    @display(description=_("last run"), ordering="last_run_at")
    def last_run(self, task: PeriodicTask) -> str:
        return moment(task.last_run_at) if task.last_run_at else EMPTY

    @display(description=_("what for"))
    def what_for(self, task: PeriodicTask) -> str:
        return gettext(task.description) if task.description else task.task

    @display(description=_("when"))
    def when(self, task: PeriodicTask) -> str:
        return schedule_words(task) if task.pk else EMPTY


def schedule_words(task: PeriodicTask) -> str:
    return str(task.scheduler) if task.crontab is None else crontab_words(task.crontab)


def crontab_words(cron: CrontabSchedule) -> str:
    """`At 03:00 (America/New_York)`, in the reader's language."""
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = to_locale(get_language() or "en").replace("zh_Hans", "zh_CN")
    expression = f"{cron.minute} {cron.hour} {cron.day_of_month} {cron.month_of_year} {cron.day_of_week}"
    try:
        words = get_description(expression, options)
    except (FormatException, MissingFieldException, WrongArgumentException):
        words = expression
    return f"{words} ({cron.timezone})"


class IntervalForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = IntervalSchedule
        fields = ("every", "period")
        labels = {"every": _("Every"), "period": _("Unit")}
        help_texts = dict.fromkeys(fields, "")


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(Kept, PlatformAdmin):
    """Not deleted here: its jobs would go with it."""

    form = IntervalForm
    list_display = ("words",)
    ordering = ("period", "every")

    @display(description=_("interval"))
    def words(self, interval: IntervalSchedule) -> str:
        return str(interval)


class CrontabForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CrontabSchedule
        fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
        labels = {
            "minute": _("Minutes"),
            "hour": _("Hours"),
            "day_of_month": _("Days of the month"),
            "month_of_year": _("Months"),
            "day_of_week": _("Days of the week"),
            "timezone": _("Time zone"),
        }
        help_texts = {
            "minute": _("* for every one, */15 for every fifteenth, 0,30 for two of them"),
            "hour": _("0 to 23"),
            "day_of_month": _("1 to 31"),
            "month_of_year": _("1 to 12"),
            "day_of_week": _("0 to 6, from Sunday"),
            "timezone": "",
        }


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(Kept, BeatCrontabScheduleAdmin, PlatformAdmin):  # type: ignore[misc]
    """Not deleted here: its jobs would go with it."""

    form = CrontabForm
    list_display = ("expression", "words")
    list_display_links = ("expression", "words")
    readonly_fields = ("words",)
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone", "words")
    inlines = ()

    def page_name(self, row: CrontabSchedule) -> str:
        return crontab_words(row)

    @display(description=_("expression"))
    def expression(self, cron: CrontabSchedule) -> str:
        return " ".join((cron.minute, cron.hour, cron.day_of_month, cron.month_of_year, cron.day_of_week))

    @display(description=_("when"))
    def words(self, cron: CrontabSchedule) -> str:
        return crontab_words(cron) if cron.pk else EMPTY
