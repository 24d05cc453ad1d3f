"""Stage 8: order, eligibility, bounds, and propensities that are exactly the share of draws."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from recommender.config import PolicyConfig
from recommender.pipeline.policy import Place, make_slate


def slate(seed: int = 0, eligible: set[int] | None = None, **config: Any) -> list[Place]:
    return make_slate(
        coupons=np.array([11, 12, 13, 14, 15]),
        campaigns=np.array([1, 1, 1, 2, 2]),
        scores=np.array([0.5, 0.4, 0.3, 0.2, 0.1]),
        reasons={11: {"code": "interest"}},
        eligible=eligible,
        config=PolicyConfig(**{"slate_size": 3, "exploration": 0.0, **config}),
        generator=np.random.default_rng(seed),
    )


def test_best_first_with_reason_and_certain_places() -> None:
    places = slate()
    assert [(p.coupon, p.rank, p.score, p.propensity) for p in places] == [
        (11, 1, 0.5, 1.0),
        (12, 2, 0.4, 1.0),
        (13, 3, 0.3, 1.0),
    ]
    assert places[0].reason == {"code": "interest"}


def test_only_eligible_coupons() -> None:
    assert [place.coupon for place in slate(eligible={12, 15})] == [12, 15]
    assert slate(eligible=set()) == []


def test_at_most_so_many_of_one_campaign() -> None:
    assert [place.coupon for place in slate(max_per_campaign=1)] == [11, 14]


def test_propensities_are_the_frequencies_of_the_draws() -> None:
    draws = 4000
    seen: Counter[int] = Counter()
    said: dict[int, float] = {}
    for seed in range(draws):
        places = slate(seed, exploration=0.5)
        assert [place.coupon for place in places[:2]] == [11, 12]
        last = places[2]
        seen[last.coupon] += 1
        said[last.coupon] = last.propensity
    assert said == {13: 0.5, 14: 0.25, 15: 0.25}
    assert sum(said.values()) == 1.0
    for coupon, propensity in said.items():
        assert seen[coupon] / draws == pytest.approx(propensity, abs=0.03)


def test_an_explored_place_says_so() -> None:
    explored = [slate(seed, exploration=1.0)[2] for seed in range(5)]
    assert {place.reason["code"] for place in explored} == {"exploration"}
    assert {place.coupon for place in explored} <= {14, 15}


def test_nothing_is_left_to_explore_when_all_fit() -> None:
    places = slate(slate_size=5, exploration=1.0)
    assert [place.coupon for place in places] == [11, 12, 13, 14, 15]
    assert {place.propensity for place in places} == {1.0}


def test_the_same_generator_gives_the_same_slate() -> None:
    assert slate(7, exploration=0.5) == slate(7, exploration=0.5)
