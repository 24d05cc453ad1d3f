"""A shopper's last 52 weeks as SVG geometry: spend bars, weeks without a visit, marks of coupon events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from coupons.admin.display import money
from coupons.enums import LIVE_REDEMPTIONS
from coupons.models import Redemption, Shopper
from recommender.enums import EventKind
from recommender.models import BehaviorEvent

WEEKS = 52


@dataclass(frozen=True)
class Week:
    """One week of the timeline, in SVG units."""

    x: float
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class Mark:
    """A coupon event of a week."""

    x: float
    n: int
    title: str


LEFT, WIDTH, BASE, TALLEST = 72.0, 884.0, 72.0, 62.0


def timeline(shopper: Shopper, now: datetime) -> dict[str, Any]:
    """52 weeks to `now`: spend bars, weeks without a visit for three or more in a row, marks of coupon events."""
    since = now - timedelta(weeks=WEEKS)
    spend = [0] * WEEKS
    marks: dict[EventKind, list[int]] = {
        kind: [0] * WEEKS for kind in (EventKind.IMPRESSION, EventKind.CLAIM, EventKind.REDEMPTION)
    }
    rows = (
        BehaviorEvent.objects.filter(shopper=shopper, occurred_at__gte=since, occurred_at__lte=now)
        .filter(Q(kind=EventKind.PURCHASE) | Q(kind__in=marks))
        .values_list("occurred_at", "kind", "value_minor")
    )
    for occurred_at, kind, value in rows.iterator(chunk_size=5000):
        week = min(WEEKS - 1, (occurred_at - since).days // 7)
        if kind == EventKind.PURCHASE:
            spend[week] += value or 0
        else:
            marks[EventKind(kind)][week] += 1
    used = Redemption.objects.filter(shopper=shopper, status__in=LIVE_REDEMPTIONS, redeemed_at__gte=since)
    for redeemed_at in used.values_list("redeemed_at", flat=True):
        if redeemed_at is None:  # never: the filter asks for it
            continue
        week = min(WEEKS - 1, (redeemed_at - since).days // 7)
        marks[EventKind.REDEMPTION][week] = max(1, marks[EventKind.REDEMPTION][week])
    step = WIDTH / WEEKS
    top = max(spend) or 1
    currency = shopper.channel.currency
    bars = [
        Week(
            x=round(LEFT + week * step, 1),
            y=round(BASE - TALLEST * value / top, 1),
            height=round(TALLEST * value / top, 1),
            title=f"{since + timedelta(weeks=week):%Y-%m-%d}: {money(value, currency)}",
        )
        for week, value in enumerate(spend)
        if value
    ]
    visits = sum(1 for value in spend if value)
    return {
        "bars": bars,
        "gaps": _gaps(spend, step) if visits else [],
        "shown": _marks(marks[EventKind.IMPRESSION], step),
        "claimed": _marks(marks[EventKind.CLAIM], step),
        "used": _marks(marks[EventKind.REDEMPTION], step),
        "months": _months(since, step),
        "any": bool(visits or any(any(counts) for counts in marks.values())),
        "label": gettext(
            "Weekly spend and coupon events over 52 weeks: %(visits)d weeks with a visit, %(used)d with a used coupon."
        )
        % {"visits": visits, "used": sum(1 for count in marks[EventKind.REDEMPTION] if count)},
    }


def _marks(counts: Sequence[int], step: float) -> list[Mark]:
    return [
        Mark(x=round(LEFT + week * step + 5.5, 1), n=count, title=str(count))
        for week, count in enumerate(counts)
        if count
    ]


def _gaps(spend: Sequence[int], step: float) -> list[tuple[float, float]]:
    """(x, width) of three or more weeks without a visit between two visits."""
    found = []
    visited = [week for week, value in enumerate(spend) if value]
    for before, after in pairwise(visited):
        if after - before > 3:
            found.append((round(LEFT + (before + 1) * step - 3, 1), round((after - before - 1) * step, 1)))
    return found


def _months(since: datetime, step: float) -> list[tuple[float, datetime]]:
    """(x, first day) of each month that begins in the window."""
    found = []
    for week in range(WEEKS):
        day = since + timedelta(weeks=week)
        if day.month != (day - timedelta(weeks=1)).month:
            found.append((round(LEFT + week * step, 1), day))
    return found
