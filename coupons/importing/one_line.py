"""Commands that say what went wrong in one line. Loads nothing heavy."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from coupons.importing.errors import ImportFileError


class OneLineCommand(BaseCommand):
    """A command whose foreseeable failures are one line each: a bad file, no database, no disk, Ctrl-C."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except ImportFileError as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"database: {str(error).strip().splitlines()[0]}") from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("stopped; the next run goes on from here", returncode=130) from None
