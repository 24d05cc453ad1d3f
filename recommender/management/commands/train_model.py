"""Train in this process, with a line for every epoch."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.config import SettingError, TrainingConfig
from recommender.enums import RunTrigger, VersionStatus
from recommender.models import ModelVersion
from recommender.services import request_training
from recommender.services.runs import TrainingBusyError
from recommender.verdicts import verdict_words


class Command(BaseCommand):
    help = (
        "Trains a model on the events in the database, judges it, saves it, and makes it live where it is not worse "
        "than the live one. Every setting may be changed for the run: --set interest.epochs=3 --set seed=7."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="STAGE.SETTING=VALUE",
            dest="assignments",
            help="one setting for this run; may be repeated",
        )
        parser.add_argument("--validation-from", help="first start day of a validation campaign, YYYY-MM-DD")
        parser.add_argument("--test-from", help="first start day of a test campaign, YYYY-MM-DD")
        parser.add_argument("--if-missing", action="store_true", help="do nothing where a model is live")
        parser.add_argument("--activate", action="store_true", help="make it live whatever the comparison says")
        parser.add_argument("--settings-help", action="store_true", help="list every setting with its default and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["settings_help"]:
            for info in TrainingConfig.describe():
                self.stdout.write(f"{info.name:<36} {info.default!s:<16} {info.help}")
            return
        config = overrides(options)
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        if options["if_missing"] and live is not None:
            self.stdout.write(f"{live} is live: nothing to train.")
            return
        self._train(config, activate=options["activate"])

    def _train(self, config: dict[str, Any], *, activate: bool) -> None:
        from recommender.jobs.training import run_training

        run = request_training(config=config, trigger=RunTrigger.COMMAND, enqueue=False)
        self.stdout.write(f"training run {run}")
        try:
            version = run_training(run.pk, say=self._say, activate=activate)
        except TrainingBusyError:
            run.delete()
            raise CommandError("another training is running: wait for it or stop it in the admin") from None
        except Exception as error:
            raise CommandError(f"training run {run} failed: {type(error).__name__}: {error}") from error
        if version is not None:
            self.stdout.write(f"{version} ({version.status}). {verdict_words(version.verdict)}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def overrides(options: dict[str, Any]) -> dict[str, Any]:
    """The run's settings that differ from the defaults, nested. Raises CommandError naming the setting."""
    assignments = list(options["assignments"])
    for flag, name in (("validation_from", "split.validation_from"), ("test_from", "split.test_from")):
        if options[flag]:
            assignments.append(f"{name}={options[flag]}")
    try:
        config = TrainingConfig().with_overrides(*assignments)
    except SettingError as error:
        raise CommandError(f"--set {error}") from None
    return difference(config.to_dict(), TrainingConfig().to_dict())


def difference(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The entries of `values` that are not the defaults', stages without any left out."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            if inner := difference(value, defaults[name]):
                found[name] = inner
        elif value != defaults[name]:
            found[name] = value
    return found
