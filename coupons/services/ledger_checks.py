"""Proving the books on a schedule, and remembering what was found."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from coupons.models import LedgerCheck
from coupons.reconcile import find_drift

KEPT = timedelta(days=90)
MOST_DIFFERENCES = 20


def check_ledger(*, now: datetime) -> LedgerCheck:
    """Compare every counter with the ledger and keep the result; results older than KEPT are forgotten."""
    started = time.perf_counter()
    drift = find_drift()
    seconds = round(time.perf_counter() - started, 3)
    with transaction.atomic():
        LedgerCheck.objects.filter(checked_at__lt=now - KEPT).delete()
        return LedgerCheck.objects.create(
            checked_at=now,
            seconds=seconds,
            difference_count=len(drift),
            differences=[asdict(difference) for difference in drift[:MOST_DIFFERENCES]],
        )
