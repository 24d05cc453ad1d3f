"""The audit log for people: who, what, of which object, and the values that changed, in the reader's language."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.display import EMPTY, money
from coupons.enums import BudgetKind, BudgetPeriod
from coupons.models import AuditEntry, Benefit
from coupons.services.people import AT_LOGIN

ACTIONS: dict[str, Any] = {
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
    "give": _("put it into the wallet"),
    "revoke": _("took it back"),
    "import_codes": _("imported codes"),
    "personalisation": _("changed consent to personal coupons"),
    "merge_shoppers": _("joined accounts"),
    "split_shopper": _("took an account apart"),
    "erase": _("erased the shopper's data"),
}
"""By the action's name in the log; other apps add theirs."""

PARTS = {
    "benefit": _("benefit"),
    "targets": _("targets"),
    "tiers": _("tiers"),
    "budgets": _("budgets"),
    "reason": _("reason"),
    "person": _("person"),
    "rows": _("rows"),
    "batch": _("code batch"),
    "codes": _("codes"),
    "live": _("live"),
    "gate": _("gate"),
    "arms": _("arms"),
}
"""What entries keep beside columns."""

VALUES: dict[tuple[str, str], Any] = {("reason", AT_LOGIN): _("the session became a shopper's at login")}
"""What entries keep as a code, by its name and the code; other apps add theirs."""

_APPS = ("coupons", "recommender")
_NOISE = {"version", "status", "submitted_by", "approved_by"}
_MOST = 120


def action_words(action: str) -> str:
    return str(ACTIONS.get(action, action))


def object_words(object_type: str) -> str:
    """The kind of an object, as its list is called."""
    model = model_of(object_type)
    return capfirst(str(model._meta.verbose_name)) if model else object_type


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """{`user:3`: user name} of the staff among the actors; others are not in it. One query, none without staff."""
    return {f"user:{user.pk}": user.get_username() for user in people(*set(actors))}


def people(*actors: str) -> list[Any]:
    """The staff among these actors of the audit log (`user:3`)."""
    ids = [int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdigit()]
    return list(get_user_model()._default_manager.filter(pk__in=ids)) if ids else []


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """A person's name, `API key 1a2b3c4d`, or the platform itself."""
    if actor.startswith("key:"):
        return gettext("API key %(key)s") % {"key": actor[4:]}
    return names.get(actor, gettext("the platform") if actor == "system" else actor)


def changes_of(entry: AuditEntry, currency: str = "") -> list[str]:
    """`name: before → after` of each value that changed. Amounts are money where the currency is known."""
    return _changes(model_of(entry.object_type), entry.before, entry.after, currency)


def model_of(object_type: str) -> type[Model] | None:
    """The table of `AuditEntry.object_type`; None for one that is no more."""
    for app in _APPS:
        try:
            return apps.get_model(app, object_type)
        except LookupError:
            continue
    return None


def _changes(
    model: type[Model] | None, before: Mapping[str, Any], after: Mapping[str, Any], currency: str
) -> list[str]:
    found = []
    for name in sorted({*before, *after} - _NOISE):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "benefit" and isinstance(old, dict) and isinstance(new, dict):
            found += _changes(Benefit, old, new, currency)
            continue
        words = {"before": _shown(model, name, old, currency), "after": _shown(model, name, new, currency)}
        if words["before"] != words["after"]:
            found.append(gettext("%(name)s: %(before)s → %(after)s") % {"name": _field_words(model, name), **words})
    return found


def _field(model: type[Model] | None, name: str) -> Any:
    if model is not None:
        for known in (name, name.removesuffix("_id")):
            try:
                return model._meta.get_field(known)
            except FieldDoesNotExist:
                continue
    return None


def _field_words(model: type[Model] | None, name: str) -> str:
    field = _field(model, name)
    verbose_name: object = getattr(field, "verbose_name", name.replace("_", " "))
    return str(PARTS.get(name) or verbose_name)


def _shown(model: type[Model] | None, name: str, value: Any, currency: str) -> str:
    """A value of the log for people: choices by their names, money as money, times as times, cut where it is long."""
    if value in (None, "", [], {}):
        return EMPTY
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return _listed(name, value, currency)
    if name.endswith("_minor") and currency and isinstance(value, int):
        return money(value, currency)
    if isinstance(value, str):
        choices = dict(getattr(_field(model, name), "flatchoices", ()) or ())
        return str(choices.get(value) or VALUES.get((name, value)) or _moment(value) or _cut(value))
    return _cut(json.dumps(value, ensure_ascii=False))


def _listed(name: str, rows: list[Any], currency: str) -> str:
    if name == "budgets":
        return "; ".join(_budget(row, currency) for row in rows)
    if isinstance(rows[0], dict):
        return ngettext("%(n)d row", "%(n)d rows", len(rows)) % {"n": len(rows)}
    return _cut(", ".join(map(str, rows)))


def _moment(text: str) -> str:
    try:
        moment = parse_datetime(text) if text[10:11] == "T" else None
    except ValueError:
        return ""
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment and moment.tzinfo else ""


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _budget(row: Mapping[str, Any], currency: str) -> str:
    """A campaign's budget has a kind; a policy's is of money and has a name."""
    if "kind" not in row:
        limit = money(row["limit_minor"], currency) if currency else str(row["limit_minor"])
        return f"{row['name']} {limit} ({BudgetPeriod(row['period']).label})"
    kind = BudgetKind(row["kind"])
    limit = money(row["limit_n"], currency) if kind == BudgetKind.MONEY else f"{row['limit_n']:,} {kind.label}"
    return f"{limit} ({BudgetPeriod(row['period']).label})"
