"""A shopper's interests as bars: now, 8 weeks ago by the same model, and what was bought meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils.translation import gettext, ngettext

from coupons.models import Shopper
from recommender.admin.artefact_names import category_paths, interest_categories
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, ShopperInterest

MOST_INTERESTS = 12
MOST_CHANGES = 4
WEEKS = 8
CLEAR = 0.05
"""A change of a score that is worth a word."""


@dataclass(frozen=True)
class Bought:
    """Purchases from one category."""

    last: datetime | None = None
    lately: int = 0
    """Baskets of the last 8 weeks."""
    earlier: int = 0
    """Baskets of the 8 weeks before."""


@dataclass(frozen=True)
class Interest:
    """One bar. Scores are in (0, 1); `before` is None where nothing was known 8 weeks ago."""

    name: str
    score: float
    before: float | None
    bought: Bought
    last_text: str = "–"

    @property
    def percent(self) -> str:
        return f"{100 * self.score:.1f}"

    @property
    def mark(self) -> str:
        return "" if self.before is None else f"{100 * self.before:.1f}"

    @property
    def change(self) -> int | None:
        """In hundredths."""
        return None if self.before is None else round(100 * (self.score - self.before))

    @property
    def change_text(self) -> str:
        if self.change is None:
            return "–"
        sign = "▲ +" if self.change >= 100 * CLEAR else "▼ −" if self.change <= -100 * CLEAR else "≈ "
        plain = "+" if self.change > 0 else "−" if self.change < 0 else ""
        return f"{sign}{plain if sign == '≈ ' else ''}{abs(self.change)}"


def purchases(shopper: Shopper, now: datetime) -> dict[str, Bought]:
    """By the path of the interest category, for example `Grocery > Yogurt`. One query over a year."""
    lately, earlier = now - timedelta(weeks=WEEKS), now - timedelta(weeks=2 * WEEKS)
    name = "product__category"
    steps = (f"{name}__level", f"{name}__name", f"{name}__parent__name", f"{name}__parent__parent__name")
    rows = (
        BehaviorEvent.objects.filter(
            shopper=shopper,
            kind=EventKind.PURCHASE,
            occurred_at__gte=now - timedelta(weeks=52),
            occurred_at__lte=now,
            product__category__isnull=False,
        )
        .order_by()
        .values(*steps)
        .annotate(
            last=Max("occurred_at"),
            lately=Count("order_ref", distinct=True, filter=Q(occurred_at__gte=lately)),
            earlier=Count("order_ref", distinct=True, filter=Q(occurred_at__gte=earlier, occurred_at__lt=lately)),
        )
        .values_list(*steps, "last", "lately", "earlier")
    )
    found: dict[str, Bought] = {}
    for level, own, parent, grandparent, last, recent, past in rows:
        path = own if level == 1 else f"{parent} > {own}" if level == 2 else f"{grandparent} > {parent}"
        known = found.get(path, Bought())
        newest = last if known.last is None else max(last, known.last)
        found[path] = Bought(newest, known.lately + recent, known.earlier + past)
    return found


def interests(row: ShopperInterest | None, bought: Mapping[str, Bought], now: datetime) -> list[Interest]:
    """The strongest interests with the names of their categories; empty where nothing was learnt."""
    if row is None:
        return []
    names, paths = interest_categories(row.model_version), category_paths(row.model_version)
    before = row.before or []
    ranked = sorted(enumerate(zip(names, row.interests, strict=False)), key=lambda item: -item[1][1])
    return [
        Interest(
            name=name,
            score=score,
            before=before[index] if index < len(before) else None,
            bought=found,
            last_text=_days_ago(found.last, now),
        )
        for index, (name, score) in ranked[:MOST_INTERESTS]
        for found in [bought.get(paths[index], Bought()) if index < len(paths) else Bought()]
    ]


def _days_ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "–"
    days = (now - moment).days
    return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days} if days else gettext("today")


def changes(bars: list[Interest]) -> list[tuple[str, str]]:
    """(`Yogurt +24`, what was bought) of the clearest changes over 8 weeks, the largest first."""
    moved = [bar for bar in bars if bar.change is not None and abs(bar.change) >= 100 * CLEAR]
    moved.sort(key=lambda bar: -abs(bar.change or 0))
    return [(f"{bar.name} {bar.change:+d}".replace("-", "−"), _why(bar.bought)) for bar in moved[:MOST_CHANGES]]


def _why(bought: Bought) -> str:
    if not bought.lately and not bought.earlier:
        return gettext("not bought in 16 weeks; other purchases speak for it or against it")
    if not bought.lately:
        return gettext("in %(earlier)d baskets of the 8 weeks before, in none since") % {"earlier": bought.earlier}
    words = {"lately": bought.lately, "earlier": bought.earlier}
    return gettext("in %(lately)d baskets of 8 weeks, after %(earlier)d in the 8 weeks before") % words
