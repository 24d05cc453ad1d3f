"""Make an API key and print it, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from coupons.enums import KeyKind, Scope
from coupons.models import Channel
from coupons.services.api_keys import BROWSER_SCOPES, create_api_key


class Command(BaseCommand):
    help = "Makes an API key of a channel and prints its plaintext, which is shown this once and never stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the key is for, for example `web shop`")
        parser.add_argument("--channel", required=True, help="slug of the channel")
        parser.add_argument(
            "--kind", choices=KeyKind.values, default=KeyKind.SERVER, help="browser: for a page, with shopper tokens"
        )
        parser.add_argument(
            "--scopes",
            help=f"comma-separated, of {', '.join(Scope.values)}; all of them if left out, "
            f"for a browser {', '.join(BROWSER_SCOPES)}",
        )
        parser.add_argument(
            "--origins", default="", help="comma-separated: other sites whose pages may use a browser's key"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        channel = Channel.objects.filter(slug=options["channel"]).first()
        if channel is None:
            known = ", ".join(Channel.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--channel: {options['channel']!r} does not exist; known are: {known}")
        usual = BROWSER_SCOPES if options["kind"] == KeyKind.BROWSER else Scope.values
        scopes = _listed(options["scopes"]) if options["scopes"] is not None else list(usual)
        try:
            _, plaintext = create_api_key(
                name=options["name"],
                channel=channel,
                scopes=scopes,
                kind=options["kind"],
                allowed_origins=_listed(options["origins"]),
            )
        except ValueError as error:
            raise CommandError(f"--{error}") from None
        self.stdout.write(plaintext)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
