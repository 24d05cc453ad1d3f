"""What a cart gets off, and why not more: cart, facts and candidates in, discounts and reasons out.

Pure: no database, no clock, no settings. The API, the admin preview and the recommender ask the same function.
Guarantees and the order of steps are in docs/coupon-engine.md.
"""

from coupons.evaluation.evaluate import Decision, Evaluation, GroupDecision, evaluate
from coupons.evaluation.reasons import Reason, ReasonCode
from coupons.evaluation.terms import (
    BenefitTerms,
    BudgetLeft,
    CampaignTerms,
    Candidate,
    Cart,
    CartLine,
    GroupTerms,
    Nearest,
    ShopperFacts,
    Standing,
    Targets,
    Tier,
)

__all__ = [
    "BenefitTerms",
    "BudgetLeft",
    "CampaignTerms",
    "Candidate",
    "Cart",
    "CartLine",
    "Decision",
    "Evaluation",
    "GroupDecision",
    "GroupTerms",
    "Nearest",
    "Reason",
    "ReasonCode",
    "ShopperFacts",
    "Standing",
    "Targets",
    "Tier",
    "evaluate",
]
