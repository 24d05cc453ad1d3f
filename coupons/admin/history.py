"""The audit log of a campaign and its coupons, as a timeline for people."""

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from coupons.admin.audit_words import action_words, actor_words, changes_of, names_of
from coupons.models import AuditEntry, Campaign, Coupon

MOST = 30


def timeline_of(campaign: Campaign) -> list[dict[str, Any]]:
    """The newest entries first: who, what, of which coupon, and the values that changed. Three queries."""
    coupons = campaign.coupons.annotate(key=Cast("pk", CharField())).values("key")
    entries = list(
        AuditEntry.objects.filter(
            Q(object_type="campaign", object_id=str(campaign.pk)) | Q(object_type="coupon", object_id__in=coupons)
        ).order_by("-created_at", "-pk")[:MOST]
    )
    titles = _titles(entries)
    names = names_of(entry.actor for entry in entries)
    return [
        {
            "when": entry.created_at,
            "who": actor_words(entry.actor, names),
            "what": action_words(entry.action),
            "of": titles.get(entry.object_id, "") if entry.object_type == "coupon" else "",
            "changes": [] if entry.action == "create" else changes_of(entry, campaign.channel.currency),
        }
        for entry in entries
    ]


def _titles(entries: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {entry.object_id for entry in entries if entry.object_type == "coupon"}
    return {str(pk): title for pk, title in Coupon.objects.filter(pk__in=ids).values_list("pk", "title")} if ids else {}
