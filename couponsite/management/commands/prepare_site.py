"""See couponsite.preparation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from couponsite.preparation import prepare_site


class Command(BaseCommand):
    help = "Migrate the database, make the default periodic tasks, collect static files. Safe to run at every start."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            prepare_site(say=self.stdout.write)
        except Error as error:
            raise CommandError(str(error).strip().splitlines()[0]) from error
