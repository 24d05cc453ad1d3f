"""The audit log: who did what, with the values before and after."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from coupons.models import AuditEntry


def write_audit(
    *,
    actor: str,
    action: str,
    subject: models.Model,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    request_id: str = "",
) -> AuditEntry:
    """One entry in the caller's transaction; only what changed is kept."""
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        object_type=subject._meta.model_name or "",
        object_id=str(subject.pk),
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed if name in after},
        request_id=request_id,
    )


def values_of(subject: models.Model) -> dict[str, Any]:
    """The stored columns of a row, by name."""
    return {field.attname: getattr(subject, field.attname) for field in subject._meta.concrete_fields}
