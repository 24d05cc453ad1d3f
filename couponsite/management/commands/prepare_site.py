"""Everything that a site needs before its first request, and nothing that it already has."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from couponsite.schedule import ensure_periodic_tasks
from couponsite.static_files import collect_if_changed


class Command(BaseCommand):
    help = "Migrate the database, collect static files, make the default periodic tasks. Safe to run at every start."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"the database cannot be reached: {str(error).strip().splitlines()[0]}") from error
        self._migrate()
        collect_if_changed(settings.STATIC_ROOT)
        for name in ensure_periodic_tasks(timezone=settings.TIME_ZONE):
            self.stdout.write(f"scheduled: {name}")

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write(f"{len(pending)} migrations applied")
