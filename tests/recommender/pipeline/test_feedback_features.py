"""What came back to shown coupons: exact counts, nothing from the day itself on, no trace where nothing was shown."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.config import FeatureConfig
from recommender.pipeline.features.feedback import has_feedback
from recommender.pipeline.features.matrix import FeatureFrame, build_matrix
from recommender.pipeline.features.vocabulary_fit import fit_vocabulary
from recommender.pipeline.lake import day_of, read_lake
from recommender.pipeline.rehearsal import rehearse
from recommender.pipeline.splits import offers
from tests.recommender.pipeline.made_up_lake import CAMPAIGN_DAYS, build, day, event, shop_tables

Rows = dict[str, list[dict[str, Any]]]
START = CAMPAIGN_DAYS[4]
"""Campaign 5 begins; coupon N000 is for Aisle 0 in campaign N, N001 for Aisle 1."""


def shown(shopper: int, coupon: int, at: int, times: int = 1) -> dict[str, Any]:
    return {"shopper_id": shopper, "coupon_id": coupon, "shown_at": day(at), "times": times}


def reaction(shopper: int, kind: str, coupon: int, at: float) -> dict[str, Any]:
    return event(f"{kind}-{shopper}-{coupon}-{at}", shopper, at, None, kind=kind, coupon_id=coupon, quantity=None)


def shop() -> Rows:
    rows = shop_tables(shoppers=3)
    rows["impressions"] = [
        shown(1, 4000, START - 1, times=3),
        shown(1, 4000, START - 28),
        shown(1, 4000, START - 29, times=9),
        shown(1, 4001, START - 2),
        shown(1, 5000, START - 1, times=5),
    ]
    rows["events"] += [
        reaction(1, "click", 4000, START - 1),
        reaction(1, "click", 4000, START - 2),
        reaction(1, "claim", 4001, START - 3),
        reaction(1, "dismissal", 2000, START - 70),
    ]
    return rows


def features(folder: Path, rows: Rows) -> FeatureFrame:
    lake = read_lake(build(folder, rows))
    return build_matrix(lake, offers(lake, (5,)), feedback=True)


def counted(frame: FeatureFrame, shopper: int, coupon: int) -> dict[str, float]:
    [row] = np.flatnonzero((frame.shopper == shopper) & (frame.coupon == coupon))
    words = ("shown_28", "clicked_28", "claimed_28", "dismissed")
    names = [f"{level}_{word}" for level in ("shopper", "commodity") for word in words]
    return {name: float(frame.column(name)[row]) for name in names}


def test_coupons_of_the_same_commodity_and_of_the_shopper_are_counted(tmp_path: Path) -> None:
    frame = features(tmp_path / "lake", shop())
    of_shopper = {"shopper_shown_28": 10, "shopper_clicked_28": 2, "shopper_claimed_28": 1, "shopper_dismissed": 1}
    # 5000 itself was shown 5 times, which is no feature of 5000
    assert counted(frame, 1, 5000) == {
        **of_shopper,
        **{"commodity_shown_28": 4, "commodity_clicked_28": 2, "commodity_claimed_28": 0, "commodity_dismissed": 1},
    }
    assert counted(frame, 1, 5001) == {
        **of_shopper,
        **{"commodity_shown_28": 1, "commodity_clicked_28": 0, "commodity_claimed_28": 1, "commodity_dismissed": 0},
    }
    assert set(counted(frame, 2, 5000).values()) == {0}


def test_nothing_of_the_day_itself_or_later_changes_a_feature(tmp_path: Path) -> None:
    rows = shop()
    later = copy.deepcopy(rows)
    later["impressions"] += [shown(s, 4000, START + n, times=7) for s in (1, 2) for n in (0, 1, 20)]
    later["events"] += [
        reaction(s, kind, 4000, START + n) for s in (1, 2) for n in (0, 0.5, 9) for kind in ("click", "claim")
    ]
    later["events"] += [reaction(2, "dismissal", 4001, START)]
    before, after = features(tmp_path / "one", rows), features(tmp_path / "two", later)
    np.testing.assert_array_equal(before.values, after.values)


@pytest.mark.parametrize(
    ("lake_has", "known"),
    [
        ({}, False),
        ({"impressions": [shown(1, 4000, 10)]}, True),
        ({"impressions": [shown(1, 4000, 90)]}, False),  # not before the day asked about
        ({"reaction": reaction(1, "dismissal", 4000, 10)}, True),
        ({"reaction": reaction(1, "redemption", 4000, 10)}, False),
    ],
)
def test_a_vocabulary_knows_whether_anything_was_shown(tmp_path: Path, lake_has: dict[str, Any], known: bool) -> None:
    rows = shop_tables(shoppers=3)
    rows["impressions"] = lake_has.get("impressions", [])
    rows["events"] += [lake_has["reaction"]] if "reaction" in lake_has else []
    lake = read_lake(build(tmp_path / "lake", rows))
    assert fit_vocabulary(lake, FeatureConfig(), before=day_of(day(90))).feedback is known


def test_without_feedback_there_are_no_such_columns(tmp_path: Path) -> None:
    """A model of a shop that has shown nothing is, to the last weight, what it was without these features."""
    lake = read_lake(build(tmp_path / "lake", shop_tables(shoppers=3)))
    vocabulary = fit_vocabulary(lake, FeatureConfig(), before=day_of(day(90)))
    frame = build_matrix(lake, offers(lake, (5,)), feedback=vocabulary.feedback)
    assert [name for name in frame.names if "shown" in name or "dismissed" in name or "clicked" in name] == []


def test_a_rehearsal_does_not_learn_from_what_was_shown(tmp_path: Path) -> None:
    """Its coupons are made up, nobody saw them: columns that are empty in it would mean something else afterwards."""
    lake = read_lake(build(tmp_path / "lake", shop()))
    rehearsed = rehearse(lake).lake
    assert has_feedback(lake, day=day_of(lake.now))
    assert not has_feedback(rehearsed, day=day_of(lake.now))


def test_an_older_snapshot_is_one_without_impressions(tmp_path: Path) -> None:
    rows = shop()
    folder = build(tmp_path / "lake", rows)
    (folder / "impressions.parquet").unlink()
    lake = read_lake(folder)
    assert lake.impressions.count().to_pyarrow().as_py() == 0
    frame = build_matrix(lake, offers(lake, (5,)), feedback=True)
    assert counted(frame, 1, 5000)["shopper_shown_28"] == 0
    assert counted(frame, 1, 5000)["shopper_clicked_28"] == 2


def test_the_vocabulary_of_an_older_version_reads_no_feedback(tmp_path: Path) -> None:
    lake = read_lake(build(tmp_path / "lake", shop()))
    vocabulary = fit_vocabulary(lake, FeatureConfig(), before=day_of(lake.now))
    content = vocabulary.to_json()
    assert content.pop("feedback") is True
    assert type(vocabulary).from_json(content) == replace(vocabulary, feedback=False)
