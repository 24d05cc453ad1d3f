"""The user interest model on made-up shoppers whose next window follows their last basket."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import InterestConfig
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

SHOPPERS, STEPS, CATEGORIES = 240, 8, 6
TRAIN, TEST = slice(0, 200), slice(200, None)
CONFIG = InterestConfig(
    embedding_size=16, hidden_size=16, epochs=12, batch_size=32, learning_rate=0.02, dropout=0.0, crop_probability=0.3
)


class Task(NamedTuple):
    x: Any
    mask: Any
    y: Any
    y_mask: Any

    def part(self, rows: slice) -> "Task":
        return Task(*(array[rows] for array in self))


def made_up(*, planted: bool) -> Task:
    """The category bought now is followed by the next one in the list."""
    rng = np.random.default_rng(1)
    bought = rng.integers(0, CATEGORIES, (SHOPPERS, STEPS))
    x = np.zeros((SHOPPERS, STEPS, CATEGORIES), np.float32)
    np.put_along_axis(x, bought[..., None], 1, axis=2)
    y = np.roll(x, 1, axis=2)
    if not planted:
        y = y[rng.permutation(SHOPPERS)]
    mask = np.arange(STEPS) < rng.integers(3, STEPS + 1, SHOPPERS)[:, None]
    return Task(x, mask, y, mask.copy())


class TestInterestRNN(EstimatorContract):
    epochs = 12

    def make(self, seed: int = 5) -> InterestRNN:
        return InterestRNN(CONFIG, n_inputs=CATEGORIES, n_categories=CATEGORIES, seed=seed)

    def task(self, *, planted: bool) -> Task:
        return made_up(planted=planted)

    def fit(self, estimator: InterestRNN, task: Task, on_epoch: Any = None) -> InterestRNN:
        return estimator.fit(*task.part(TRAIN), on_epoch=on_epoch)

    def scores(self, estimator: InterestRNN, task: Task) -> Any:
        return estimator.predict(task.x[TEST], task.mask[TEST])

    def shape(self, task: Task) -> tuple[int, ...]:
        return (SHOPPERS - 200, CATEGORIES)

    def auc(self, estimator: InterestRNN, task: Task) -> float:
        test = task.part(TEST)
        return auc(test.y[test.mask].ravel(), estimator.predict_steps(test.x, test.mask)[test.mask].ravel())

    def bad_calls(self, fitted: InterestRNN, task: Task) -> list[BadCall]:
        x, mask, y, y_mask = task
        return [
            ("x", lambda: fitted.predict(x[:, :, :2], mask)),
            ("x", lambda: fitted.predict(np.full_like(x, np.nan), mask)),
            ("mask", lambda: fitted.predict(x, mask[:, :2])),
            ("y", lambda: fitted.fit(x, mask, y[:, :, :2], y_mask)),
            ("y_mask", lambda: fitted.fit(x, mask, y, y_mask[:3])),
            ("y_mask", lambda: fitted.fit(x, mask, y, np.zeros_like(y_mask))),
            ("validation x", lambda: fitted.fit(x, mask, y, y_mask, validation=(x[0], mask, y, y_mask))),
        ]

    @pytest.mark.parametrize("side", ["left", "right"])
    def test_padding_changes_no_score(self, fitted: InterestRNN, planted: Task, side: str) -> None:
        x, mask = planted.x[TEST], planted.mask[TEST]
        more = (3, 0) if side == "left" else (0, 3)
        wide_x = np.pad(x, ((0, 0), more, (0, 0)), constant_values=9)
        wide_mask = np.pad(mask, ((0, 0), more), constant_values=False)

        np.testing.assert_allclose(fitted.predict(wide_x, wide_mask), fitted.predict(x, mask), atol=1e-6)

    def test_values_under_the_mask_change_no_score(self, fitted: InterestRNN, planted: Task) -> None:
        x, mask = planted.x[TEST], planted.mask[TEST]
        other = np.where(mask[..., None], x, 5).astype(np.float32)

        np.testing.assert_array_equal(fitted.predict(other, mask), fitted.predict(x, mask))

    def test_numpy_and_keras_agree_at_every_step(self, fitted: InterestRNN, planted: Task) -> None:
        x, mask = planted.x[TEST], planted.mask[TEST]
        logits = fitted.keras_model()([x, mask]).numpy()

        ours = fitted.predict_steps(x, mask)

        np.testing.assert_allclose(ours[mask], 1 / (1 + np.exp(-logits[mask])), atol=1e-5)

    def test_the_last_step_is_the_prediction(self, fitted: InterestRNN, planted: Task) -> None:
        x, mask = planted.x[TEST], planted.mask[TEST]
        last = mask.sum(axis=1) - 1

        steps = fitted.predict_steps(x, mask)[np.arange(len(x)), last]

        np.testing.assert_array_equal(fitted.predict(x, mask), steps)

    def test_a_shopper_without_a_basket_has_a_zero_state(self, fitted: InterestRNN) -> None:
        x = np.ones((1, STEPS, CATEGORIES), np.float32)

        assert not fitted.hidden(x, np.zeros((1, STEPS), bool)).any()

    def test_the_formula_holds(self, fitted: InterestRNN, planted: Task) -> None:
        """h_1 = tanh(W1·[x_1, 0]), I = sigmoid(W2·h_1), written out."""
        w = fitted.weights()
        x = planted.x[:1, :1]
        embedded = np.maximum(x[0, 0] @ w["W_embed"] + w["b_embed"], 0)
        h = np.tanh(np.concatenate([embedded, np.zeros(16)]) @ np.concatenate([w["W_in"], w["W_rec"]]) + w["b1"])

        expected = 1 / (1 + np.exp(-(h @ w["W2"] + w["b2"])))

        np.testing.assert_allclose(fitted.predict(x, np.ones((1, 1), bool))[0], expected, atol=1e-6)

    def test_early_stopping_keeps_the_best_epoch(self, planted: Task) -> None:
        """Validated on shuffled labels, any learning is worse than none: training stops and goes back."""
        reports: list[Any] = []
        noise = made_up(planted=False).part(TEST)
        model = InterestRNN(
            InterestConfig(embedding_size=8, hidden_size=8, epochs=9, batch_size=32, learning_rate=0.05, patience=1),
            n_inputs=CATEGORIES,
            n_categories=CATEGORIES,
            seed=1,
        )

        model.fit(*planted.part(TRAIN), validation=noise, on_epoch=reports.append)

        assert len(reports) < 9
        best = min(report.val_loss for report in reports)
        assert model._validate(*noise).loss == pytest.approx(best, rel=1e-6)

    def test_loss_counts_only_steps_with_a_complete_window(self, planted: Task) -> None:
        """Labels outside y_mask are turned round; nothing of it may be learnt."""
        x, mask, y, y_mask = planted.part(TRAIN)
        early = y_mask & (np.arange(STEPS) < 3)
        spoilt = np.where(early[..., None], y, 1 - y)

        model = self.make().fit(x, mask, spoilt, early)

        assert self.auc(model, planted) > self.good_auc
