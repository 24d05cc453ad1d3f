"""What a shopper is shown, as a table. Nothing is logged as shown."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from coupons.models import Channel, Shopper
from coupons.money import describe_benefit
from recommender.reasons import reason_text
from recommender.selectors import Slate, recommend_for
from recommender.selectors.slate import DEFAULT_LIMIT


class Command(BaseCommand):
    help = "Shows a shopper's coupons with score and reason, as the API would answer now; logs no impression."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shopper", help="the shopper's id in the shop's own system")
        parser.add_argument("--channel", help="slug; needed where the shopper's id exists in several channels")
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError(f"--limit: {options['limit']} is below 1")
        channel = _channel(options["shopper"], options["channel"])
        slate = recommend_for(
            channel=channel, shopper_external_id=options["shopper"], now=timezone.now(), limit=options["limit"]
        )
        for line in table(slate, channel.currency):
            self.stdout.write(line)


def _channel(shopper: str, slug: str | None) -> Channel:
    if slug is not None:
        channel = Channel.objects.filter(slug=slug).first()
        if channel is None:
            raise CommandError(f"--channel: {slug!r} does not exist")
        return channel
    ids = Shopper.objects.filter(external_id=shopper).values_list("channel", flat=True)
    channels = list(Channel.objects.filter(pk__in=ids).order_by("slug")) or list(Channel.objects.order_by("slug"))
    if len(channels) != 1:
        raise CommandError(f"--channel: name one of {', '.join(c.slug for c in channels) or 'none yet'}")
    return channels[0]


def table(slate: Slate, currency: str) -> list[str]:
    """The slate's lines: who, by which model, then one coupon each."""
    model = f"v{slate.model_version}" if slate.model_version else "no model"
    lines = [f"shopper {slate.shopper}, {model}" + (f", fallback: {slate.fallback.value}" if slate.fallback else "")]
    if not slate.items:
        return [*lines, "no coupon is eligible now"]
    lines.append(f"{'#':>3} {'score':>7}  {'coupon':<14} {'gives':<18} {'campaign':<14} why")
    for item in slate.items:
        score = f"{item.score:.4f}" if item.score is not None else "-"
        gives = describe_benefit(getattr(item.coupon, "benefit", None), currency)
        campaign = item.coupon.campaign.name
        lines.append(
            f"{item.position:>3} {score:>7}  {item.coupon.external_id:<14} {gives:<18} {campaign:<14.14} "
            f"{reason_text(item.reason)}"
        )
    return lines
