"""Django inside the orchestrator's own process, for the quick questions: a process for each would cost seconds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from couponsite.demo.errors import DemoError


@contextmanager
def django_ready() -> Iterator[None]:
    """Django set up, its database errors as one line, and no connection left open while the site runs.

    To be entered after the embedded servers were started: the settings read the password that their start makes.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    import django
    from django.core.management.base import CommandError
    from django.db import Error, connections

    django.setup()
    try:
        yield
    except (Error, CommandError) as error:
        lines = str(error).strip().splitlines()
        raise DemoError(f"the database: {lines[0] if lines else type(error).__name__}") from error
    finally:
        connections.close_all()
