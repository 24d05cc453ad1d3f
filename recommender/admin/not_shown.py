"""Running coupons that a shopper is not shown, each with the rule or the rank that keeps it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from coupons.candidates import load_candidates, load_facts
from coupons.evaluation import Cart
from coupons.evaluation.eligibility import refusals
from coupons.models import Coupon, Shopper
from coupons.phase import running
from recommender.admin.refusal_words import rule_words
from recommender.models import ModelVersion, Recommendation

NOTHING = Cart(lines=())
"""No cart: whether somebody may use a coupon is asked, not what it would give; its targets need not be read."""

MOST_ASKED = 500
MOST_HIDDEN = 12


@dataclass(frozen=True)
class Hidden:
    """One coupon that is not shown, and what keeps it back."""

    coupon: Coupon
    why: str


def not_shown(shopper: Shopper, shown: set[int], live: ModelVersion | None, now: datetime) -> tuple[list[Hidden], int]:
    """Running coupons outside the slate, those that a rule removed first, and how many run in all.

    Rules come before rank: a coupon that the shopper may not use is never said to have scored too low.
    """
    coupons = Coupon.objects.filter(running(now, "campaign__"), campaign__channel=shopper.channel, active=True)
    count = coupons.count()
    others = list(coupons.exclude(pk__in=shown).select_related("campaign").order_by("pk")[:MOST_ASKED])
    removed = removed_by_rules(shopper, others, now)
    ranks: Mapping[int, int] = {}
    if live is not None:
        rows = Recommendation.objects.filter(model_version=live, shopper=shopper)
        ranks = dict(rows.values_list("coupon_id", "rank"))
    found = [Hidden(coupon, removed.get(coupon.pk) or _by_rank(ranks.get(coupon.pk))) for coupon in others]
    found.sort(key=lambda hidden: hidden.coupon.pk not in removed)
    return found[:MOST_HIDDEN], count


def removed_by_rules(shopper: Shopper, coupons: list[Coupon], now: datetime) -> dict[int, str]:
    """{coupon: reason} by coupons.evaluation, the one judge of who may use what; those that may be used are missing."""
    by_id = {coupon.pk: coupon for coupon in coupons}
    facts = load_facts(shopper=shopper)
    found: dict[int, str] = {}
    for candidate in load_candidates(channel=shopper.channel, shopper=shopper, coupon_ids=by_id, now=now, cart=NOTHING):
        coupon = by_id[candidate.coupon_id]
        words = {
            "campaign": coupon.campaign,
            "limit": coupon.per_shopper_limit,
            "uses": coupon.usage_limit,
            "segments": ", ".join(coupon.segments),
        }
        reasons = [rule_words(reason.code, words) for reason in refusals(candidate, facts, now)]
        if told := next(filter(None, reasons), ""):
            found[coupon.pk] = told
    return found


def _by_rank(rank: int | None) -> str:
    if rank is not None:
        return gettext("Ranked %(rank)d, below the coupons shown") % {"rank": rank}
    return gettext("Scored lower than every coupon shown")
