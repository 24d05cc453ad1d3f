"""What the interest model holds of a shopper, before and after what the shopper has just done."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from coupons.models import Channel
from recommender.artefacts import ArtefactError
from recommender.enums import EventKind, Fallback
from recommender.live_model import LiveModel, live_model
from recommender.models import BehaviorEvent
from recommender.selectors.activity import DAY_SECONDS, LONGEST_HISTORY, ShopperContext, read_context
from recommender.selectors.live import category_numbers, interest_move
from recommender.selectors.places import Freshness, is_expired

LATEST_ACTS = 20
_READ_KINDS = (EventKind.VIEW, EventKind.CLICK, EventKind.CART, EventKind.PURCHASE)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing the shopper did since the last computation."""

    kind: EventKind
    product: str | None
    title: str | None
    category: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Interest:
    """The probability that the shopper buys from a category soon, as computed and as of now."""

    category: str
    """Its path, for example `GROCERY > YOGURT`."""
    before: float
    now: float
    acts: int
    """Things the shopper did in it since."""


@dataclass(frozen=True, slots=True)
class InterestView:
    """The strongest interests and those that moved most, strongest first."""

    shopper: str
    model_version: int | None
    as_of: datetime | None
    """When they were last computed from everything; None for somebody new."""
    freshness: Freshness
    fallback: Fallback
    interests: Sequence[Interest]
    acts: Sequence[Act]
    """The latest, newest first."""


def interests_of(*, channel: Channel, shopper_external_id: str, now: datetime, limit: int = 12) -> InterestView:
    """At most `limit` interests. Nobody unknown has any.

    Half of them are those that the shopper has just acted on and those that moved most, where there are any.
    """
    context = read_context(channel=channel, shopper_external_id=shopper_external_id, now=now)
    failure = _failure(context, now)
    interests: list[Interest] = []
    acts: list[Act] = []
    freshness = Freshness.NONE
    if failure is Fallback.NONE and context.version is not None:
        try:
            model = live_model(context.version.pk, context.version.path)
        except ArtefactError:
            failure = Fallback.MODEL_UNAVAILABLE
        else:
            acts = _latest_acts(context, model, now)
            interests, freshness = _interests(context, model, limit)
    return InterestView(
        shopper=shopper_external_id,
        model_version=context.version.number if context.version else None,
        as_of=context.published_state.as_of if context.published_state else None,
        freshness=freshness,
        fallback=failure,
        interests=interests,
        acts=acts,
    )


def _failure(context: ShopperContext, now: datetime) -> Fallback:
    if context.shopper is None:
        return Fallback.UNKNOWN_SHOPPER
    if not context.shopper.personalised:
        return Fallback.NOT_PERSONALISED
    if context.version is None:
        return Fallback.NO_MODEL
    return Fallback.MODEL_EXPIRED if is_expired(context.version, now) else Fallback.NONE


def _interests(context: ShopperContext, model: LiveModel, limit: int) -> tuple[list[Interest], Freshness]:
    move = interest_move(model, context.published_state, context.acts)
    change = np.abs(move.after - move.before)
    strongest = np.argsort(-move.after, kind="stable").tolist()
    moved = [place for place in np.argsort(-change, kind="stable").tolist() if change[place] > 0]
    counts: dict[int, int] = defaultdict(int)
    numbers = category_numbers(model, {act.category_id for act in context.acts if act.category_id is not None})
    for act in context.acts:
        number = numbers.get(act.category_id) if act.category_id is not None else None
        if number is not None:
            counts[number] += act.counted
    acted = sorted(counts, key=lambda place: (-counts[place], -move.after[place]))
    chosen = list(dict.fromkeys([*acted[: (limit + 1) // 2], *moved[: limit // 2], *strongest]))[:limit]
    rows = [
        Interest(
            category=model.vocabulary.categories[place],
            before=round(float(move.before[place]), 6),
            now=round(float(move.after[place]), 6),
            acts=counts[place],
        )
        for place in sorted(chosen, key=lambda place: -move.after[place])
    ]
    return rows, Freshness.LIVE if move.changed else Freshness.PUBLISHED


def _latest_acts(context: ShopperContext, model: LiveModel, now: datetime) -> list[Act]:
    if context.shopper is None:
        return []
    since = now - LONGEST_HISTORY
    if context.published_state is not None:
        day = context.published_state.as_of.timestamp() // DAY_SECONDS
        since = datetime.fromtimestamp(day * DAY_SECONDS, now.tzinfo)
    rows = BehaviorEvent.objects.filter(
        shopper=context.shopper.pk, occurred_at__gte=since, occurred_at__lte=now, kind__in=_READ_KINDS
    ).order_by("-occurred_at", "-id")
    values = rows.values_list(
        "kind", "product__external_id", "product__title", "product__category", "occurred_at"
    )[:LATEST_ACTS]  # fmt: skip
    found = list(values)
    numbers = category_numbers(model, {category for *_, category, _ in found if category is not None})
    acts = []
    for kind, product, title, category, occurred_at in found:
        number = numbers.get(category) if category is not None else None
        path = model.vocabulary.categories[number] if number is not None else None
        acts.append(Act(EventKind(kind), product, title, path, occurred_at))
    return acts
