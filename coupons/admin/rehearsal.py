"""Save what a page's form holds, ask the engine about it, and undo it all: nothing that is asked on the way stays.

So a preview decides by the very rows, queries and pure functions that decide at the till, for a campaign or coupon that
nobody has saved yet too. Only rows of that campaign are touched, in one short transaction that is always rolled back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.forms.formsets import all_valid
from django.http import Http404, HttpRequest
from django.utils import timezone

from coupons.admin.state import is_draft, refusal_text
from coupons.errors import CouponError
from coupons.models import Campaign, Coupon
from coupons.schedule import in_weekly_window

LOCK_TIMEOUT_MS = 5_000
TYPED_LAST = {Campaign: "name", Coupon: "title"}
"""The field that an aside need not wait for."""

Rehearsed = type[Campaign] | type[Coupon]


@dataclass(slots=True)
class Rehearsal:
    """A campaign as the form would leave it. `errors` are by the id of the input; with any, nothing was saved."""

    campaign: Campaign | None = None
    coupons: list[Coupon] = field(default_factory=list)
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@contextmanager
def rehearse(request: HttpRequest, object_id: str | None, of: Rehearsed = Campaign) -> Iterator[Rehearsal]:
    """The posted form of the page of a campaign or coupon, saved for the length of the block.

    Raises PermissionDenied for who may not save it, Http404 for one that there is not.
    """
    page: Any = admin.site._registry[of]
    stored = page.get_object(request, object_id) if object_id else None
    if object_id and stored is None:
        raise Http404
    if not (page.has_change_permission(request, stored) if stored else page.has_add_permission(request)):
        raise PermissionDenied
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MS)])
        yield _save(page, request, stored) if stored is None or is_draft(stored) else _as_it_is(stored)
        transaction.set_rollback(True)


def _as_it_is(stored: Campaign | Coupon) -> Rehearsal:
    """As it is in the database: the campaign with all its coupons, or with the one that was asked about."""
    campaign = stored.campaign_id if isinstance(stored, Coupon) else stored.pk
    found = Campaign.objects.select_related("channel").prefetch_related("budgets").get(pk=campaign)
    coupons = coupons_of(found)
    return Rehearsal(found, [each for each in coupons if each == stored] if isinstance(stored, Coupon) else coupons)


def coupons_of(campaign: Campaign) -> list[Coupon]:
    """With what the checks and the preview ask of them."""
    rows = Coupon.objects.filter(campaign=campaign).select_related("campaign__channel", "benefit__gift_product")
    return list(rows.prefetch_related("benefit__tiers", "budgets").order_by("pk"))


def _save(page: Any, request: HttpRequest, stored: Campaign | Coupon | None) -> Rehearsal:
    change = stored is not None
    data = request.POST.copy()
    last = TYPED_LAST[page.model]
    if not data.get(last):
        data[last] = str(page.model._meta.verbose_name)
    if not stored:
        # two questions about one new campaign or coupon must not wait for each other's external id
        data["external_id"] = uuid4().hex
    form = page.get_form(request, stored, change=change)(data, instance=stored)
    valid = form.is_valid()
    rehearsed = page.save_form(request, form, change=change) if valid else form.instance
    formsets, _inlines = page._create_formsets(request, rehearsed, change=change)
    if not (all_valid(formsets) and valid):
        return Rehearsal(errors=errors_of([form, *(each for formset in formsets for each in formset.forms)]))
    try:
        page.save_model(request, rehearsed, form, change)
        page.save_related(request, form, formsets, change)
    except CouponError as error:
        return Rehearsal(errors={"": [refusal_text(error)]})
    return _as_it_is(rehearsed)


def errors_of(forms: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for form in forms:
        for name, texts in form.errors.items():
            key = form[name].auto_id if name in form.fields else ""
            found.setdefault(key, []).extend(map(str, texts))
    return found


def next_open(campaign: Campaign, after: datetime | None = None) -> datetime | None:
    """The first instant from now (or `after`) on at which the campaign runs; None where it never does again."""
    moment = max(after or timezone.now(), campaign.starts_at)
    if moment >= campaign.ends_at:
        return None
    if in_weekly_window(campaign.weekly_windows, campaign.timezone, moment):
        return moment
    zone = ZoneInfo(campaign.timezone)
    today = moment.astimezone(zone).date()
    opens = [
        datetime.combine(day, time.fromisoformat(window["from"]), tzinfo=zone).astimezone(UTC)
        for day in (today + timedelta(days=ahead) for ahead in range(9))
        for window in campaign.weekly_windows
        if day.isoweekday() in window["days"]
    ]
    return min((instant for instant in opens if moment <= instant < campaign.ends_at), default=None)
