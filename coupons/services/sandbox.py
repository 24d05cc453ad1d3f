"""A sandbox: a channel of its own with coupons to try, so that nothing tried there can touch a real one.

Coupons, codes, wallets, counters, budgets and keys all belong to a channel, and a key sees its own channel alone. So a
sandbox needs no special case anywhere: what works there works in the real channel, by the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from coupons.codes import normalise_code
from coupons.enums import BenefitType, CampaignStatus, ChannelKind, CouponTrigger, Scope
from coupons.models import Benefit, Campaign, Channel, Coupon, CouponCode
from coupons.services.channels import create_channel

PREFIX = "sandbox-"
CODE = "SANDBOX10"
SERVER_SCOPES = tuple(Scope)
_LONG = timedelta(days=3650)

_Terms = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""Title, benefit, and what else differs from a coupon without limits."""

_RUNNING: dict[str, _Terms] = {
    "always": ("$1.00 off anything", {"type": BenefitType.AMOUNT, "amount_minor": 100}, {}),
    "percent": (
        "10 % off, at most 5.00",
        {"type": BenefitType.PERCENT, "percent_bp": 1_000, "max_discount_minor": 500},
        {"per_shopper_limit": 1},
    ),
    "min-spend": (
        "5.00 off from 50.00",
        {"type": BenefitType.AMOUNT, "amount_minor": 500},
        {"min_spend_minor": 5_000},
    ),
    "code": (
        "10 % off by code",
        {"type": BenefitType.PERCENT, "percent_bp": 1_000},
        {"trigger": CouponTrigger.CODE},
    ),
    "one-claim": ("2.00 off, one in all", {"type": BenefitType.AMOUNT, "amount_minor": 200}, {"claim_limit": 1}),
}
_ENDED: dict[str, _Terms] = {"ended": ("3.00 off, over", {"type": BenefitType.AMOUNT, "amount_minor": 300}, {})}


@dataclass(frozen=True)
class Sandbox:
    """`coupons` by what each is for: always, percent, min-spend, code, one-claim, ended."""

    channel: Channel
    coupons: Mapping[str, Coupon]


def create_sandbox(*, of: Channel, now: datetime) -> Sandbox:
    """The sandbox of a channel, made if new. Raises ValueError for a sandbox of a sandbox."""
    if of.slug.startswith(PREFIX):
        raise ValueError(f"{of.slug} is a sandbox itself")
    with transaction.atomic():
        channel, _ = create_channel(
            slug=f"{PREFIX}{of.slug}",
            name=f"Sandbox of {of.name}",
            currency=of.currency,
            timezone=of.timezone,
            kind=ChannelKind.WEB,
        )
        running = _campaign(channel, "sandbox", now - timedelta(days=1), now + _LONG)
        over = _campaign(channel, "sandbox-ended", now - timedelta(days=30), now - timedelta(days=1))
        coupons = {**_coupons(running, _RUNNING), **_coupons(over, _ENDED)}
        CouponCode.objects.get_or_create(
            channel=channel,
            code_norm=normalise_code(CODE),
            defaults={"coupon": coupons["code"], "code": CODE, "usage_limit": None},
        )
    return Sandbox(channel, coupons)


def _campaign(channel: Channel, external_id: str, starts_at: datetime, ends_at: datetime) -> Campaign:
    campaign, _ = Campaign.objects.get_or_create(
        channel=channel,
        external_id=external_id,
        defaults={
            "name": "Coupons to try" if ends_at > starts_at + _LONG else "Coupons that are over",
            "status": CampaignStatus.APPROVED,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "timezone": channel.timezone,
        },
    )
    return campaign


def _coupons(campaign: Campaign, wanted: Mapping[str, _Terms]) -> dict[str, Coupon]:
    found = {}
    for name, (title, benefit, terms) in wanted.items():
        defaults = {"title": title, "trigger": CouponTrigger.AUTOMATIC, "per_shopper_limit": None, **terms}
        coupon, new = Coupon.objects.get_or_create(campaign=campaign, external_id=name, defaults=defaults)
        if new:
            Benefit.objects.create(coupon=coupon, **benefit)
        found[name] = coupon
    return found
