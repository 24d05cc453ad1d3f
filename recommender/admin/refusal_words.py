"""Why a coupon is not shown to a shopper, in the words of the admin: rules of the promotion, then of the policy."""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from coupons.evaluation.reasons import ReasonCode
from recommender.policies.removals import Removal

RULES: Mapping[str, str] = {
    ReasonCode.CAMPAIGN_PAUSED: gettext_noop("%(campaign)s is paused"),
    ReasonCode.OUTSIDE_HOURS: gettext_noop("%(campaign)s runs at other hours of the week"),
    ReasonCode.COUPON_INACTIVE: gettext_noop("The coupon is switched off"),
    ReasonCode.NOT_IN_AUDIENCE: gettext_noop("%(campaign)s was not sent to this shopper"),
    ReasonCode.HELD_OUT: gettext_noop("In the control group of %(campaign)s, so never shown"),
    ReasonCode.NOT_IN_SEGMENT: gettext_noop("Only for %(segments)s; the shopper is in none of these"),
    ReasonCode.NOT_FIRST_ORDER: gettext_noop("For a first order only"),
    ReasonCode.NOT_GRANTED: gettext_noop("Only for shoppers who hold it in their wallet"),
    ReasonCode.USAGE_LIMIT_REACHED: gettext_noop("All %(uses)s uses are taken"),
    ReasonCode.SHOPPER_LIMIT_REACHED: gettext_noop("Already used, %(limit)s per shopper"),
    ReasonCode.BUDGET_EXHAUSTED: gettext_noop("The budget of %(campaign)s is spent for now"),
}
"""By the stable code of coupons.evaluation. A code that is missing (the coupon needs its code) keeps nobody from it."""

POLICY: Mapping[int, str] = {
    Removal.EXCLUDED: gettext_noop("The policy leaves it out"),
    Removal.OTHER_CAMPAIGN: gettext_noop("The policy shows other campaigns only"),
    Removal.LOW_SCORE: gettext_noop("Its score is below the policy's lowest"),
    Removal.DISMISSED: gettext_noop("The shopper said it is not for them"),
    Removal.CATEGORY_DISMISSED: gettext_noop("The shopper said no to coupons of this category"),
    Removal.USED_LATELY: gettext_noop("Used lately; the policy lets it rest"),
    Removal.SHOWN_ENOUGH: gettext_noop("Shown often enough without being used"),
    Removal.EARNS_NOTHING: gettext_noop("It is expected to cost more than it earns"),
    Removal.BUDGET_SPENT: gettext_noop("The policy's budget for it is spent"),
    Removal.CATEGORY_FULL: gettext_noop("Enough coupons of its category are shown"),
    Removal.CAMPAIGN_FULL: gettext_noop("Enough coupons of %(campaign)s are shown"),
    Removal.FAIRNESS: gettext_noop("Its place went to a coupon that is shown too rarely"),
    Removal.EXPLORATION: gettext_noop("Its place went to a coupon on trial"),
}


def rule_words(code: str, words: Mapping[str, object]) -> str:
    """A rule's reason; empty for one that does not keep a coupon from being shown."""
    return gettext(RULES[code]) % words if code in RULES else ""


def policy_words(removal: int, words: Mapping[str, object]) -> str:
    """The policy's reason; empty where rank alone decided."""
    return gettext(POLICY[removal]) % words if removal in POLICY else ""
