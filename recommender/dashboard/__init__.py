"""The home page of the admin: what needs somebody, the figures, the recommender, the ledger, campaigns, trainings.

Every card is computed apart and its errors are caught, so that one broken card leaves the others standing. All read
one snapshot (recommender.dashboard.facts), which a periodic task takes each minute.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from recommender.admin.run_page import duration
from recommender.dashboard.campaigns import calendar, campaign_rows, redemption_rates
from recommender.dashboard.charts import daily_chart, spend_chart
from recommender.dashboard.facts import cached_facts, daily_of, funnel_of
from recommender.dashboard.figures import figures
from recommender.dashboard.machinery import (
    funnel_rows,
    incremental_rows,
    ledger_card,
    queues_card,
    recommender_card,
    run_rows,
)
from recommender.dashboard.needs import needs
from recommender.dashboard.period import CHOICES, read_period

logger = logging.getLogger(__name__)

MOST_NAMES = 3


@dataclass(frozen=True)
class Failed:
    """A card that could not be computed."""

    what: str


@dataclass(frozen=True)
class Hidden:
    """A card that this reader may not see; `who` may."""

    who: str


PERMISSIONS = {
    "figures": "coupons.view_redemption",
    "daily": "coupons.view_redemption",
    "spend": "coupons.view_budget",
    "ledger": "coupons.view_redemption",
    "recommender": "recommender.view_modelversion",
    "runs": "recommender.view_trainingrun",
    "campaigns": "coupons.view_campaign",
    "rates": "coupons.view_campaign",
    "calendar": "coupons.view_campaign",
    "incremental": "coupons.view_redemption",
    "funnel": "coupons.view_shopper",
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the context of templates/admin/index.html. Never raises."""
    now = timezone.now()
    facts = cached_facts(now)
    period = read_period(request.GET.dict(), timezone.localdate(now))
    may = request.user.has_perm
    cards: dict[str, Callable[[], Any]] = {
        "needs": lambda: needs(facts, now, may),
        "figures": lambda: figures(facts, daily_of(facts, period), period),
        "daily": lambda: daily_chart(daily_of(facts, period), period),
        "spend": lambda: spend_chart(facts, now),
        "recommender": lambda: recommender_card(facts, now, may),
        "ledger": lambda: ledger_card(facts, now),
        "queues": lambda: queues_card(facts, may),
        "campaigns": lambda: campaign_rows(facts, now),
        "rates": lambda: redemption_rates(facts),
        "incremental": lambda: incremental_rows(facts.incremental or [], now),
        "calendar": lambda: calendar(facts, now),
        "runs": lambda: run_rows(facts, now),
        "funnel": lambda: funnel_rows(facts, funnel_of(facts, period)),
    }
    home = {name: _careful(name, card, may) for name, card in cards.items()}
    age = duration(max(0, round((now - facts.at).total_seconds())))
    return context | {
        "title": gettext("Home"),
        "home": home,
        "held_out": sum(row["holdout_percent"] > 0 for row in facts.campaigns or []),
        "period": period,
        "periods": [(str(days), gettext("Last %(days)d days") % {"days": days}) for days in CHOICES],
        "updated": gettext("Updated %(age)s ago") % {"age": age},
        "checked": gettext("Checked %(age)s ago.") % {"age": age},
        "may_train": may("recommender.train_model"),
        "may_plan": may("coupons.add_campaign"),
    }


def _careful(name: str, card: Callable[[], Any], may: Callable[[str], bool]) -> Any:
    permission = PERMISSIONS.get(name)
    try:
        if permission and not may(permission):
            return Hidden(_who_may(permission))
        return card()
    except Exception:  # a card must never take the page down, whatever broke in it
        logger.exception("Card %s of the home page failed", name)
        return Failed(name)


def _who_may(permission: str) -> str:
    """Names of some staff who hold a permission."""
    found = get_user_model().objects.with_perm(permission, backend="django.contrib.auth.backends.ModelBackend")
    names = found.filter(is_staff=True).order_by("username").values_list("username", flat=True)[:MOST_NAMES]
    return ", ".join(names)
