"""Times, money and links of the home page as people read them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from coupons.admin.display import money
from recommender.admin.run_page import duration

USED_STATES = "redeemed,partially_rolled_back"


def ago(moment: datetime, now: datetime) -> str:
    """`3 d ago`, `2 h ago`, `4 m ago`."""
    seconds = max(0, (now - moment).total_seconds())
    if seconds >= 86400:
        return gettext("%(n)d d ago") % {"n": seconds // 86400}
    if seconds >= 3600:
        return gettext("%(n)d h ago") % {"n": seconds // 3600}
    return gettext("%(n)d m ago") % {"n": seconds // 60} if seconds >= 60 else gettext("just now")


def days_left(left: timedelta) -> str:
    if left.days >= 1:
        return gettext("%(n)d d") % {"n": left.days}
    return duration(left.total_seconds())


def percent(share: float) -> str:
    """A rate with one decimal: 36.8%."""
    return f"{100 * share:.1f}%"


def milliseconds(value: float) -> str:
    """Two figures are all that a counted time is good for: 4.2 ms, 64 ms."""
    return f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def change_of(now: float, before: float) -> tuple[str, str]:
    """(`+9.4%`, tone) of a value against the one before it; empty where there is nothing to compare with."""
    if not before:
        return "", ""
    text = f"{100 * (now - before) / before:+.1f}%".replace("-", "−")
    return text, "" if now == before else "up" if now > before else "down"


def points_of(now: float, before: float) -> tuple[str, str]:
    """(`+1.2 pt`, tone) of one rate against another."""
    text = f"{100 * (now - before):+.1f} pt".replace("-", "−")
    return text, "" if now == before else "up" if now > before else "down"


def amounts(by_currency: Mapping[str, int]) -> str:
    """Money of one currency or more, the largest first; zero in the shop's default where there is none."""
    ordered = sorted(by_currency.items(), key=lambda pair: -pair[1])
    return " · ".join(money(minor, currency) for currency, minor in ordered) or money(0)


def redemptions_url(first: date | None = None, last: date | None = None, **filters: object) -> str:
    """The ledger's list of what was used between two days."""
    query: dict[str, object] = {"status__in": USED_STATES, **filters}
    return f"{reverse('admin:coupons_redemption_changelist')}?{urlencode(query | between('redeemed_at', first, last))}"


def between(field: str, first: date | None, last: date | None) -> dict[str, object]:
    """The query of a list's range filter over whole days."""
    found: dict[str, object] = {}
    if first:
        found |= {f"{field}_from_0": first.isoformat(), f"{field}_from_1": "00:00:00"}
    if last:
        found |= {f"{field}_to_0": last.isoformat(), f"{field}_to_1": "23:59:59"}
    return found
