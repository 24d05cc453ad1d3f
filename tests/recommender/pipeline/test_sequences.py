"""Vocabulary and sequences: fitted on the past only, padded with a mask, targets of closed windows only."""

import copy
from pathlib import Path

import numpy as np
import pytest

from recommender.config import FeatureConfig
from recommender.pipeline.features.sequences import last_steps, load_visits, step_inputs, training_set
from recommender.pipeline.features.vocabulary_fit import fit_vocabulary
from recommender.pipeline.lake import Lake, day_of, read_lake
from recommender.pipeline.vocabulary import Vocabulary
from tests.recommender.pipeline.made_up_lake import build, day, event, shop_tables

START_DAY = day_of(day(0))


def read(folder: Path, events: list[dict[str, object]]) -> Lake:
    rows = shop_tables(shoppers=1)
    return read_lake(build(folder, {**rows, "events": events}))


def fitted(lake: Lake, before: float = 200) -> Vocabulary:
    return fit_vocabulary(lake, FeatureConfig(), before=START_DAY + int(before))


def test_the_vocabulary_knows_nothing_of_later_events(tmp_path: Path) -> None:
    early = [event("a", 1, 1, 0), event("b", 2, 2, 0), event("c", 2, 3, 100)]
    late = [event("d", 3, 10, 200), *[event(f"e{s}", s, 11, 100) for s in range(3, 9)]]
    alone = fitted(read(tmp_path / "one", early), before=10)
    beside = fitted(read(tmp_path / "two", [*early, *late]), before=10)
    assert alone == beside
    assert alone.categories == ("Food > Aisle 0", "Food > Aisle 1")  # most buyers first
    assert alone.fitted_before == START_DAY + 10
    assert "Food > Aisle 2" in fitted(read(tmp_path / "three", [*early, *late])).categories


def test_the_vocabulary_survives_json(tmp_path: Path) -> None:
    vocabulary = fitted(read(tmp_path / "lake", [event(f"e{n}", n, n, 100 * (n % 3)) for n in range(1, 9)]))
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


def test_only_the_categories_with_most_buyers_are_kept(tmp_path: Path) -> None:
    events = [event("a", 1, 1, 0), event("b", 2, 1, 100), event("c", 3, 1, 100), event("d", 1, 2, 0)]
    lake = read(tmp_path / "lake", events)
    vocabulary = fit_vocabulary(lake, FeatureConfig(max_categories=1), before=START_DAY + 200)
    assert vocabulary.categories == ("Food > Aisle 1",)


def test_a_step_is_what_the_web_half_computes(tmp_path: Path) -> None:
    """`Vocabulary.step_inputs` (one live event) and `sequences.step_inputs` (training) are one function of a basket."""
    events = [
        event("a", 1, 1, 0),
        event("b", 1, 8.1, 0, value_minor=250),
        event("c", 1, 8.2, 100, kind="click", value_minor=None),
    ]
    lake = read(tmp_path / "lake", events)
    vocabulary = fitted(lake)
    visits = load_visits(lake, vocabulary)
    steps, mask = last_steps(visits, np.array([1]), np.array([START_DAY + 50]), 4)
    assert mask.tolist() == [[True, True, False, False]]
    x = step_inputs(visits, steps, mask, vocabulary)
    food = vocabulary.categories.index("Food > Aisle 0")
    other = vocabulary.categories.index("Food > Aisle 1")
    live = vocabulary.step_inputs({food: 1.0, other: 0.2}, gap_days=7, spend_minor=250)
    np.testing.assert_allclose(x[0, 1], live, atol=1e-3)  # kept as half precision
    assert not x[0, 2:].any()


def test_steps_on_the_day_itself_are_too_late(tmp_path: Path) -> None:
    lake = read(tmp_path / "lake", [event(f"e{n}", 1, n, 0) for n in (1, 5, 9)])
    visits = load_visits(lake, fitted(lake))
    steps, mask = last_steps(visits, np.array([1, 2]), np.array([START_DAY + 9, START_DAY + 9]), 2)
    assert visits.day[steps[0][mask[0]]].tolist() == [START_DAY + 1, START_DAY + 5]
    assert not mask[1].any()  # a shopper whom nobody knows


def test_targets_are_the_next_window_and_count_only_when_it_has_closed(tmp_path: Path) -> None:
    events = [
        event("a", 1, 1, 0),
        event("b", 1, 5, 100),
        event("c", 1, 11, 200),
        event("d", 1, 14, 300, kind="view"),  # seen, not bought: no target
        event("e", 1, 31, 0),
    ]
    lake = read(tmp_path / "lake", events)
    vocabulary = fitted(lake)
    found = training_set(load_visits(lake, vocabulary), vocabulary, before=START_DAY + 20, window_days=10, length=6)
    assert found.mask.tolist() == [[True] * 4]  # no wider than the longest
    aisle = {n: vocabulary.categories.index(f"Food > Aisle {n}") for n in range(4)}
    assert [set(np.flatnonzero(row).tolist()) for row in found.y[0, :3]] == [
        {aisle[1], aisle[2]},  # days 2-11
        {aisle[2]},  # days 6-15: the basket itself does not count
        set(),
    ]
    # Windows of days 1 and 5 end before day 20, that of day 11 ends on day 21.
    assert found.y_mask.tolist() == [[True, True, False, False]]


def test_in_a_shop_that_sells_nothing_here_looking_is_the_target(tmp_path: Path) -> None:
    views = [event(f"v{n}", 1 + n // 10, n % 10, 100 * (n % 3), kind="view", value_minor=None) for n in range(60)]
    lake = read(tmp_path / "lake", views)
    vocabulary = fitted(lake)
    found = training_set(load_visits(lake, vocabulary), vocabulary, before=START_DAY + 10, window_days=3, length=10)
    assert found.x[0, 0, : len(vocabulary.categories)].any()
    assert found.y[0, 0].sum() == 3  # each of the three within the next three days


def test_nothing_after_the_cut_changes_the_training_set(tmp_path: Path) -> None:
    events = [event(f"e{n}", 1 + n % 3, n, 100 * (n % 4)) for n in range(30)]
    changed = copy.deepcopy(events)
    for row in changed[20:]:
        row["product_id"] = 500
        row["value_minor"] = 1
    one, two = read(tmp_path / "one", events), read(tmp_path / "two", changed)
    vocabulary = fitted(one, before=20)
    sets = [
        training_set(load_visits(lake, vocabulary), vocabulary, before=START_DAY + 20, window_days=5, length=8)
        for lake in (one, two)
    ]
    for left, right in zip(vars(sets[0]).values(), vars(sets[1]).values(), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("length", [1, 3])
def test_the_latest_steps_are_kept(tmp_path: Path, length: int) -> None:
    lake = read(tmp_path / "lake", [event(f"e{n}", 1, n, 0) for n in range(5)])
    visits = load_visits(lake, fitted(lake))
    steps, mask = last_steps(visits, np.array([1]), np.array([START_DAY + 90]), length)
    assert mask.all()
    assert visits.day[steps[0]].tolist() == [START_DAY + n for n in range(5)][-length:]
