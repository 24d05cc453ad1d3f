"""Times and money of the home page as people read them."""

from datetime import datetime, timedelta

from django.utils.translation import gettext

from recommender.admin.run_page import duration
from recommender.dashboard.facts import Facts


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


def currency_of(facts: Facts) -> str:
    """The currency of figures over the whole shop; with several the running campaigns' first one."""
    rows = facts.campaigns or []
    return str(rows[0]["currency"]) if rows else "USD"
