"""The panel's content: what the recommender holds of this shopper now, why it shows what it shows, by which rules."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from coupons.enums import GrantStatus
from coupons.models import Channel, CouponGrant, Shopper
from coupons.selectors import eligible_coupons, running_coupons
from recommender.reasons import reason_text
from recommender.selectors import recommend_for
from recommender.selectors.interests import interests_of

EVERY_INTEREST = 1_000
SHOWN = 6


def learned(channel: Channel, external_id: str, now: datetime) -> dict[str, Any]:
    """`interests`, the strongest first, with the score now and as published; `coupons`, `rules` in words.

    An interest comes with its category's path: two may have one name.
    """
    shopper = Shopper.objects.filter(channel=channel, external_id=external_id).first()
    slate = recommend_for(channel=channel, shopper_external_id=external_id, now=now, limit=SHOWN)
    held = interests_of(channel=channel, shopper_external_id=external_id, now=now, limit=EVERY_INTEREST)
    return {
        "shopper": external_id,
        "interests": [
            {
                "category": interest.category,
                "name": _named(interest.category),
                "now": round(interest.now, 3),
                "before": round(interest.before, 3),
            }
            for interest in held.interests
        ],
        "coupons": [{"title": item.coupon.title, "reason": reason_text(item.reason)} for item in slate.items[:3]],
        "rules": _rules(channel, shopper, now),
    }


def _named(category: str) -> str:
    """The last part of a category's path, not in capitals."""
    last = category.rsplit(" > ", 1)[-1]
    return last.capitalize() if last.isupper() else last


def _rules(channel: Channel, shopper: Shopper | None, now: datetime) -> list[str]:
    running = running_coupons(channel=channel, now=now).count()
    eligible = eligible_coupons(channel=channel, shopper=shopper, now=now).count()
    rules = [
        ngettext(
            "%(running)d coupon runs now; you may use %(eligible)d.",
            "%(running)d coupons run now; you may use %(eligible)d.",
            running,
        )
        % {"running": running, "eligible": eligible}
    ]
    if shopper is None:
        return [*rules, gettext("Nothing is known of you yet, so everybody's favourites come first.")]
    if not shopper.personalised:
        rules.append(gettext("You stopped personal coupons: you see what is popular, and nothing is learnt."))
    used = CouponGrant.objects.filter(shopper=shopper, status=GrantStatus.REDEEMED).count()
    if used:
        rules.append(
            ngettext(
                "%(n)d coupon that you used is not shown again.",
                "%(n)d coupons that you used are not shown again.",
                used,
            )
            % {"n": used}
        )
    return rules
