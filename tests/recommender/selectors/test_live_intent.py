"""No view, click or cart lowers what is shown of its category, whatever the recurrence would make of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone

from recommender.intent import INTENT, coupon_lift
from recommender.live_model import LiveModel
from recommender.models import LiveCandidates, ModelVersion
from recommender.online import OnlineInterest
from recommender.pipeline.vocabulary import EVENT_WEIGHTS
from recommender.selectors.activity import DayActs, PublishedState, read_context
from recommender.selectors.live import category_numbers, coupon_table, interest_move, live_scores
from tests.couponsite.shop.corner import Corner, open_corner, train_corner

pytestmark = pytest.mark.django_db


@pytest.fixture
def corner() -> Corner:
    corner = open_corner()
    train_corner(corner)
    return corner


@pytest.fixture
def forgetting(corner: Corner) -> LiveModel:
    """A model that has learnt from baskets alone: whatever small thing happens, less will be bought."""
    version = ModelVersion.objects.get()
    model = LiveModel.load(version.pk, Path(settings.MODEL_DIR) / version.path)
    weights = {**model.interest.weights, "W_rec": model.interest.weights["W_rec"] / 4}
    return replace(model, interest=OnlineInterest(weights))


@pytest.fixture
def state(corner: Corner) -> PublishedState:
    found = read_context(channel=corner.channel, shopper_external_id="1823", now=timezone.now()).published_state
    assert found is not None
    kept = LiveCandidates.objects.get(pk=found.candidates_id)  # without acts a context leaves these out
    return replace(found, coupons=bytes(kept.coupons), logits=bytes(kept.logits), pair=bytes(kept.pair))


def test_each_act_raises_its_category_and_nothing_falls(
    corner: Corner, forgetting: LiveModel, state: PublishedState
) -> None:
    table = coupon_table(forgetting, corner.channel)
    assert table is not None
    numbers = {pk: number for pk, number in category_numbers(forgetting, set()).items() if number is not None}
    published = forgetting.interest.interest(np.frombuffer(state.state, "<f4"))
    today = int(state.as_of.timestamp() // 86_400)
    day = today
    acts: list[DayActs] = []
    shown, scores = published, None
    for pk, number in numbers.items():
        for kind in ("view", "click", "cart", "cart"):
            x = forgetting.step_input({number: EVENT_WEIGHTS[kind]}, gap_days=1, spend_minor=0)
            stepped = forgetting.interest.interest(forgetting.interest.step(np.frombuffer(state.state, "<f4"), x))
            assert stepped[number] < published[number]  # what one step of its own would have said
            acts.append(DayActs(day, pk, EVENT_WEIGHTS[kind], 0, 0.0, 1, 1))
            move = interest_move(forgetting, state, tuple(acts))
            live = live_scores(forgetting, table, state, move)
            after = dict(zip(live.coupons.tolist(), live.scores.tolist(), strict=True))
            assert move.changed
            assert move.after[number] > shown[number]
            others = np.arange(len(shown)) != number
            assert move.after[others].tolist() == shown[others].tolist()
            assert len(after) == len(corner.coupons)
            if scores is not None:
                assert all(after[coupon] >= score for coupon, score in scores.items())
            shown, scores = move.after, after
        day += 1


def test_a_purchase_takes_a_step_and_ends_the_intent_in_its_category(
    corner: Corner, forgetting: LiveModel, state: PublishedState
) -> None:
    numbers = {pk: number for pk, number in category_numbers(forgetting, set()).items() if number is not None}
    (one, other), today = list(numbers)[:2], int(state.as_of.timestamp() // 86_400)
    past = np.array([(numbers[one], 0.5, 0.6), (numbers[other], 0.2, 0.2)], INTENT)
    past.sort(order="category")
    state = replace(state, intent=past.tobytes())
    nothing = interest_move(forgetting, state, (DayActs(today, one, 0.1, 0, 0.0, 1, 1),))
    assert not nothing.changed  # the published intent again: past and today's
    bought = DayActs(today, one, 0.1, 1, 399.0, 2, 2)
    move = interest_move(forgetting, state, (bought,))
    x = forgetting.step_input({numbers[one]: 1.0}, gap_days=today - (state.base_day or 0), spend_minor=399)
    stepped = forgetting.interest.interest(forgetting.interest.step(np.frombuffer(state.base_state, "<f4"), x))
    np.testing.assert_allclose(move.recurrent[1], stepped, atol=1e-6)
    assert np.flatnonzero(move.after > move.recurrent[1]).tolist() == [numbers[other]]
    table = coupon_table(forgetting, corner.channel)
    assert table is not None
    live = live_scores(forgetting, table, state, move)
    sums = np.frombuffer(state.logits, "<f8")
    kept = np.frombuffer(state.coupons, "<i8")
    place = table.places(kept)
    said = [forgetting.fusion.logits(interest, table.items[place], None) for interest in move.recurrent]
    moved = forgetting.stack.moved(sums, said[0], said[1])
    moved += coupon_lift(move.recurrent[1], move.after, table.coverage[place])
    assert np.abs(said[1] - said[0]).max() > 0.01
    expected = dict(zip(kept.tolist(), forgetting.stack.probabilities(moved).tolist(), strict=True))
    assert dict(zip(live.coupons.tolist(), live.scores.tolist(), strict=True)) == pytest.approx(expected)


def test_the_acts_of_a_bot_are_no_intent(forgetting: LiveModel, state: PublishedState) -> None:
    pk = next(pk for pk, number in category_numbers(forgetting, set()).items() if number is not None)
    day = int(state.as_of.timestamp() // 86_400)
    most = forgetting.max_events_per_day
    assert interest_move(forgetting, state, (DayActs(day, pk, 0.1 * most, 0, 0.0, most, most),)).changed
    assert not interest_move(forgetting, state, (DayActs(day, pk, 1.0, 0, 0.0, most + 1, most + 1),)).changed
