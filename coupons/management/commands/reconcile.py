"""Prove the counters against the ledger."""

from typing import Any

from django.core.management.base import BaseCommand

from coupons.reconcile import find_drift


class Command(BaseCommand):
    help = "Compare every counter with the ledger's rows. Exit code 0: all equal; 1: each difference is printed."

    def handle(self, **_options: Any) -> None:
        drift = find_drift()
        for difference in drift:
            self.stdout.write(str(difference))
        if drift:
            self.stderr.write(f"{len(drift)} differences")
            raise SystemExit(1)
        self.stdout.write("No difference between the counters and the ledger.")
