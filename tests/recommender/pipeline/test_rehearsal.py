"""A shop without redeemed campaigns learns from what shoppers buy, by the same stages."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

from recommender.config import SplitConfig, TrainingConfig
from recommender.jobs.judging import judge_saved
from recommender.pipeline.lake import Lake, day_of, read_lake
from recommender.pipeline.rehearsal import PURCHASES, REDEMPTIONS, VISITS, lessons, rehearse
from recommender.pipeline.scoring import score
from recommender.pipeline.splits import Part, SplitError, candidates
from recommender.pipeline.training import TrainingResult, train
from recommender.registry import save_bundle
from tests.recommender.pipeline.made_up_lake import (
    CAMPAIGN_DAYS,
    CATEGORIES,
    COUPONS_EACH,
    NOW,
    build,
    day,
    event,
    shop_tables,
)

NO_CAMPAIGNS: dict[str, list[dict[str, Any]]] = {
    "campaigns": [],
    "coupons": [],
    "coupon_products": [],
    "members": [],
    "redemptions": [],
}


FIRST_COUPONS = NO_CAMPAIGNS | {
    "campaigns": [row for row in shop_tables()["campaigns"] if row["campaign_id"] == 9],
    **{
        name: [row for row in shop_tables()[name] if row["coupon_id"] >= 9000]
        for name in ("coupons", "coupon_products")
    },
}
"""One campaign that nobody was sent to, with a coupon for each category."""


def lake_of(folder: Path, **tables: list[dict[str, Any]]) -> Lake:
    return read_lake(build(folder, shop_tables() | tables))


def test_redeemed_campaigns_teach_by_themselves(tmp_path: Path) -> None:
    taught = lessons(lake_of(tmp_path / "lake"), SplitConfig())
    assert taught.learnt_from == REDEMPTIONS
    assert min(taught.split.everything.campaigns) == 1


BY_OTHERS = {"redemptions": [{**row, "shopper_id": 1_000 + row["shopper_id"]} for row in shop_tables()["redemptions"]]}


@pytest.mark.parametrize(
    "missing",
    [NO_CAMPAIGNS, {"redemptions": []}, BY_OTHERS],
    ids=["no campaigns", "nothing redeemed", "redeemed by shoppers that nothing was sent to"],
)
def test_without_redemptions_purchases_teach(tmp_path: Path, missing: dict[str, list[dict[str, Any]]]) -> None:
    taught = lessons(lake_of(tmp_path / "lake", **missing), SplitConfig())
    assert taught.learnt_from == PURCHASES
    rows = candidates(taught.lake, taught.split.everything).to_pandas()
    assert rows["campaign_id"].max() == -1
    assert rows.groupby("shopper_id")["campaign_id"].nunique().max() == 1
    assert rows.groupby(["shopper_id", "campaign_id"])["coupon_id"].nunique().unique().tolist() == [CATEGORIES]


def test_a_label_is_a_purchase_of_the_category_within_the_window(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", **NO_CAMPAIGNS)
    taught = lessons(lake, SplitConfig())
    rows = candidates(taught.lake, taught.split.everything).to_pandas()
    ends = dict(zip(*taught.lake.campaigns.to_pandas()[["campaign_id", "ends_at"]].to_numpy().T, strict=True))
    names = dict(zip(*taught.lake.coupons.to_pandas()[["coupon_id", "external_id"]].to_numpy().T, strict=True))
    bought = lake.events.to_pandas()
    bought["aisle"] = "Food > Aisle " + (bought["product_id"] // 100).astype(str)
    for row in rows.sample(40, random_state=1).itertuples():
        mine = bought[(bought["shopper_id"] == row.shopper_id) & (bought["aisle"] == names[row.coupon_id])]
        days = mine["occurred_at"].map(day_of)
        inside = (days >= row.as_of) & (days < day_of(ends[row.campaign_id]))
        assert row.label == int(inside.any())


def test_the_same_lake_gives_the_same_rehearsal(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", **NO_CAMPAIGNS)
    first, second = rehearse(lake), rehearse(lake)
    assert first.split == second.split
    columns = ["campaign_id", "shopper_id", "coupon_id", "label"]
    tables = [
        candidates(one.lake, one.split.everything).order_by(columns[:3]).to_pandas()[columns] for one in (first, second)
    ]
    assert tables[0].equals(tables[1])


def test_views_stand_in_where_little_was_bought(tmp_path: Path) -> None:
    views = [{**row, "kind": "view"} for row in shop_tables()["events"]]
    assert lessons(lake_of(tmp_path / "lake", **NO_CAMPAIGNS, events=views), SplitConfig()).learnt_from == VISITS


def test_products_without_categories_are_offered_by_brand(tmp_path: Path) -> None:
    bare = [{**row, "category_1": None, "category_2": None, "category_3": None} for row in shop_tables()["products"]]
    taught = lessons(lake_of(tmp_path / "lake", **NO_CAMPAIGNS, products=bare), SplitConfig())
    assert sorted(set(taught.lake.coupons.to_pandas()["external_id"])) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "there are no purchases, carts, clicks or views of products to learn from instead"),
        ([event("e1", 1, 198.0), event("e2", 2, 199.0)], "3 days of behaviour are too few to learn from it instead"),
    ],
)
def test_too_little_behaviour_is_said_beside_the_first_reason(
    tmp_path: Path, events: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(SplitError) as refused:
        lessons(lake_of(tmp_path / "lake", **NO_CAMPAIGNS, events=events), SplitConfig())
    assert str(refused.value) == f"0 campaigns with members and coupons have begun; a split needs 3; {reason}"


def trained(lake: Lake, *more: str) -> TrainingResult:
    """A short training."""
    small = TrainingConfig().with_overrides(
        *("seed=5", "encoder.enabled=off", "split.refit=off", "fusion.epochs=1", "fusion.bags=1", "interest.epochs=1"),
        *("classic.boosting_rounds=40", "classic.boosting_min_leaf=5", "classic.boosting_bags=1", *more),
    )
    tensorflow.config.run_functions_eagerly(True)
    try:
        return train(lake, small)
    finally:
        tensorflow.config.run_functions_eagerly(False)


def told_apart(result: TrainingResult, lake: Lake) -> float:
    """The share of shoppers whose first coupon is that of their category."""
    shoppers, coupons = np.arange(1, 61), np.arange(9000, 9000 + COUPONS_EACH)
    scored = score(result.bundle, lake, shoppers=shoppers, coupons=coupons, as_of=day_of(NOW))
    best = scored.coupon.reshape(60, -1)[np.arange(60), scored.score.reshape(60, -1).argmax(axis=1)]
    return float((best - 9000 == scored.shopper.reshape(60, -1)[:, 0] % CATEGORIES).mean())


@pytest.mark.slow
def test_a_shop_without_campaigns_gets_personal_scores_for_its_first_coupons(tmp_path: Path) -> None:
    """Shopper s likes category s mod CATEGORIES: its coupon comes first, before anybody has redeemed anything."""
    lake = lake_of(tmp_path / "lake", **FIRST_COUPONS)
    result = trained(lake, "interest.enabled=off")
    assert result.report["learnt_from"] == PURCHASES
    lake = read_lake(tmp_path / "lake")
    assert told_apart(result, lake) > 0.8
    save_bundle(result.judged, tmp_path / "model", {"judged": "model"})
    campaigns = result.report["split"]["test"]
    _, again = judge_saved(tmp_path / "model", lake, campaigns)
    assert np.allclose(again.scores["stack"], result.test.scores["stack"])
    assert Part(tuple(campaigns), None).campaigns[0] < 0


def since(first: float) -> list[dict[str, Any]]:
    return [row for row in shop_tables()["events"] if row["occurred_at"] >= day(first)]


@pytest.mark.slow
def test_forty_days_of_views_are_enough_to_tell_shoppers_apart(tmp_path: Path) -> None:
    """Of so short a history no interest model is older than the first lists, and no purchase could teach it."""
    views = [{**row, "kind": "view"} for row in since(160)]
    result = trained(lake_of(tmp_path / "lake", **FIRST_COUPONS, events=views))
    assert result.report["learnt_from"] == VISITS
    assert told_apart(result, read_lake(tmp_path / "lake")) > 0.8


@pytest.mark.slow
def test_a_first_campaign_soon_after_the_first_event_is_learnt_from(tmp_path: Path) -> None:
    tables = shop_tables()
    campaigns = [row for row in tables["campaigns"] if row["campaign_id"] in {1, 3, 7}]
    result = trained(lake_of(tmp_path / "lake", campaigns=campaigns, events=since(50)))
    assert (result.report["learnt_from"], result.report["split"]["train"]) == (REDEMPTIONS, [1])
    assert result.report["generations"][0] <= f"{day(CAMPAIGN_DAYS[0]):%Y-%m-%d}"
    assert np.isfinite(result.test.scores["interaction"]).all()
