"""The personal places of an answer: the published ones, or, where the shopper acted since, all of them scored anew."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any

from django.conf import settings

from coupons.models import Channel
from recommender.artefacts import ArtefactError
from recommender.enums import Fallback
from recommender.live_model import live_model
from recommender.reasons import EXPLORATION, INTEREST, RECENT
from recommender.selectors.activity import PublishedPlace, ShopperContext, VersionRow
from recommender.selectors.live import CouponTable, LiveScores, coupon_table, interest_move, live_scores

logger = logging.getLogger(__name__)

NOTICEABLE_LIFT = 0.01
"""From here on, in logits of the stack, a coupon is there because of what the shopper has just done."""


class Source(StrEnum):
    """Where a place of the slate was filled from."""

    PERSONAL = "personal"
    POPULAR = "popular"


class Freshness(StrEnum):
    """What the personal places know of the shopper."""

    PUBLISHED = "published"
    """Nothing was done since they were computed."""
    LIVE = "live"
    """They count what was done since."""
    STALE = "stale"
    """Something was done since and could not be counted: the model's files cannot be read."""
    NONE = "none"
    """There are none."""


@dataclass(frozen=True, slots=True)
class Place:
    """A coupon that may be shown, before anybody asked whether it is eligible."""

    coupon_id: int
    score: float | None
    propensity: float
    reason: Mapping[str, Any]
    source: Source


@dataclass(frozen=True, slots=True)
class PersonalPlaces:
    """Best first. `failure` says why there are none, where it is the model's doing."""

    places: Sequence[Place]
    freshness: Freshness
    failure: Fallback = Fallback.NONE


def personal_places(context: ShopperContext, channel: Channel, now: datetime) -> PersonalPlaces:
    """Never raises for want of a model: what was published stands, and what was not is said."""
    version, shopper = context.version, context.shopper
    if version is None or shopper is None or not shopper.personalised:
        return PersonalPlaces([], Freshness.NONE)
    if is_expired(version, now):
        return PersonalPlaces([], Freshness.NONE, Fallback.MODEL_EXPIRED)
    published = [_published(place) for place in context.places]
    as_published = PersonalPlaces(published, Freshness.PUBLISHED if published else Freshness.NONE)
    if not any(act.counted for act in context.acts):
        return as_published
    try:
        scores = _scores(context, version, channel)
    except ArtefactError:
        return PersonalPlaces(published, Freshness.STALE, Fallback.NONE if published else Fallback.MODEL_UNAVAILABLE)
    except (ValueError, IndexError, LookupError):
        # rows of another shape than the artefact's: a computation of this version is being replaced
        logger.exception("The live scores of shopper %s cannot be made", shopper.pk)
        return PersonalPlaces(published, Freshness.STALE)
    return as_published if scores is None else PersonalPlaces(_moved(scores, context.places), Freshness.LIVE)


def scoring_table(version: VersionRow, channel: Channel) -> CouponTable | None:
    """What live scores are made with; None where the model's files cannot be read, or nothing was published."""
    try:
        return coupon_table(live_model(version.pk, version.path), channel)
    except ArtefactError:
        return None


def is_expired(version: VersionRow, now: datetime) -> bool:
    """Whether the version is older than MODEL_MAX_AGE_DAYS allows; 0 allows any age."""
    days = settings.MODEL_MAX_AGE_DAYS
    return bool(days) and now - version.created_at > timedelta(days=days)


_kept: "OrderedDict[Any, LiveScores | None]" = OrderedDict()
_lock = Lock()


def _scores(context: ShopperContext, version: VersionRow, channel: Channel) -> LiveScores | None:
    """None where nothing moved. Raises ArtefactError. Made once for the same behaviour after the same computation."""
    state = context.published_state
    table = coupon_table(live_model(version.pk, version.path), channel)
    key = (version.pk, channel.pk, state and (state.candidates_id, state.as_of), table and table.as_of, context.acts)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    scores = _made(context, version, table)
    with _lock:
        _kept[key] = scores
        while len(_kept) > settings.LIVE_SCORES_KEPT:
            _kept.popitem(last=False)
    return scores


def _made(context: ShopperContext, version: VersionRow, table: CouponTable | None) -> LiveScores | None:
    model = live_model(version.pk, version.path)
    move = interest_move(model, context.published_state, context.acts)
    if table is None or not move.changed:
        return None
    return live_scores(model, table, context.published_state, move)


def _published(place: PublishedPlace) -> Place:
    return Place(place.coupon_id, place.score, place.propensity, _reason(place), Source.PERSONAL)


def _reason(place: PublishedPlace | None) -> dict[str, str]:
    return {"code": (place.code if place else None) or INTEREST, "subject": (place.subject if place else None) or ""}


def _moved(scores: LiveScores, published: Sequence[PublishedPlace]) -> list[Place]:
    """By their new scores; a place drawn by chance stays where it was, with the probability that it was drawn by."""
    known = {place.coupon_id: place for place in published}
    drawn = {rank: place for rank, place in enumerate(published) if place.code == EXPLORATION}
    fixed = {place.coupon_id for place in drawn.values()}
    places = []
    rows = zip(scores.coupons.tolist(), scores.scores.tolist(), scores.lifts.tolist(), scores.subjects, strict=True)
    for coupon_id, score, lift, subject in rows:
        if coupon_id in fixed:
            continue
        if lift >= NOTICEABLE_LIFT and subject:
            reason = {"code": RECENT, "subject": subject}
        else:
            reason = _reason(known.get(coupon_id))
        places.append(Place(coupon_id, score, 1.0, reason, Source.PERSONAL))
    for rank, place in sorted(drawn.items()):
        places.insert(min(rank, len(places)), _published(place))
    return places
