"""Averaged fusions: the mean logit, in the worker and in the web process, before and after they were saved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

from recommender.config import FusionConfig
from recommender.estimators.bagged_fusion import BaggedFusion
from recommender.estimators.fusion_ranker import FusionRanker
from recommender.online import OnlineFusion

CONFIG = FusionConfig(projection_size=3, hidden_size=4, bags=3)
SHAPE = {"n_interest": 5, "n_item": 4, "n_pair": 2}


@pytest.fixture(scope="module")
def fusion() -> BaggedFusion:
    return BaggedFusion.build(CONFIG, seed=7, **SHAPE)


def _tables() -> tuple[Any, ...]:
    rng = np.random.default_rng(2)
    interest, item = rng.random((6, 5)).astype(np.float32), rng.random((6, 4)).astype(np.float32)
    return interest, item, np.zeros(6, int), np.arange(6), rng.random((6, 2)).astype(np.float32)


def test_the_score_is_the_mean_logit_of_members_that_differ(fusion: BaggedFusion) -> None:
    each = np.stack([member.predict(*_tables()).astype(np.float64) for member in fusion.members])
    mean = np.log(each / (1 - each)).mean(axis=0)

    assert len({tuple(row) for row in each.round(6).tolist()}) == 3
    np.testing.assert_allclose(fusion.predict(*_tables()), 1 / (1 + np.exp(-mean)), rtol=1e-5)


def test_the_web_process_reads_the_same_mean_from_the_weights(fusion: BaggedFusion) -> None:
    interest, item, _, _, pair = _tables()

    np.testing.assert_allclose(
        OnlineFusion(fusion.weights()).score(interest[0], item, pair), fusion.predict(*_tables()), rtol=1e-5
    )


def test_every_member_comes_back(fusion: BaggedFusion, tmp_path: Path) -> None:
    fusion.save(tmp_path)

    assert sorted(place.name for place in tmp_path.glob("bag-*")) == ["bag-1", "bag-2"]
    np.testing.assert_array_equal(BaggedFusion.load(tmp_path).predict(*_tables()), fusion.predict(*_tables()))


def test_a_fusion_that_was_saved_alone_is_a_bag_of_one(fusion: BaggedFusion, tmp_path: Path) -> None:
    fusion.members[0].save(tmp_path)
    alone = BaggedFusion.load(tmp_path)

    assert len(alone.members) == 1
    np.testing.assert_array_equal(alone.predict(*_tables()), fusion.members[0].predict(*_tables()))


def test_the_literal_formula_is_alone_and_neighbouring_seeds_share_no_member() -> None:
    literal = FusionConfig(fusion="literal", bags=3)
    assert len(BaggedFusion.build(literal, seed=1, **SHAPE).members) == 1
    seeds = [[m.seed for m in BaggedFusion.build(CONFIG, seed=seed, **SHAPE).members] for seed in (1, 2)]
    assert not set(seeds[0]) & set(seeds[1])
    with pytest.raises(ValueError, match="members is empty"):
        BaggedFusion([])


@pytest.fixture
def eager() -> Iterator[None]:
    """For one step, tracing a network's graph takes longer than training it."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eager")
def test_members_fit_on_the_same_draw_of_candidates_and_the_first_reports() -> None:
    interest, item, rows, columns, pair = _tables()
    y = np.array([1, 0, 0, 1, 0, 0], np.float32)
    seen: list[Any] = []
    bagged = BaggedFusion.build(FusionConfig(projection_size=3, hidden_size=4, bags=2, epochs=1), seed=7, **SHAPE)
    bagged.fit(interest, item, rows, columns, pair, y, on_epoch=seen.append)

    assert [report.epoch for report in seen] == [1]
    alone = FusionRanker(bagged.config, seed=7, **SHAPE).fit(interest, item, rows, columns, pair, y)
    np.testing.assert_array_equal(bagged.members[0].predict(*_tables()), alone.predict(*_tables()))
    np.testing.assert_allclose(
        OnlineFusion(bagged.weights()).score(interest[0], item, pair), bagged.predict(*_tables()), rtol=1e-4
    )
