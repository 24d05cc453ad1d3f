"""The charts of the home page: claimed and redeemed by day, and what budgets should have spent by each day."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from coupons.admin.display import money, number, short_date
from recommender.dashboard.facts import Daily, Facts
from recommender.dashboard.period import Period
from recommender.dashboard.words import redemptions_url


def daily_chart(daily: Daily, period: Period) -> dict[str, Any]:
    """Claimed, redeemed, and redeemed in the period before: chart data, legend, table rows, a sentence."""
    claims: Counter[date] = Counter()
    uses: Counter[date] = Counter()
    for day, n, _used in daily.claims:
        claims[day] += n
    for day, _campaign, _currency, n, _minor in daily.uses:
        uses[day] += n
    days, before = period.each_day(), period.before().each_day()
    claimed, redeemed = [claims[day] for day in days], [uses[day] for day in days]
    earlier = [uses[day] for day in before]
    series: list[dict[str, Any]] = [
        {"name": gettext("Claimed"), "color": "c2", "data": claimed},
        {"name": gettext("Redeemed"), "color": "c1", "fill": True, "data": redeemed},
        {
            "name": gettext("Redeemed, %(days)d days before") % {"days": period.days},
            "color": "muted",
            "dash": True,
            "data": earlier,
        },
    ]
    labels = [short_date(day) for day in days]
    words = {"claimed": number(sum(claimed)), "used": number(sum(redeemed)), "before": number(sum(earlier))}
    return {
        "id": "daily",
        "data_id": "daily-data",
        "config": {"labels": labels, "series": series, "y": {"min": 0, "zero": True}},
        "legend": _legend(series),
        "columns": [gettext("Day"), *(item["name"] for item in series)],
        "rows": [
            (label, redemptions_url(day, day), [number(value) for value in values])
            for label, day, *values in zip(labels, days, claimed, redeemed, earlier, strict=True)
        ],
        "any": any(claimed) or any(redeemed) or any(earlier),
        "label": gettext(
            "Coupons by day: %(claimed)s claimed and %(used)s redeemed, after %(before)s redeemed in the days before."
        )
        % words,
    }


def spend_chart(facts: Facts, now: datetime) -> dict[str, Any] | None:
    """Discount of running campaigns with a budget over their whole time, summed up, beside an even pace and the limit.

    None where no running campaign has one: a budget by day, week or month begins anew and has no line to follow.
    """
    rows = [
        row
        for row in facts.campaigns or []
        if row["phase"] == "running" and row["budget"] and row["budget"]["period"] == "total"
    ]
    if not rows or facts.daily is None:
        return None
    currency = rows[0]["currency"]
    rows = [row for row in rows if row["currency"] == currency]
    chosen = {row["pk"] for row in rows}
    today = timezone.localdate(now)
    first = max(min(timezone.localdate(row["starts_at"]) for row in rows), facts.daily.first)
    last = max(timezone.localdate(row["ends_at"]) for row in rows)
    days = Period(first, last, "").each_day()
    spent = _spent_by_day(facts.daily, chosen, first)
    already = sum(row["budget"]["spent"] for row in rows) - sum(spent.values())
    total = max(0, already)
    line: list[float | None] = []
    for day in days:
        total += spent[day]
        line.append(total / 100 if day <= today else None)
    even = [sum(_planned(row, day) for row in rows) / 100 for day in days]
    limit = sum(row["budget"]["limit_n"] for row in rows)
    now_spent, planned = total, sum(_planned(row, today) for row in rows)
    labels = [short_date(day) for day in days]
    series = [
        {"name": gettext("Discount given"), "color": "c1", "fill": True, "data": line},
        {"name": gettext("Even pace"), "color": "muted", "dash": True, "data": even},
    ]
    words = {
        "spent": money(int(now_spent), currency), "limit": money(limit, currency), "even": money(int(planned), currency)
    }  # fmt: skip
    mark = {"y": limit / 100, "color": "bad", "text": gettext("budget %(limit)s") % words}
    return {
        "id": "spend",
        "data_id": "spend-data",
        "config": {
            "labels": labels, "series": series, "lines": [mark],
            "y": {"min": 0, "zero": True, "max": round(1.1 * max(limit, now_spent) / 100, 2)},
        },
        "legend": _legend(series),
        "columns": [gettext("Day"), *(item["name"] for item in series)],
        "rows": [
            (label, "", [money(minor if minor is None else round(100 * minor), currency) for minor in (given, pace)])
            for label, given, pace in zip(labels, line, even, strict=True)
        ],
        "any": True,
        "label": gettext("Discount against budget: %(spent)s of %(limit)s given; an even pace would be %(even)s.")
        % words,
    }  # fmt: skip


def _spent_by_day(daily: Daily, campaigns: set[int], first: date) -> Counter[date]:
    spent: Counter[date] = Counter()
    for day, campaign, _currency, _n, minor in daily.uses:
        if campaign in campaigns and day >= first:
            spent[day] += int(minor)
    return spent


def _planned(row: dict[str, Any], day: date) -> float:
    """What an even pace would have spent of a campaign's budget by the end of a day, in minor units."""
    start, end = timezone.localdate(row["starts_at"]), timezone.localdate(row["ends_at"])
    gone = (day - start + timedelta(days=1)) / max(end - start, timedelta(days=1))
    limit: int = row["budget"]["limit_n"]
    return limit * min(1.0, max(0.0, gone))


def _legend(series: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(item["name"], item["color"].replace("muted", "c0"), bool(item.get("dash"))) for item in series]
