"""The read path: published rows, re-checked live, topped up from the popular list; never empty for want of a model."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from coupons.models import Channel, Coupon, Shopper
from coupons.selectors import eligible_coupons
from recommender.enums import Fallback, VersionStatus
from recommender.models import ModelVersion, PopularCoupon, Recommendation
from recommender.reasons import POPULAR, RUNNING

DEFAULT_LIMIT = 10
MAX_LIMIT = 50


class Source(StrEnum):
    """Where a place of the slate was filled from."""

    PERSONAL = "personal"
    POPULAR = "popular"


@dataclass(frozen=True, kw_only=True, slots=True)
class SlateItem:
    """One place. `coupon` comes with its campaign and benefit loaded; `position` 1 is the first."""

    coupon: Coupon
    position: int
    score: float | None
    """Calibrated probability of a redemption for a personal place, the popularity score for a popular one."""
    propensity: float
    reason: Mapping[str, Any]
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Slate:
    """An answer before it is written down. `fallback` is empty where at least one place is personal."""

    channel_id: int
    shopper: str
    shopper_id: int | None
    model_version_id: int | None
    model_version: int | None
    fallback: Fallback
    generated_at: datetime
    items: Sequence[SlateItem]
    slate_id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class _Question:
    """For whom, when, and with what in the cart."""

    channel: Channel
    shopper: Shopper | None
    now: datetime
    cart_total_minor: int | None

    def eligible(self, among: Collection[int] | None = None) -> QuerySet[Coupon]:
        coupons = eligible_coupons(channel=self.channel, shopper=self.shopper, now=self.now, among=among)
        if self.cart_total_minor is not None:
            coupons = coupons.filter(min_spend_minor__lte=self.cart_total_minor)
        return coupons


@dataclass(frozen=True, slots=True)
class _Place:
    coupon_id: int
    score: float | None
    propensity: float
    reason: Mapping[str, Any]
    source: Source


def live_version() -> ModelVersion | None:
    """The model version whose recommendations are served."""
    return ModelVersion.objects.filter(status=VersionStatus.LIVE).only("number", "created_at").first()


def recommend_for(
    *,
    channel: Channel,
    shopper_external_id: str,
    now: datetime,
    limit: int = DEFAULT_LIMIT,
    cart_total_minor: int | None = None,
) -> Slate:
    """The coupons to show this shopper at `now`, best first; nothing is written.

    With `cart_total_minor` coupons that ask for a larger purchase are left out. A handful of queries, whatever
    the number of coupons: shopper, version, personal rows, popular rows, eligibility, coupons, and one more to fill up.
    """
    shopper = Shopper.objects.filter(channel=channel, external_id=shopper_external_id).first()
    version = live_version()
    personal = _personal_places(version, shopper)
    places = personal + _popular_places(version, channel)
    question = _Question(channel, shopper, now, cart_total_minor)
    among = {place.coupon_id for place in places}
    eligible = set(question.eligible(among).values_list("pk", flat=True)) if among else set()
    chosen = _take(places, eligible, limit)
    if len(chosen) < limit:
        chosen += _fill_up(question, chosen, limit - len(chosen))
    shown = _load([place.coupon_id for place in chosen])
    items = [
        SlateItem(
            coupon=shown[place.coupon_id],
            position=position,
            score=place.score,
            propensity=place.propensity,
            reason=place.reason,
            source=place.source,
        )
        for position, place in enumerate(chosen, start=1)
    ]
    return Slate(
        channel_id=channel.pk,
        shopper=shopper_external_id,
        shopper_id=shopper.pk if shopper else None,
        model_version_id=version.pk if version else None,
        model_version=version.number if version else None,
        fallback=_fallback(shopper, version, personal, items),
        generated_at=now,
        items=items,
    )


def _personal_places(version: ModelVersion | None, shopper: Shopper | None) -> list[_Place]:
    if version is None or shopper is None or not shopper.personalised:
        return []
    rows = Recommendation.objects.filter(model_version=version, shopper=shopper).order_by("rank")
    return [
        _Place(coupon_id, score, propensity, reason, Source.PERSONAL)
        for coupon_id, score, propensity, reason in rows.values_list("coupon_id", "score", "propensity", "reason")
    ]


def _popular_places(version: ModelVersion | None, channel: Channel) -> list[_Place]:
    if version is None:
        return []
    rows = PopularCoupon.objects.filter(model_version=version, channel=channel).order_by("rank")
    return [
        _Place(coupon_id, score, 1.0, {"code": POPULAR}, Source.POPULAR)
        for coupon_id, score in rows.values_list("coupon_id", "score")
    ]


def _take(places: Sequence[_Place], eligible: Collection[int], limit: int) -> list[_Place]:
    """The first `limit` eligible places; a coupon is shown once, at its best place."""
    chosen: dict[int, _Place] = {}
    for place in places:
        if len(chosen) == limit:
            break
        if place.coupon_id in eligible and place.coupon_id not in chosen:
            chosen[place.coupon_id] = place
    return list(chosen.values())


def _fill_up(question: _Question, chosen: Sequence[_Place], missing: int) -> list[_Place]:
    """Coupons that run now, by the shop's priority and then by how soon they end, where no list names enough."""
    coupons = question.eligible().exclude(pk__in=[place.coupon_id for place in chosen])
    ordered = coupons.order_by("-campaign__priority", "campaign__ends_at", "pk")[:missing]
    return [
        _Place(coupon_id, None, 1.0, {"code": RUNNING}, Source.POPULAR)
        for coupon_id in ordered.values_list("pk", flat=True)
    ]


def _load(coupon_ids: Sequence[int]) -> dict[int, Coupon]:
    """What is shown of the chosen coupons; the lists name many more than an answer holds."""
    if not coupon_ids:
        return {}
    return Coupon.objects.select_related("campaign", "benefit").in_bulk(coupon_ids)


def _fallback(
    shopper: Shopper | None, version: ModelVersion | None, personal: Sequence[_Place], items: Sequence[SlateItem]
) -> Fallback:
    """Why no place is personal; empty where one is. What concerns the shopper comes before what concerns us."""
    if any(item.source is Source.PERSONAL for item in items):
        return Fallback.NONE
    if shopper is None:
        return Fallback.UNKNOWN_SHOPPER
    if not shopper.personalised:
        return Fallback.NOT_PERSONALISED
    if version is None:
        return Fallback.NO_MODEL
    return Fallback.NONE_ELIGIBLE if personal else Fallback.NOT_PRECOMPUTED
