"""manage.py create_sandbox --of web: a channel to try things in, its coupons and two keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from coupons.enums import KeyKind
from coupons.models import Channel
from coupons.services.api_keys import BROWSER_SCOPES, create_api_key
from coupons.services.sandbox import CODE, SERVER_SCOPES, create_sandbox


class Command(BaseCommand):
    help = "Makes a sandbox of a channel and prints two keys for it. What is redeemed there touches nothing real."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--of", required=True, help="slug of the real channel")
        parser.add_argument(
            "--origins", default="", help="comma-separated: sites whose pages may use the browser's key"
        )

    def handle(self, *_args: str, **options: Any) -> None:
        of = Channel.objects.filter(slug=options["of"]).first()
        if of is None:
            raise CommandError(f"--of: {options['of']!r} does not exist")
        origins = [origin.strip() for origin in options["origins"].split(",") if origin.strip()]
        try:
            sandbox = create_sandbox(of=of, now=timezone.now())
            channel = sandbox.channel
            _, server = create_api_key(name="sandbox", channel=channel, scopes=SERVER_SCOPES)
            _, browser = create_api_key(
                name="sandbox, pages",
                channel=channel,
                scopes=BROWSER_SCOPES,
                kind=KeyKind.BROWSER,
                allowed_origins=origins,
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"channel      {channel.slug}")
        self.stdout.write(f"server key   {server}")
        self.stdout.write(f"browser key  {browser}")
        self.stdout.write(f"code         {CODE}")
        for name, coupon in sandbox.coupons.items():
            self.stdout.write(f"{name:12} {coupon.uid}  {coupon.title}")
