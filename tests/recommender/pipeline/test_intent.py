"""What of a shopper's acts is still open on a day, and what a step of the sequence holds on a day that is not over."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.config import FeatureConfig
from recommender.intent import Intent
from recommender.pipeline.features.intent import open_intent
from recommender.pipeline.features.sequences import Visits, load_visits, open_steps, step_inputs
from recommender.pipeline.features.vocabulary_fit import fit_vocabulary
from recommender.pipeline.lake import day_of, read_lake
from recommender.pipeline.vocabulary import Vocabulary
from tests.recommender.pipeline.made_up_lake import build, day, event, shop_tables

START_DAY = day_of(day(0))
BASKETS = [event(f"p{n}", 1, n, 100 * (n % 3)) for n in range(12)]


def act(name: str, at: float, product: int, kind: str) -> dict[str, Any]:
    return event(name, 1, at, product, kind=kind, value_minor=None)


def read(folder: Path, *acts: dict[str, Any], learnt: tuple[str, ...] = ("purchase",)) -> tuple[Visits, Vocabulary]:
    lake = read_lake(build(folder, {**shop_tables(shoppers=1), "events": [*BASKETS, *acts]}))
    fitted = fit_vocabulary(lake, FeatureConfig(), before=START_DAY + 12)
    vocabulary = Vocabulary.from_json({**fitted.to_json(), "kinds": list(learnt)})
    return load_visits(lake, vocabulary), vocabulary


def intent_on(visits: Visits, vocabulary: Vocabulary, today: int) -> dict[str, tuple[Any, Any]]:
    """(past, total) by category at the end of a day."""
    found: list[Intent] = open_intent(visits.acts, np.array([1]), as_of=START_DAY + today + 1, half_life=7)
    return {
        vocabulary.categories[row["category"]]: (pytest.approx(row["past"]), pytest.approx(row["total"]))
        for row in found[0]
    }


def test_acts_add_up_fade_and_end_with_a_purchase(tmp_path: Path) -> None:
    visits, vocabulary = read(
        tmp_path,
        act("a", 13, 0, "cart"),
        act("b", 20, 0, "view"),
        act("c", 20, 100, "click"),
        event("d", 1, 21, 100),
        act("e", 21.1, 200, "view"),
        act("f", 22, 100, "view"),
    )
    assert intent_on(visits, vocabulary, 12) == {}
    assert intent_on(visits, vocabulary, 13) == {"Food > Aisle 0": (0, 0.5)}
    assert intent_on(visits, vocabulary, 20) == {"Food > Aisle 0": (0.25, 0.35), "Food > Aisle 1": (0, 0.2)}
    later = intent_on(visits, vocabulary, 22)
    fade = 0.5 ** (1 / 7)
    assert later["Food > Aisle 1"] == (0, 0.1)  # looked at again after the purchase
    assert later["Food > Aisle 2"] == (0.1 * fade, 0.1 * fade)
    assert later["Food > Aisle 0"] == (0.35 * fade**2, 0.35 * fade**2)
    assert intent_on(visits, vocabulary, 22 + 57) == {}


def test_a_learnt_kind_is_intent_only_on_the_day_that_is_not_over(tmp_path: Path) -> None:
    acts = [act("a", 13, 0, "view"), act("b", 14, 100, "view"), act("c", 13, 0, "cart")]
    visits, vocabulary = read(tmp_path, *acts, learnt=("purchase", "view"))
    fade = 0.5 ** (1 / 7)
    assert intent_on(visits, vocabulary, 14) == {
        "Food > Aisle 0": (0.5 * fade, 0.5 * fade),
        "Food > Aisle 1": (0, 0.1),
    }


@pytest.mark.parametrize(("learnt", "days"), [(("purchase",), [11]), (("purchase", "view"), [11, 13])])
def test_only_learnt_kinds_make_steps_and_today_only_purchases(
    tmp_path: Path, learnt: tuple[str, ...], days: list[int]
) -> None:
    visits, _ = read(tmp_path, act("a", 13, 0, "view"), act("b", 14, 0, "view"), learnt=learnt)
    as_of = np.array([START_DAY + 15])
    steps, mask = open_steps(visits, np.array([1]), as_of, 3)
    assert (visits.day[steps[0][mask[0]]] - START_DAY).tolist()[-len(days) :] == days


def test_a_purchase_of_today_is_a_step_of_what_was_bought(tmp_path: Path) -> None:
    acts = [event("a", 1, 14, 0, value_minor=250), act("b", 14.1, 0, "view"), act("c", 14.2, 100, "view")]
    visits, vocabulary = read(tmp_path, *acts, learnt=("purchase", "view"))
    as_of = np.array([START_DAY + 15])
    steps, mask = open_steps(visits, np.array([1]), as_of, 2)
    x = step_inputs(visits, steps, mask, vocabulary, as_of)
    bought = vocabulary.step_inputs({vocabulary.categories.index("Food > Aisle 0"): 1.0}, gap_days=3, spend_minor=250)
    np.testing.assert_allclose(x[0, 1], bought, atol=1e-3)
    tomorrow = as_of + 1
    steps, mask = open_steps(visits, np.array([1]), tomorrow, 2)
    over = step_inputs(visits, steps, mask, vocabulary, tomorrow)
    assert over[0, 1, vocabulary.categories.index("Food > Aisle 1")] > 0


def test_a_kind_that_is_hardly_there_is_not_learnt(tmp_path: Path) -> None:
    events = [*(event(f"p{n}", 1 + n, n % 9, 0) for n in range(50)), act("c", 1, 0, "cart"), act("v", 1, 0, "view")]
    lake = read_lake(build(tmp_path / "few", {**shop_tables(shoppers=1), "events": events}))
    assert fit_vocabulary(lake, FeatureConfig(), before=START_DAY + 12).kinds == ("purchase",)
    more = [*events, act("w", 2, 0, "view")]
    lake = read_lake(build(tmp_path / "more", {**shop_tables(shoppers=1), "events": more}))
    assert fit_vocabulary(lake, FeatureConfig(), before=START_DAY + 12).kinds == ("purchase", "view")


def test_a_shop_without_purchases_learns_from_what_it_has(tmp_path: Path) -> None:
    lake = read_lake(build(tmp_path, {**shop_tables(shoppers=1), "events": [act("v", 1, 0, "view")]}))
    assert fit_vocabulary(lake, FeatureConfig(), before=START_DAY + 12).kinds == ("purchase", "view")
