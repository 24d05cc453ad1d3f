"""The read path: published rows, re-checked live, topped up from the popular list; never empty for want of a model."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from coupons.models import Channel
from coupons.nearby import Location
from recommender.enums import Fallback
from recommender.selectors.activity import ContextRow, has_acts, read_context_row, shopper_id_of, version_of
from recommender.selectors.kept_answers import KeptAnswer, find_answer, keep_answer
from recommender.selectors.places import Freshness, is_expired, scoring_table
from recommender.selectors.rules import Assignment, channel_rules
from recommender.selectors.shown import popular_coupons, shown_coupons
from recommender.selectors.slate import DEFAULT_LIMIT, Slate
from recommender.selectors.slates import Question, Watched, make_slate


def recommend_for(
    *,
    channel: Channel,
    shopper_external_id: str,
    now: datetime,
    limit: int = DEFAULT_LIMIT,
    cart_total_minor: int | None = None,
    location: Location | None = None,
    explained: bool = False,
) -> Slate:
    """The coupons to show this shopper at `now`, best first; nothing is written.

    With `cart_total_minor` coupons that ask for a larger purchase are left out; with `location` store coupons whose
    places are all closed or too far, and near ones stand higher than their score alone would put them. `explained`
    adds to the reasons of published places what the computation kept of them: the parts of the score and the strongest
    features.

    A handful of queries, whatever the number of coupons: the shopper with all that is published, eligibility; more
    where the lists name too few, and once a second what is shown of coupons. Two where nothing has changed since the
    same was asked: see `kept_answers`.
    """
    assignment = channel_rules(channel.pk).assignment(shopper_external_id)
    row = read_context_row(
        channel=channel, shopper_external_id=shopper_external_id, now=now, version_id=assignment.model_version_id
    )
    question = Question(channel, shopper_external_id, now, limit, cart_total_minor, location)
    if location is None and not explained and assignment.terms is None and settings.ANSWERS_KEPT:
        return _kept_or_made(row, assignment, question)
    return make_slate(row, assignment, question, explained=explained)[0]


def _kept_or_made(row: ContextRow, assignment: Assignment, question: Question) -> Slate:
    """The answer given before where all that it was made of is the same, under a new id."""
    version, channel = version_of(row), question.channel
    lists = (
        popular_coupons(version.pk, channel) if version else None,
        scoring_table(version, channel) if version and has_acts(row) else None,
    )
    expired = version is not None and is_expired(version, question.now)
    key = (channel.pk, shopper_id_of(row), question.limit, question.cart_total_minor, expired)
    kept: Slate | None = find_answer(key, row, lists, question.now)
    if kept is not None:
        shown = shown_coupons([item.coupon.pk for item in kept.items])
        if all(shown.get(item.coupon.pk) is item.coupon for item in kept.items):
            return replace(kept, slate_id=uuid.uuid4(), shopper=question.shopper_key, generated_at=question.now)
    question.watched = watched = Watched()
    slate, personal = make_slate(row, assignment, question)
    if (
        watched.whole
        and personal.freshness is not Freshness.STALE
        and personal.failure is not Fallback.MODEL_UNAVAILABLE
    ):
        coupons = [item.coupon.pk for item in slate.items]
        keep_answer(key, KeptAnswer(slate, row, coupons, lists, watched.states, watched.generation))
    return slate
