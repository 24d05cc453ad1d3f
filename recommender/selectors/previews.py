"""A policy on one shopper at one instant, decided as the read path decides it and written nowhere."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from coupons.models import Shopper
from recommender.enums import HoldoutSees
from recommender.models import Policy
from recommender.policies.hashing import is_held_out
from recommender.policies.value import priced_value
from recommender.selectors.deciding import LiveDecision
from recommender.selectors.rules import Assignment, terms_of
from recommender.selectors.slates import decide_for


@dataclass(frozen=True)
class PolicyPreview:
    """`values`: expected incremental profit of showing each candidate, budgets at their price, minor units, (n,)."""

    live: LiveDecision
    values: NDArray[np.float64]
    held_out: HoldoutSees | None
    personal: bool


def preview_policy(
    *, policy: Policy, shopper: Shopper, at: datetime, places: int, ignore_holdout: bool = False
) -> PolicyPreview:
    """Any version, drafts too, with the live model."""
    terms = terms_of(policy)
    held = is_held_out(policy.channel_id, shopper.external_id, float(policy.holdout_percent) / 100)
    held_out = HoldoutSees(policy.holdout_sees) if held and not ignore_holdout else None
    live, _places, personal = decide_for(
        Assignment(terms=terms, held_out=held_out),
        channel=policy.channel,
        shopper_external_id=shopper.external_id,
        now=at,
        limit=places,
    )
    values = priced_value(live.decision.candidates, terms)
    return PolicyPreview(live, values, held_out, personal)
