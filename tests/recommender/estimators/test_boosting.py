"""Boosted trees on made-up pair features of which one decides."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import ClassicConfig
from recommender.estimators.base import NotFittedError
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

CONFIG = ClassicConfig(boosting_rounds=50, boosting_min_leaf=20, boosting_leaves=7, boosting_learning_rate=0.1)


class Task(NamedTuple):
    x: Any
    y: Any


class TestBoostedTrees(EstimatorContract):
    epochs = 3

    def make(self, seed: int = 5) -> BoostedTrees:
        return BoostedTrees(CONFIG, seed=seed)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(3)
        x = rng.normal(size=(3000, 4)).astype(np.float32)
        x[rng.random(x.shape) < 0.1] = np.nan
        chance = np.where(np.nan_to_num(x[:, 1]) > 0.5, 0.5, 0.02)
        y = (rng.random(3000) < chance).astype(np.float32)
        return Task(x, y if planted else y[rng.permutation(3000)])

    def fit(self, estimator: BoostedTrees, task: Task, on_epoch: Any = None) -> BoostedTrees:
        return estimator.fit(
            task.x[:2000], task.y[:2000], feature_names=["age", "bought it", "price", "[odd]"], on_epoch=on_epoch
        )

    def scores(self, estimator: BoostedTrees, task: Task) -> Any:
        return estimator.predict(task.x[2000:])

    def shape(self, task: Task) -> tuple[int, ...]:
        return (1000,)

    def auc(self, estimator: BoostedTrees, task: Task) -> float:
        return auc(task.y[2000:], self.scores(estimator, task))

    def bad_calls(self, fitted: BoostedTrees, task: Task) -> list[BadCall]:
        x, y = task
        return [
            ("x", lambda: fitted.predict(x[:, :2])),
            ("x", lambda: fitted.contributions(x[0])),
            ("y", lambda: self.make().fit(x, y[:5])),
            ("y", lambda: self.make().fit(x, y * 3)),
            ("weight", lambda: self.make().fit(x, y, weight=y[:5])),
            ("feature_names", lambda: self.make().fit(x, y, feature_names=["one"])),
            ("validation x", lambda: self.make().fit(x, y, validation=(x[:, :2], y))),
            ("validation y", lambda: self.make().fit(x, y, validation=(x, y[:2]))),
        ]

    def test_contributions_add_up_to_the_logit(self, fitted: BoostedTrees, planted: Task) -> None:
        x = planted.x[:50]
        contributions = fitted.contributions(x)

        assert contributions.shape == (50, 5)
        np.testing.assert_allclose(1 / (1 + np.exp(-contributions.sum(axis=1))), fitted.predict(x), atol=1e-6)

    def test_importance_names_the_feature_that_decides(self, fitted: BoostedTrees) -> None:
        gains = fitted.importance()

        assert list(gains) == ["age", "bought it", "price", "[odd]"]
        assert max(gains, key=lambda name: gains[name]) == "bought it"

    def test_validation_stops_and_reports(self, planted: Task) -> None:
        reports: list[Any] = []
        model = BoostedTrees(
            ClassicConfig(boosting_rounds=400, boosting_min_leaf=5, boosting_learning_rate=0.3, boosting_patience=5),
            seed=1,
        )

        model.fit(*planted, validation=(planted.x[2000:], planted.y[::-1][:1000]), on_epoch=reports.append)

        assert model._boosters[0].num_trees() < 100
        assert all(report.val_loss > 0 and set(report.metrics) == {"auc"} for report in reports)

    def test_unfitted_trees_have_no_scores(self) -> None:
        with pytest.raises(NotFittedError):
            self.make().predict(np.zeros((1, 4), np.float32))

    def test_without_patience_all_trees_stay_and_the_validation_is_still_told(self, planted: Task) -> None:
        reports: list[Any] = []
        model = BoostedTrees(ClassicConfig(boosting_rounds=40, boosting_min_leaf=5, boosting_patience=0), seed=1)

        model.fit(*planted, validation=(planted.x[:500], planted.y[:500]), on_epoch=reports.append)

        assert model.rounds == 40
        assert [report.epoch for report in reports] == [1, 2]
        assert reports[1].val_loss < reports[0].val_loss

    def test_bags_differ_and_are_averaged(self, planted: Task) -> None:
        config = ClassicConfig(boosting_rounds=20, boosting_min_leaf=5, boosting_bags=3)
        model = BoostedTrees(config, seed=1).fit(*planted)

        alone = [booster.predict(planted.x, raw_score=True) for booster in model._boosters]
        assert len(alone) == 3
        assert not np.allclose(alone[0], alone[1])
        np.testing.assert_allclose(model.predict(planted.x), 1 / (1 + np.exp(-np.mean(alone, axis=0))), rtol=1e-5)


def test_models_that_were_fitted_apart_have_their_mean_logit_together(tmp_path: Path) -> None:
    task = TestBoostedTrees().task(planted=True)
    single = replace(CONFIG, boosting_bags=1)
    halves = [BoostedTrees(single, seed=n).fit(task.x[n::2], task.y[n::2]) for n in (0, 1)]
    joint = BoostedTrees.averaged(halves, replace(CONFIG, boosting_bags=2), seed=0)
    logits = [np.log(p / (1 - p)) for p in (trees.predict(task.x) for trees in halves)]
    found = joint.predict(task.x)
    np.testing.assert_allclose(np.log(found / (1 - found)), np.mean(logits, axis=0), atol=1e-3)
    joint.save(tmp_path)
    np.testing.assert_array_equal(BoostedTrees.load(tmp_path).predict(task.x), found)
    with pytest.raises(ValueError, match="2 models for 3 bags"):
        BoostedTrees.averaged(halves, replace(CONFIG, boosting_bags=3), seed=0)
