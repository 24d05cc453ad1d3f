"""The four figures: used, given, claimed coupons that are used, budget left; each with its comparison and its rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from coupons.admin.display import number
from recommender.dashboard.facts import Daily, Facts
from recommender.dashboard.period import Period
from recommender.dashboard.words import amounts, between, change_of, percent, points_of, redemptions_url


@dataclass(frozen=True)
class Figure:
    """One key figure with what it is compared with, a sparkline and where it leads."""

    name: str
    value: str
    note: str
    url: str
    change: str = ""
    tone: str = ""
    spark: str = ""


@dataclass(frozen=True)
class Totals:
    """Sums over a period."""

    uses: int
    given: dict[str, int]
    """Minor units by currency."""
    claims: int
    claims_used: int


def figures(facts: Facts, daily: Daily, period: Period) -> list[Figure]:
    """Four figures of a period beside those of the period before it."""
    now, before = totals(daily, period), totals(daily, period.before())
    days = ngettext("%(days)d day", "%(days)d days", period.days) % {"days": period.days}
    against = gettext("vs the %(days)s before") % {"days": days}
    nothing = gettext("nothing in the %(days)s before") % {"days": days}
    by_day = _by_day(daily)
    main = max(now.given, key=lambda currency: now.given[currency], default="")
    uses_change, uses_tone = change_of(now.uses, before.uses)
    given_change, given_tone = change_of(now.given.get(main, 0), before.given.get(main, 0))
    url = redemptions_url(period.first, period.last)
    return [
        Figure(
            gettext("Redeemed, %(days)s") % {"days": days}, number(now.uses), against if uses_change else nothing, url,
            uses_change, uses_tone, sparkline([by_day[day][0] for day in period.each_day()]),
        ),
        Figure(
            gettext("Discount given, %(days)s") % {"days": days}, amounts(now.given),
            against if given_change else nothing, url, given_change, given_tone and "plain",
            sparkline([by_day[day][1].get(main, 0) for day in period.each_day()]),
        ),
        _claims_figure(daily, period, now, before),
        budget_figure(facts),
    ]  # fmt: skip


def _claims_figure(daily: Daily, period: Period, now: Totals, before: Totals) -> Figure:
    name = gettext("Claimed coupons that are used")
    query = {"source": "claim", **between("created_at", period.first, period.last)}
    url = f"{reverse('admin:coupons_coupongrant_changelist')}?{urlencode(query)}"
    if not now.claims:
        return Figure(name, "–", gettext("no coupon was claimed in these days"), url)
    rate = now.claims_used / now.claims
    change, tone = points_of(rate, before.claims_used / before.claims) if before.claims else ("", "")
    claimed = {day: (n, used) for day, n, used in daily.claims}
    rates = [used / n if n else 0.0 for n, used in (claimed.get(day, (0, 0)) for day in period.each_day())]
    note = gettext("of %(claims)s claimed") % {"claims": number(now.claims)}
    return Figure(name, percent(rate), note, url, change, tone, sparkline(rates))


def budget_figure(facts: Facts) -> Figure:
    """What is left of the money budgets of running campaigns; held uses count as spent."""
    name, url = gettext("Budget left, running campaigns"), reverse("admin:coupons_budget_changelist")
    if facts.campaigns is None:
        return Figure(name, "–", gettext("cannot be read now"), url)
    left: Counter[str] = Counter()
    limit: Counter[str] = Counter()
    for row in facts.campaigns:
        if row["phase"] == "running" and row["budget"]:
            budget = row["budget"]
            limit[row["currency"]] += budget["limit_n"]
            left[row["currency"]] += budget["limit_n"] - budget["spent"] - budget["held"]
    if not limit:
        return Figure(name, "–", gettext("no running campaign has a budget in money"), url)
    share = gettext("of %(limit)s") % {"limit": amounts(limit)}
    change = f"{100 * left.total() / limit.total():.0f}%" if len(limit) == 1 else ""
    return Figure(name, amounts(left), share, url, change, "plain")


def totals(daily: Daily, period: Period) -> Totals:
    """Sums of the days of a period."""
    given: Counter[str] = Counter()
    uses = 0
    for day, _campaign, currency, n, minor in daily.uses:
        if period.first <= day <= period.last:
            uses += n
            given[currency] += int(minor)
    claims = [(n, used) for day, n, used in daily.claims if period.first <= day <= period.last]
    return Totals(uses, dict(given), sum(n for n, _used in claims), sum(used for _n, used in claims))


def _by_day(daily: Daily) -> dict[date, tuple[int, dict[str, int]]]:
    """(uses, discount by currency) of each day, none of them missing."""
    found: dict[date, tuple[int, dict[str, int]]] = {
        day: (0, {}) for day in Period(daily.first, daily.last, "").each_day()
    }
    for day, _campaign, currency, n, minor in daily.uses:
        uses, given = found[day]
        found[day] = uses + n, {**given, currency: given.get(currency, 0) + int(minor)}
    return found


def sparkline(values: Sequence[float]) -> str:
    """Points of a 96 × 28 polyline; empty where there is nothing to draw."""
    top = max(values, default=0)
    if not top or len(values) < 2:
        return ""
    step = 96 / (len(values) - 1)
    return " ".join(f"{index * step:.1f},{27 - 26 * value / top:.1f}" for index, value in enumerate(values))
