"""Questions about a policy that a worker answers: asked here, worked on by recommender.jobs.estimates."""

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

from recommender.enums import EstimateKind, EstimateStatus
from recommender.models import Policy, PolicyEstimate
from recommender.services.training import QueueUnreachableError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def request_estimate(
    *, policy: Policy, kind: EstimateKind, actor: "User | None", asked: dict[str, Any] | None = None
) -> PolicyEstimate:
    """Ask; the answer comes to the row. One that still waits is not asked twice. Raises QueueUnreachableError."""
    waiting = policy.estimates.filter(kind=kind, status__in=[EstimateStatus.QUEUED, EstimateStatus.RUNNING]).first()
    if waiting is not None and not asked:
        return waiting
    with transaction.atomic():
        estimate = PolicyEstimate.objects.create(policy=policy, kind=kind, requested_by=actor, asked=asked or {})
        transaction.on_commit(lambda: _send(estimate))
    return estimate


def _send(estimate: PolicyEstimate) -> None:
    from recommender import tasks

    try:
        tasks.answer_estimate.delay(estimate.pk)
    except (BrokerError, OSError) as error:
        fail_estimate(estimate_id=estimate.pk, error="The task queue did not answer")
        raise QueueUnreachableError("The task queue did not answer: the estimate is not made") from error


def fail_estimate(*, estimate_id: int, error: str) -> None:
    PolicyEstimate.objects.filter(pk=estimate_id).update(status=EstimateStatus.FAILED, error=error[:300])
