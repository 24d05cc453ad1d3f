"""System checks: mistakes in the settings of one machine, found before they cost a night."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage


def register_all() -> None:
    checks.register(check_visibility_timeout)
    checks.register(check_own_servers, checks.Tags.security, deploy=True)


def check_visibility_timeout(_apps: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """A task still at work when its visibility timeout ends is run a second time beside itself."""
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if timeout > settings.CELERY_TASK_TIME_LIMIT:
        return []
    return [
        checks.Error(
            f"TASK_VISIBILITY_TIMEOUT ({timeout} s) is not above TASK_TIME_LIMIT ({settings.CELERY_TASK_TIME_LIMIT} s)",
            hint="The broker hands out a task again that was not finished within the visibility timeout.",
            id="couponsite.E001",
        )
    ]


def check_own_servers(_apps: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """With `check --deploy`: the embedded servers and a key file suit one machine only."""
    found: list[CheckMessage] = []
    if str(settings.DATABASES["default"]["HOST"]).startswith(str(settings.VAR_DIR)):
        found.append(
            checks.Warning("The embedded PostgreSQL is in use.", hint="Set DATABASE_URL.", id="couponsite.W001")
        )
    if str(settings.VAR_DIR) in settings.REDIS_URL:
        found.append(checks.Warning("The embedded Redis is in use.", hint="Set REDIS_URL.", id="couponsite.W002"))
    if (settings.VAR_DIR / "secret_key").exists():
        found.append(
            checks.Warning(
                "SECRET_KEY comes from a file of this machine.",
                hint="Set SECRET_KEY where several machines serve the site.",
                id="couponsite.W003",
            )
        )
    return found
