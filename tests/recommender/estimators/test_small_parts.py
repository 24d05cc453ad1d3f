"""The small pieces below the estimators: metrics, the sampler of negatives, the scaler of pair features."""

import numpy as np
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from recommender.estimators import metrics
from recommender.estimators.negatives import NegativeSampler
from recommender.estimators.pair_scaler import PairScaler
from recommender.estimators.threads import thread_count


def test_auc_equals_scikit_learns_with_ties() -> None:
    rng = np.random.default_rng(0)
    y, scores = rng.integers(0, 2, 200), rng.integers(0, 9, 200)

    assert metrics.auc(y, scores) == pytest.approx(roc_auc_score(y, scores), abs=1e-12)


def test_auc_of_one_class_does_not_exist() -> None:
    assert np.isnan(metrics.auc(np.ones(3), np.arange(3)))


def test_log_loss_equals_scikit_learns_with_weights() -> None:
    y, p, w = np.array([0, 1, 1]), np.array([0.2, 0.7, 0.1]), np.array([1.0, 2.0, 0.5])

    assert metrics.log_loss(y, p, w) == pytest.approx(sklearn_log_loss(y, p, sample_weight=w), rel=1e-9)


def test_mean_column_auc_sees_no_merit_in_popularity() -> None:
    """Scores that differ between columns and not between rows order the shoppers of no column."""
    rng = np.random.default_rng(1)
    labels = (rng.random((400, 3)) < [0.1, 0.5, 0.9]).astype(np.float32)
    scores = np.tile([0.1, 0.5, 0.9], (400, 1)) + rng.random((400, 3)) * 1e-6

    assert metrics.auc(labels.ravel(), scores.ravel()) > 0.8
    assert metrics.mean_column_auc(labels, scores) == pytest.approx(0.5, abs=0.06)
    by_column = np.mean([roc_auc_score(labels[:, c], scores[:, c]) for c in range(3)])
    assert metrics.mean_column_auc(labels, scores) == pytest.approx(by_column, abs=1e-12)


def test_negatives_are_drawn_by_the_number_of_positives() -> None:
    y = np.zeros(1000)
    y[:10] = 1

    rows, weights = NegativeSampler(y, None, 5).draw(np.random.default_rng(0))

    assert len(rows) == len(set(rows.tolist())) == 60
    assert set(range(10)) <= set(rows.tolist())
    assert (weights == 1).all()


def test_the_logit_is_corrected_by_the_rate_of_the_draw() -> None:
    y = np.zeros(1000)
    y[:10] = 1

    assert NegativeSampler(y, None, 5).log_rate == pytest.approx(np.log(50 / 990))


def test_hard_negatives_are_drawn_more_often_and_weigh_less_in_proportion() -> None:
    """Group 0 holds the positives and 90 negatives, group 1 the other 900."""
    y = np.zeros(1000)
    y[:10] = 1
    groups = np.repeat([0, 1], [100, 900])

    rows, weights = NegativeSampler(y, groups, 10).draw(np.random.default_rng(0))

    hard = (rows >= 10) & (rows < 100)
    assert hard.sum() == 50
    assert (rows >= 100).sum() == 50
    # 100 of 990 are drawn: weight times count must stand for 90 and 900 at that rate.
    assert weights[hard].sum() == pytest.approx(90 * 100 / 990, rel=1e-5)
    assert weights[rows >= 100].sum() == pytest.approx(900 * 100 / 990, rel=1e-5)


def test_one_class_cannot_be_sampled() -> None:
    with pytest.raises(ValueError, match="y holds one class only"):
        NegativeSampler(np.zeros(5), None, 3)


def test_pair_scaler_standardises_marks_missing_and_tames_tails() -> None:
    pair = np.array([[0, 5, np.nan], [np.e - 1, 5, 1], [0, 5, 1], [np.e - 1, 5, 1]], np.float32)

    scaler = PairScaler.fit(pair)
    scaled = scaler.transform(pair)

    assert scaler.width == 4
    np.testing.assert_allclose(scaled[:, 0], [-1, 1, -1, 1], atol=1e-6)
    assert not scaled[:, 1].any(), "a constant column says nothing"
    assert scaled[:, 2].tolist() == [0, 0, 0, 0]
    assert scaled[:, 3].tolist() == [1, 0, 0, 0]
    assert scaler.transform(np.full((1, 3), 1e30, np.float32)).max() == 6


@pytest.mark.parametrize(("value", "expected"), [("3", 3), ("0", None), ("", None), ("many", None)])
def test_threads_follow_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, expected: int | None) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)

    assert thread_count() == expected if expected else thread_count() >= 1
