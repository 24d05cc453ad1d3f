"""Files that were read in, and the rows that were not accepted."""

from pathlib import PurePath

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import BigTableAdmin, PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill, link, list_link, number
from coupons.admin.fault_words import fault_words
from coupons.enums import ImportStatus
from coupons.models import ImportRun, RejectedRow

TONES = {
    ImportStatus.RUNNING: ("info", "autorenew"),
    ImportStatus.FINISHED: ("ok", "check"),
    ImportStatus.FAILED: ("bad", "close"),
}
TABLES = {
    "brands": _("Brands"),
    "categories": _("Categories"),
    "products": _("Products"),
    "shoppers": _("Shoppers"),
    "campaigns": _("Campaigns"),
    "coupons": _("Coupons"),
    "targets": _("Targets"),
    "members": _("Members"),
    "redemptions": _("Redemptions"),
    "events": _("Behaviour events"),
}


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly, PlatformAdmin):
    list_display = ("what", "file", "state", "read", "new", "known", "rejected", "started_at")
    list_filter = ("status", "table")
    search_fields = ("source", "=fingerprint")
    ordering = ("-started_at",)
    date_hierarchy = "started_at"

    def page_name(self, row: ImportRun) -> str:
        return f"{self.what(row)}, {self.file(row)}"

    @display(description=_("status"), ordering="status")
    def state(self, run: ImportRun) -> str:
        return choice_pill(run, "status", TONES)

    @display(description=_("table"), ordering="table")
    def what(self, run: ImportRun) -> str:
        return str(TABLES.get(run.table, run.table))

    @display(description=_("file"), ordering="source")
    def file(self, run: ImportRun) -> str:
        return PurePath(run.source).name

    @display(description=_("rows"))
    def total(self, run: ImportRun) -> str:
        return number(run.rows_total)

    @display(description=_("read"), ordering="rows_read")
    def read(self, run: ImportRun) -> str:
        return number(run.rows_read)

    @display(description=_("new"), ordering="rows_new")
    def new(self, run: ImportRun) -> str:
        return number(run.rows_new)

    @display(description=_("already there"), ordering="rows_known")
    def known(self, run: ImportRun) -> str:
        return number(run.rows_known)

    @display(description=_("rejected"), ordering="rows_rejected")
    def rejected(self, run: ImportRun) -> str:
        """Leads to the rows; those of event files are kept beside the events."""
        return list_link(RejectedRow, run.rows_rejected, f"run__id__exact={run.pk}") if run.rows_rejected else "0"

    def get_fields(self, request: object, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002
        return (
            "what", "file", "state", "total", "read", "new", "known", "rejected", "error", "started_at", "finished_at",
            "fingerprint",
        )  # fmt: skip


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnly, BigTableAdmin):
    list_display = ("line", "field", "value", "why", "of")
    list_filter = ("run",)
    list_select_related = ("run",)
    search_fields = ("reason", "=field")
    fields = ("of", "line", "field", "value", "why", "raw")

    def page_name(self, row: RejectedRow) -> str:
        return f"{row.line}: {row.field}: {self.why(row)}"

    @display(description=_("import"))
    def of(self, row: RejectedRow) -> str:
        return link(row.run)

    @display(description=_("reason"))
    def why(self, row: RejectedRow) -> str:
        return fault_words(row.reason)
