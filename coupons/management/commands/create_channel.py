"""manage.py create_channel SLUG --currency EUR --timezone Europe/Berlin"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coupons.enums import ChannelKind
from coupons.services.channels import create_channel


class Command(BaseCommand):
    help = "Make a channel: a storefront, an app or a chain of shops, with one currency and one time zone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", help="shown to people (default: the slug)")
        parser.add_argument("--currency", required=True, help="ISO 4217, for example USD")
        parser.add_argument("--timezone", required=True, help="for example America/New_York")
        parser.add_argument("--kind", choices=ChannelKind.values, default=ChannelKind.STORE.value)

    def handle(self, *_args: str, **options: Any) -> None:
        try:
            channel, new = create_channel(
                slug=options["slug"],
                name=options["name"] or options["slug"],
                currency=options["currency"],
                timezone=options["timezone"],
                kind=options["kind"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"channel {channel.slug} {'made' if new else 'exists'}")
