"""Running coupons that a shopper is not shown, each with the stage that removed it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from coupons.candidates import load_candidates, load_facts
from coupons.evaluation import Cart
from coupons.evaluation.eligibility import refusals
from coupons.models import Coupon, Shopper
from coupons.phase import running
from recommender.admin.policy_words import REMOVALS, STAGES
from recommender.admin.refusal_words import rule_words
from recommender.models import ModelVersion, Recommendation
from recommender.policies.removals import STAGE_OF, Removal, Stage
from recommender.selectors.deciding import removals_told
from recommender.selectors.rules import channel_rules
from recommender.selectors.slates import decide_for

NOTHING = Cart(lines=())
"""No cart: whether somebody may use a coupon is asked, not what it would give; its targets need not be read."""

MOST_ASKED = 500
MOST_HIDDEN = 12


@dataclass(frozen=True)
class Hidden:
    """One coupon that is not shown: the stage that removed it, and what it says."""

    coupon: Coupon
    stage: Stage
    why: str

    @property
    def stage_text(self) -> str:
        return str(STAGES[self.stage])


def not_shown(
    shopper: Shopper, shown: set[int], live: ModelVersion | None, now: datetime, *, places: int
) -> tuple[list[Hidden], int]:
    """Running coupons outside a slate of so many places, by the stage that removed them, and how many run in all.

    Rank comes last: a coupon that a rule removed is never said to have scored too low.
    """
    coupons = Coupon.objects.filter(running(now, "campaign__"), campaign__channel=shopper.channel, active=True)
    count = coupons.count()
    others = list(coupons.exclude(pk__in=shown).select_related("campaign").order_by("pk")[:MOST_ASKED])
    refused = removed_by_rules(shopper, others, now)
    removed = removed_by_policy(shopper, now, places)
    ranks: Mapping[int, int] = {}
    if live is not None:
        rows = Recommendation.objects.filter(model_version=live, shopper=shopper)
        ranks = dict(rows.values_list("coupon_id", "rank"))
    found = [
        _hidden(coupon, removed.get(coupon.pk), refused.get(coupon.pk, ""), ranks.get(coupon.pk)) for coupon in others
    ]
    found.sort(key=lambda hidden: hidden.stage)
    return found[:MOST_HIDDEN], count


def _hidden(coupon: Coupon, removal: Removal | None, refusal: str, rank: int | None) -> Hidden:
    """The policy's stage where one decided; where that was eligibility, the promotion's own words."""
    if removal not in {None, Removal.SHOWN, Removal.NOT_ELIGIBLE, Removal.RANKED_LOWER}:
        return Hidden(coupon, STAGE_OF[removal], str(REMOVALS[removal]))
    if refusal:
        return Hidden(coupon, Stage.ELIGIBILITY, refusal)
    return Hidden(coupon, Stage.RANK, _by_rank(rank))


def removed_by_policy(shopper: Shopper, now: datetime, places: int) -> dict[int, Removal]:
    """{coupon: the rule that removed it} as the policy of this shopper decides now; empty where there is none."""
    assignment = channel_rules(shopper.channel_id).assignment(shopper.external_id)
    if assignment.terms is None:
        return {}
    live, _places, _personal = decide_for(
        assignment, channel=shopper.channel, shopper_external_id=shopper.external_id, now=now, limit=places
    )
    return removals_told(live.decision)


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
