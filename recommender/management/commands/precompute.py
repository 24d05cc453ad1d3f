"""Everybody's recommendations, in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommender.models import ModelVersion, Recommendation
from recommender.selectors import live_version


class Command(BaseCommand):
    help = "Computes the recommendations of all shoppers with the live model, shard by shard, in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-missing", action="store_true", help="do nothing where the live model's are there")

    def handle(self, *args: Any, **options: Any) -> None:
        version = live_version()
        if version is None:
            raise CommandError("no model is live: train one with `manage.py train_model`")
        if options["if_missing"] and complete(version):
            self.stdout.write(f"The recommendations of {version} are there.")
            return
        from recommender.jobs.precompute import precompute_here
        from recommender.registry import ArtefactError

        try:
            shoppers = precompute_here(version, now=timezone.now(), say=self._say)
        except ArtefactError as error:
            raise CommandError(f"{version} is refused: {error}") from None
        self.stdout.write(f"{version}: recommendations of {shoppers:,} shoppers.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def complete(version: ModelVersion) -> bool:
    """Whether the last precompute came to its end: the popular list is written last."""
    from recommender.models import PopularCoupon

    return (
        Recommendation.objects.filter(model_version=version).exists()
        and PopularCoupon.objects.filter(model_version=version).exists()
    )
