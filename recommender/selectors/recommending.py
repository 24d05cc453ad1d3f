"""The read path: published rows, re-checked live, topped up from the popular list; never empty for want of a model."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import is_
from typing import Any

from django.conf import settings

from coupons.models import Channel
from coupons.nearby import Location
from recommender.enums import Fallback
from recommender.selectors.activity import (
    ContextRow,
    context_values,
    has_acts,
    read_row,
    shopper_id_of,
    version_of,
)
from recommender.selectors.kept_answers import (
    KeptAnswer,
    Key,
    drop_answer,
    guess_shopper,
    keep_answer,
    look_up,
    read_again,
    still_holds,
)
from recommender.selectors.marks import are_open, mark_values, read_marks
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
    where the lists name too few, and once a second what is shown of coupons. One round trip where nothing has changed
    since the same was asked: see `kept_answers`.
    """
    assignment = channel_rules(channel.pk).assignment(shopper_external_id)
    question = Question(channel, shopper_external_id, now, limit, cart_total_minor, location)
    values = context_values(
        channel=channel, shopper_external_id=shopper_external_id, now=now, version_id=assignment.model_version_id
    )
    if location is None and not explained and assignment.terms is None and settings.ANSWERS_KEPT:
        return _kept_or_made(values, assignment, question)
    return make_slate(read_row(values), assignment, question, explained=explained)[0]


def _kept_or_made(values: Mapping[str, Any], assignment: Assignment, question: Question) -> Slate:
    """The answer given before where all that it was made of is the same, under a new id."""
    channel, now = question.channel, question.now
    guess = guess_shopper(channel.pk, question.shopper_key)
    kept = look_up(_key(question, guess))
    row: ContextRow | None = None
    if kept is not None:
        marks = read_marks(values, kept.mark_values, now)
        if marks == kept.marks and (slate := _given_again(kept, question)) is not None:
            return slate
        row, states = read_again(values, kept, now)
        if row == kept.row and all(kept.states[pk] == state for pk, state in states.items()):
            kept.marks = marks if are_open(marks, kept.shown) else None
            if (slate := _given_again(kept, question)) is not None:
                return slate
    row = row or read_row(values)
    key, lists = _key(question, shopper_id_of(row)), _lists(row, channel, now)
    question.watched = watched = Watched()
    slate, personal = make_slate(row, assignment, question)
    if (
        watched.whole
        and personal.freshness is not Freshness.STALE
        and personal.failure is not Fallback.MODEL_UNAVAILABLE
    ):
        coupons = [item.coupon for item in slate.items]
        shown = [coupon.pk for coupon in coupons]
        asked = mark_values(row, coupons)
        answer = KeptAnswer(slate, row, coupons, shown, lists, watched.states, watched.generation, asked)
        keep_answer(key, answer, known_as=(channel.pk, question.shopper_key))
    else:
        drop_answer(key)
    return slate


def _given_again(kept: KeptAnswer, question: Question) -> Slate | None:
    """Where the shopper's own and that of the coupons shown is the same; None where something else is not."""
    if not still_holds(kept, _lists(kept.row, question.channel, question.now), question.now):
        return None
    return _under_a_new_id(kept, question)


def _under_a_new_id(kept: KeptAnswer, question: Question) -> Slate | None:
    """None where a coupon's texts have changed."""
    slate: Slate = kept.slate
    shown = shown_coupons(kept.shown)
    if not all(map(is_, kept.coupons, map(shown.get, kept.shown))):
        return None
    return replace(slate, slate_id=uuid.uuid4(), shopper=question.shopper_key, generated_at=question.now)


def _key(question: Question, shopper_id: int | None) -> Key:
    return question.channel.pk, shopper_id, question.limit, question.cart_total_minor


def _lists(row: ContextRow, channel: Channel, now: datetime) -> Sequence[object]:
    """What the answer depends on that is not the shopper's own nor a coupon's."""
    version = version_of(row)
    if version is None:
        return None, None, False
    table = scoring_table(version, channel) if has_acts(row) else None
    return popular_coupons(version.pk, channel), table, is_expired(version, now)
