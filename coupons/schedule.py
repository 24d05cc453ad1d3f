"""Dates and hours as people mean them: in a campaign's time zone, daylight saving included. No database here."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coupons.enums import BudgetPeriod

Window = Mapping[str, Any]
"""{"days": [1..7, 1 is Monday], "from": "HH:MM", "to": "HH:MM" up to "24:00"}, local times, `[from, to)`."""

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def in_weekly_window(windows: Sequence[Window], timezone: str, now: datetime) -> bool:
    """True where there are no windows, or the local weekday and time of `now` lie in one of them."""
    if not windows:
        return True
    local = now.astimezone(ZoneInfo(timezone))
    clock = local.strftime("%H:%M")
    return any(local.isoweekday() in window["days"] and window["from"] <= clock < window["to"] for window in windows)


def check_weekly_windows(windows: object) -> str | None:
    """What is wrong with windows somebody typed, or None."""
    if not isinstance(windows, list):
        return "a list of windows is expected"
    for number, window in enumerate(windows, start=1):
        if not isinstance(window, dict) or set(window) != {"days", "from", "to"}:
            return f"window {number}: days, from and to are expected"
        days, start, end = window["days"], window["from"], window["to"]
        if not isinstance(days, list) or not days or not all(type(d) is int and 1 <= d <= 7 for d in days):
            return f"window {number}: days are numbers from 1 (Monday) to 7"
        if not _is_clock(start) or not (_is_clock(end) or end == "24:00"):
            return f"window {number}: times look like 18:00"
        if start >= end:
            return f"window {number}: it ends before it starts; split one that passes midnight in two"
    return None


def _is_clock(text: object) -> bool:
    return isinstance(text, str) and _HOUR.fullmatch(text) is not None


def start_of_day(day: date, timezone: str) -> datetime:
    """The instant a local day begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def end_of_day(day: date, timezone: str) -> datetime:
    """The instant after a local day, in UTC: what an end given as a date means, on 23- and 25-hour days too."""
    return start_of_day(day + timedelta(days=1), timezone)


def period_start(period: str, timezone: str, now: datetime) -> date:
    """The first local day of the budget period that `now` lies in; one fixed day for a budget without periods."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    if period == BudgetPeriod.DAY:
        return today
    if period == BudgetPeriod.WEEK:
        return today - timedelta(days=today.weekday())
    if period == BudgetPeriod.MONTH:
        return today.replace(day=1)
    return date(1970, 1, 1)
