"""How values are written in lists and pages: money, pills, links."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin import display
from django.db.models import Model
from django.urls import reverse
from django.utils import dateformat
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext

from coupons.money import format_money

EMPTY = "–"

TONE_ICONS = {
    "ok": "check",
    "warn": "error",
    "bad": "close",
    "info": "autorenew",
    "plain": "remove",
}
"""The icon of a pill of that tone where none is named: a tone is never told by colour alone."""


def money(minor: int | None, currency: str = "USD") -> str:
    """An amount in minor units as people write it: 128435 is $1,284.35; a dash for None."""
    return EMPTY if minor is None else format_money(minor, currency)


def pill(text: Any, tone: str = "plain", icon: str = "") -> SafeString:
    """A status as an icon and a word on a tint."""
    return format_html(
        '<span class="cp-pill {}"><span class="cp-icon" aria-hidden="true">{}</span>{}</span>',
        tone,
        icon or TONE_ICONS[tone],
        text,
    )


def choice_pill(instance: Model, field: str, tones: Mapping[Any, tuple[str, str]]) -> SafeString:
    """The pill of a choice field; `tones` maps a stored value to (tone, icon)."""
    tone, icon = tones.get(getattr(instance, field), ("plain", ""))
    return pill(getattr(instance, f"get_{field}_display")(), tone, icon)


def link(instance: Model | None, text: Any = None) -> str:
    """A link to the row's own page; a dash for None. The text is escaped."""
    if instance is None:
        return EMPTY
    url = reverse(f"admin:{instance._meta.app_label}_{instance._meta.model_name}_change", args=[instance.pk])
    return format_html('<a class="cp-link" href="{}">{}</a>', url, str(instance) if text is None else text)


def list_link(model: type[Model], count: int, query: str) -> SafeString:
    """A count that leads to the rows it counts."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a class="cp-link" href="{}?{}">{}</a>', url, query, number(count))


def number(value: int | None) -> str:
    """A whole number with separators of thousands; a dash for None."""
    return EMPTY if value is None else f"{value:,}"


def decimals(field: str, name: Any, digits: int = 4) -> Callable[[Model], str]:
    """A column of a list: a fraction to so many places; a dash for None."""

    @display(description=name, ordering=field)
    def shown(row: Model) -> str:
        value = getattr(row, field)
        return EMPTY if value is None else f"{value:.{digits}f}".replace("-", "−")

    return shown


def moment(value: datetime) -> str:
    """A day with its hour in the site's zone, in the reader's language: 24 Nov 2026, 14:05."""
    return date_format(localtime(value), "DATETIME_FORMAT")


def short_date(value: Any) -> str:
    """A day in the reader's language, without the year: 24 Nov or 11月24日."""
    # a date format, translated as such: Django's own MONTH_DAY_FORMAT spells the month out
    return dateformat.format(value, gettext("j M")) if value else EMPTY
