"""Versions of a channel's policy: drafted, edited, made live, retired. Terms change in draft only.

Every write is in the audit log. Somebody other than the last editor makes a version live, and only if its estimate
allows it or a reason is given for going against it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from kombu.exceptions import OperationalError as BrokerError

from coupons.enums import BudgetPeriod
from coupons.models import Campaign, Channel, Coupon
from coupons.services.audit import write_audit
from recommender.enums import ExperimentStatus, Objective, PolicyStatus
from recommender.models import Experiment, Policy, PolicyBudget
from recommender.selectors.gate import promotion_gate
from recommender.selectors.rules import forget_rules
from recommender.services.readings import plan_holdout

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

_LOCK_CLASS = 7_316_204
TERMS = (
    "name", "note", "objective", "margin_percent", "basket_minor", "incremental_percent", "min_score",
    "only_campaigns", "pinned_coupons", "excluded_coupons", "max_impressions", "impression_days", "dismissal_days",
    "redemption_days", "max_per_category", "max_per_campaign", "fair_brands", "fair_campaigns", "fair_percent",
    "exploration_kind", "exploration_percent", "holdout_percent", "holdout_sees",
)  # fmt: skip
"""The columns that an operator decides; everything else follows from what happens."""


class PolicyError(ValueError):
    """A change that is refused. `code` is stable; the text names what is in the way."""

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class BudgetSpec:
    """At most `limit_minor` of discount in each period, for some campaigns or (empty) for all."""

    name: str
    period: BudgetPeriod
    limit_minor: int
    campaigns: Sequence[int] = ()


def create_policy(
    *,
    channel: Channel,
    values: Mapping[str, Any],
    budgets: Sequence[BudgetSpec] = (),
    actor: "User | None",
    based_on: Policy | None = None,
) -> Policy:
    """A new draft. Raises PolicyError naming the field of a value that cannot be."""
    with transaction.atomic():
        lock_channel(channel.pk)
        last = Policy.objects.filter(channel=channel).aggregate(last=Max("number"))["last"] or 0
        policy = Policy(channel=channel, number=last + 1, edited_by=actor, based_on=based_on)
        _write(policy, values, budgets)
        _audit(policy, actor, "create_policy", {}, _terms(policy))
    return policy


def copy_policy(*, policy: Policy, actor: "User | None") -> Policy:
    """A draft with the terms of another version: how a policy that served is changed."""
    values = {name: getattr(policy, name) for name in TERMS}
    budgets = [_spec(budget) for budget in policy.budgets.order_by("pk")]
    return create_policy(channel=policy.channel, values=values, budgets=budgets, actor=actor, based_on=policy)


def edit_policy(
    *, policy: Policy, values: Mapping[str, Any], budgets: Sequence[BudgetSpec], actor: "User | None"
) -> Policy:
    """Replace the terms of a draft. Raises PolicyError for a version that has served and for a wrong value."""
    with transaction.atomic():
        draft = _locked(policy)
        _require(draft, PolicyStatus.DRAFT, "not_draft", "Only a draft can be edited: copy this version instead")
        before = _terms(draft)
        draft.edited_by = actor
        _write(draft, values, budgets)
        after = _terms(draft)
        if after != before:
            _audit(draft, actor, "edit_policy", before, after)
    return draft


def discard_policy(*, policy: Policy, actor: "User | None") -> None:
    """Delete a draft that nothing uses."""
    with transaction.atomic():
        draft = _locked(policy)
        _require(draft, PolicyStatus.DRAFT, "not_draft", "Only a draft can be discarded")
        if draft.experimentarm_set.exists():
            raise PolicyError("in_experiment", "An experiment names this draft")
        _audit(draft, actor, "discard_policy", _terms(draft), {})
        draft.delete()


def promote_policy(
    *, policy: Policy, actor: "User", now: datetime, override_reason: str = "", refresh: bool = True
) -> Policy:
    """Make a version the live one of its channel; the one before is retired. Safe to call twice.

    Raises PolicyError `self_promotion` for the last editor of one that was never live, `in_experiment` while it is
    tried, `experiment_running` while any is, and `gate` where its estimate does not allow it and no reason is given;
    whoever overrides needs that permission.
    """
    with transaction.atomic():
        version = _locked(policy)
        if version.status == PolicyStatus.LIVE:
            return version
        if version.status == PolicyStatus.TRIAL:
            raise PolicyError("in_experiment", "It runs in an experiment: stop that first")
        if Experiment.objects.filter(channel=version.channel, status=ExperimentStatus.RUNNING).exists():
            raise PolicyError("experiment_running", "An experiment compares with the live policy: stop it first")
        if version.edited_by_id == actor.pk and version.live_at is None:
            raise PolicyError("self_promotion", "You edited this version: somebody else makes it live")
        gate = promotion_gate(version)
        reason = override_reason.strip()
        if not gate.open:
            _require_override(reason, actor)
        before = Policy.objects.filter(channel=version.channel, status=PolicyStatus.LIVE).first()
        Policy.objects.filter(channel=version.channel, status=PolicyStatus.LIVE).update(status=PolicyStatus.RETIRED)
        version.status, version.live_by, version.live_at, version.live_reason = PolicyStatus.LIVE, actor, now, reason
        version.save(update_fields=["status", "live_by", "live_at", "live_reason"])
        if version.holdout_percent:
            plan_holdout(policy=version)
        _audit(
            version,
            actor,
            "promote_policy",
            {"live": str(before) if before else None},
            {"live": str(version), "gate": gate.code, "reason": reason},
        )
        transaction.on_commit(forget_rules)
        if refresh:
            transaction.on_commit(lambda: _refresh(version))
    return version


def retire_policy(*, policy: Policy, actor: "User | None") -> Policy:
    """Take the live version off: the model's own slates are served until another goes live."""
    with transaction.atomic():
        version = _locked(policy)
        _require(version, PolicyStatus.LIVE, "not_live", "Only the live version can be taken off")
        if Experiment.objects.filter(channel=version.channel, status=ExperimentStatus.RUNNING).exists():
            raise PolicyError("experiment_running", "An experiment compares with the live policy: stop it first")
        version.status = PolicyStatus.RETIRED
        version.save(update_fields=["status"])
        _audit(version, actor, "retire_policy", {"live": str(version)}, {"live": None})
        transaction.on_commit(forget_rules)
    return version


def _require_override(reason: str, actor: "User") -> None:
    if not reason:
        raise PolicyError("gate", "The estimate does not allow it: a reason is needed", "override_reason")
    if not actor.has_perm("recommender.override_policygate"):
        raise PolicyError("gate", "The estimate does not allow it, and overriding it is not yours to decide")


def _write(policy: Policy, values: Mapping[str, Any], budgets: Sequence[BudgetSpec]) -> None:
    unknown = sorted(set(values) - set(TERMS))
    if unknown:
        raise PolicyError("unknown_setting", f"{unknown[0]}: no such setting", unknown[0])
    for name, value in values.items():
        setattr(policy, name, value)
    _check(policy, budgets)
    policy.save()
    _write_budgets(policy, budgets)


def _check(policy: Policy, budgets: Sequence[BudgetSpec]) -> None:
    try:
        policy.clean_fields()
        policy.validate_constraints()
    except ValidationError as error:
        name, texts = next(iter(error.message_dict.items()))
        told = texts[0] if name == "__all__" else f"{policy._meta.get_field(name).verbose_name}: {texts[0]}"  # type: ignore[union-attr]
        raise PolicyError("wrong_value", told, "" if name == "__all__" else name) from None
    coupons = {*policy.pinned_coupons, *policy.excluded_coupons}
    known = set(Coupon.objects.filter(pk__in=coupons, campaign__channel=policy.channel).values_list("pk", flat=True))
    if coupons - known:
        field = "pinned_coupons" if set(policy.pinned_coupons) - known else "excluded_coupons"
        raise PolicyError("unknown_coupon", f"{field}: {min(coupons - known)} is no coupon of this channel", field)
    if both := set(policy.pinned_coupons) & set(policy.excluded_coupons):
        raise PolicyError("pinned_and_excluded", f"{min(both)} is both pinned and excluded", "excluded_coupons")
    _check_campaigns(policy, budgets)
    if policy.fair_percent and not (policy.fair_brands or policy.fair_campaigns):
        raise PolicyError("no_group", "A fairness floor needs favoured brands or campaigns", "fair_percent")
    if policy.objective == Objective.PROFIT and not policy.basket_minor:
        raise PolicyError("no_basket", "Profit needs to know what a purchase with a coupon is worth", "basket_minor")


def _check_campaigns(policy: Policy, budgets: Sequence[BudgetSpec]) -> None:
    named = {
        "only_campaigns": set(policy.only_campaigns),
        "fair_campaigns": set(policy.fair_campaigns),
        "budgets": {campaign for budget in budgets for campaign in budget.campaigns},
    }
    known = set(
        Campaign.objects.filter(channel=policy.channel, pk__in=set().union(*named.values())).values_list(
            "pk", flat=True
        )
    )
    for field, campaigns in named.items():
        if campaigns - known:
            raise PolicyError("unknown_campaign", f"{min(campaigns - known)} is no campaign of this channel", field)


def _write_budgets(policy: Policy, budgets: Sequence[BudgetSpec]) -> None:
    names = [budget.name for budget in budgets]
    if len(set(names)) != len(names):
        raise PolicyError("budget_twice", "Two budgets have the same name", "budgets")
    if any(budget.limit_minor < 1 for budget in budgets):
        raise PolicyError("budget_limit", "A budget is at least the smallest unit of money", "budgets")
    known = {budget.name: budget for budget in policy.budgets.all()}
    for name, row in known.items():
        if name not in names:
            row.delete()
    for spec in budgets:
        row = known.get(spec.name) or PolicyBudget(policy=policy, name=spec.name)
        if row.pk and _spec(row) != _plain(spec):
            row.price = row.expected_spend_minor = row.expected_profit_minor = row.priced_at = None
        row.period, row.limit_minor, row.campaigns = spec.period, spec.limit_minor, list(spec.campaigns)
        row.save()


def _plain(spec: BudgetSpec) -> BudgetSpec:
    return BudgetSpec(spec.name, spec.period, spec.limit_minor, list(spec.campaigns))


def _spec(budget: PolicyBudget) -> BudgetSpec:
    return BudgetSpec(budget.name, BudgetPeriod(budget.period), budget.limit_minor, list(budget.campaigns))


def _terms(policy: Policy) -> dict[str, Any]:
    budgets = [
        {"name": each.name, "period": each.period, "limit_minor": each.limit_minor, "campaigns": each.campaigns}
        for each in policy.budgets.order_by("pk")
    ]
    return {**{name: getattr(policy, name) for name in TERMS}, "budgets": budgets}


def _audit(policy: Policy, actor: "User | None", action: str, before: Any, after: Any) -> None:
    name = f"user:{actor.pk}" if actor is not None else "system"
    write_audit(actor=name, action=action, subject=policy, before=before, after=after)


def _locked(policy: Policy) -> Policy:
    lock_channel(policy.channel_id)
    return Policy.objects.select_related("channel").get(pk=policy.pk)


def lock_channel(channel_id: int) -> None:
    """One change of a channel's policies or experiments at a time; a row lock can't hold the case of no live one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, channel_id])


def _require(policy: Policy, status: PolicyStatus, code: str, text: str) -> None:
    if policy.status != status:
        raise PolicyError(code, text)


def _refresh(policy: Policy) -> None:
    """Prices first, then everybody's slates. Without a queue the hourly refresh does it."""
    from recommender import tasks

    try:
        tasks.price_budgets.delay(policy.channel_id)
        tasks.precompute.delay()
    except (BrokerError, OSError):
        logger.exception("Slates are not refreshed now: the task queue did not answer")
