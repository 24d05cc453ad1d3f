"""Made-up objects for the coupon tests; every name in here is invented."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
from coupons.models import Benefit, Campaign, Channel, Coupon, CouponCode, Shopper

NOW = datetime(2030, 3, 13, 12, 0, tzinfo=UTC)  # a Wednesday
_numbers = count(1)


def make_channel(**fields: Any) -> Channel:
    number = next(_numbers)
    return Channel.objects.create(**{"slug": f"shop-{number}", "name": f"Shop {number}", "currency": "USD", **fields})


def make_campaign(channel: Channel | None = None, **fields: Any) -> Campaign:
    number = next(_numbers)
    return Campaign.objects.create(
        **{
            "channel": channel or make_channel(),
            "external_id": f"campaign-{number}",
            "name": f"Campaign {number}",
            "status": CampaignStatus.APPROVED,
            "starts_at": NOW - timedelta(days=30),
            "ends_at": NOW + timedelta(days=30),
            **fields,
        }
    )


def make_coupon(campaign: Campaign | None = None, *, benefit: dict[str, Any] | None = None, **fields: Any) -> Coupon:
    """An automatic coupon of 1.00 off without any limit, unless told otherwise."""
    number = next(_numbers)
    coupon = Coupon.objects.create(
        **{
            "campaign": campaign or make_campaign(),
            "external_id": f"coupon-{number}",
            "title": f"Coupon {number}",
            "trigger": CouponTrigger.AUTOMATIC,
            "per_shopper_limit": None,
            **fields,
        }
    )
    Benefit.objects.create(coupon=coupon, **(benefit or {"type": BenefitType.AMOUNT, "amount_minor": 100}))
    return coupon


def make_shopper(channel: Channel, **fields: Any) -> Shopper:
    return Shopper.objects.create(**{"channel": channel, "external_id": f"shopper-{next(_numbers)}", **fields})


def make_code(coupon: Coupon, code: str = "", **fields: Any) -> CouponCode:
    from coupons.codes import normalise_code

    code = code or f"C0DE{next(_numbers)}"
    return CouponCode.objects.create(
        **{
            "channel": coupon.campaign.channel,
            "coupon": coupon,
            "code": code,
            "code_norm": normalise_code(code),
            **fields,
        }
    )
