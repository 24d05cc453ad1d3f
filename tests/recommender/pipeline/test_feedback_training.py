"""The next model learns from what was dismissed: a training on a made-up shop where a dismissal is the whole truth."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

from recommender.pipeline.cleaning import clean
from recommender.pipeline.lake import day_of, read_lake
from recommender.pipeline.scoring import ScoredCandidates, score
from recommender.pipeline.training import TrainingResult, train
from tests.recommender.pipeline.made_up_lake import CAMPAIGN_DAYS, CATEGORIES, NOW, build, day, event, shop_tables
from tests.recommender.pipeline.test_training import WITHOUT

pytestmark = pytest.mark.slow

SHOPPERS = 60
CONFIG = WITHOUT.with_overrides("classic.boosting_min_leaf=3")
Rows = dict[str, list[dict[str, Any]]]


def dismissal(shopper: int, place: int, at: float) -> dict[str, Any]:
    """Of the first campaign's coupon for this aisle."""
    return event(
        f"away-{shopper}-{place}-{at}", shopper, at, None, kind="dismissal", coupon_id=1000 + place, quantity=None
    )


def shop() -> Rows:
    """Everybody dismissed the first campaign's coupons of half the aisles, and later uses those of the others only."""
    rows = shop_tables(shoppers=SHOPPERS)
    away = {(s, place) for s in range(1, SHOPPERS + 1) for place in range(CATEGORIES) if (s * 7 + place * 5) % 11 < 5}
    rows["events"] += [dismissal(s, place, CAMPAIGN_DAYS[0] + 1) for s, place in sorted(away)]
    rows["redemptions"] = [
        {
            "shopper_id": shopper,
            "campaign_id": number,
            "coupon_id": 1000 * number + place,
            "redeemed_at": day(start + 2),
        }
        for number, start in enumerate(CAMPAIGN_DAYS, start=1)
        for shopper in range(1, SHOPPERS + 1)
        for place in range(CATEGORIES)
        if (shopper, place) not in away and number > 1
    ]
    return rows


@pytest.fixture(scope="module", autouse=True)
def eager_networks() -> Iterator[None]:
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return train(read_lake(build(tmp_path_factory.mktemp("shop") / "lake", shop())), CONFIG)


def scores(result: TrainingResult, folder: Path, rows: Rows) -> ScoredCandidates:
    lake = clean(read_lake(build(folder, rows)), CONFIG.cleaning).lake
    return score(result.bundle, lake, shoppers=np.array([1, 2]), coupons=np.array([9000, 9001]), as_of=day_of(NOW))


def by_coupon(scored: ScoredCandidates) -> dict[tuple[int, int], float]:
    keys = zip(scored.shopper.tolist(), scored.coupon.tolist(), strict=True)
    return dict(zip(keys, scored.score.tolist(), strict=True))


def test_a_dismissal_lowers_the_score_of_coupons_alike_and_a_later_one_does_not(
    result: TrainingResult, tmp_path: Path
) -> None:
    assert "commodity_dismissed" in result.report["features"]
    gain = {row["feature"]: row["shap"] for row in result.report["importance"]}
    assert "commodity_dismissed" in sorted(gain, key=lambda name: -gain[name])[:2]
    plain = shop_tables(shoppers=SHOPPERS)
    plain["redemptions"] = []
    today, before = copy.deepcopy(plain), copy.deepcopy(plain)
    today["events"].append(dismissal(1, 0, day_of(NOW) - day_of(day(0)) + 0.0))
    before["events"].append(dismissal(1, 0, day_of(NOW) - day_of(day(0)) - 1.0))
    nothing, late, early = (
        by_coupon(scores(result, tmp_path / name, rows))
        for name, rows in (("nothing", plain), ("late", today), ("early", before))
    )
    assert late == nothing
    assert early[1, 9000] < nothing[1, 9000] / 2
    assert (early[2, 9000], early[2, 9001]) == (nothing[2, 9000], nothing[2, 9001])
