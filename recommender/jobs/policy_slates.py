"""A channel with a policy: the candidates that the read path decides among, computed ahead for each shopper.

The rules that need no shopper (exclusion, campaigns, lowest score, value at the budgets' prices) are applied here, so
that what is published is worth keeping; what changes by the minute is applied with each answer. Nothing is left to
chance here: exploration belongs to the answer, whose propensity is logged.
"""

from collections.abc import Mapping

import numpy as np

from recommender.pipeline.policy import Place
from recommender.pipeline.scoring import ScoredCandidates
from recommender.policies.removals import Removal
from recommender.policies.stages import shortlist
from recommender.policies.terms import PolicyTerms
from recommender.selectors.coupon_facts import CouponFacts
from recommender.selectors.rules import ChannelRules
from recommender.selectors.uplift import ExtraPurchases

CANDIDATES = 30
"""Published for each shopper: places and enough to fall back on when caps and dismissals take some."""


def terms_by_shopper(rules: ChannelRules, shoppers: Mapping[int, str], version_id: int) -> dict[int, PolicyTerms]:
    """The policy that decides for each shopper, {id: external id}, where this model version serves them.

    Who is in an arm with another model, or in the hold-out, gets the live policy's candidates: an arm that ends, or a
    hold-out that shrinks, finds them there.
    """
    if rules.live is None:
        return {}
    found = {}
    for shopper, external_id in shoppers.items():
        assignment = rules.assignment(external_id)
        served = assignment.model_version_id in {None, version_id}
        found[shopper] = assignment.terms if served and assignment.terms is not None else rules.live
    return found


def make_candidate_slates(
    scored: ScoredCandidates,
    eligible: Mapping[int, set[int]],
    terms: Mapping[int, PolicyTerms],
    facts: CouponFacts,
    *,
    extra: Mapping[int, ExtraPurchases] | None = None,
    most: int = CANDIDATES,
) -> dict[int, list[Place]]:
    """Up to `most` candidates of each scored shopper, best first under the shopper's policy.

    `extra`: what coupons add, of shoppers of whom it is measured.
    """
    bounds = np.flatnonzero(np.append(True, np.diff(scored.shopper) != 0)) if len(scored.shopper) else np.array([], int)
    slates = {}
    for start, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(scored.shopper)], strict=True):
        shopper = int(scored.shopper[start])
        coupon, score = scored.coupon[start:end], scored.score[start:end]
        own = terms[shopper]
        candidates = facts.candidates(coupon, score, np.zeros(len(coupon), np.int64), own)
        known = (extra or {}).get(shopper)
        short = shortlist(candidates if known is None else known.of(candidates), own)
        may = eligible.get(shopper, set())
        left = [row for row in short.order.tolist() if int(coupon[row]) in may][:most]
        # what a spent budget pays for now may be offered again in the next minute
        spent = np.flatnonzero(short.removed == Removal.BUDGET_SPENT).tolist()
        rows = [*left, *(row for row in spent if int(coupon[row]) in may)][:most]
        slates[shopper] = [
            Place(int(coupon[row]), rank, float(score[row]), 1.0, scored.reasons[start + row] or {})
            for rank, row in enumerate(rows, start=1)
        ]
    return slates
