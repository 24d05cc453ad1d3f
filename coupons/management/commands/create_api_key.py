"""Make an API key and print it, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from coupons.enums import Scope
from coupons.models import Channel
from coupons.services import create_api_key


class Command(BaseCommand):
    help = "Makes an API key of a channel and prints its plaintext, which is shown this once and never stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the key is for, for example `web shop`")
        parser.add_argument("--channel", required=True, help="slug of the channel")
        parser.add_argument(
            "--scopes", default=",".join(Scope.values), help=f"comma-separated; all of them: {', '.join(Scope.values)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        channel = Channel.objects.filter(slug=options["channel"]).first()
        if channel is None:
            known = ", ".join(Channel.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--channel: {options['channel']!r} does not exist; known are: {known}")
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            _, plaintext = create_api_key(name=options["name"], channel=channel, scopes=scopes)
        except ValueError as error:
            raise CommandError(f"--{error}") from None
        self.stdout.write(plaintext)
