"""What the page of a policy shows: its rules in words, its budgets with their price, its estimate, its gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from coupons.admin.audit_words import action_words, actor_words, names_of
from coupons.admin.display import money, number
from coupons.enums import BudgetPeriod
from coupons.models import AuditEntry, Brand, Campaign, Coupon
from recommender.admin.policy_words import ESTIMATORS, GATES
from recommender.enums import EstimateKind, EstimateStatus, ExplorationKind, Objective
from recommender.models import ChannelUplift, Policy, PolicyBudget, PolicyEstimate
from recommender.selectors.gate import MIN_USES, promotion_gate


@dataclass(frozen=True)
class BudgetView:
    """A budget as its row shows it."""

    name: str
    what: str
    period: str
    limit: str
    spent: str
    share: int
    price: str
    expected: str
    state: tuple[str, str, str]
    """tone, icon, word"""


def rules_in_words(policy: Policy) -> list[tuple[str, str]]:
    """(rule, what it says) of every rule that is on; those that are off say so where that matters."""
    currency = policy.channel.currency
    rules = [(gettext("Puts first"), str(policy.get_objective_display()))]
    if policy.objective == Objective.PROFIT:
        rules.append(
            (
                gettext("Worth of a use"),
                gettext("%(basket)s at %(margin)s %% margin, %(extra)s %% of the purchases extra: an assumption")
                % {
                    "basket": money(policy.basket_minor, currency),
                    "margin": _plain(policy.margin_percent),
                    "extra": _plain(policy.incremental_percent),
                },
            )
        )
        rules.append((gettext("What coupons add"), _measured(policy)))
    if policy.min_score:
        rules.append((gettext("Lowest score"), f"{policy.min_score:g}"))
    for name, ids, names in (
        (gettext("Only campaigns"), policy.only_campaigns, _names(Campaign, policy.only_campaigns, "name")),
        (gettext("Pinned"), policy.pinned_coupons, _names(Coupon, policy.pinned_coupons, "title")),
        (gettext("Excluded"), policy.excluded_coupons, _names(Coupon, policy.excluded_coupons, "title")),
    ):
        if ids:
            rules.append((name, names))
    rules += _bounds(policy)
    rules.append((gettext("Exploration"), _exploration(policy)))
    rules.append(
        (
            gettext("Permanent hold-out"),
            gettext("%(n)s %% of shoppers. Sees: %(sees)s")
            % {"n": _plain(policy.holdout_percent), "sees": policy.get_holdout_sees_display()}
            if policy.holdout_percent
            else gettext("None: nothing can be measured against it"),
        )
    )
    return rules


def _measured(policy: Policy) -> str:
    uplift = ChannelUplift.objects.filter(channel=policy.channel_id).first()
    if uplift is None:
        return gettext("Not measured: the assumption counts. A hold-out that sees no coupons measures it")
    return gettext(
        "Measured by shopper, in place of the assumption: %(added)s purchases a week of 100 shoppers"
        " (%(low)s to %(high)s), from %(treated)s with coupons and %(held_out)s without"
    ) % {
        "added": f"{100 * uplift.added:.1f}",
        "low": f"{100 * uplift.added_low:.1f}",
        "high": f"{100 * uplift.added_high:.1f}",
        "treated": number(uplift.treated),
        "held_out": number(uplift.held_out),
    }


def _exploration(policy: Policy) -> str:
    if policy.exploration_kind == ExplorationKind.NONE or not policy.exploration_percent:
        return gettext("None: nothing is learned of coupons that are not shown anyway")
    return gettext("%(n)s %% of answers. Drawn: %(how)s") % {
        "n": _plain(policy.exploration_percent),
        "how": policy.get_exploration_kind_display(),
    }


def _bounds(policy: Policy) -> list[tuple[str, str]]:
    rules = []
    if policy.max_impressions:
        times = ngettext("%(n)d time", "%(n)d times", policy.max_impressions) % {"n": policy.max_impressions}
        rules.append(
            (
                gettext("Shown at most"),
                gettext("%(times)s in %(days)d days") % {"times": times, "days": policy.impression_days},
            )
        )
    for name, days in (
        (gettext("Category rests after a dismissal"), policy.dismissal_days),
        (gettext("Rests after a use"), policy.redemption_days),
    ):
        if days:
            rules.append((name, ngettext("%(n)d day", "%(n)d days", days) % {"n": days}))
    for name, bound in (
        (gettext("Of one category"), policy.max_per_category),
        (gettext("Of one campaign"), policy.max_per_campaign),
    ):
        if bound:
            rules.append((name, gettext("%(n)d at most") % {"n": bound}))
    if policy.fair_percent:
        group = [_names(Campaign, policy.fair_campaigns, "name"), _names(Brand, policy.fair_brands, "name")]
        rules.append(
            (
                gettext("Fairness floor"),
                gettext("%(n)s %% of the places for %(group)s")
                % {"n": _plain(policy.fair_percent), "group": ", ".join(filter(None, group))},
            )
        )
    return rules


def budget_views(policy: Policy) -> list[BudgetView]:
    return [_budget_view(budget, policy.channel.currency) for budget in policy.budgets.order_by("pk")]


def _budget_view(budget: PolicyBudget, currency: str) -> BudgetView:
    share = min(100, round(100 * budget.spent_minor / budget.limit_minor))
    if budget.stopped:
        state = ("bad", "block", gettext("Spent up"))
    elif budget.checked_at is None:
        state = ("plain", "schedule", gettext("Not running"))
    elif budget.pace > 1.2:
        state = ("warn", "trending_up", gettext("Ahead of its time"))
    else:
        state = ("ok", "check", gettext("On its way"))
    return BudgetView(
        name=budget.name,
        what=_names(Campaign, budget.campaigns, "name") or gettext("All coupons"),
        period=str(BudgetPeriod(budget.period).label),
        limit=money(budget.limit_minor, currency),
        spent=money(budget.spent_minor, currency),
        share=share,
        price=price_in_words(budget.price, currency),
        expected=money(budget.expected_spend_minor, currency),
        state=state,
    )


def price_in_words(price: float | None, currency: str) -> str:
    """What the last unit of a budget earns: its own cost comes back and the price on top."""
    if price is None:
        return gettext("Not worked out yet")
    if not price:
        return gettext("It holds more than can be spent well")
    return gettext("The last %(one)s of this budget earns %(back)s") % {
        "one": money(100, currency),
        "back": money(round(100 * (1 + price)), currency),
    }


def estimate_view(estimate: PolicyEstimate | None, currency: str) -> dict[str, Any] | None:
    """An estimate for its card; None where none was asked for."""
    if estimate is None:
        return None
    told: dict[str, Any] = {"estimate": estimate, "status": estimate.status, "progress": estimate.progress}
    if estimate.status != EstimateStatus.DONE:
        return told
    result = estimate.result
    rows = [
        (ESTIMATORS.get(name, name), in_words(each, currency), in_words(result["live"]["estimators"][name], currency))
        for name, each in result["policy"]["estimators"].items()
    ]
    return told | {
        "policy": in_words(result["policy"], currency),
        "live": in_words(result["live"], currency),
        "difference": in_words(result["difference"], currency),
        "rows": rows,
        "effective": f"{result['policy']['effective']:,.0f}",
        "covered": f"{100 * result['policy']['covered']:.0f}",
        "supported": result["supported"],
        "answers": f"{result['answers']:,}",
        "shoppers": f"{result['shoppers']:,}",
        "uses": f"{result['uses']:,}",
        "few_uses": result["uses"] < MIN_USES,
        "days": result["days"],
    }


def in_words(interval: Mapping[str, float | None], currency: str, per: int = 1000) -> str:
    """An estimate an answer with its 95 % interval, told for a thousand answers."""
    ends = [interval["estimate"], interval["low"], interval["high"]]
    if any(end is None for end in ends):
        return gettext("Not known")
    value, low, high = (signed(per * float(end or 0.0), currency) for end in ends)
    return gettext("%(value)s (%(low)s to %(high)s)") % {"value": value, "low": low, "high": high}


def signed(minor: float, currency: str) -> str:
    """Money with its sign: +$1.00, −$1.00."""
    amount = money(abs(round(minor)), currency)
    return f"−{amount}" if round(minor) < 0 else f"+{amount}" if round(minor) > 0 else amount


def page_of(policy: Policy) -> dict[str, Any]:
    """Everything the page of a version needs, for its template."""
    gate = promotion_gate(policy)
    latest = policy.estimates.filter(kind=EstimateKind.EARNINGS).order_by("-pk").first()
    return {
        "policy": policy,
        "rules": rules_in_words(policy),
        "budgets": budget_views(policy),
        "profit": next(
            (
                money(budget.expected_profit_minor, policy.channel.currency)
                for budget in policy.budgets.order_by("pk")
                if budget.expected_profit_minor is not None
            ),
            "",
        ),
        "gate": gate,
        "gate_text": GATES[gate.code],
        "estimate": estimate_view(latest, policy.channel.currency),
        "history": history_of(policy),
    }


@dataclass(frozen=True)
class Change:
    """An entry of the audit log in words."""

    created_at: datetime
    actor: str
    words: str


def history_of(policy: Policy) -> Sequence[Change]:
    """The newest first; two queries."""
    rows = AuditEntry.objects.filter(object_type="policy", object_id=str(policy.pk)).order_by("-pk")[:20]
    names = names_of(row.actor for row in rows)
    return [Change(row.created_at, actor_words(row.actor, names), action_words(row.action)) for row in rows]


def _names(model: Any, ids: Sequence[int], field: str) -> str:
    if not ids:
        return ""
    names = dict(model.objects.filter(pk__in=ids).values_list("pk", field))
    return ", ".join(str(names.get(pk, pk)) for pk in ids)


def _plain(value: Any) -> str:
    return f"{float(value):g}"
