"""Policies, their refusals and their estimates in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.audit_words import ACTIONS, VALUES
from recommender.policies.removals import Removal, Stage
from recommender.services.experiments import ExperimentError

REMOVALS: Mapping[Removal, Any] = {
    Removal.SHOWN: _("Shown"),
    Removal.NOT_ELIGIBLE: _(
        "This shopper may not use it now: audience, hours, limits, budget or the campaign's hold-out"
    ),
    Removal.EXCLUDED: _("The policy excludes it"),
    Removal.OTHER_CAMPAIGN: _("Its campaign is not one that the policy allows"),
    Removal.LOW_SCORE: _("Its score is below the lowest that the policy shows"),
    Removal.DISMISSED: _("The shopper put it away"),
    Removal.CATEGORY_DISMISSED: _("The shopper put a coupon of the same category away lately"),
    Removal.USED_LATELY: _("The shopper used it lately"),
    Removal.SHOWN_ENOUGH: _("It was shown to this shopper often enough"),
    Removal.EARNS_NOTHING: _("It would cost more than it earns"),
    Removal.BUDGET_SPENT: _("The budget that pays for it is spent"),
    Removal.CATEGORY_FULL: _("Enough coupons of its category are shown"),
    Removal.CAMPAIGN_FULL: _("Enough coupons of its campaign are shown"),
    Removal.FAIRNESS: _("Its place is kept for the favoured group"),
    Removal.RANKED_LOWER: _("Others rank higher"),
    Removal.EXPLORATION: _("It may be drawn for the last place and was not"),
    Removal.HELD_OUT: _("It would be shown, were the shopper not in the hold-out"),
}
STAGES: Mapping[Stage, Any] = {
    Stage.RULES: _("The policy's own rules"),
    Stage.HISTORY: _("What the shopper saw, used and put away"),
    Stage.VALUE: _("Value and budgets"),
    Stage.ELIGIBILITY: _("What the shopper may use"),
    Stage.DIVERSITY: _("Mix"),
    Stage.FAIRNESS: _("Fairness floor"),
    Stage.RANK: _("Rank and exploration"),
}
REFUSALS: Mapping[str, Any] = {
    "not_draft": _("It has served or is being tried: its terms are fixed. Copy it to change them."),
    "self_promotion": _("You edited this version: somebody else makes it live."),
    "in_experiment": _("An experiment uses it."),
    "experiment_running": _("An experiment compares with the live policy: stop it first."),
    "no_group": _("A fairness floor needs favoured brands or campaigns."),
    "no_basket": _("To put profit first, say what a purchase with a coupon is worth."),
    "pinned_and_excluded": _("A coupon is both pinned and excluded."),
    "budget_twice": _("Two budgets have the same name."),
    "budget_limit": _("A budget is at least the smallest unit of money."),
    "not_live": _("It is not live."),
    "another_runs": _("Another experiment runs on this channel: stop it first."),
    "one_arm": _("An experiment compares at least two arms."),
    "arms": _("An experiment has 2 to 8 arms."),
    "arm_twice": _("Two arms have the same name."),
    "weight": _("A weight is a whole number from 1 to 1000."),
    "other_channel": _("A policy belongs to another channel."),
    "not_running": _("It does not run."),
    "unknown_coupon": _("A coupon that is pinned or excluded is none of this channel."),
    "unknown_campaign": _("A campaign that is named is none of this channel."),
    "channel_fixed": _("The channel of an experiment is fixed."),
}
GATES: Mapping[str, Any] = {
    "first": _("No policy is live on this channel: it may go live."),
    "returning": _("It was live before: it may come back."),
    "won": _("It won its experiment: it may go live."),
    "not_worse": _("Its lower bound is not below the live policy's: it may go live."),
    "no_estimate": _("Ask first what it would have earned."),
    "outdated": _("Its estimate is old, or was made against another live policy or before the last edit: ask again."),
    "too_little_support": _("The logged answers say too little about what it would show: try it in an experiment."),
    "worse": _("Its lower bound is below the live policy's."),
}
ESTIMATORS: Mapping[str, Any] = {
    "dr": _("Doubly robust (decides)"),
    "sndr": _("Doubly robust, self-normalised"),
    "switch_dr": _("Switch"),
    "ips": _("Inverse propensity"),
    "snips": _("Inverse propensity, self-normalised"),
    "dm": _("Model alone"),
}


ACTIONS.update(
    {
        "create_policy": _("drafted the policy"),
        "edit_policy": _("edited the policy"),
        "discard_policy": _("discarded the draft"),
        "promote_policy": _("made the policy live"),
        "retire_policy": _("took the policy off"),
        "save_experiment": _("saved the experiment"),
        "start_experiment": _("started the experiment"),
        "stop_experiment": _("stopped the experiment"),
        "discard_experiment": _("discarded the draft"),
    }
)
VALUES.update({("gate", code): words for code, words in GATES.items()})


def refusal_text(error: Exception) -> str:
    """What a service refused, for the person who asked."""
    code = getattr(error, "code", "")
    if isinstance(error, ExperimentError) and code == "not_draft":
        return gettext("It has started: its arms are fixed, and what it saw is kept.")
    if code == "gate":
        return gettext("The estimate does not allow it: give a reason, if overriding it is yours to decide.")
    return str(REFUSALS.get(code, error))
