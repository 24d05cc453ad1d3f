"""The item autoencoder on made-up attributes of which one half repeats the other."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import EncoderConfig, SettingError
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.estimators.metrics import auc
from tests.recommender.estimators.contract import BadCall, EstimatorContract

ITEMS, HALF = 600, 5
CONFIG = EncoderConfig(epochs=12, batch_size=32, learning_rate=0.02, noise=0.3)


class Task(NamedTuple):
    train: Any
    test: Any


class TestItemAutoencoder(EstimatorContract):
    """Judged on attributes that it cannot see: the second half is hidden and read from the reconstruction."""

    epochs = 12

    def make(self, seed: int = 5) -> ItemAutoencoder:
        return ItemAutoencoder(CONFIG, n_inputs=2 * HALF, seed=seed)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(2)
        first = (rng.random((ITEMS, HALF)) < 0.4).astype(np.float32)
        second = first if planted else first[rng.permutation(ITEMS)]
        x = np.concatenate([first, second], axis=1)
        return Task(x[:500], x[500:])

    def fit(self, estimator: ItemAutoencoder, task: Task, on_epoch: Any = None) -> ItemAutoencoder:
        return estimator.fit(task.train, on_epoch=on_epoch)

    def scores(self, estimator: ItemAutoencoder, task: Task) -> Any:
        hidden = task.test.copy()
        hidden[:, HALF:] = 0
        return estimator.reconstruct(hidden)

    def shape(self, task: Task) -> tuple[int, ...]:
        return (100, 2 * HALF)

    def auc(self, estimator: ItemAutoencoder, task: Task) -> float:
        return auc(task.test[:, HALF:].ravel(), self.scores(estimator, task)[:, HALF:].ravel())

    def bad_calls(self, fitted: ItemAutoencoder, task: Task) -> list[BadCall]:
        return [
            ("x", lambda: fitted.encode(task.test[:, :3])),
            ("x", lambda: fitted.fit(task.train[0])),
            ("x", lambda: fitted.reconstruct(task.test + 1)),
            ("x", lambda: fitted.output(np.full_like(task.test, np.nan))),
            ("validation", lambda: fitted.fit(task.train, validation=task.test[:, :2])),
        ]

    def test_the_code_is_overcomplete_and_within_0_and_1(self, fitted: ItemAutoencoder, planted: Task) -> None:
        code = fitted.encode(planted.test)

        assert code.shape == (100, 15)
        assert fitted.code_size == 15 > 2 * HALF
        assert 0 < code.min() < code.max() < 1

    def test_the_formula_holds(self, fitted: ItemAutoencoder, planted: Task) -> None:
        """z = sigmoid(W3·x), x' = sigmoid(W4·z), written out; Keras agrees."""
        w = fitted.weights()
        z = 1 / (1 + np.exp(-(planted.test @ w["W3"] + w["b3"])))
        expected = 1 / (1 + np.exp(-(z @ w["W4"] + w["b4"])))

        np.testing.assert_allclose(fitted.encode(planted.test), z, atol=1e-6)
        np.testing.assert_allclose(fitted.reconstruct(planted.test), expected, atol=1e-6)
        logits = fitted._model(planted.test).numpy()
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=1e-5)

    def test_output_follows_the_config(self, planted: Task) -> None:
        by_output = {
            output: ItemAutoencoder(EncoderConfig(output=output), n_inputs=2 * HALF, seed=1)
            for output in ("code", "reconstruction")
        }

        assert {name: model.output_size for name, model in by_output.items()} == {"code": 15, "reconstruction": 10}
        for name, model in by_output.items():
            expected = model.encode(planted.test) if name == "code" else model.reconstruct(planted.test)
            np.testing.assert_array_equal(model.output(planted.test), expected)

    def test_sparsity_lowers_the_mean_activation(self, fitted: ItemAutoencoder, planted: Task) -> None:
        sparse = ItemAutoencoder(
            EncoderConfig(epochs=12, batch_size=32, learning_rate=0.02, noise=0.3, l1=0.03), n_inputs=2 * HALF, seed=5
        ).fit(planted.train)

        assert sparse.encode(planted.test).mean() < 0.7 * fitted.encode(planted.test).mean()

    def test_a_code_no_wider_than_the_input_is_refused(self) -> None:
        with pytest.raises(SettingError, match=r"expansion: 1\.0 is below 1\.01"):
            EncoderConfig(expansion=1.0)
