"""What every estimator promises; each estimator's test inherits it and says how it is made, fed and judged.

All data here is made up: a pattern is planted in it, or its labels are shuffled.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.estimators.base import EpochReport

BadCall = tuple[str, Callable[[], Any]]
"""The argument that a refusal must name, and the call that must be refused."""


class CancelledError(Exception):
    """What a caller raises to stop a training."""


class EstimatorContract:
    """Inherited by the test class of each estimator."""

    epochs: ClassVar[int | None] = None
    """Reports that a full training gives; None: the estimator learns in one pass and reports nothing."""
    good_auc: ClassVar[float] = 0.8
    chance_margin: ClassVar[float] = 0.1
    """How far from 0.5 the AUC may lie after training on shuffled labels."""
    learns_from_labels: ClassVar[bool] = True

    def make(self, seed: int = 5) -> Any:
        """A small estimator, not fitted."""
        raise NotImplementedError

    def task(self, *, planted: bool) -> Any:
        """Made-up data, a pattern in it or its labels shuffled."""
        raise NotImplementedError

    def fit(self, estimator: Any, task: Any, on_epoch: Callable[[EpochReport], None] | None = None) -> Any:
        raise NotImplementedError

    def scores(self, estimator: Any, task: Any) -> NDArray[Any]:
        """Scores of the held-out part."""
        raise NotImplementedError

    def auc(self, estimator: Any, task: Any) -> float:
        """How well the held-out part is ordered."""
        raise NotImplementedError

    def shape(self, task: Any) -> tuple[int, ...]:
        """The shape that `scores` must have."""
        raise NotImplementedError

    def bad_calls(self, fitted: Any, task: Any) -> list[BadCall]:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def planted(cls) -> Any:
        return cls().task(planted=True)

    @pytest.fixture(scope="class")
    @classmethod
    def reports(cls) -> list[EpochReport]:
        return []

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, planted: Any, reports: list[EpochReport]) -> Any:
        contract = cls()
        return contract.fit(contract.make(), planted, reports.append if cls.epochs else None)

    def test_scores_have_the_promised_shape_and_are_finite(self, fitted: Any, planted: Any) -> None:
        scores = self.scores(fitted, planted)

        assert scores.shape == self.shape(planted)
        assert np.isfinite(scores).all()

    def test_learns_a_planted_pattern(self, fitted: Any, planted: Any) -> None:
        assert self.auc(fitted, planted) > self.good_auc

    def test_learns_nothing_from_shuffled_labels(self) -> None:
        if not self.learns_from_labels:
            pytest.skip("is not trained on labels")
        task = self.task(planted=False)

        assert abs(self.auc(self.fit(self.make(), task), task) - 0.5) < self.chance_margin

    def test_same_seed_gives_the_same_scores(self, fitted: Any, planted: Any) -> None:
        again = self.fit(self.make(), planted)

        np.testing.assert_array_equal(self.scores(again, planted), self.scores(fitted, planted))

    def test_save_and_load_give_equal_scores(self, fitted: Any, planted: Any, tmp_path: Path) -> None:
        fitted.save(tmp_path)
        loaded = type(fitted).load(tmp_path)

        np.testing.assert_array_equal(self.scores(loaded, planted), self.scores(fitted, planted))

    def test_config_survives_save_and_load(self, fitted: Any, tmp_path: Path) -> None:
        if not hasattr(fitted, "config"):
            pytest.skip("has no config")
        fitted.save(tmp_path)

        assert type(fitted).load(tmp_path).config == fitted.config

    def test_no_file_is_a_pickle(self, fitted: Any, tmp_path: Path) -> None:
        fitted.save(tmp_path)

        assert {path.suffix for path in tmp_path.iterdir()} <= {".keras", ".json", ".npz", ".txt"}
        for arrays in tmp_path.glob("*.npz"):
            with np.load(arrays, allow_pickle=False) as read:
                assert all(read[name].dtype.kind in "fiub" for name in read.files)

    def test_every_epoch_is_reported_in_order(self, fitted: Any, reports: list[EpochReport]) -> None:
        if self.epochs is None:
            pytest.skip("learns in one pass")

        assert [report.epoch for report in reports] == list(range(1, self.epochs + 1))
        assert {report.epochs for report in reports} == {self.epochs}
        assert all(np.isfinite(report.loss) and report.seconds >= 0 for report in reports)

    def test_on_epoch_may_cancel(self, planted: Any) -> None:
        if self.epochs is None:
            pytest.skip("learns in one pass")
        seen = []

        def cancel(report: EpochReport) -> None:
            seen.append(report.epoch)
            raise CancelledError

        with pytest.raises(CancelledError):
            self.fit(self.make(), planted, cancel)
        assert seen == [1]

    def test_bad_arguments_are_refused_by_name(self, fitted: Any, planted: Any) -> None:
        for argument, call in self.bad_calls(fitted, planted):
            with pytest.raises(ValueError, match=rf"\b{argument}\b"):
                call()
