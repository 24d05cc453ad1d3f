"""Choose the live model by hand."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.artefacts import ArtefactError, verify_artefact
from recommender.models import ModelVersion
from recommender.services import activate_model


class Command(BaseCommand):
    help = "Makes a model version the live one, after its artefact was found whole. Recommendations are refreshed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="version, for example 4 or v4")
        parser.add_argument("--reason", default="activated from the command line", help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        version = find_version(options["number"])
        try:
            verify_artefact(Path(settings.MODEL_DIR) / version.path)
        except ArtefactError as error:
            raise CommandError(f"{version} is refused: {error}") from None
        if activate_model(version=version, reason=options["reason"]) is None:
            self.stdout.write(f"{version} is live already.")
        else:
            self.stdout.write(f"{version} is live. Its recommendations are computed by the next free worker.")


def find_version(number: str) -> ModelVersion:
    """The version that was meant by `4` or `v4`. Raises CommandError."""
    digits = number.removeprefix("v")
    version = ModelVersion.objects.filter(number=int(digits)).first() if digits.isdecimal() else None
    if version is None:
        known = ", ".join(f"v{known}" for known in ModelVersion.objects.values_list("number", flat=True)) or "none yet"
        raise CommandError(f"{number}: no such model version; known are: {known}")
    return version
