"""From being shown to being used, on the page of a campaign or coupon: what is recorded here beside the ledger."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import money, number
from coupons.admin.extension_points import Section, campaign_sections
from coupons.enums import RedemptionStatus
from coupons.models import Campaign, Coupon, CouponGrant, Redemption
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Impression

TEMPLATE = "admin/recommender/funnel.html"


def funnel_section(request: HttpRequest, campaign: Campaign, coupons: Sequence[Coupon]) -> Section | None:
    """Four queries; nothing for who may not see what shoppers do, or where there is no coupon."""
    if not coupons or not request.user.has_perm("recommender.view_impression"):
        return None
    ids = [coupon.pk for coupon in coupons]
    return Section(TEMPLATE, {"steps": steps(ids, campaign)})


def steps(coupon_ids: Sequence[int], campaign: Campaign) -> list[dict[str, Any]]:
    """Shown, clicked, claimed, used: each with its share of the step before it, as far as there is one."""
    shown = Impression.objects.filter(coupon__in=coupon_ids).count()
    clicked = BehaviorEvent.objects.filter(coupon__in=coupon_ids, kind=EventKind.CLICK).count()
    claimed = CouponGrant.objects.filter(coupon__in=coupon_ids).count()
    standing = [RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK]
    used = Redemption.objects.filter(coupon__in=coupon_ids, status__in=standing).aggregate(
        n=Count("pk"), cost=Sum(F("amount_minor") - F("rolled_back_minor"))
    )
    cost = money(used["cost"] or 0, campaign.channel.currency)
    one = f"?coupon__id__exact={coupon_ids[0]}" if len(coupon_ids) == 1 else ""
    uses = reverse("admin:coupons_redemption_changelist") + (one or f"?coupon__campaign__id__exact={campaign.pk}")
    counts = [
        (gettext("Shown"), shown, "", reverse("admin:recommender_impression_changelist")),
        (gettext("Clicked"), clicked, "", reverse("admin:recommender_behaviorevent_changelist")),
        (gettext("Claimed"), claimed, "", reverse("admin:coupons_coupongrant_changelist") + one),
        (gettext("Used"), used["n"], gettext("%(amount)s given") % {"amount": cost}, uses),
    ]
    found: list[dict[str, Any]] = []
    for position, (name, count, note, url) in enumerate(counts):
        before = counts[position - 1][1] if position else 0
        share = gettext("%(share)s of the step before") % {"share": f"{100 * count / before:.1f}%"} if before else ""
        found.append({"name": name, "value": number(count), "note": note or share, "url": url})
    return found


campaign_sections.append(funnel_section)
