"""What the page of a shopper shows. A fixed number of queries, whatever the shopper did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext, gettext_noop

from coupons.admin.display import money
from coupons.enums import LIVE_REDEMPTIONS, GrantStatus
from coupons.models import Coupon, CouponGrant, Redemption, Shopper
from coupons.money import describe_benefit
from recommender.admin.interest_bars import changes, interests, purchases
from recommender.admin.not_shown import not_shown
from recommender.admin.timeline import WEEKS, timeline
from recommender.enums import EventKind, Fallback, VersionStatus
from recommender.explanations import explained
from recommender.models import BehaviorEvent, ModelVersion, ShopperInterest
from recommender.reasons import reason_text
from recommender.selectors import recommend_for

MOST_ROWS = 8
PLACES = 10

PARTS = {
    "interaction": (gettext_noop("Interest model"), "1"),
    "literal": (gettext_noop("Interest model, literal"), "2"),
    "interest": (gettext_noop("Interest model"), "1"),
    "als": (gettext_noop("Similar shoppers"), "3"),
    "content": (gettext_noop("What they buy"), "4"),
    "boosting": (gettext_noop("Habits and season"), "5"),
    "linear": (gettext_noop("Habits, weighed"), "6"),
    "popularity": (gettext_noop("Popularity"), "0"),
    "content share": (gettext_noop("Share of spend"), "4"),
    "newcomer": (gettext_noop("What most shoppers buy"), "0"),
    "exploration": (gettext_noop("Exploration"), "0"),
}

FACTS = {
    "bought_before": gettext_noop("Bought products of this coupon before"),
    "buys_alike": gettext_noop("Buys products of the same kind"),
    "buys_brand": gettext_noop("Buys this brand"),
    "due_now": gettext_noop("Due to buy it again about now"),
    "interest": gettext_noop("Fits the interests that were learnt"),
    "reactions": gettext_noop("Reactions to coupons shown before"),
    "redeems_coupons": gettext_noop("Uses coupons that are sent"),
    "coupon_user": gettext_noop("Buys with coupons often"),
    "coupon_terms": gettext_noop("What the coupon asks for and takes off"),
    "shops_often": gettext_noop("Shops often"),
    "popular": gettext_noop("The coupon is popular"),
}
"""What a feature says of a shopper and a coupon, by its code."""


@dataclass(frozen=True)
class Part:
    """One part of a score: its share of the bar in percent, its own score, its colour number."""

    name: str
    share: str
    score: str
    colour: str


@dataclass(frozen=True)
class Shown:
    """One recommended coupon as the ticket shows it."""

    coupon: Coupon
    value: str
    score: str
    reason: str
    because: list[str]
    """What carried the score, strongest first."""
    parts: list[Part]
    days_left: int
    personal: bool


def shopper_page(shopper: Shopper, *, now: datetime) -> dict[str, Any]:
    """Everything the template needs."""
    slate = recommend_for(
        channel=shopper.channel, shopper_external_id=shopper.external_id, now=now, limit=PLACES, explained=True
    )
    live = ModelVersion.objects.filter(status=VersionStatus.LIVE).only("number", "path", "created_at").first()
    interest = ShopperInterest.objects.filter(shopper=shopper).select_related("model_version").first()
    bought = purchases(shopper, now) if interest else {}
    bars = interests(interest, bought, now)
    shown = [_shown(item, shopper, now) for item in slate.items]
    shown_ids = {item.coupon.pk for item in slate.items}
    hidden, running_count = not_shown(shopper, shown_ids, live, now, places=PLACES)
    head = facts(shopper, now)
    legend = {part.name: part.colour for item in shown for part in item.parts}
    return {
        "shopper": shopper,
        "now": now,
        "currency": shopper.channel.currency,
        "live": live,
        "interest": interest,
        "interests": bars,
        "changes": changes(bars),
        "compared": any(bar.before is not None for bar in bars),
        "shown": shown,
        "legend": sorted(legend.items()),
        "fallback": Fallback(slate.fallback).label if slate.fallback else "",
        "hidden": hidden,
        "hidden_count": running_count - len(shown),
        "running_count": running_count,
        "facts": head,
        "wallet": wallet(shopper),
        "redemptions": redemptions(shopper),
        "timeline": timeline(shopper, now),
    }


def facts(shopper: Shopper, now: datetime) -> list[tuple[str, str]]:
    """The figures of the head: the last 12 months."""
    since = now - timedelta(weeks=WEEKS)
    currency = shopper.channel.currency
    bought = BehaviorEvent.objects.filter(shopper=shopper, occurred_at__gte=since, kind=EventKind.PURCHASE).aggregate(
        baskets=Count("order_ref", distinct=True), spent=Sum("value_minor")
    )
    used = Redemption.objects.filter(shopper=shopper, status__in=LIVE_REDEMPTIONS).aggregate(
        n=Count("pk"), saved=Sum("amount_minor")
    )
    wallet = CouponGrant.objects.filter(shopper=shopper, status=GrantStatus.ISSUED).count()
    return [
        (gettext("Baskets, 12 months"), f"{bought['baskets']:,}"),
        (gettext("Spent"), money(bought["spent"] or 0, currency)),
        (gettext("Coupons used"), f"{used['n']:,}"),
        (gettext("Saved"), money(used["saved"] or 0, currency)),
        (gettext("In the wallet now"), f"{wallet:,}"),
    ]


def wallet(shopper: Shopper) -> list[CouponGrant]:
    """Coupons in the shopper's hands, those got last at the top."""
    rows = CouponGrant.objects.filter(shopper=shopper, status__in=[GrantStatus.ISSUED, GrantStatus.HELD])
    return list(rows.select_related("coupon__campaign").order_by("-pk")[:MOST_ROWS])


def redemptions(shopper: Shopper) -> list[tuple[Redemption, str]]:
    """(use, discount) of the last uses, those taken back too."""
    rows = Redemption.objects.filter(shopper=shopper).select_related("coupon").order_by("-pk")[:MOST_ROWS]
    return [(row, money(row.amount_minor - row.rolled_back_minor, row.currency)) for row in rows]


def _shown(item: Any, shopper: Shopper, now: datetime) -> Shown:
    coupon = item.coupon
    return Shown(
        coupon=coupon,
        value=describe_benefit(getattr(coupon, "benefit", None), shopper.channel.currency),
        score="" if item.score is None else f"{item.score:.4f}" if item.score < 0.1 else f"{item.score:.2f}",
        reason=reason_text(item.reason),
        because=carried_by(item.reason, shopper.channel.currency),
        parts=score_parts(item.reason),
        days_left=max(0, (coupon.campaign.ends_at - now).days),
        personal=item.source == "personal",
    )


def carried_by(reason: Mapping[str, Any], currency: str) -> list[str]:
    """The strongest interest and features of the score in words, four at most."""
    return explained(reason, currency)[:4]


def score_parts(reason: Mapping[str, Any]) -> list[Part]:
    """The parts' own scores as shares of their sum: which of them speaks for the coupon, not a decomposition."""
    raw = reason.get("parts")
    if not isinstance(raw, Mapping):
        return []
    numbers = {str(name): float(value) for name, value in raw.items() if isinstance(value, int | float) and value > 0}
    total = sum(numbers.values())
    return [
        Part(
            name=gettext(PARTS[name][0]) if name in PARTS else name.replace("_", " "),
            share=f"{100 * value / total:.1f}",
            score=f"{value:.3f}",
            colour=PARTS[name][1] if name in PARTS else "0",
        )
        for name, value in sorted(numbers.items(), key=lambda pair: -pair[1])
    ]
