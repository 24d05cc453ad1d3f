"""Which days the home page is about: the last 7, 28 or 90, or days that somebody picked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext

CHOICES = (7, 28, 90)
DEFAULT = 28
LONGEST = 366


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both counted. `error` says what was wrong with days that were asked for."""

    first: date
    last: date
    key: str
    error: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, right before."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.last - length, self.key)

    def each_day(self) -> list[date]:
        return [self.first + timedelta(days=index) for index in range(self.days)]


def last_days(days: int, today: date, error: str = "") -> Period:
    """The `days` days that end today."""
    return Period(today - timedelta(days=days - 1), today, str(days), error)


def read_period(query: Mapping[str, str], today: date) -> Period:
    """The period that a query string asks for: `period`, or `from` and `to`. Anything else is the last 28 days."""
    if query.get("from") or query.get("to"):
        return _picked(query.get("from", ""), query.get("to", ""), today)
    asked = query.get("period", str(DEFAULT))
    if asked not in {str(days) for days in CHOICES}:
        return last_days(DEFAULT, today, gettext("There is no period “%(period)s”.") % {"period": asked[:20]})
    return last_days(int(asked), today)


def _picked(first_text: str, last_text: str, today: date) -> Period:
    try:
        first, last = date.fromisoformat(first_text), date.fromisoformat(last_text)
    except ValueError:
        words = {"first": first_text[:20], "last": last_text[:20]}
        return last_days(DEFAULT, today, gettext("“%(first)s” to “%(last)s”: two days are needed.") % words)
    if first > last:
        return last_days(DEFAULT, today, gettext("The first day, %(first)s, is after the last.") % {"first": first})
    if (last - first).days >= LONGEST:
        return last_days(DEFAULT, today, gettext("At most %(days)d days can be shown at once.") % {"days": LONGEST})
    return Period(first, last, "custom")
