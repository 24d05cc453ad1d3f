"""Periodic tasks (when trainings and recommendations run), in the same dress as everything else."""

from cron_descriptor import FormatException, MissingFieldException, Options, WrongArgumentException, get_description
from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import ClockedScheduleAdmin as BeatClockedScheduleAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from coupons.admin.base import PlatformAdmin
from coupons.admin.display import EMPTY
from recommender.admin.recipients import ReportsByMail

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


class UnfoldTaskSelectWidget(UnfoldAdminSelectWidget, TaskSelectWidget):  # type: ignore[misc]
    """The list of known tasks, drawn as every other list."""


class TaskForm(ReportsByMail, PeriodicTaskForm):  # type: ignore[misc]
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = UnfoldTaskSelectWidget()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatPeriodicTaskAdmin, PlatformAdmin):  # type: ignore[misc]
    """When trainings and recommendations run. What few will ever change stands below, folded."""

    form = TaskForm
    list_display = ("job", "what_for", "enabled", "when", "last_run_at")
    list_filter = ("enabled",)
    list_select_related = ("interval", "crontab", "solar", "clocked")
    ordering = ("name",)
    date_hierarchy = None
    readonly_fields = ("last_run_at", "when")
    fieldsets = (
        (None, {"fields": ("name", "regtask", "description", "enabled", "report_to")}),
        (_("Schedule"), {"fields": ("crontab", "when", "interval", "start_time", "last_run_at")}),
        (_("Other kinds of schedule"), {"classes": ("collapse",), "fields": ("clocked", "solar", "one_off")}),
        (_("Arguments"), {"classes": ("collapse",), "fields": ("task", "args", "kwargs")}),
        (
            _("How it is queued"),
            {
                "classes": ("collapse",),
                "fields": ("queue", "expires", "expire_seconds", "exchange", "routing_key", "priority", "headers"),
            },
        ),
    )

    @display(description=_("job"), ordering="name")
    def job(self, task: PeriodicTask) -> str:
        return gettext(task.name)  # those that the site begins with are in the catalogue

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


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(PlatformAdmin):
    list_display = ("every", "period")


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(BeatCrontabScheduleAdmin, PlatformAdmin):  # type: ignore[misc]
    list_display = ("expression", "words")
    readonly_fields = ("words",)
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone", "words")
    inlines = ()

    @display(description="crontab")
    def expression(self, cron: CrontabSchedule) -> str:
        return " ".join((cron.minute, cron.hour, cron.day_of_month, cron.month_of_year, cron.day_of_week))

    @display(description=_("when"))
    def words(self, cron: CrontabSchedule) -> str:
        return crontab_words(cron) if cron.pk else EMPTY


@admin.register(SolarSchedule)
class SolarScheduleAdmin(PlatformAdmin):
    list_display = ("event", "latitude", "longitude")


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(BeatClockedScheduleAdmin, PlatformAdmin):  # type: ignore[misc]
    inlines = ()
