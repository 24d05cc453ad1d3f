"""May a policy go live? Only if what it would have earned is not below what the live one earned, with its interval."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from recommender.enums import EstimateKind, EstimateStatus, ExperimentStatus, PolicyStatus
from recommender.models import ExperimentArm, ExperimentReading, Policy, PolicyEstimate

FRESH = timedelta(days=14)
"""An estimate older than this is asked again."""
MIN_EFFECTIVE = 100
"""Logged answers that an estimate must be worth, after weighting, before it is believed."""
MIN_USES = 10
"""Coupons that were used in the logged answers: with fewer there is next to nothing to re-weight."""
MIN_COVERED = 0.9
"""Share of what the policy would show that must be known from the log."""


@dataclass(frozen=True)
class Gate:
    """Whether the gate is open, and the stable code of why or why not."""

    open: bool
    code: str
    estimate: PolicyEstimate | None = None


def promotion_gate(policy: Policy) -> Gate:
    """The gate of a version against the live one of its channel.

    Open where no policy is live (`first`), where the version was live before (`returning`), where it won an
    experiment (`won`), or where the lower bound of its latest fresh estimate is not below the live one's
    (`not_worse`). Shut without an estimate (`no_estimate`), with one of other rules (`outdated`), with too little
    support (`too_little_support`) or with a lower one (`worse`).
    """
    if policy.live_at is not None:
        return Gate(True, "returning")
    live = Policy.objects.filter(channel=policy.channel_id, status=PolicyStatus.LIVE).first()
    if live is None:
        return Gate(True, "first")
    if _won(policy):
        return Gate(True, "won")
    estimate = (
        PolicyEstimate.objects.filter(policy=policy, kind=EstimateKind.EARNINGS, status=EstimateStatus.DONE)
        .order_by("-pk")
        .first()
    )
    if estimate is None:
        return Gate(False, "no_estimate")
    stale = estimate.finished_at is None or timezone.now() - estimate.finished_at > FRESH
    if stale or estimate.result.get("live_policy") != live.pk or estimate.created_at < policy.edited_at:
        return Gate(False, "outdated", estimate)
    return Gate(*_judge(estimate.result), estimate)


def _won(policy: Policy) -> bool:
    """Whether the verdict of the last experiment that tried the version is that it earned more than the control."""
    arm = (
        ExperimentArm.objects.filter(policy=policy, experiment__status=ExperimentStatus.STOPPED).order_by("-pk").first()
    )
    if arm is None:
        return False
    verdict = ExperimentReading.objects.filter(experiment=arm.experiment_id, final=True).order_by("-pk").first()
    return verdict is not None and arm.pk in verdict.numbers.get("winners", [])


def _judge(result: dict[str, Any]) -> tuple[bool, str]:
    if not result.get("supported"):
        return False, "too_little_support"
    if result["policy"]["low"] < result["live"]["low"]:
        return False, "worse"
    return True, "not_worse"
