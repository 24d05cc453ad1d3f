"""Campaigns on the home page: spending against time, redemption rates, the calendar."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from coupons.admin.display import money, number, short_date
from recommender.dashboard.facts import Facts
from recommender.dashboard.words import days_left, percent, redemptions_url

RATE_DAYS = 7
"""Days whose mean spending says when a budget runs out."""
ENDING = timedelta(days=3)
BEHIND = 0.5
"""Share of an even pace below which a campaign is behind."""
YOUNG = 0.25
"""Share of its time in which no campaign is called behind."""


def running_campaigns(facts: Facts) -> list[dict[str, Any]]:
    """Those that run; raises where they could not be read."""
    if facts.campaigns is None:
        raise RuntimeError("campaigns could not be read")
    return [row for row in facts.campaigns if row["phase"] == "running"]


def campaign_rows(facts: Facts, now: datetime) -> list[dict[str, Any]]:
    """Running campaigns: money spent against time, or time alone where there is no budget."""
    recent = _recent_spend(facts, now)
    return [_row(row, recent[row["pk"]] / RATE_DAYS, now) for row in running_campaigns(facts)]


def _recent_spend(facts: Facts, now: datetime) -> Counter[int]:
    """Minor units of each campaign over the last RATE_DAYS whole days and today."""
    since = timezone.localdate(now) - timedelta(days=RATE_DAYS)
    spent: Counter[int] = Counter()
    for day, campaign, _currency, _n, minor in facts.daily.uses if facts.daily else []:
        if day > since:
            spent[campaign] += int(minor)
    return spent


def _row(row: dict[str, Any], per_day: float, now: datetime) -> dict[str, Any]:
    whole = (row["ends_at"] - row["starts_at"]).total_seconds()
    gone = min(1.0, max(0.0, (now - row["starts_at"]).total_seconds() / whole))
    budget = row["budget"]
    shown = row | {
        "url": reverse("admin:coupons_campaign_change", args=[row["pk"]]),
        "coupons_url": f"{reverse('admin:coupons_coupon_changelist')}?campaign__id__exact={row['pk']}",
        "uses_url": redemptions_url(coupon__campaign__id__exact=row["pk"]),
        "dates": f"{short_date(row['starts_at'])} – {short_date(row['ends_at'])}",
        "gone": round(100 * gone),
        "mark": f"{100 * gone:.1f}",
        "bar": f"{100 * gone:.1f}",
        "bar_tone": "time",
        "left": days_left(row["ends_at"] - now),
        "given_text": money(row["given"], row["currency"]),
        "left_text": "–",
        "budgeted": bool(budget),
        "soon": row["ends_at"] - now < ENDING,
    }
    if budget:
        shown |= _against_budget(budget, gone, per_day, row, now)
    shown["status"] = shown.get("status_pill") or _time_status(shown)
    return shown


def _against_budget(
    budget: dict[str, Any], gone: float, per_day: float, row: dict[str, Any], now: datetime
) -> dict[str, Any]:
    spent = budget["spent"] + budget["held"]
    left = budget["limit_n"] - spent
    share = spent / budget["limit_n"]
    period_gone = gone if budget["period"] == "total" else _period_gone(budget["period"], now)
    tone, icon, words = _pace(share, period_gone, left, per_day, row["ends_at"] - now, budget["period"])
    return {
        "bar": f"{min(100.0, 100 * share):.1f}",
        "spent_share": round(100 * share),
        "bar_tone": tone,
        "mark": f"{100 * period_gone:.1f}",
        "gone": round(100 * period_gone),
        "given_text": money(spent, row["currency"]),
        "left_text": money(left, row["currency"]),
        "status_pill": (tone, icon, words),
        "per_day_text": money(round(per_day), row["currency"]),
        "runs_out_in": left / per_day if per_day > 0 else None,
    }


def _period_gone(period: str, now: datetime) -> float:
    """How much of the present day, week or month is gone."""
    local = timezone.localtime(now)
    of_day = (local.hour * 60 + local.minute) / 1440
    if period == "day":
        return of_day
    if period == "week":
        return (local.weekday() + of_day) / 7
    following = (local.replace(day=28) + timedelta(days=4)).replace(day=1)
    days: int = (following - timedelta(days=1)).day
    return float(local.day - 1 + of_day) / days


def _pace(  # noqa: PLR0917  (a pace is that many facts)
    share: float, gone: float, left: int, per_day: float, time_left: timedelta, period: str
) -> tuple[str, str, str]:
    """(tone, icon, words)."""
    if left <= 0:
        return "bad", "hourglass_bottom", gettext("Budget used up")
    days = left / per_day if per_day > 0 else None
    if period == "total" and days is not None and timedelta(days=days) < time_left:
        if days < 1:
            return "bad", "hourglass_bottom", gettext("Runs out today")
        if days < 2:
            return "bad", "hourglass_bottom", gettext("Runs out tomorrow")
        tone = "bad" if days < 4 else "warn"
        return tone, "hourglass_bottom", gettext("Runs out in %(days)d d") % {"days": int(days)}
    if gone > YOUNG and share < BEHIND * gone:
        return "warn", "trending_down", gettext("Behind pace")
    return "ok", "check", gettext("On pace")


def _time_status(row: dict[str, Any]) -> tuple[str, str, str]:
    if row["soon"]:
        return "warn", "hourglass_bottom", gettext("Ends in %(left)s") % {"left": row["left"]}
    return "ok", "play_arrow", gettext("%(left)s left") % {"left": row["left"]}


def redemption_rates(facts: Facts) -> list[dict[str, Any]]:
    """Of the shoppers that each running campaign was sent to, how many used one of its coupons; the best first."""
    rows = [
        {
            "name": row["name"],
            "url": redemptions_url(coupon__campaign__id__exact=row["pk"]),
            "rate": row["users_n"] / row["members_n"],
            "text": percent(row["users_n"] / row["members_n"]),
            "note": gettext("%(users)s of %(sent)s shoppers")
            % {"users": number(row["users_n"]), "sent": number(row["members_n"])},
        }
        for row in running_campaigns(facts)
        if row["members_n"]
    ]
    rows.sort(key=lambda row: -float(row["rate"]))
    best = max((float(row["rate"]) for row in rows), default=0.0) or 1.0
    return [row | {"width": f"{100 * float(row['rate']) / best:.1f}"} for row in rows]


def calendar(facts: Facts, now: datetime) -> dict[str, Any] | None:
    """Running and planned campaigns on one time line, places in percent; None where there are none."""
    if facts.campaigns is None:
        raise RuntimeError("campaigns could not be read")
    rows = sorted(facts.campaigns, key=lambda row: (row["starts_at"], row["pk"]))
    if not rows:
        return None
    first = max(min(row["starts_at"] for row in rows), now - timedelta(days=45))
    last = min(max(row["ends_at"] for row in rows), now + timedelta(days=75))
    first, last = min(first, now - timedelta(days=1)), max(last, now + timedelta(days=1))
    whole: float = (last - first).total_seconds()

    def place(moment: datetime) -> float:
        seconds: float = (moment - first).total_seconds()
        return min(100.0, max(0.0, 100 * seconds / whole))

    kinds = sorted({row["kind"] for row in rows if row["kind"]})
    colours = {kind: str(1 + index % 5) for index, kind in enumerate(kinds)}
    return {
        "rows": [
            {
                "name": row["name"],
                "url": reverse("admin:coupons_campaign_change", args=[row["pk"]]),
                "colour": colours.get(row["kind"], "0"),
                "planned": row["phase"] != "running",
                "left": f"{place(row['starts_at']):.1f}",
                "width": f"{max(1.0, place(row['ends_at']) - place(row['starts_at'])):.1f}",
                "note": _when(row, now),
            }
            for row in rows
        ],
        "legend": [(kind, f"c{colours[kind]}") for kind in kinds],
        "today": f"{place(now):.1f}",
        "first": short_date(timezone.localdate(first)),
        "last": short_date(timezone.localdate(last)),
        "weeks": [f"{place(moment):.1f}" for moment in _weeks(first, last)],
    }


def _weeks(first: datetime, last: datetime) -> list[datetime]:
    """Mondays for the grid; every other one where there are many."""
    day: date = timezone.localdate(first) + timedelta(days=7 - timezone.localdate(first).weekday())
    step = 7 if last - first < timedelta(days=90) else 14
    found = []
    while day <= timezone.localdate(last):
        found.append(timezone.make_aware(datetime(day.year, day.month, day.day)))  # noqa: DTZ001  (made aware here)
        day += timedelta(days=step)
    return found


def _when(row: dict[str, Any], now: datetime) -> str:
    if row["phase"] == "in_review":
        return gettext("in review")
    if row["starts_at"] > now:
        return gettext("starts in %(left)s") % {"left": days_left(row["starts_at"] - now)}
    return gettext("%(left)s left") % {"left": days_left(row["ends_at"] - now)}
