"""Sharing fits between trainings: each is made once, told again, and changes no score."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow

from benchmarks.quality.ablations import ABLATIONS
from recommender.config import TrainingConfig
from recommender.estimators.base import EpochReport, OnEpoch
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.lake import read_lake
from recommender.pipeline.preparation import Prepared, clean_and_teach, read_features
from recommender.pipeline.training import unseen_scores
from tests.recommender.pipeline.made_up_lake import build, shop_tables

EPOCH = EpochReport(estimator="interest", epoch=1, epochs=1, loss=0.5)
SMALL = TrainingConfig().with_overrides(
    "seed=5",
    "split.refit=off",
    "interest.enabled=off",
    "encoder.enabled=off",
    "fusion.epochs=1",
    "fusion.bags=1",
    "fusion.hidden_size=8",
    "fusion.projection_size=4",
    "classic.boosting_rounds=5",
    "classic.boosting_min_leaf=5",
    "classic.boosting_bags=1",
    "classic.als_factors=4",
    "classic.als_iterations=1",
)


def test_what_depends_on_the_same_is_fitted_once_and_told_twice() -> None:
    fitted, told, fits = Fitted(), list[EpochReport](), list[int]()

    def fit(report: OnEpoch) -> object:
        fits.append(1)
        report(EPOCH)
        return object()

    one = fitted.get({"model": "a", "seed": 1}, fit, told.append)
    assert fitted.get({"seed": 1, "model": "a"}, fit, told.append) is one
    assert fitted.get({"model": "a", "seed": 2}, fit) is not one
    assert (len(fits), told) == (2, [EPOCH, EPOCH])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder: Path = build(tmp_path_factory.mktemp("shop") / "lake", shop_tables(shoppers=30))
    return read_features(SMALL, *clean_and_teach(read_lake(folder), SMALL))


@pytest.fixture
def eager_networks() -> Iterator[None]:
    """For a step or two an epoch, tracing a network's graph takes longer than training it; the scores are the same."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.mark.slow
@pytest.mark.usefixtures("eager_networks")
def test_an_ablation_that_shares_has_the_scores_of_one_that_does_not(prepared: Prepared) -> None:
    shared = Fitted()
    _, whole = unseen_scores(prepared, SMALL, shared)
    config = SMALL.with_overrides(*ABLATIONS["without_cf"])
    _, one = unseen_scores(prepared, config, shared)
    _, other = unseen_scores(prepared, config, Fitted())
    for name, score in one.scores.items():
        np.testing.assert_allclose(score, other.scores[name], rtol=1e-6, err_msg=name)
    assert not np.allclose(one.scores["stack"], whole.scores["stack"])
