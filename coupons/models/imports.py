"""Files that were read in, how far, and the rows that could not be accepted."""

from pathlib import PurePath

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import ImportStatus


class ImportRun(models.Model):
    """One file into one table. `rows_read` is the resume point: everything before it is committed."""

    table = models.CharField(_("table"), max_length=40)
    source = models.CharField(_("file"), max_length=500)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, help_text=_("SHA-256 of the file's content"))
    status = models.CharField(_("status"), max_length=10, choices=ImportStatus, default=ImportStatus.RUNNING)
    rows_total = models.BigIntegerField(_("rows"), null=True)
    rows_read = models.BigIntegerField(_("read"), default=0)
    rows_new = models.BigIntegerField(_("new"), default=0)
    rows_known = models.BigIntegerField(_("already there"), default=0)
    rows_rejected = models.BigIntegerField(_("rejected"), default=0)
    error = models.TextField(_("error"), blank=True, default="")
    started_at = models.DateTimeField(_("started"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(name="import_once_per_content", fields=["table", "fingerprint"]),
        ]

    def __str__(self) -> str:
        return f"{PurePath(self.source).name} #{self.pk}"


class RejectedRow(models.Model):
    """A row of a catalog, shopper or coupon file that was not accepted: where it stood, why, and itself."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejected", verbose_name=_("import"))
    line = models.BigIntegerField(_("line"), help_text=_("1 is the first row of data"))
    field = models.CharField(_("field"), max_length=60)
    value = models.TextField(_("value"))
    reason = models.CharField(_("reason"), max_length=200)
    raw = models.JSONField(_("row"))

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        constraints = [models.UniqueConstraint(name="rejected_row_once", fields=["run", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.reason}"
