"""What a coupon would give to a shopper with a cart at a time: for whoever sets it up, before it is approved."""

from dataclasses import dataclass, replace
from datetime import datetime

from coupons.candidates import load_candidates, load_facts
from coupons.enums import CampaignStatus
from coupons.evaluation import Candidate, Cart, Decision, Evaluation, evaluate
from coupons.models import Coupon, Shopper


@dataclass(frozen=True, slots=True)
class Preview:
    """`assumed_approved`: the campaign is not, and was taken to be; so with the code, which nobody typed."""

    evaluation: Evaluation
    decision: Decision | None
    assumed_approved: bool
    assumed_code: bool


def preview_coupon(*, coupon: Coupon, shopper: Shopper | None, cart: Cart, now: datetime) -> Preview:
    """Decide as `evaluate_cart` does, but as if the campaign were approved and the code given. Writes nothing.

    `decision` is None for a coupon that does not say what it gives yet.
    """
    found = load_candidates(
        channel=coupon.campaign.channel, shopper=shopper, coupon_ids=[coupon.pk], cart=cart, now=now
    )
    evaluation = evaluate(cart, load_facts(shopper=shopper), [_as_approved(candidate) for candidate in found], now)
    return Preview(
        evaluation=evaluation,
        decision=next(iter(evaluation.decisions), None),
        assumed_approved=any(candidate.campaign.status != CampaignStatus.APPROVED for candidate in found),
        assumed_code=any(candidate.standing.code_missing for candidate in found),
    )


def _as_approved(candidate: Candidate) -> Candidate:
    return replace(
        candidate,
        campaign=replace(candidate.campaign, status=CampaignStatus.APPROVED),
        standing=replace(candidate.standing, code_missing=False),
    )
