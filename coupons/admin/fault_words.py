"""Why a row of a file or an event was not accepted, in the reader's language.

Rows keep the reason in English: files, logs and the API tell it to developers, and it is the same for all of them.
"""

import re

from django.utils.translation import gettext, gettext_noop

WHOLE = (
    gettext_noop("is missing"),
    gettext_noop("is empty"),
    gettext_noop("is negative"),
    gettext_noop("is not an object"),
    gettext_noop("is not a member of an event"),
    gettext_noop("is not a text"),
    gettext_noop("is not a number"),
    gettext_noop("is not a whole number"),
    gettext_noop("is not a UUID"),
    gettext_noop("is not a JSON object"),
    gettext_noop("is not an ISO 8601 time"),
    gettext_noop("is not a time as a text, for example 2026-05-01T12:30:00Z"),
    gettext_noop("is not a time with its zone, for example 2026-05-01T12:30:00Z"),
    gettext_noop("is not a path like A > B > C"),
    gettext_noop("is not a known name"),
    gettext_noop("is not a known product"),
    gettext_noop("is not a known category"),
    gettext_noop("is not a known brand"),
    gettext_noop("is not in the catalog"),
    gettext_noop("is not a campaign of this channel"),
    gettext_noop("is not a coupon of this campaign"),
    gettext_noop("is no coupon of this channel"),
    gettext_noop("is not a shopper of this channel"),
    gettext_noop("is not after starts_at"),
    gettext_noop("is needed for a percent benefit"),
    gettext_noop("is needed for an amount benefit"),
    gettext_noop("is needed for a buy_x_get_y benefit"),
    gettext_noop("is needed for a gift benefit"),
    gettext_noop("is needed for a rating"),
    gettext_noop("is needed for this kind of event"),
    gettext_noop("is needed where a coupon is named"),
    gettext_noop("fits a percent or buy_x_get_y benefit only"),
    gettext_noop("fits a percent benefit only"),  # rows that were rejected before
    gettext_noop("fits a buy_x_get_y benefit only"),
    gettext_noop("fits a gift benefit only"),
    gettext_noop("fits an amount benefit only"),
    gettext_noop("needs exactly one of product, category, brand"),
    gettext_noop("has no use left: its usage_limit is reached"),
    gettext_noop("has no use left for this shopper: its per_shopper_limit is reached"),
    gettext_noop("was erased and stays so"),
    gettext_noop("was erased: nothing more is kept of this shopper"),
    gettext_noop("is missing: a rating needs one"),
    gettext_noop("is before 1990"),
    gettext_noop("lies before 1990"),
    gettext_noop("lies in the future"),
    gettext_noop("is more than a day ahead"),
    gettext_noop("contains a NUL character"),
    gettext_noop("contains half of a surrogate pair"),
    gettext_noop("contains NaN or an infinite number"),
)
WITH_VALUES = (
    gettext_noop("is none of %(values)s"),
    gettext_noop("is not between %(low)s and %(high)s"),
    gettext_noop("is below %(low)s"),
    gettext_noop("is longer than %(n)s characters"),
    gettext_noop("is larger than %(n)s bytes"),
    gettext_noop("is nested deeper than %(n)s levels"),
    gettext_noop("is missing: a %(kind)s needs a product or a coupon"),
    gettext_noop("is missing: a %(kind)s needs one"),
    gettext_noop("does not belong to a %(kind)s"),
    gettext_noop("the same %(key)s stood in an earlier row of this file"),
    gettext_noop("has %(found)s fields, the header has %(wanted)s"),
)
"""The first that fits counts."""

_PATTERNS = [(words, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(words)))) for words in WITH_VALUES]


def fault_words(reason: str) -> str:
    """The stored reason in the reader's language; as it is where it is not known."""
    if reason in WHOLE:
        return gettext(reason)
    for words, pattern in _PATTERNS:
        if found := pattern.fullmatch(reason):
            return gettext(words) % found.groupdict()
    return reason
