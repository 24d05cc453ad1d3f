"""Experiments: set up as a draft, started once, stopped once with a verdict. Arms are fixed from the start on."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError as BrokerError

from coupons.models import Channel
from coupons.services.audit import write_audit
from recommender.enums import ExperimentStatus, PolicyStatus
from recommender.models import Experiment, ExperimentArm, Policy
from recommender.selectors.rules import forget_rules
from recommender.services.policies import PolicyError, lock_channel

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

MOST_ARMS = 8


class ExperimentError(PolicyError):
    """A change to an experiment that is refused."""


@dataclass(frozen=True, slots=True)
class ArmSpec:
    """One arm; the first of a list is the control. None: the live policy or model of the moment."""

    name: str
    weight: int = 1
    policy_id: int | None = None
    model_version_id: int | None = None


def save_experiment(
    *,
    channel: Channel,
    name: str,
    arms: Sequence[ArmSpec],
    actor: "User | None",
    hypothesis: str = "",
    error_percent: Decimal = Decimal(5),
    planned_shoppers: int = 2000,
    experiment: Experiment | None = None,
) -> Experiment:
    """Make a draft, or replace what one says. Raises ExperimentError naming what cannot be."""
    _check_arms(channel, arms)
    with transaction.atomic():
        lock_channel(channel.pk)
        row = Experiment(channel=channel) if experiment is None else Experiment.objects.get(pk=experiment.pk)
        if row.status != ExperimentStatus.DRAFT:
            raise ExperimentError("not_draft", "It has started: its arms are fixed")
        if row.channel_id != channel.pk:
            raise ExperimentError("channel_fixed", "The channel of an experiment is fixed", "channel")
        before = described(row) if row.pk else {}
        row.name, row.hypothesis = name, hypothesis
        row.error_percent, row.planned_shoppers = error_percent, planned_shoppers
        row.full_clean(validate_unique=False)
        row.save()
        row.arms.all().delete()
        ExperimentArm.objects.bulk_create(
            ExperimentArm(
                experiment=row,
                position=position,
                name=arm.name,
                weight=arm.weight,
                policy_id=arm.policy_id,
                model_version_id=arm.model_version_id,
            )
            for position, arm in enumerate(arms)
        )
        _audit(row, actor, "save_experiment", before, described(row))
    return row


def start_experiment(*, experiment: Experiment, actor: "User", now: datetime, refresh: bool = True) -> Experiment:
    """Assign shoppers from now on; drafts among the policies are frozen. Raises ExperimentError.

    Only one experiment runs on a channel: two would share shoppers and neither could say what it saw.
    """
    with transaction.atomic():
        lock_channel(experiment.channel_id)
        row = Experiment.objects.get(pk=experiment.pk)
        if row.status != ExperimentStatus.DRAFT:
            raise ExperimentError("not_draft", "It has started already")
        arms = list(row.arms.select_related("policy"))
        if len(arms) < 2:
            raise ExperimentError("one_arm", "An experiment compares at least two arms")
        row.status, row.started_at, row.started_by = ExperimentStatus.RUNNING, now, actor
        try:
            with transaction.atomic():
                row.save(update_fields=["status", "started_at", "started_by"])
        except IntegrityError:
            raise ExperimentError("another_runs", "Another experiment runs on this channel: stop it first") from None
        named = [arm.policy_id for arm in arms if arm.policy_id is not None]
        Policy.objects.filter(pk__in=named).exclude(status=PolicyStatus.LIVE).update(status=PolicyStatus.TRIAL)
        _audit(row, actor, "start_experiment", {"status": "draft"}, {"status": "running"})
        transaction.on_commit(forget_rules)
        if refresh:
            transaction.on_commit(_compute_arms)
    return row


def stop_experiment(*, experiment: Experiment, actor: "User", now: datetime, reason: str = "") -> Experiment:
    """End it: everybody gets the live policy again, and the last reading becomes the verdict."""
    from recommender.services.readings import read_experiment

    with transaction.atomic():
        lock_channel(experiment.channel_id)
        row = Experiment.objects.get(pk=experiment.pk)
        if row.status != ExperimentStatus.RUNNING:
            raise ExperimentError("not_running", "It does not run")
        row.status, row.stopped_at, row.stopped_by, row.stop_reason = ExperimentStatus.STOPPED, now, actor, reason
        row.save(update_fields=["status", "stopped_at", "stopped_by", "stop_reason"])
        named = row.arms.exclude(policy=None).values("policy")
        Policy.objects.filter(pk__in=named, status=PolicyStatus.TRIAL).update(status=PolicyStatus.RETIRED)
        read_experiment(experiment=row, now=now, final=True)
        _audit(row, actor, "stop_experiment", {"status": "running"}, {"status": "stopped", "reason": reason})
        transaction.on_commit(forget_rules)
    return row


def discard_experiment(*, experiment: Experiment, actor: "User | None") -> None:
    """Delete a draft."""
    with transaction.atomic():
        lock_channel(experiment.channel_id)
        row = Experiment.objects.get(pk=experiment.pk)
        if row.status != ExperimentStatus.DRAFT:
            raise ExperimentError("not_draft", "It has started: what it saw is kept")
        _audit(row, actor, "discard_experiment", described(row), {})
        row.delete()


def described(experiment: Experiment) -> dict[str, Any]:
    """What the audit log keeps of an experiment."""
    arms = experiment.arms.values("name", "weight", "policy", "model_version")
    return {
        "name": experiment.name,
        "hypothesis": experiment.hypothesis,
        "error_percent": experiment.error_percent,
        "planned_shoppers": experiment.planned_shoppers,
        "arms": list(arms),
    }


def _check_arms(channel: Channel, arms: Sequence[ArmSpec]) -> None:
    if not 2 <= len(arms) <= MOST_ARMS:
        raise ExperimentError("arms", f"2 to {MOST_ARMS} arms are expected, not {len(arms)}", "arms")
    names = [arm.name for arm in arms]
    if len(set(names)) != len(names):
        raise ExperimentError("arm_twice", "Two arms have the same name", "arms")
    if any(not 1 <= arm.weight <= 1000 for arm in arms):
        raise ExperimentError("weight", "A weight is a whole number from 1 to 1000", "arms")
    policies = {arm.policy_id for arm in arms if arm.policy_id is not None}
    if Policy.objects.filter(pk__in=policies, channel=channel).count() != len(policies):
        raise ExperimentError("other_channel", "A policy belongs to another channel", "arms")


def _compute_arms() -> None:
    """Slates of the arms' models, now and not in an hour. Without a queue the hourly refresh does it."""
    from recommender import tasks

    try:
        tasks.precompute.delay()
    except (BrokerError, OSError):
        logger.exception("The arms' slates are not computed now: the task queue did not answer")


def _audit(experiment: Experiment, actor: "User | None", action: str, before: Any, after: Any) -> None:
    name = f"user:{actor.pk}" if actor is not None else "system"
    write_audit(actor=name, action=action, subject=experiment, before=before, after=after)
