"""What proving the books found, each time it was done."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerCheck(models.Model):
    """One comparison of every counter with the ledger's rows (coupons.reconcile); the last one says how things are."""

    checked_at = models.DateTimeField(_("checked"))
    seconds = models.FloatField(_("seconds"))
    difference_count = models.PositiveIntegerField(_("differences"), default=0)
    differences = models.JSONField(
        _("first differences"), default=list, help_text=_("[{what, key, field, stored, ledger}], the first ones")
    )

    class Meta:
        verbose_name = _("ledger check")
        verbose_name_plural = _("ledger checks")
        indexes = [models.Index(name="ledgercheck_by_time", fields=["-checked_at"])]

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M}: {self.difference_count}"
