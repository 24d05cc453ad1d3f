"""The home page of the admin: what needs somebody, the figures, the recommender, running campaigns, last trainings.

Every card is computed apart and its errors are caught, so that one broken card leaves the others standing.
Facts are kept for a minute in the cache without any text in them: languages and permissions differ between readers.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from recommender.admin.run_page import duration
from recommender.dashboard.cards import campaign_rows, events_chart, figures, recommender_card, run_rows
from recommender.dashboard.facts import cached_facts
from recommender.dashboard.needs import needs

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failed:
    """A card that could not be computed."""

    what: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the context of templates/admin/index.html. Never raises."""
    now = timezone.now()
    facts = cached_facts(now)
    cards: dict[str, Callable[[], Any]] = {
        "needs": lambda: needs(facts, now),
        "figures": lambda: figures(facts),
        "events_chart": lambda: events_chart(facts),
        "recommender": lambda: recommender_card(facts, now),
        "campaigns": lambda: campaign_rows(facts, now),
        "runs": lambda: run_rows(facts, now),
    }
    home = {name: _careful(name, card) for name, card in cards.items()}
    age = max(0, round((now - facts.at).total_seconds()))
    return context | {
        "title": gettext("Overview"),
        "home": home,
        "updated": gettext("Updated %(age)s ago") % {"age": duration(age)},
        "may_train": request.user.has_perm("recommender.train_model"),
        "may_plan": request.user.has_perm("coupons.add_campaign"),
    }


def _careful(name: str, card: Callable[[], Any]) -> Any:
    try:
        return card()
    except Exception:  # a card must never take the page down, whatever broke in it
        logger.exception("Card %s of the home page failed", name)
        return Failed(name)
