"""The calibrated stack on made-up parts: one good, one weak, one that is noise."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from recommender.config import StackConfig
from recommender.estimators.base import NotFittedError
from recommender.estimators.metrics import auc, log_loss
from recommender.estimators.stacker import CalibratedStack
from tests.recommender.estimators.contract import BadCall, EstimatorContract

NAMES = ["good", "weak", "noise"]
ROWS, TRAIN = 12_000, 8_000


class Task(NamedTuple):
    parts: Any
    y: Any


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


class StackContract(EstimatorContract):
    good_auc = 0.75  # the labels are drawn with chance: the true probabilities themselves reach 0.8
    chance_margin = 0.06
    calibration: str

    def make(self, seed: int = 5) -> CalibratedStack:
        return CalibratedStack(StackConfig(l2=1.0, calibration=self.calibration), names=NAMES)

    def task(self, *, planted: bool) -> Task:
        rng = np.random.default_rng(9)
        true = rng.normal(-3, 1.5, ROWS)
        y = (rng.random(ROWS) < sigmoid(true)).astype(np.float32)
        logits = np.stack(
            [2 * true + rng.normal(0, 1, ROWS), true + rng.normal(0, 4, ROWS), rng.normal(0, 1, ROWS)], axis=1
        )
        parts = sigmoid(logits)
        parts[rng.random(ROWS) < 0.2, 0] = np.nan
        return Task(parts, y if planted else y[rng.permutation(ROWS)])

    def fit(self, estimator: CalibratedStack, task: Task, on_epoch: Any = None) -> CalibratedStack:
        return estimator.fit(task.parts[:TRAIN], task.y[:TRAIN])

    def scores(self, estimator: CalibratedStack, task: Task) -> Any:
        return estimator.predict(task.parts[TRAIN:])

    def shape(self, task: Task) -> tuple[int, ...]:
        return (ROWS - TRAIN,)

    def auc(self, estimator: CalibratedStack, task: Task) -> float:
        return auc(task.y[TRAIN:], self.scores(estimator, task))

    def bad_calls(self, fitted: CalibratedStack, task: Task) -> list[BadCall]:
        return [
            ("parts", lambda: fitted.predict(task.parts[:, :2])),
            ("parts", lambda: fitted.contributions(task.parts[0])),
            ("parts", lambda: self.make().fit(task.parts[:, :2], task.y)),
            ("y", lambda: self.make().fit(task.parts, task.y[:2])),
            ("y", lambda: self.make().fit(task.parts, task.y * 0)),
        ]

    def test_is_calibrated_on_average_and_by_fifth(self, fitted: CalibratedStack, planted: Task) -> None:
        p, y = self.scores(fitted, planted), planted.y[TRAIN:]
        fifths = np.array_split(np.argsort(p), 5)

        assert p.mean() == pytest.approx(y.mean(), rel=0.1)
        for rows in fifths[2:]:
            assert p[rows].mean() == pytest.approx(y[rows].mean(), rel=0.25)

    def test_keeps_the_order_of_the_regression(self, fitted: CalibratedStack, planted: Task) -> None:
        """Strictly increasing: no score ties with another that the regression tells apart."""
        raw = fitted.logits(planted.parts)
        order = np.argsort(raw)

        assert (np.diff(fitted.predict(planted.parts)[order]) >= 0).all()
        assert len(np.unique(fitted.predict(planted.parts))) == len(np.unique(raw))

    def test_is_no_worse_than_its_best_part(self, fitted: CalibratedStack, planted: Task) -> None:
        y, parts = planted.y[TRAIN:], planted.parts[TRAIN:]
        filled = np.where(np.isnan(parts[:, 0]), np.nanmean(parts[:, 0]), parts[:, 0])

        assert self.auc(fitted, planted) > auc(y, filled)
        assert log_loss(y, self.scores(fitted, planted)) < log_loss(y, filled)

    def test_weighs_the_parts_by_their_worth_and_never_turns_one_round(
        self, fitted: CalibratedStack, planted: Task
    ) -> None:
        coefficients = fitted.coefficients

        assert list(coefficients) == NAMES
        assert coefficients["good"] > coefficients["weak"] > 0
        assert 0 <= coefficients["noise"] < 0.1
        backwards = Task(np.concatenate([1 - planted.parts[:, :1], planted.parts[:, 1:]], axis=1), planted.y)
        assert self.fit(self.make(), backwards).coefficients["good"] == 0

    def test_contributions_add_up_to_the_regression(self, fitted: CalibratedStack, planted: Task) -> None:
        contributions = fitted.contributions(planted.parts)

        assert contributions.shape == planted.parts.shape
        assert fitted._fitted is not None
        np.testing.assert_allclose(
            contributions.sum(axis=1) + fitted._fitted["intercept"], fitted.logits(planted.parts), atol=1e-9
        )


class TestIsotonicStack(StackContract):
    calibration = "isotonic"


class TestPlattStack(StackContract):
    calibration = "platt"

    def test_unfitted_stack_has_no_scores(self) -> None:
        with pytest.raises(NotFittedError):
            self.make().predict(np.zeros((1, 3)))


def test_leans_on_the_average_that_was_believed() -> None:
    """The stronger the belief, the less a few redemptions move it; a part without a score gives its share away."""
    rng = np.random.default_rng(3)
    true = rng.normal(-3, 1.5, 2000)
    y = (rng.random(2000) < sigmoid(true)).astype(np.float32)
    parts = sigmoid(np.stack([true + rng.normal(0, 0.3, 2000), true + rng.normal(0, 3, 2000)], axis=1))

    def fitted(l2: float, parts: Any, *, share: float) -> dict[str, float]:
        config = StackConfig(l2=l2, calibration="none")
        prior = {"good": share, "weak": 1 - share}
        return CalibratedStack(config, names=["good", "weak"], prior=prior).fit(parts, y).coefficients

    free, firm = fitted(1e-3, parts, share=0.5), fitted(1e6, parts, share=0.5)
    assert free == pytest.approx(fitted(1e-3, parts, share=0.1), abs=1e-3)
    assert free["good"] > 0.8
    assert free["weak"] < 0.1
    assert firm == pytest.approx({"good": 0.5, "weak": 0.5}, abs=1e-3)
    between = fitted(100.0, parts, share=0.5)["good"]
    assert firm["good"] < between < free["good"]
    absent = np.column_stack([parts[:, 0], np.full(2000, np.nan)])
    assert fitted(1e6, absent, share=0.5) == pytest.approx({"good": 1, "weak": 0}, abs=1e-3)


def _with_strangers(calibration: str) -> tuple[CalibratedStack, Any, Any, Any]:
    """Fitted on two parts of which every tenth row, a stranger, has one only: (stack, parts, y, who is a stranger)."""
    rng = np.random.default_rng(4)
    true = rng.normal(-2, 1, 3000)
    y = (rng.random(3000) < sigmoid(true)).astype(np.float32)
    parts = np.stack([sigmoid(2 * true), rng.uniform(0.01, 0.2, 3000)], axis=1)
    stranger = np.arange(3000) % 10 == 0
    parts[stranger, 0] = np.nan
    stack = CalibratedStack(
        StackConfig(calibration=calibration), names=["own", "newcomer"], prior={"own": 1.0}, stand_in="newcomer"
    )
    return stack.fit(parts, y), parts, y, stranger


@pytest.mark.parametrize("calibration", ["isotonic", "platt", "none"])
def test_a_stand_in_answers_where_no_other_part_can_and_nowhere_else(calibration: str) -> None:
    stack, parts, y, stranger = _with_strangers(calibration)

    np.testing.assert_allclose(stack.predict(parts[stranger]), parts[stranger, 1], rtol=1e-9)
    others = parts[~stranger]
    np.testing.assert_array_equal(stack.predict(others), stack.predict(others * [1, 0.5]))
    assert stack.coefficients["newcomer"] == 0
    assert stack.predict(others).mean() == pytest.approx(y[~stranger].mean(), rel=0.05)
    total = stack.contributions(parts).sum(axis=1) + stack._state()["intercept"]
    np.testing.assert_allclose(total, stack.logits(parts), atol=1e-9)


def test_a_stand_in_is_kept_with_the_stack(tmp_path: Path) -> None:
    stack, parts, _, _ = _with_strangers("isotonic")
    stack.save(tmp_path)

    np.testing.assert_array_equal(CalibratedStack.load(tmp_path).predict(parts), stack.predict(parts))


def test_a_stack_of_before_a_part_was_added_gives_it_no_weight() -> None:
    stack, parts, _, _ = _with_strangers("isotonic")
    wider = stack.over(["late", "newcomer", "own"])

    late = np.column_stack([np.full(len(parts), 0.9), parts[:, ::-1]])
    np.testing.assert_array_equal(wider.predict(late), stack.predict(parts))
    assert wider.coefficients == {"late": 0.0, **stack.coefficients}
    assert stack.over(stack.names) is stack
