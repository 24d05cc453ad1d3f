"""Why a coupon is not shown to a shopper, in the words of the admin: the rules of the promotion."""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from coupons.evaluation.reasons import ReasonCode

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


def rule_words(code: str, words: Mapping[str, object]) -> str:
    """A rule's reason; empty for one that does not keep a coupon from being shown."""
    return gettext(RULES[code]) % words if code in RULES else ""
