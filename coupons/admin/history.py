"""The audit log of a campaign and its coupons, or of one coupon, as a timeline for people."""

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
    of_it = Q(object_type="campaign", object_id=str(campaign.pk)) | Q(object_type="coupon", object_id__in=coupons)
    return _timeline(of_it, campaign.channel.currency)


def timeline_of_coupon(coupon: Coupon) -> list[dict[str, Any]]:
    """Of one coupon, and of its campaign, which decides for all of its coupons."""
    its_own = Q(object_type="coupon", object_id=str(coupon.pk))
    of_it = its_own | Q(object_type="campaign", object_id=str(coupon.campaign_id))
    return _timeline(of_it, coupon.campaign.channel.currency)


def _timeline(of_it: Q, currency: str) -> list[dict[str, Any]]:
    entries = list(AuditEntry.objects.filter(of_it).order_by("-created_at", "-pk")[:MOST])
    titles = _titles(entries)
    names = names_of(entry.actor for entry in entries)
    return [
        {
            "when": entry.created_at,
            "who": actor_words(entry.actor, names),
            "what": action_words(entry.action),
            "of": titles.get(entry.object_id, "") if entry.object_type == "coupon" else "",
            "changes": [] if entry.action == "create" else changes_of(entry, currency),
        }
        for entry in entries
    ]


def _titles(entries: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {entry.object_id for entry in entries if entry.object_type == "coupon"}
    return {str(pk): title for pk, title in Coupon.objects.filter(pk__in=ids).values_list("pk", "title")} if ids else {}
