"""Shared reads. Which coupons a shopper may use is defined here and nowhere else."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Subquery
from django.db.models.functions import Coalesce

from coupons.enums import LIVE_REDEMPTIONS, Audience, CouponTrigger, GrantStatus
from coupons.models import CampaignMember, Channel, Coupon, CouponGrant, Redemption, Shopper
from coupons.phase import running


def running_coupons(*, channel: Channel, now: datetime) -> QuerySet[Coupon]:
    """Active coupons of the channel's running campaigns, whoever may use them."""
    return Coupon.objects.filter(running(now, "campaign__"), campaign__channel=channel, active=True)


def eligible_coupons(
    *, channel: Channel, shopper: Shopper | OuterRef | None, now: datetime, among: Iterable[int] | None = None
) -> QuerySet[Coupon]:
    """The running coupons that this shopper would be allowed to redeem now, cart conditions apart.

    None stands for somebody unknown: coupons for members and from the wallet are left out.
    `among` narrows the question to some coupon ids, which is what the read path asks.
    """
    coupons = running_coupons(channel=channel, now=now)
    if among is not None:
        coupons = coupons.filter(pk__in=list(among))
    coupons = _within_usage_limit(coupons)
    if shopper is None:
        return coupons.filter(campaign__audience=Audience.EVERYONE).exclude(trigger=CouponTrigger.GRANTED)
    return _for_shopper(_within_shopper_limit(coupons, shopper), shopper)


def eligible_for_each(
    *, channel: Channel, shoppers: Collection[int], now: datetime, among: Iterable[int] | None = None
) -> dict[int, set[int]]:
    """The same question for many shoppers in one statement: coupon ids by shopper id."""
    each = OuterRef(OuterRef("pk"))  # the rules ask for the shopper one query further in
    coupons = eligible_coupons(channel=channel, shopper=each, now=now, among=among)
    rows = Shopper.objects.filter(pk__in=shoppers, channel=channel)
    found = rows.annotate(eligible=ArraySubquery(coupons.order_by().values("pk"))).values_list("pk", "eligible")
    return {shopper: set(ids) for shopper, ids in found}


def _within_usage_limit(coupons: QuerySet[Coupon]) -> QuerySet[Coupon]:
    used = (
        Redemption.objects.filter(coupon=OuterRef("pk"), status__in=LIVE_REDEMPTIONS)
        .order_by()
        .values("coupon")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return coupons.filter(Q(usage_limit=None) | Q(usage_limit__gt=Coalesce(Subquery(used), 0)))


def _within_shopper_limit(coupons: QuerySet[Coupon], shopper: Shopper | OuterRef) -> QuerySet[Coupon]:
    used = (
        Redemption.objects.filter(coupon=OuterRef("pk"), shopper=shopper, status__in=LIVE_REDEMPTIONS)
        .order_by()
        .values("coupon")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return coupons.filter(Q(per_shopper_limit=None) | Q(per_shopper_limit__gt=Coalesce(Subquery(used), 0)))


def _for_shopper(coupons: QuerySet[Coupon], shopper: Shopper | OuterRef) -> QuerySet[Coupon]:
    member = CampaignMember.objects.filter(campaign=OuterRef("campaign"), shopper=shopper)
    granted = CouponGrant.objects.filter(coupon=OuterRef("pk"), shopper=shopper, status=GrantStatus.ISSUED)
    return coupons.filter(
        Q(campaign__audience=Audience.EVERYONE) | Exists(member),
        ~Q(trigger=CouponTrigger.GRANTED) | Exists(granted),
    )
