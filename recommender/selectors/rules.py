"""Which rules decide for a shopper of a channel now: the live policy, the hold-out, the running experiment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from coupons.kept import Kept
from recommender.enums import ExperimentStatus, ExplorationKind, HoldoutSees, Objective, PolicyStatus, VersionStatus
from recommender.models import ExperimentArm, Policy
from recommender.policies.hashing import arm_of, is_held_out
from recommender.policies.pace import price_now
from recommender.policies.terms import BudgetTerms, PolicyTerms

KEPT_SECONDS = 1.0
"""A change in another process is seen after so long; prices and stops of budgets with it."""

_POLICIES = f"""
SELECT to_jsonb(p) || jsonb_build_object('budgets', COALESCE(
    (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.id) FROM recommender_policybudget b WHERE b.policy_id = p.id), '[]'))
FROM recommender_policy p WHERE p.channel_id = %s AND p.status IN ('{PolicyStatus.LIVE}', '{PolicyStatus.TRIAL}')
"""  # noqa: S608 - names are ours
_ARMS = f"""
SELECT jsonb_build_object('salt', e.salt, 'arm', a.id, 'weight', a.weight, 'policy', a.policy_id,
    'version', a.model_version_id, 'control', a.position = 0)
FROM recommender_experiment e JOIN recommender_experimentarm a ON a.experiment_id = e.id
WHERE e.channel_id = %s AND e.status = '{ExperimentStatus.RUNNING}' ORDER BY a.position
"""  # noqa: S608
_SQL = f"SELECT ARRAY({_POLICIES})::text[], ARRAY({_ARMS})::text[]"


@dataclass(frozen=True)
class Arm:
    """An arm of the running experiment. Without terms or version: the live ones."""

    arm_id: int
    weight: int
    policy_id: int | None
    model_version_id: int | None


@dataclass(frozen=True)
class ChannelRules:
    """What decides on one channel, compiled."""

    channel_id: int
    live: PolicyTerms | None = None
    holdout: float = 0.0
    holdout_sees: HoldoutSees = HoldoutSees.POPULAR
    trials: Mapping[int, PolicyTerms] | None = None
    salt: str = ""
    arms: Sequence[Arm] = ()

    def assignment(self, shopper: str) -> "Assignment":
        """What decides for a shopper (external id).

        Nobody in particular ("") is in no group of an experiment or hold-out, and nothing is tried on them: no answer
        to them is written down, so nothing could be learnt from it.
        """
        if not shopper:
            return Assignment(terms=self.live and replace(self.live, exploration=0.0))
        if is_held_out(self.channel_id, shopper, self.holdout):
            return Assignment(terms=self.live, held_out=self.holdout_sees)
        if not self.arms:
            return Assignment(terms=self.live)
        arm = self.arms[arm_of(self.salt, shopper, [arm.weight for arm in self.arms])]
        terms = self.live if arm.policy_id is None else (self.trials or {}).get(arm.policy_id, self.live)
        return Assignment(terms=terms, arm_id=arm.arm_id, model_version_id=arm.model_version_id)

    @property
    def model_version_ids(self) -> set[int]:
        """Model versions that arms are served with, beside the live one."""
        return {arm.model_version_id for arm in self.arms if arm.model_version_id is not None}


@dataclass(frozen=True)
class Assignment:
    """What decides for one shopper. `terms` None: no policy is live, the model's own slate is served."""

    terms: PolicyTerms | None
    arm_id: int | None = None
    model_version_id: int | None = None
    """The arm's model; None: the live one."""
    held_out: HoldoutSees | None = None


_kept: Kept[int, ChannelRules] = Kept(KEPT_SECONDS)


def channel_rules(channel_id: int) -> ChannelRules:
    """The rules of a channel, read in one statement and kept for a second."""
    return _kept.get(channel_id, lambda _before: read_rules(channel_id))


def forget_rules() -> None:
    """This process reads the rules anew with its next question: after a change made here."""
    _kept.forget()


def read_rules(channel_id: int) -> ChannelRules:
    """The rules of a channel as they stand in the database."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [channel_id, channel_id])
        row = cursor.fetchone()
    policies = [json.loads(text) for text in row[0]]
    arms = [json.loads(text) for text in row[1]]
    live = next((policy for policy in policies if policy["status"] == PolicyStatus.LIVE), None)
    return ChannelRules(
        channel_id=channel_id,
        live=compile_terms(live) if live else None,
        holdout=float(live["holdout_percent"]) / 100 if live else 0.0,
        holdout_sees=HoldoutSees(live["holdout_sees"]) if live else HoldoutSees.POPULAR,
        trials={policy["id"]: compile_terms(policy) for policy in policies},
        salt=str(arms[0]["salt"]) if arms else "",
        arms=[Arm(arm["arm"], arm["weight"], arm["policy"], arm["version"]) for arm in arms],
    )


def terms_of(policy: Policy) -> PolicyTerms:
    """A version compiled from its row, drafts too: what a preview and an estimate ask."""
    columns = {field.attname: getattr(policy, field.attname) for field in Policy._meta.concrete_fields}
    return compile_terms({**columns, "budgets": list(policy.budgets.order_by("pk").values())})


def compile_terms(row: Mapping[str, Any]) -> PolicyTerms:
    """Plain terms from a policy's columns and its budgets' columns."""
    return PolicyTerms(
        policy_id=row["id"],
        maximise_profit=row["objective"] == Objective.PROFIT,
        margin=float(row["margin_percent"]) / 100,
        basket_minor=float(row["basket_minor"]),
        incremental=float(row["incremental_percent"]) / 100,
        min_score=float(row["min_score"]),
        only_campaigns=frozenset(row["only_campaigns"]),
        pinned=tuple(row["pinned_coupons"]),
        excluded=frozenset(row["excluded_coupons"]),
        max_impressions=row["max_impressions"],
        impression_days=row["impression_days"],
        dismissal_days=row["dismissal_days"],
        redemption_days=row["redemption_days"],
        max_per_category=row["max_per_category"],
        max_per_campaign=row["max_per_campaign"],
        fair_brands=frozenset(row["fair_brands"]),
        fair_campaigns=frozenset(row["fair_campaigns"]),
        fair_share=float(row["fair_percent"]) / 100,
        exploration=float(row["exploration_percent"]) / 100 if row["exploration_kind"] != ExplorationKind.NONE else 0.0,
        thompson=row["exploration_kind"] == ExplorationKind.THOMPSON,
        budgets=tuple(
            BudgetTerms(
                budget_id=budget["id"],
                campaigns=frozenset(budget["campaigns"]),
                price=price_now(float(budget["price"] or 0.0), float(budget["pace"])),
                stopped=budget["stopped"],
            )
            for budget in row["budgets"]
        ),
    )


def tried_version_ids() -> list[int]:
    """Model versions that arms of running experiments are served with, the live one apart."""
    arms = ExperimentArm.objects.filter(experiment__status=ExperimentStatus.RUNNING, model_version__isnull=False)
    tried = arms.exclude(model_version__status=VersionStatus.LIVE).values_list("model_version", flat=True)
    return sorted(pk for pk in set(tried) if pk is not None)
