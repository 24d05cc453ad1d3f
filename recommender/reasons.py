"""Why a coupon is in a slate, in words a shopper understands. Codes are part of the API and never change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

INTEREST: Final = "interest"
RECENT: Final = "recent_interest"
BOUGHT_BEFORE: Final = "bought_before"
SIMILAR_SHOPPERS: Final = "similar_shoppers"
EXPLORATION: Final = "exploration"
POPULAR: Final = "popular"
RUNNING: Final = "running"

_TEXTS: dict[str, Callable[[str], str]] = {
    INTEREST: lambda subject: (
        _("Because you often shop for %(subject)s") % {"subject": subject} if subject else _("Fits what you like")
    ),
    RECENT: lambda subject: (
        _("Because you just looked at %(subject)s") % {"subject": subject} if subject else _("Fits what you just did")
    ),
    BOUGHT_BEFORE: lambda subject: (
        _("Because you bought %(subject)s") % {"subject": subject} if subject else _("You bought this before")
    ),
    SIMILAR_SHOPPERS: lambda _subject: _("Liked by shoppers with a taste like yours"),
    EXPLORATION: lambda _subject: _("Something new for you"),
    POPULAR: lambda _subject: _("Popular with other shoppers"),
    RUNNING: lambda _subject: _("Available now"),
}


def reason_code(reason: Mapping[str, Any]) -> str:
    """The stable code of a stored reason; `interest` where none was kept."""
    return str(reason.get("code") or INTEREST)


def reason_text(reason: Mapping[str, Any]) -> str:
    """One sentence; the subject is a category's or product's name in the shop's own words."""
    text = _TEXTS.get(reason_code(reason))
    return text(_readable(str(reason.get("subject") or ""))) if text else _("Chosen for you")


def _readable(subject: str) -> str:
    """Within a sentence, `CANNED JUICES` and `Canned juices` are written small; `BBQ sauce` stays."""
    if subject.isupper():
        return subject.lower()
    return subject[:1].lower() + subject[1:] if subject[1:2].islower() else subject
