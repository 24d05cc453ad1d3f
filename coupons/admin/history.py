"""The audit log of a campaign and its coupons, as a timeline for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.display import EMPTY, money
from coupons.enums import BudgetKind, BudgetPeriod
from coupons.models import AuditEntry, Campaign, Coupon

ACTIONS = {
    "create": _("created"),
    "edit": _("edited"),
    "edit_terms": _("changed what it gives"),
    "edit_budgets": _("changed the budgets"),
    "submit": _("sent for approval"),
    "approve": _("approved"),
    "reopen": _("reopened"),
    "pause": _("paused"),
    "resume": _("resumed"),
    "archive": _("archived"),
    "delete": _("deleted"),
}
MOST = 30
_NOISE = {"version", "status", "submitted_by", "approved_by"}


def timeline_of(campaign: Campaign) -> list[dict[str, Any]]:
    """The newest entries first: who, what, of which coupon, and the values that changed. Three queries."""
    coupons = campaign.coupons.annotate(key=Cast("pk", CharField())).values("key")
    entries = list(
        AuditEntry.objects.filter(
            Q(object_type="campaign", object_id=str(campaign.pk)) | Q(object_type="coupon", object_id__in=coupons)
        ).order_by("-created_at", "-pk")[:MOST]
    )
    titles = _titles(entries)
    names = _names(entries)
    return [
        {
            "when": entry.created_at,
            "who": names.get(entry.actor, entry.actor),
            "what": ACTIONS.get(entry.action, entry.action),
            "of": titles.get(entry.object_id, "") if entry.object_type == "coupon" else "",
            "changes": [] if entry.action == "create" else _changes(entry, campaign.channel.currency),
        }
        for entry in entries
    ]


def _titles(entries: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {entry.object_id for entry in entries if entry.object_type == "coupon"}
    return {str(pk): title for pk, title in Coupon.objects.filter(pk__in=ids).values_list("pk", "title")} if ids else {}


def _names(entries: Sequence[AuditEntry]) -> dict[str, str]:
    return {f"user:{user.pk}": user.get_username() for user in people(*{entry.actor for entry in entries})}


def people(*actors: str) -> list[Any]:
    """The staff among these actors of the audit log (`user:3`)."""
    ids = [int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdigit()]
    return list(get_user_model()._default_manager.filter(pk__in=ids)) if ids else []


def _changes(entry: AuditEntry, currency: str) -> list[str]:
    before: Mapping[str, Any] = entry.before
    after: Mapping[str, Any] = entry.after
    found = []
    for name in sorted({*before, *after} - _NOISE):
        old, new = (_shown(name, values.get(name), currency) for values in (before, after))
        text = {"name": name.removesuffix("_minor").replace("_", " "), "before": old, "after": new}
        found.append(gettext("%(name)s: %(before)s → %(after)s") % text)
    return found


def _shown(name: str, value: Any, currency: str) -> str:
    """A value of the log for people: money as money, the rest as stored, cut where it is long."""
    if value in (None, "", []):
        return EMPTY
    if name == "budgets":
        return "; ".join(_budget(row, currency) for row in value)
    if name.endswith("_minor"):
        return money(value, currency)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


def _budget(row: Mapping[str, Any], currency: str) -> str:
    kind = BudgetKind(row["kind"])
    limit = money(row["limit_n"], currency) if kind == BudgetKind.MONEY else f"{row['limit_n']:,} {kind.label}"
    return f"{limit} ({BudgetPeriod(row['period']).label})"
