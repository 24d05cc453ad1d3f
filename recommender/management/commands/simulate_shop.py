"""Make a simulated channel with an experiment that has ended: what the pages say before there is anything real."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from recommender.datasets.simulated import AlreadySimulatedError, simulate_shop


class Command(BaseCommand):
    help = "Makes an isolated, simulated channel with policies, a hold-out and a finished experiment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shoppers", type=int, default=2_000, help="At least 300 (default %(default)s)")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--user", default="", help="Who starts it; the first superuser if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["shoppers"] < 300:
            raise CommandError(f"--shoppers: {options['shoppers']} is less than 300")
        users = (
            User.objects.filter(username=options["user"]) if options["user"] else User.objects.filter(is_superuser=True)
        )
        actor = users.order_by("pk").first()
        if actor is None:
            raise CommandError(f"--user: {options['user'] or 'no superuser'} is not known")
        try:
            made = simulate_shop(shoppers=options["shoppers"], seed=options["seed"], actor=actor, now=timezone.now())
        except AlreadySimulatedError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{made.channel}: {made.shoppers:,} simulated shoppers, experiment {made.experiment}")
