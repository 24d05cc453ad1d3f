"""The recommendation model on made-up pairs: literal is additive, interaction is personal."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import FusionConfig
from recommender.estimators.fusion_ranker import FusionRanker, _Candidates
from recommender.estimators.metrics import auc
from recommender.estimators.negatives import NegativeSampler
from tests.recommender.estimators.contract import BadCall, EstimatorContract

SHOPPERS, COUPONS, SIZE, PAIRS = 60, 24, 4, 3000
TRAIN, TEST = slice(0, 2400), slice(2400, None)


class Task(NamedTuple):
    interest: Any
    item: Any
    shopper_index: Any
    item_index: Any
    pair: Any
    y: Any

    def part(self, rows: slice) -> "Task":
        return Task(self.interest, self.item, *(array[rows] for array in self[2:]))


def made_up(*, planted: bool, match: bool) -> Task:
    """Every shopper has one interest and every coupon one category.

    With `match` a pair is redeemed where they agree, else where the coupon is of the first category.
    """
    rng = np.random.default_rng(4)
    interest = np.eye(SIZE, dtype=np.float32)[np.arange(SHOPPERS) % SIZE] * 0.8 + 0.1
    item = np.eye(SIZE, dtype=np.float32)[np.arange(COUPONS) % SIZE] * 0.9 + 0.05
    shoppers, coupons = rng.integers(0, SHOPPERS, PAIRS), rng.integers(0, COUPONS, PAIRS)
    agree = interest[shoppers].argmax(axis=1) == item[coupons].argmax(axis=1)
    liked = agree if match else item[coupons].argmax(axis=1) == 0
    y = (rng.random(PAIRS) < np.where(liked, 0.3, 0.01)).astype(np.float32)
    if not planted:
        y = y[rng.permutation(PAIRS)]
    pair = rng.normal(size=(PAIRS, 2)).astype(np.float32)
    pair[rng.random((PAIRS, 2)) < 0.2] = np.nan
    return Task(interest, item, shoppers, coupons, pair, y)


def orders(model: FusionRanker, task: Task) -> set[tuple[int, ...]]:
    """The order of all coupons for each shopper, each order once."""
    shoppers, coupons = np.divmod(np.arange(SHOPPERS * COUPONS), COUPONS)
    pair = np.zeros((len(shoppers), 2), np.float32)
    scores = model.predict(task.interest, task.item, shoppers, coupons, pair).astype(np.float64)
    # Coupons of one category are equal to the model: ties go by number.
    ranks = np.argsort(-scores.reshape(SHOPPERS, COUPONS).round(6), axis=1, kind="stable")
    return {tuple(row) for row in ranks.tolist()}


class FusionContract(EstimatorContract):
    epochs = 10
    good_auc = 0.8
    chance_margin = 0.12
    fusion: str
    match: bool

    def config(self) -> FusionConfig:
        return FusionConfig(
            fusion=self.fusion,
            projection_size=8,
            hidden_size=16,
            cross_layers=1,
            epochs=10,
            batch_size=128,
            learning_rate=0.02,
            dropout=0.0,
            negatives_per_positive=10,
        )

    def make(self, seed: int = 5) -> FusionRanker:
        return FusionRanker(self.config(), n_interest=SIZE, n_item=SIZE, n_pair=2, seed=seed)

    def task(self, *, planted: bool) -> Task:
        return made_up(planted=planted, match=self.match)

    def fit(self, estimator: FusionRanker, task: Task, on_epoch: Any = None) -> FusionRanker:
        return estimator.fit(*task.part(TRAIN), on_epoch=on_epoch)

    def scores(self, estimator: FusionRanker, task: Task) -> Any:
        return estimator.predict(*task.part(TEST)[:5])

    def shape(self, task: Task) -> tuple[int, ...]:
        return (PAIRS - 2400,)

    def auc(self, estimator: FusionRanker, task: Task) -> float:
        return auc(task.y[TEST], self.scores(estimator, task))

    def bad_calls(self, fitted: FusionRanker, task: Task) -> list[BadCall]:
        interest, item, shoppers, coupons, pair, y = task
        return [
            ("interest", lambda: fitted.predict(interest[:, :2], item, shoppers, coupons, pair)),
            ("item", lambda: fitted.predict(interest, item[0], shoppers, coupons, pair)),
            ("shopper_index", lambda: fitted.predict(interest, item, shoppers + 1000, coupons, pair)),
            ("shopper_index", lambda: fitted.predict(interest, item, shoppers.astype(float), coupons, pair)),
            ("item_index", lambda: fitted.predict(interest, item, shoppers, coupons[:5], pair)),
            ("pair", lambda: fitted.predict(interest, item, shoppers, coupons, pair[:, :1])),
            ("y", lambda: fitted.fit(interest, item, shoppers, coupons, pair, y + 1)),
            ("y", lambda: fitted.fit(interest, item, shoppers, coupons, pair, y * 0)),
            ("groups", lambda: fitted.fit(*task, groups=shoppers[:3])),
            ("validation y", lambda: fitted.fit(*task, validation=(*task[:5], y[:3]))),
        ]

    def test_probabilities_are_right_on_average(self, fitted: FusionRanker, planted: Task) -> None:
        """Negatives were subsampled in training; the answer is corrected for it."""
        train = planted.part(TRAIN)

        assert fitted.predict(*train[:5]).mean() == pytest.approx(train.y.mean(), rel=0.25)

    def test_numpy_and_keras_agree(self, fitted: FusionRanker, planted: Task) -> None:
        rows = slice(0, 50)
        inputs, _, _ = next(fitted._batches(0, _Everything(50), _candidates(fitted, planted.part(rows))))
        logits = fitted._model(inputs).numpy()[:, 0] + fitted._scales["log_rate"]

        ours = fitted.predict(*planted.part(rows)[:5])

        np.testing.assert_allclose(ours, 1 / (1 + np.exp(-logits)), atol=1e-5)


class _Everything(NegativeSampler):
    """Takes every candidate in order."""

    def __init__(self, size: int) -> None:
        self.size = size

    def draw(self, rng: np.random.Generator) -> tuple[Any, Any]:
        return np.arange(self.size), np.ones(self.size, np.float32)


def _candidates(model: FusionRanker, task: Task) -> Any:
    return _Candidates(
        model._scaled("interest", task.interest),
        model._scaled("item", task.item),
        task.shopper_index,
        task.item_index,
        task.pair,
        task.y,
    )


class TestLiteralFusion(FusionContract):
    fusion = "literal"
    match = False

    def test_is_additive_every_shopper_gets_one_order(self, fitted: FusionRanker, planted: Task) -> None:
        assert len(orders(fitted, planted)) == 1

    def test_cannot_learn_a_match_of_interest_and_coupon(self) -> None:
        task = made_up(planted=True, match=True)

        assert self.auc(self.fit(self.make(), task), task) < 0.65

    def test_the_formula_holds(self, fitted: FusionRanker, planted: Task) -> None:
        """y = sigmoid(W5·[I, x']) on the inputs as they are, written out."""
        w = fitted.weights()
        rows, columns = planted.shopper_index[TEST], planted.item_index[TEST]
        both = np.concatenate([planted.interest[rows], planted.item[columns]], axis=1)
        expected = 1 / (1 + np.exp(-(both @ np.concatenate([w["W5_interest"], w["W5_item"]]) + w["b5"])))

        np.testing.assert_allclose(self.scores(fitted, planted), expected, atol=1e-5)


class TestInteractionFusion(FusionContract):
    fusion = "interaction"
    match = True

    def test_is_personal_shoppers_get_different_orders(self, fitted: FusionRanker, planted: Task) -> None:
        assert len(orders(fitted, planted)) >= SIZE

    def test_missing_pair_features_are_refused(self, fitted: FusionRanker, planted: Task) -> None:
        with pytest.raises(ValueError, match="pair is missing"):
            fitted.predict(*planted[:4])

    def test_works_without_pair_features(self, planted: Task) -> None:
        model = FusionRanker(self.config(), n_interest=SIZE, n_item=SIZE, n_pair=0, seed=1)
        train = planted.part(TRAIN)

        model.fit(*train[:4], None, train.y)

        assert auc(planted.y[TEST], model.predict(*planted.part(TEST)[:4])) > self.good_auc

    def test_groups_keep_the_probabilities_right(self, planted: Task) -> None:
        """Coupons beside a redeemed one are drawn more often, and weigh less."""
        train = planted.part(TRAIN)
        model = self.make().fit(*train, groups=train.shopper_index // 3)

        assert model.predict(*train[:5]).mean() == pytest.approx(train.y.mean(), rel=0.25)
        assert self.auc(model, planted) > self.good_auc

    def test_validation_stops_before_noise_is_learnt(self) -> None:
        noise = made_up(planted=False, match=True)
        reports: list[Any] = []

        self.make().fit(*noise.part(TRAIN), validation=noise.part(TEST), on_epoch=reports.append)

        assert len(reports) < 10
        assert set(reports[0].metrics) == {"auc"}
