"""Everything that a site needs before its first request, and nothing that it already has."""

from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from coupons.catalog_search import ensure_title_index
from couponsite.roles import ensure_roles
from couponsite.schedule import ensure_periodic_tasks
from couponsite.static_files import collect_if_changed


def prepare_site(*, say: Callable[[str], object]) -> None:
    """Migrate the database, make default periodic tasks and roles, collect static files; `say` gets what was done.

    Raises django.db.Error where the database cannot be reached or changed.
    """
    if pending := _pending_migrations():
        call_command("migrate", interactive=False, verbosity=0)
        say(f"{pending} migrations applied")
    ensure_title_index()
    for name in ensure_periodic_tasks(timezone=settings.TIME_ZONE):
        say(f"scheduled: {name}")
    for name in ensure_roles():
        say(f"role made: {name}")
    if collect_if_changed(settings.STATIC_ROOT):
        say("static files collected")


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
