"""A candidate and the live model on the same made-up pairs: differences, their intervals, and pairs that differ."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.jobs.paired import paired_comparison, same_pairs
from recommender.pipeline.evaluation import MAIN, Scored, evaluate

SHOPPERS, COUPONS = 60, 12


def _scored(noise: float) -> Scored:
    random = np.random.default_rng(11)
    y = np.zeros(SHOPPERS * COUPONS)
    y[np.arange(SHOPPERS) * COUPONS + random.integers(COUPONS, size=SHOPPERS)] = 1
    score = 1 / (1 + np.exp(2 - 4 * y - noise * random.normal(size=len(y))))
    return Scored(
        shopper=np.repeat(np.arange(SHOPPERS), COUPONS),
        campaign=np.zeros(len(y), np.int64),
        coupon=np.tile(np.arange(COUPONS), SHOPPERS),
        y=y,
        scores={MAIN: score},
    )


def _compared(candidate: Scored, live: Scored) -> dict[str, dict[str, float]]:
    reports = tuple(evaluate(scored, {MAIN: 0.5}, samples=20) for scored in (candidate, live))
    found = paired_comparison(candidate, live, live_name="v3", reports=(reports[0], reports[1]))
    assert (found["live"], found["pairs"], found["positives"], found["shoppers"]) == ("v3", 720, 60, 60)
    measures: dict[str, dict[str, float]] = found["measures"]
    return measures


def test_a_model_beside_itself_differs_by_nothing() -> None:
    for name, row in _compared(_scored(1.0), _scored(1.0)).items():
        assert row["candidate"] == row["live"], name
        assert (row.get("low", 0.0), row.get("high", 0.0)) == (0.0, 0.0), name


@pytest.mark.parametrize(("measure", "sign"), [("ndcg_10", 1), ("auc", 1), ("pr_auc", 1), ("log_loss", -1)])
def test_less_noise_is_better_beyond_chance(measure: str, sign: int) -> None:
    row = _compared(_scored(0.5), _scored(6.0))[measure]
    assert sign * (row["candidate"] - row["live"]) > 0
    assert min(sign * row["low"], sign * row["high"]) > 0
    assert row["low"] <= row["candidate"] - row["live"] <= row["high"]


def test_other_pairs_are_not_compared() -> None:
    one = _scored(1.0)
    other = replace(one, coupon=one.coupon + 1)
    assert not same_pairs(one, other)
    report = evaluate(one, {MAIN: 0.5}, samples=20)
    found = paired_comparison(one, other, live_name="v3", reports=(report, report))
    assert found == {"live": "v3", "reason": "different pairs"}
