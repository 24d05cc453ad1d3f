"""Making an answer: personal places, the policy's or the best that may be used, popular ones where they are too few."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coupons.evaluation import Nearest
from coupons.models import Channel, Coupon, Shopper
from coupons.nearby import Location, nearest_places
from coupons.selectors import eligible_coupon_ids
from recommender.enums import Fallback, VersionStatus
from recommender.models import ModelVersion, Recommendation
from recommender.policies.terms import PolicyTerms
from recommender.reasons import EXPLORATION, POPULAR, RUNNING
from recommender.selectors.activity import (
    ContextRow,
    ShopperContext,
    VersionRow,
    context_of,
    read_context,
)
from recommender.selectors.deciding import (
    NO_POLICY,
    PERSONAL_TIER,
    POPULAR_TIER,
    LiveDecision,
    Offers,
    decide,
    read_history,
)
from recommender.selectors.kept_answers import WATCH
from recommender.selectors.learned import learned_posterior
from recommender.selectors.nearby import appeal
from recommender.selectors.places import (
    PersonalPlaces,
    Place,
    Source,
    personal_places,
)
from recommender.selectors.rules import Assignment
from recommender.selectors.shown import popular_coupons, shown_coupons
from recommender.selectors.slate import Slate, SlateItem
from recommender.selectors.uplift import extra_purchases

SPARE = 20
"""Places asked about beyond those that are needed: a few are not eligible any more."""


@dataclass(slots=True)
class Watched:
    """The coupons that an answer asked about. `whole` turns False where it asked for all that run."""

    states: dict[int, str | None] = field(default_factory=dict)
    generation: int = -1
    whole: bool = True

    def note(self, among: Collection[int] | None, now: datetime) -> None:
        if among is None:
            self.whole = False
            return
        states, generation = WATCH.states(among, now)
        self.states |= states
        self.generation = generation if self.generation < 0 else min(generation, self.generation)


@dataclass(slots=True)
class Question:
    """For whom, when, how many, and with what in the cart."""

    channel: Channel
    shopper_key: str
    now: datetime
    limit: int
    cart_total_minor: int | None = None
    location: Location | None = None
    shopper: Shopper | None = None
    """The account, once it was read."""
    nearest: dict[int, Nearest] = field(default_factory=dict)
    """Of the coupons that were asked about, where there is a location."""
    watched: Watched | None = None
    """Where the answer may be kept."""

    def look_around(self, coupon_ids: Collection[int]) -> None:
        """Read the places of coupons that were not asked about before."""
        if self.location is not None:
            self.nearest.update(nearest_places(coupon_ids=coupon_ids, location=self.location, now=self.now))

    def eligible(self, among: Collection[int] | None = None) -> set[int]:
        """Asked of the database; what the answer is kept with was read before."""
        if self.watched is not None:
            self.watched.note(among, self.now)
        found = eligible_coupon_ids(channel=self.channel, shopper=self.shopper, now=self.now, among=among)
        if self.cart_total_minor is not None and found:
            found &= set(
                Coupon.objects.filter(pk__in=found, min_spend_minor__lte=self.cart_total_minor).values_list(
                    "pk", flat=True
                )
            )
        if self.location is None:
            return found
        self.look_around(found)
        return {pk for pk in found if pk not in self.nearest or self.nearest[pk].reachable}


def live_version() -> ModelVersion | None:
    """The model version whose recommendations are served."""
    return ModelVersion.objects.filter(status=VersionStatus.LIVE).only("number", "created_at").first()


def make_slate(
    row: ContextRow, assignment: Assignment, question: Question, *, explained: bool = False
) -> tuple[Slate, PersonalPlaces]:
    """The answer, and the personal places that were there to choose from."""
    context, channel, limit = context_of(row), question.channel, question.limit
    question.shopper = _account(context, channel)
    personal = personal_places(context, channel, question.now)
    places = [*personal.places, *_popular_places(context.version, channel)]
    if question.location is not None:
        question.look_around([place.coupon_id for place in places])
        places = _nearer_first(places, question.nearest)
    decided = NO_POLICY
    if assignment.terms is not None:
        live, chosen = _by_policy(assignment, places, question, context, limit)
        decided = live.log
    else:
        chosen = _choose(places, question, context, limit)
        if len(chosen) < limit:
            chosen += _fill_up(question, context.dismissed, chosen, limit - len(chosen))
    if explained:
        chosen = _explained(chosen, context)
    shown = shown_coupons([place.coupon_id for place in chosen])
    items = [
        SlateItem(
            coupon=shown[place.coupon_id],
            position=position,
            score=place.score,
            propensity=place.propensity,
            reason=place.reason,
            source=place.source,
            nearest=question.nearest.get(place.coupon_id),
        )
        for position, place in enumerate(chosen, start=1)
    ]
    slate = Slate(
        channel_id=channel.pk,
        shopper=question.shopper_key,
        shopper_id=context.shopper.pk if context.shopper else None,
        model_version_id=context.version.pk if context.version else None,
        model_version=context.version.number if context.version else None,
        fallback=_fallback(context, personal, items) if not decided.held_out else Fallback.HELD_OUT,
        freshness=personal.freshness,
        generated_at=question.now,
        items=items,
        decision=decided,
    )
    return slate, personal


def decide_for(
    assignment: Assignment, *, channel: Channel, shopper_external_id: str, now: datetime, limit: int
) -> tuple[LiveDecision, list[Place], bool]:
    """What `recommend_for` decides under given rules, with the live model; whether anything personal is known.

    ValueError where the assignment holds no policy.
    """
    if assignment.terms is None:
        raise ValueError("the assignment holds no policy")
    context = read_context(channel=channel, shopper_external_id=shopper_external_id, now=now)
    personal = personal_places(context, channel, now)
    places = [*personal.places, *_popular_places(context.version, channel)]
    question = Question(channel, shopper_external_id, now, limit, shopper=_account(context, channel))
    live, chosen = _by_policy(assignment, places, question, context, limit)
    return live, chosen, bool(personal.places)


def _by_policy(
    assignment: Assignment, places: Sequence[Place], question: Question, context: ShopperContext, limit: int
) -> tuple[LiveDecision, list[Place]]:
    """The policy's slate, and its places with their reasons and exact propensities."""
    terms = assignment.terms or PolicyTerms()
    offers = Offers(
        coupon=[place.coupon_id for place in places],
        score=[place.score or 0.0 for place in places],
        tier=[PERSONAL_TIER if place.source is Source.PERSONAL else POPULAR_TIER for place in places],
    )
    shopper_id = context.shopper.pk if context.shopper else None
    history = read_history(
        terms=terms,
        shopper_id=shopper_id,
        dismissed=context.dismissed,
        channel_id=question.channel.pk,
        now=question.now,
    )
    extra = extra_purchases(terms, channel_id=question.channel.pk, shopper_ids=[shopper_id])
    live = decide(
        assignment,
        terms,
        offers,
        channel_id=question.channel.pk,
        shopper=question.shopper_key,
        history=history,
        eligible=question.eligible,
        now=question.now,
        size=limit,
        posterior=learned_posterior(terms, context.version.pk if context.version else None),
        extra=extra.get(shopper_id or 0),
    )
    known: dict[int, Place] = {}
    for place in places:
        if assignment.held_out is None or place.source is not Source.PERSONAL:
            known.setdefault(place.coupon_id, place)
    chosen = []
    for coupon, propensity in zip(live.coupons, live.propensities, strict=True):
        place = known.get(coupon) or Place(coupon, None, 1.0, {"code": RUNNING}, Source.POPULAR)
        reason = {**place.reason, "code": EXPLORATION} if coupon in live.explored else place.reason
        chosen.append(replace(place, propensity=propensity, reason=reason))
    return live, chosen


def _account(context: ShopperContext, channel: Channel) -> Shopper | None:
    row = context.shopper
    if row is None:
        return None
    return Shopper(pk=row.pk, channel=channel, segments=row.segments, same_person_as_id=row.same_person_as_id)


def _popular_places(version: VersionRow | None, channel: Channel) -> list[Place]:
    if version is None:
        return []
    return [
        Place(coupon_id, score, 1.0, {"code": POPULAR}, Source.POPULAR)
        for coupon_id, score in popular_coupons(version.pk, channel)
    ]


def _choose(places: Sequence[Place], question: Question, context: ShopperContext, limit: int) -> list[Place]:
    """The first `limit` eligible places; eligibility is asked of a few more than are needed, then of the rest."""
    once = _once(places, context.dismissed)
    chosen: list[Place] = []
    for part in (once[: limit + SPARE], once[limit + SPARE :]):
        if len(chosen) < limit and part:
            eligible = question.eligible([place.coupon_id for place in part])
            chosen += [place for place in part if place.coupon_id in eligible]
    return chosen[:limit]


def _once(places: Sequence[Place], dismissed: Collection[int]) -> list[Place]:
    """Each coupon at its best place, and none that the shopper put away."""
    best: dict[int, Place] = {}
    for place in places:
        if place.coupon_id not in dismissed:
            best.setdefault(place.coupon_id, place)
    return list(best.values())


def _fill_up(question: Question, dismissed: Collection[int], chosen: Sequence[Place], missing: int) -> list[Place]:
    """Coupons that run now, by the shop's priority and then by how soon they end, where no list names enough."""
    left = question.eligible() - {*dismissed, *(place.coupon_id for place in chosen)}
    ordered = Coupon.objects.filter(pk__in=left).order_by("-campaign__priority", "campaign__ends_at", "pk")[:missing]
    return [
        Place(coupon_id, None, 1.0, {"code": RUNNING}, Source.POPULAR)
        for coupon_id in ordered.values_list("pk", flat=True)
    ]


def _nearer_first(places: Sequence[Place], nearest: Mapping[int, Nearest]) -> list[Place]:
    """Personal before popular, each by its score as it fades with the way to the nearest place."""

    def rank(place: Place) -> tuple[bool, float]:
        store = nearest.get(place.coupon_id)
        return place.source is not Source.PERSONAL, -(place.score or 0.0) * (appeal(store) if store else 1.0)

    return sorted(places, key=rank)


def _explained(chosen: Sequence[Place], context: ShopperContext) -> list[Place]:
    if context.version is None or context.shopper is None:
        return list(chosen)
    rows = Recommendation.objects.filter(model_version=context.version.pk, shopper=context.shopper.pk)
    kept = dict(rows.values_list("coupon_id", "reason"))
    return [
        replace(place, reason={**kept.get(place.coupon_id, {}), **place.reason})
        if place.source is Source.PERSONAL
        else place
        for place in chosen
    ]


def _fallback(context: ShopperContext, personal: PersonalPlaces, items: Sequence[SlateItem]) -> Fallback:
    """Why no place is personal; empty where one is. What concerns the shopper comes before what concerns us."""
    if any(item.source is Source.PERSONAL for item in items):
        return Fallback.NONE
    if context.shopper is None:
        return Fallback.UNKNOWN_SHOPPER
    if not context.shopper.personalised:
        return Fallback.NOT_PERSONALISED
    if context.version is None:
        return Fallback.NO_MODEL
    if personal.failure is not Fallback.NONE:
        return personal.failure
    return Fallback.NONE_ELIGIBLE if personal.places else Fallback.NOT_PRECOMPUTED
