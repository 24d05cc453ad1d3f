"""Making channels."""

from zoneinfo import available_timezones

from coupons.enums import ChannelKind
from coupons.models import Channel


def create_channel(
    *, slug: str, name: str, currency: str, timezone: str, kind: str = ChannelKind.STORE
) -> tuple[Channel, bool]:
    """The channel of that slug and whether it is new; one that exists stays as it is.

    Raises ValueError where a fact is not usable, or differs from the channel that exists.
    """
    if timezone not in available_timezones():
        raise ValueError(f"time zone {timezone!r} is not known")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise ValueError(f"currency {currency!r} is not an ISO 4217 code such as USD")
    if kind not in ChannelKind.values:
        raise ValueError(f"kind {kind!r} is none of {', '.join(ChannelKind.values)}")
    channel, new = Channel.objects.get_or_create(
        slug=slug, defaults={"name": name, "currency": currency, "timezone": timezone, "kind": kind}
    )
    if (channel.currency, channel.timezone) != (currency, timezone):
        raise ValueError(f"channel {slug!r} exists with {channel.currency} and {channel.timezone}")
    return channel, new
