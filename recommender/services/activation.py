"""Which model version is live: exactly one or none, every change written down, one change at a time."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerError

from recommender.enums import VersionStatus
from recommender.models import ModelActivation, ModelVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

_LOCK = 7_316_202  # advisory lock: a row lock can't hold the case of no live version


class NoPreviousModelError(ValueError):
    """There is no model version to go back to."""


class LiveModelChangedError(ValueError):
    """Another version went live since the caller looked: `live` names it."""

    def __init__(self, live: str, expected: str) -> None:
        super().__init__(f"{live} is live now, not {expected}")
        self.live = live


def activate_model(
    *,
    version: ModelVersion,
    actor: "User | None" = None,
    reason: str,
    instead_of: ModelVersion | None = None,
    compare: bool = False,
    refresh: bool = True,
) -> ModelActivation | None:
    """Make `version` the live one; the one before becomes retired. None where it was live already.

    `reason` is what a person gives; without one the version's verdict is the reason.

    With `compare` the change is made only while `instead_of` (None: no version) is the live one; otherwise
    LiveModelChangedError. That is how a training which beat yesterday's model can't push out today's.
    With `refresh` the version's recommendations are computed again after the commit.
    """
    with transaction.atomic():
        _lock_live_version()
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        if compare and live != instead_of:
            raise LiveModelChangedError(str(live or "no model"), str(instead_of or "no model"))
        if live == version:
            return None
        return _switch(live, version, actor, reason, refresh=refresh)


def rollback_model(*, actor: "User | None" = None, reason: str) -> ModelActivation:
    """Go back to the version that was live before the present one; again: to the one before that.

    Raises NoPreviousModelError where there is none.
    """
    with transaction.atomic():
        _lock_live_version()
        previous = previous_version_id()
        if previous is None:
            raise NoPreviousModelError("no model was live before the present one")
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        return _switch(live, ModelVersion.objects.get(pk=previous), actor, reason, refresh=True)


def previous_version_id() -> int | None:
    """The version a rollback would go to."""
    history = undo_stack(ModelActivation.objects.order_by("id").values_list("version_id", flat=True))
    return history[-2] if len(history) > 1 else None


def undo_stack(activations: Iterable[int]) -> list[int]:
    """Versions still on the way to the present one; going back to a version forgets those after it."""
    stack: list[int] = []
    for version in activations:
        if version in stack:
            del stack[stack.index(version) + 1 :]
        else:
            stack.append(version)
    return stack


def _lock_live_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _switch(
    live: ModelVersion | None, version: ModelVersion, actor: "User | None", reason: str, *, refresh: bool
) -> ModelActivation:
    if live is not None:
        ModelVersion.objects.filter(pk=live.pk).update(status=VersionStatus.RETIRED)
    ModelVersion.objects.filter(pk=version.pk).update(status=VersionStatus.LIVE)
    version.status = VersionStatus.LIVE
    if refresh:
        transaction.on_commit(lambda: _refresh(version))
    return ModelActivation.objects.create(version=version, previous=live, actor=actor, reason=reason)


def _refresh(version: ModelVersion) -> None:
    """What was computed with the version may be old. Without a queue the hourly refresh does it."""
    from recommender import tasks

    try:
        tasks.precompute.delay(version.pk)
    except (BrokerError, OSError):
        logger.exception("Recommendations of %s are not refreshed now: the task queue did not answer", version)
