"""Whether a new model may take over: better and level ones may, a worse one may not."""

import numpy as np
import pytest

from recommender.jobs.promotion import compare
from recommender.pipeline.evaluation import MAIN, Scored

SHOPPERS, COUPONS = 200, 20


def scored(
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]], y: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> Scored:
    return Scored(
        shopper=np.repeat(np.arange(SHOPPERS), COUPONS),
        campaign=np.zeros(SHOPPERS * COUPONS, np.int64),
        coupon=np.tile(np.arange(COUPONS), SHOPPERS),
        y=y,
        scores={MAIN: scores},
    )


@pytest.fixture
def models() -> dict[str, Scored]:
    """Made up: one redemption a list; `good` sees it through little noise, `poor` through much."""
    random = np.random.default_rng(3)
    y = np.zeros(SHOPPERS * COUPONS)
    y[np.arange(SHOPPERS) * COUPONS + random.integers(COUPONS, size=SHOPPERS)] = 1
    noise = random.normal(size=len(y))
    return {
        "good": scored(y + 0.3 * noise, y),
        "level": scored(y + 0.3 * random.permutation(noise), y),
        "poor": scored(y + 3.0 * noise, y),
        "empty": scored(noise, np.zeros(len(y))),
    }


def test_a_better_model_takes_over(models: dict[str, Scored]) -> None:
    verdict = compare(models["good"], models["poor"], live_name="v3")
    assert verdict.promote
    assert (verdict.reason["code"], verdict.reason["live"]) == ("better", "v3")
    assert 0 < verdict.reason["low"] < verdict.reason["difference"] < verdict.reason["high"]


def test_a_level_model_takes_over(models: dict[str, Scored]) -> None:
    verdict = compare(models["level"], models["good"], live_name="v3")
    assert verdict.promote
    assert verdict.reason["code"] == "level"


def test_a_worse_model_does_not(models: dict[str, Scored]) -> None:
    verdict = compare(models["poor"], models["good"], live_name="v3")
    assert not verdict.promote
    assert verdict.reason["code"] == "worse"
    assert verdict.reason["high"] < 0


def test_without_a_redemption_nothing_is_compared(models: dict[str, Scored]) -> None:
    verdict = compare(models["empty"], models["empty"], live_name="v3")
    assert not verdict.promote
    assert verdict.reason == {"code": "uncompared", "live": "v3"}
