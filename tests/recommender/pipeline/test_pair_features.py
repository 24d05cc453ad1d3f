"""Pair features: exact values, nothing from the campaign's start on, the same on every engine."""

import copy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from recommender.config import FeatureConfig
from recommender.pipeline.features.matrix import FeatureFrame, build_matrix
from recommender.pipeline.features.terms import TERM_FEATURES
from recommender.pipeline.lake import LATER_COLUMNS, read_lake
from recommender.pipeline.splits import offers
from tests.recommender.pipeline.made_up_lake import CAMPAIGN_DAYS, START, build, day, event, shop_tables

Rows = dict[str, list[dict[str, Any]]]


def features(
    folder: Path, rows: Rows, config: FeatureConfig | None = None, campaigns: tuple[int, ...] = (5,)
) -> FeatureFrame:
    lake = read_lake(build(folder, rows), config)
    return build_matrix(lake, offers(lake, campaigns))


def value(frame: FeatureFrame, name: str, shopper: int, coupon: int) -> float:
    row = np.flatnonzero((frame.shopper == shopper) & (frame.coupon == coupon))
    assert len(row) == 1
    return float(frame.column(name)[row[0]])


def test_a_hand_made_history_has_the_values_worked_out_by_hand(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=3)
    start = CAMPAIGN_DAYS[4]  # campaign 5 begins on day 120
    rows["events"] = [
        event("a", 1, start - 100, 0, value_minor=300, quantity=2),
        event("b", 1, start - 20, 0, value_minor=100, coupon_discount_minor=50),
        event("c", 1, start - 20, 1, value_minor=100),
        event("d", 1, start - 10, 200, value_minor=500),
        event("e", 1, start, 0, value_minor=9000),  # the day itself is too late
    ]
    rows["redemptions"] = [
        {"shopper_id": 1, "campaign_id": 1, "coupon_id": 1000, "redeemed_at": day(start - 40)},
        {"shopper_id": 1, "campaign_id": 4, "coupon_id": 4000, "redeemed_at": day(start)},
    ]
    frame = features(tmp_path / "lake", rows)
    expected = {
        "product_trips": 2,
        "product_trips_28": 1,
        "product_trips_84": 1,
        "product_spend": 500,
        "product_spend_84": 200,
        "product_count": 2,
        "product_favourite_trips": 2,
        "product_recency": 20,
        "product_interval": 80,
        "product_due": 0.25,
        "product_share": 0.5,
        "product_trip_share": 2 / 3,
        "product_price": 125,
        "product_coupon_lines": 1,
        "product_known": 0.4,
        "commodity_spend": 500,
        "commodity_loyalty": 1,
        "shopper_trips": 3,
        "shopper_spend": 1000,
        "shopper_tenure": 100,
        "shopper_recency": 10,
        "shopper_coupon_rate": 0.25,
        "redeemed_coupons": 1,
        "redeemed_same_kind": 1,
        "redeemed_recency": 40,
        "redeemed_commodity": 1,
        "sent_campaigns": 4,
        "list_known_count": 2,
        "list_spend_share": 0.5,
        "coupon_products": 5,
        "coupon_reach": 1,
        "campaign_coupons": 6,
        "campaign_days": 30,
    }
    found = {name: value(frame, name, 1, 5000) for name in expected}
    assert found == pytest.approx(expected, rel=1e-6)
    assert value(frame, "product_trips", 2, 5000) == 0
    assert np.isnan(value(frame, "product_recency", 2, 5000))


def test_what_coupons_ask_for_and_take_off(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=3)
    rows["events"] = [event(str(n), 1, n, n, value_minor=200, quantity=3 - n % 2) for n in range(100, 105)]
    asked = {
        5000: {"amount_off_minor": 50, "least_units": 2},
        5001: {"percent_off_bp": 2000, "least_spend_minor": 1000},
        5002: {"amount_off_minor": 50},
    }
    for coupon in rows["coupons"]:
        coupon.update(asked.get(coupon["coupon_id"], {}))
    for row in rows["events"]:
        row["product_id"] -= 100
    rows["coupons"] += [{"coupon_id": 5009, "campaign_id": 5}, {"coupon_id": 4009, "campaign_id": 4}]
    rows["coupon_products"] += [
        {"coupon_id": coupon, "product_id": item} for coupon in (5009, 4009) for item in range(5)
    ]
    frame = features(tmp_path / "lake", rows)
    found = {
        name: [value(frame, name, 1, coupon) for coupon in (5000, 5001, 5002, 5009)]
        for name in (
            *("coupon_units", "coupon_least_spend", "coupon_saving", "coupon_alike"),
            *("product_enough", "shopper_least_spend"),
        )
    }
    price = 1000 / 13  # five lines for 200 each, 13 units in all
    nan = pytest.approx(np.nan, nan_ok=True)
    assert found == {
        "coupon_units": [2, nan, nan, nan],
        "coupon_least_spend": [0, 1000, 0, 0],
        "coupon_saving": [pytest.approx(50 / (2 * price)), pytest.approx(0.2), nan, nan],  # 5002: no price is known
        "coupon_alike": [1, 0, 0, 1],  # 4009 has the same products in another campaign
        "product_enough": [pytest.approx(13 / 5 / 2), nan, nan, nan],
        "shopper_least_spend": [0, 5, 0, 0],
    }


def test_models_of_before_terms_read_none(tmp_path: Path) -> None:
    lake = read_lake(build(tmp_path / "lake", shop_tables(shoppers=3)))
    old, new = (build_matrix(lake, offers(lake, (5,)), terms=terms).names for terms in (False, True))
    assert set(new) - set(old) == TERM_FEATURES


def test_a_snapshot_of_before_coupons_had_terms_is_read(tmp_path: Path) -> None:
    folder = build(tmp_path / "lake", shop_tables(shoppers=3))
    table = pq.read_table(folder / "coupons.parquet")
    pq.write_table(table.drop_columns(list(LATER_COLUMNS)), folder / "coupons.parquet")
    frame = build_matrix(lake := read_lake(folder), offers(lake, (5,)))
    assert np.isnan(frame.column("coupon_saving")).all()


def test_where_nothing_is_sold_a_coupons_reach_is_who_looked_at_its_products(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=3)
    start = CAMPAIGN_DAYS[4]
    views = [event(f"v{n}", 1 + n % 2, start - 20, 100 * (n % 2), kind="view", value_minor=None) for n in range(60)]
    rows["events"], rows["redemptions"] = views, []
    reach = {frame.coupon[i]: frame.column("coupon_reach")[i] for frame in [features(tmp_path, rows)] for i in range(5)}
    assert [round(float(reach[coupon]), 2) for coupon in sorted(reach)] == [0.5, 0.5, 0, 0, 0]


def test_nothing_on_or_after_a_campaigns_start_changes_a_feature(tmp_path: Path) -> None:
    """Every event and redemption of the start day or later is changed, moved or multiplied."""
    rows = shop_tables(shoppers=12)
    start = day(CAMPAIGN_DAYS[4])
    changed = copy.deepcopy(rows)
    later = [row for row in changed["events"] if row["occurred_at"] >= start]
    assert later
    for number, row in enumerate(later):
        row["shopper_id"] = 1 + (row["shopper_id"] + number) % 12
        row["product_id"] = 100 * (number % 6)
        row["value_minor"] *= 7
        row["coupon_discount_minor"] = 99
        row["occurred_at"] = start + (row["occurred_at"] - start) / 2
    changed["events"] += [event(f"more{n}", 1 + n % 12, CAMPAIGN_DAYS[4] + n / 50, 100) for n in range(500)]
    changed["redemptions"] = [row for row in rows["redemptions"] if row["redeemed_at"] < start]
    changed["redemptions"] += [
        {"shopper_id": 3, "campaign_id": 2, "coupon_id": 2001, "redeemed_at": start},
        {"shopper_id": 4, "campaign_id": 5, "coupon_id": 5001, "redeemed_at": day(CAMPAIGN_DAYS[4] + 3)},
    ]
    before = features(tmp_path / "one", rows)
    after = features(tmp_path / "two", changed)
    np.testing.assert_array_equal(before.coupon, after.coupon)
    np.testing.assert_array_equal(before.values, after.values)


def test_an_earlier_event_does_change_features(tmp_path: Path) -> None:
    """The leak test above could not fail if nothing changed anything."""
    rows = shop_tables(shoppers=3)
    more = copy.deepcopy(rows)
    more["events"].append(event("one more", 1, CAMPAIGN_DAYS[4] - 1, 0, value_minor=5000))
    before, after = features(tmp_path / "one", rows), features(tmp_path / "two", more)
    assert value(after, "product_spend", 1, 5000) == value(before, "product_spend", 1, 5000) + 5000


def test_a_shopper_without_history_has_a_row(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=3)
    rows["members"].append({"campaign_id": 5, "shopper_id": 77})
    frame = features(tmp_path / "lake", rows)
    assert (frame.shopper == 77).sum() == 6
    assert value(frame, "product_spend", 77, 5000) == 0


def test_rows_are_sorted_and_labels_follow_the_redemptions(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=5)
    frame = features(tmp_path / "lake", rows, campaigns=(4, 5))
    keys = np.stack([frame.campaign, frame.shopper, frame.coupon], axis=1)
    np.testing.assert_array_equal(keys, keys[np.lexsort(keys.T[::-1])])
    assert len(frame) == 2 * 5 * 6
    redeemed = {
        (r["campaign_id"], r["shopper_id"], r["coupon_id"]) for r in rows["redemptions"] if r["campaign_id"] in {4, 5}
    }
    found = {tuple(key) for key in keys[frame.redeemed_day != np.iinfo(np.int32).max].tolist()}
    assert found == redeemed
    assert frame.as_of.min() == (START.date() - START.date().replace(year=1970, month=1, day=1)).days + CAMPAIGN_DAYS[3]


# compiling each of hundreds of small plans would take most of the time
SPARK_FOR_A_FEW_ROWS = (
    "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN"
    " --conf spark.sql.adaptive.enabled=false"
    " --driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java: the Spark half of this test cannot run")
def test_spark_gives_the_same_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", SPARK_FOR_A_FEW_ROWS)
    rows = shop_tables(shoppers=8)
    duckdb = features(tmp_path / "one", rows, campaigns=(5,))
    spark = features(tmp_path / "two", rows, FeatureConfig(backend="spark", spark_remote="local[2]"), campaigns=(5,))
    assert duckdb.names == spark.names
    np.testing.assert_array_equal(duckdb.shopper, spark.shopper)
    np.testing.assert_allclose(duckdb.values, spark.values, rtol=1e-5, atol=1e-6)
