"""What comes back to an answer: seen, clicks, "not for me", claims, redemptions and ratings.

Each becomes a behaviour event of the answer's shopper with the answer's `slate_id`, so that there is one record of what
happened. The next training reads it (`pipeline.features.feedback`). Sent twice it counts once: its id is made of
answer, coupon and kind.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coupons.errors import NotFound
from coupons.models import Channel
from recommender.services.events import EventResult, EventStatus, record_events
from recommender.services.impressions import shown_places

KINDS = {
    "seen": "impression",
    "click": "click",
    "dismiss": "dismissal",
    "claim": "claim",
    "redemption": "redemption",
    "rating": "rating",
}
"""What clients call it, and the kind of event that it becomes."""
MAX_FEEDBACK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackItem:
    """One reaction to one coupon of an answer."""

    kind: str
    coupon: uuid.UUID
    rating: int | None = None
    order_ref: str | None = None
    occurred_at: str | None = None


class ShopperNeededError(ValueError):
    """The answer was given to somebody unknown: who reacts has to be named."""


def record_feedback(
    *, channel: Channel, slate_id: uuid.UUID, shopper: str | None, items: Sequence[FeedbackItem], now: datetime
) -> list[EventResult]:
    """Store reactions to an answer; coupons that were not in it are rejected, each by itself.

    `shopper` must be the answer's where both are known. Raises NotFound where there is no such answer of this shopper,
    ShopperNeededError where neither the answer nor the caller names one.
    """
    columns = ("coupon", "coupon__uid", "shopper__external_id")
    rows = shown_places(slate_id=slate_id, channel=channel, columns=columns)
    if not rows:
        raise NotFound("There is no such answer here")
    known = rows[0][2]
    if known is not None and shopper is not None and known != shopper:
        raise NotFound("There is no such answer here")
    who = known or shopper
    if who is None:
        raise ShopperNeededError("The answer was given to somebody unknown: name the shopper")
    in_answer = {uid for _, uid, _ in rows}
    results: dict[int, EventResult] = {
        place: _not_shown(place, item) for place, item in enumerate(items) if item.coupon not in in_answer
    }
    sent = [place for place in range(len(items)) if place not in results]
    events = [_event(slate_id, who, items[place]) for place in sent]
    for place, result in zip(sent, record_events(channel=channel, items=events, now=now), strict=True):
        results[place] = EventResult(
            index=place,
            event_id=result.event_id,
            status=result.status,
            field=result.field,
            value=result.value,
            reason=result.reason,
        )
    return [results[place] for place in range(len(items))]


def feedback_event_id(slate_id: uuid.UUID, item: FeedbackItem) -> str:
    """Once for an answer, a coupon and a kind; another rating is another event, and the last one counts."""
    detail = f"{item.rating}" if item.kind == "rating" else ""
    return f"fb:{uuid.uuid5(slate_id, f'{item.coupon}:{item.kind}:{detail}')}"


def _event(slate_id: uuid.UUID, shopper: str, item: FeedbackItem) -> dict[str, Any]:
    return {
        "event_id": feedback_event_id(slate_id, item),
        "shopper": shopper,
        "kind": KINDS[item.kind],
        "coupon": str(item.coupon),
        "slate_id": str(slate_id),
        "rating": item.rating,
        "order_ref": item.order_ref,
        "occurred_at": item.occurred_at,
    }


def _not_shown(place: int, item: FeedbackItem) -> EventResult:
    return EventResult(
        index=place,
        event_id=None,
        status=EventStatus.REJECTED,
        field="coupon",
        value=str(item.coupon),
        reason="was not in this answer",
    )
