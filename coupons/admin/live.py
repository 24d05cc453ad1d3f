"""What the aside and the checks of a campaign's form show, from what the form holds at this moment."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from coupons.admin.checks import checks_of, may_go_live
from coupons.admin.display import short_date
from coupons.admin.rehearsal import Rehearsal, next_open
from coupons.admin.sample_cart import sample_of
from coupons.admin.ticket import ticket_of
from coupons.enums import CampaignStatus, TargetKind, TargetMode
from coupons.models import Campaign, Coupon, CouponGrant, CouponTarget, Redemption
from coupons.money import to_minor

CARDS = ("basics", "offer", "audience", "limits", "live")


def live_answer(request: HttpRequest, found: Rehearsal) -> dict[str, Any]:
    """As JSON for guide.js: errors by input, or ticket, sample, checks and overlap."""
    if found.campaign is None:
        return {"errors": found.errors, "live": False}
    campaign, coupons = found.campaign, found.coupons
    checks = checks_of(campaign, coupons, user=request.user)
    answer: dict[str, Any] = {
        "errors": {},
        "checks": [check.as_json() for check in checks],
        "live": may_go_live(checks),
        "overlap": overlap(campaign, coupons),
    }
    if coupons:
        coupon = coupons[0]
        answer["ticket"] = ticket_of(coupon).as_json()
        at = next_open(campaign)
        if at is not None and hasattr(coupon, "benefit"):
            answer["sample"] = sample_of(coupon, spend_minor=_spend(request, campaign), at=at)
    return answer


def _spend(request: HttpRequest, campaign: Campaign) -> int | None:
    """The sample cart's value as typed; None for anything that is not an amount."""
    try:
        amount = Decimal(request.POST.get("sample_spend", ""))
        return to_minor(amount, campaign.channel.currency) if 0 < amount < 10**9 else None
    except (InvalidOperation, ValueError):
        return None


def overlap(campaign: Campaign, coupons: Sequence[Coupon]) -> str:
    """The campaign of the same time whose coupons cover the same things by name, in a sentence; "" for none."""
    others = Campaign.objects.filter(
        channel=campaign.channel,
        status__in=[CampaignStatus.APPROVED, CampaignStatus.IN_REVIEW],
        starts_at__lt=campaign.ends_at,
        ends_at__gt=campaign.starts_at,
    ).exclude(pk=campaign.pk)
    covered = CouponTarget.objects.filter(coupon__in=coupons, mode=TargetMode.INCLUDE)
    for kind in TargetKind:
        same = CouponTarget.objects.filter(
            kind=kind,
            mode=TargetMode.INCLUDE,
            coupon__campaign=OuterRef("pk"),
            **{f"{kind}__in": covered.filter(kind=kind).values(kind.value)},
        )
        other = others.filter(Exists(same)).order_by("-priority", "pk").first()
        if other is not None:
            first = other if other.priority >= campaign.priority else campaign
            return gettext(
                "Overlaps %(other)s until %(day)s: both cover the same %(kind)s. On one order %(first)s comes first."
            ) % {
                "other": other.name,
                "day": short_date(localtime(min(other.ends_at, campaign.ends_at))),
                "kind": str(kind.label).lower(),
                "first": first.name,
            }
    return ""


def touched_by_edits(campaign: Campaign) -> str:
    """What a change of a coupon's terms means for those who hold or used it; "" where nobody did."""
    if not campaign.pk:
        return ""
    held = CouponGrant.objects.filter(coupon__campaign=campaign, status__in=["issued", "held"]).count()
    used = Redemption.objects.filter(
        coupon__campaign=campaign, status__in=["redeemed", "partially_rolled_back"]
    ).count()
    told = []
    if held:
        told.append(
            ngettext(
                "%(n)s shopper holds a coupon of it: new terms count for that one too, once approved.",
                "%(n)s shoppers hold coupons of it: new terms count for those too, once approved.",
                held,
            ) % {"n": f"{held:,}"}
        )  # fmt: skip
    if used:
        told.append(
            ngettext(
                "%(n)s use that was made keeps its discount.", "%(n)s uses that were made keep their discount.", used
            ) % {"n": f"{used:,}"}
        )  # fmt: skip
    return " ".join(told)
