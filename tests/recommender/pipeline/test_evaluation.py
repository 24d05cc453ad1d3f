"""Stage 6: metrics equal to benchmarks/protocol.py, and exact on cases worked out by hand."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import protocol
from recommender.pipeline.evaluation import (
    Scored,
    at_threshold,
    best_f1_threshold,
    curves,
    cut_offs,
    evaluate,
    expected_calibration_error,
    report_table,
)
from recommender.pipeline.ranking_metrics import bootstrap_draws, list_scores, pooled_intervals


def made_up(shoppers: int = 40, coupons: int = 25, seed: int = 3, *, ties: bool = False) -> Scored:
    rng = np.random.default_rng(seed)
    campaign, shopper, coupon = (
        part.ravel() for part in np.meshgrid([16, 18], range(shoppers), range(coupons), indexing="ij")
    )
    score = rng.random(len(shopper))
    if ties:
        score = np.round(score, 1)
    y = (rng.random(len(shopper)) < 0.1 * score).astype(np.int8)
    return Scored(shopper, campaign, coupon, y, {"stack": score})


def frame(scored: Scored) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": scored.shopper,
            "campaign_id": scored.campaign,
            "coupon_upc": scored.coupon,
            "label": scored.y,
            "score": scored.scores["stack"],
        }
    )


@pytest.mark.parametrize("ties", [False, True])
def test_metrics_and_intervals_are_the_protocols(ties: bool) -> None:
    scored = made_up(ties=ties)
    expected: dict[str, Any] = {}
    protocol._block(frame(scored), "", expected, 50, 10, 0)  # type: ignore[no-untyped-call]  # the scorer stays as it was given
    threshold = best_f1_threshold(scored.y, scored.scores["stack"])
    found = evaluate(scored, {"stack": threshold}, samples=50)["systems"]["stack"]
    for name in ("auc", "pr_auc", "ndcg", "map", "recall", "hit", "mrr"):
        assert found[name] == pytest.approx(expected[name], abs=1e-9), name
        assert found["intervals"][name] == pytest.approx(expected[f"{name}_ci"], abs=1e-9), name
    assert found["lists"] == expected["groups"]
    assert threshold == protocol.best_f1_threshold(scored.y, scored.scores["stack"])


def test_a_list_worked_out_by_hand() -> None:
    y = np.array([0, 1, 0, 1])
    lists = list_scores(np.array([1, 1, 1, 1]), np.array([5, 5, 5, 5]), y, np.array([0.9, 0.8, 0.7, 0.6]))
    means = lists.means()
    ideal = 1 + 1 / np.log2(3)
    assert means["ndcg"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert means["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert (means["recall"], means["hit"], means["mrr"]) == (1, 1, 0.5)


def test_lists_without_a_redemption_do_not_count() -> None:
    lists = list_scores(np.array([1, 1, 2, 2]), np.array([5] * 4), np.array([1, 0, 0, 0]), np.array([2.0, 1, 2, 1]))
    assert lists.shopper.tolist() == [1]


def test_a_redemption_below_the_tenth_place_is_no_hit() -> None:
    score = -np.arange(12.0)
    means = list_scores(np.ones(12, int), np.ones(12, int), (np.arange(12) == 10).astype(int), score).means()
    assert (means["ndcg"], means["map"], means["recall"], means["hit"]) == (0, 0, 0, 0)
    assert means["mrr"] == pytest.approx(1 / 11)


def test_threshold_metrics_and_confusion_are_exact() -> None:
    found = at_threshold(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.2, 0.1]), 0.5)
    assert found["confusion"] == {
        "true_positive": 1,
        "false_positive": 1,
        "false_negative": 1,
        "true_negative": 1,
    }
    assert (found["precision"], found["recall_at_threshold"], found["f1"], found["accuracy"]) == (0.5, 0.5, 0.5, 0.5)


def test_a_true_probability_is_calibrated_and_a_doubled_one_is_not() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(60_000) / 2
    y = (rng.random(60_000) < p).astype(int)
    assert expected_calibration_error(y, p) < 0.01
    assert expected_calibration_error(y, 2 * p) == pytest.approx(0.25, abs=0.01)


def test_curves_are_short_and_end_where_they_should() -> None:
    scored = made_up(ties=False)
    found = curves(scored.y, scored.scores["stack"])
    assert (len(found["roc"]) <= 100, len(found["precision_recall"]) <= 100) == (True, True)
    assert (found["roc"][0], found["roc"][-1]) == ([0.0, 0.0], [1.0, 1.0])
    assert found["precision_recall"][-1][0] == 1.0
    assert len(found["reliability"]) == 15
    assert sum(row["share"] for row in found["reliability"]) == pytest.approx(1)


def test_bootstrap_of_everybody_once_is_the_estimate() -> None:
    scored = made_up()
    from sklearn.metrics import average_precision_score, roc_auc_score

    shoppers, owner = np.unique(scored.shopper, return_inverse=True)
    found = pooled_intervals(scored.y, scored.scores["stack"], owner, np.ones((1, len(shoppers))))
    assert found["auc"][0] == pytest.approx(roc_auc_score(scored.y, scored.scores["stack"]), abs=1e-12)
    assert found["pr_auc"][0] == pytest.approx(average_precision_score(scored.y, scored.scores["stack"]), abs=1e-12)
    assert bootstrap_draws(7, 5).sum(axis=1).tolist() == [7.0] * 5


def test_the_report_is_json_and_its_table_has_the_stack_first() -> None:
    scored = made_up()
    systems = {"boosting": scored.scores["stack"] / 2, **scored.scores}
    both = Scored(scored.shopper, scored.campaign, scored.coupon, scored.y, systems)
    report = evaluate(both, dict.fromkeys(systems, 0.5), samples=5, vectors=np.eye(25))
    json.dumps(report, allow_nan=False)
    assert report["systems"]["stack"]["coverage"] == 1.0
    assert report["systems"]["stack"]["diversity"] == 1.0  # unit vectors, all different
    assert report_table(report).splitlines()[1].startswith("stack")


def test_cut_offs_count_what_each_threshold_lets_through() -> None:
    y, score = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.8, 0.2, 0.1])
    assert cut_offs(y, score) == [[0.9, 1, 0], [0.8, 2, 1], [0.2, 2, 2], [0.1, 2, 3]]


def test_cut_offs_agree_with_the_counts_at_a_threshold() -> None:
    scored = made_up(ties=True)
    for threshold, true, false in cut_offs(scored.y, scored.scores["stack"]):
        counts = at_threshold(scored.y, scored.scores["stack"], threshold)["confusion"]
        assert (counts["true_positive"], counts["false_positive"]) == (true, false)
