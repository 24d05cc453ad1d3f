"""Stages 5 and 7 end to end on a made-up shop with a planted taste; sizes are tiny, figures mean nothing."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

from recommender.config import TrainingConfig
from recommender.estimators.base import EpochReport
from recommender.pipeline.cleaning import clean
from recommender.pipeline.lake import Lake, day_of, read_lake
from recommender.pipeline.live import NOBODY
from recommender.pipeline.rankers import PART_NAMES, PERSONAL
from recommender.pipeline.scoring import ScoredCandidates, evaluate_bundle, popular_coupons, score
from recommender.pipeline.splits import make_split
from recommender.pipeline.training import STAGES, StageReport, TrainingResult, train
from recommender.registry import load_bundle, save_bundle
from tests.recommender.pipeline.made_up_lake import CATEGORIES, COUPONS_EACH, NOW, build, shop_tables

pytestmark = pytest.mark.slow

SMALL = TrainingConfig().with_overrides(
    "seed=5",
    "interest.epochs=1",
    "interest.hidden_size=8",
    "interest.embedding_size=8",
    "encoder.epochs=1",
    "encoder.rows_per_epoch=256",
    "fusion.epochs=1",
    "fusion.bags=1",
    "fusion.hidden_size=8",
    "fusion.projection_size=4",
    "classic.boosting_rounds=20",
    "classic.boosting_learning_rate=0.1",
    "classic.boosting_min_leaf=5",
    "classic.boosting_bags=1",
    "classic.als_factors=4",
    "classic.als_iterations=2",
)
WITHOUT = SMALL.with_overrides("interest.enabled=off", "encoder.enabled=off", "split.refit=off")
"""Without the networks that take longest to compile."""
SHOPPERS = np.arange(1, 61)
RUNNING = np.arange(9000, 9000 + COUPONS_EACH)


@pytest.fixture(scope="module", autouse=True)
def eager_networks() -> Iterator[None]:
    """For a step or two an epoch, tracing a network's graph takes longer than training it; the scores are the same."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shop") / "lake", shop_tables())


@pytest.fixture(scope="module")
def seen() -> dict[str, list[Any]]:
    return {"stages": [], "epochs": []}


@pytest.fixture(scope="module")
def result(folder: Path, seen: dict[str, list[Any]]) -> TrainingResult:
    return train(read_lake(folder), SMALL, on_progress=seen["stages"].append, on_epoch=seen["epochs"].append)


@pytest.fixture(scope="module")
def lake(folder: Path) -> Lake:
    return clean(read_lake(folder), SMALL.cleaning).lake


@pytest.fixture(scope="module")
def scored(result: TrainingResult, lake: Lake) -> ScoredCandidates:
    return score(result.bundle, lake, shoppers=SHOPPERS, coupons=RUNNING, as_of=day_of(NOW))


def test_the_stages_are_told_in_order_with_their_seconds(result: TrainingResult, seen: dict[str, list[Any]]) -> None:
    stages: list[StageReport] = seen["stages"]
    assert [(s.stage, s.number, s.seconds is None) for s in stages] == [
        (name, number, begins) for number, name in enumerate(STAGES, start=1) for begins in (True, False)
    ]
    assert list(result.report["seconds"]) == list(STAGES)


def test_every_epoch_is_reported_once_under_its_own_name(result: TrainingResult, seen: dict[str, list[Any]]) -> None:
    epochs: list[EpochReport] = seen["epochs"]
    keys = [(report.estimator, report.epoch) for report in epochs]
    assert len(keys) == len(set(keys))
    assert any(name.startswith("fusion interaction tuning") for name, _ in keys)
    assert max(len(name) for name, _ in keys) <= 40
    assert len(result.report["learning_curves"]) == len(epochs)


def test_the_report_is_json_and_names_what_was_judged(result: TrainingResult) -> None:
    report = json.loads(json.dumps(result.report))
    assert report["split"]["test"] == [7, 8, 9]
    assert report["test"]["candidates"] == 3 * 60 * COUPONS_EACH == len(result.test.y)
    assert {"stack", *PART_NAMES} == set(report["test"]["systems"])


def test_a_planted_taste_is_found(result: TrainingResult) -> None:
    systems = result.report["test"]["systems"]
    assert systems["stack"]["ndcg"] > 0.8
    assert systems["stack"]["auc"] > 0.8
    assert systems["popularity"]["auc"] < 0.6  # every coupon is as popular as the next


def test_probabilities_are_calibrated_for_the_shop_as_a_whole(result: TrainingResult) -> None:
    assert result.test.scores["stack"].mean() == pytest.approx(result.test.y.mean(), abs=0.05)


def test_scores_find_what_each_shopper_likes(scored: ScoredCandidates) -> None:
    assert len(scored.score) == len(SHOPPERS) * len(RUNNING)
    assert ((scored.score >= 0) & (scored.score <= 1)).all()
    first = np.flatnonzero(np.append(True, np.diff(scored.shopper) != 0))
    liked = scored.coupon[first] - 9000 == scored.shopper[first] % CATEGORIES
    assert liked.mean() > 0.8
    reason = scored.reasons[first[0]]
    assert reason is not None
    assert reason["code"] in {"bought_before", "interest"}
    assert reason["subject"].startswith("Aisle")
    assert set(reason["parts"]) <= set(PART_NAMES)
    json.dumps(scored.reasons, allow_nan=False)
    assert scored.interest is not None
    assert scored.interest.interests.shape == (60, CATEGORIES)
    assert scored.interest.hidden.shape == (60, 8)
    assert {coupon for coupon, _ in popular_coupons(scored)} == set(RUNNING.tolist())


def test_somebody_unknown_is_answered_by_what_most_shoppers_buy(
    result: TrainingResult, lake: Lake, scored: ScoredCandidates
) -> None:
    unknown = score(result.bundle, lake, shoppers=np.array([NOBODY]), coupons=RUNNING, as_of=day_of(NOW))
    newcomer, personal = PART_NAMES.index("newcomer"), [PART_NAMES.index(name) for name in PERSONAL]
    assert len(unknown.score) == COUPONS_EACH
    np.testing.assert_allclose(unknown.score, unknown.parts[:, newcomer], rtol=1e-9)
    assert np.isnan(unknown.parts[:, personal]).all()
    assert {(reason or {})["code"] for reason in unknown.reasons} == {"popular"}
    # ... and of everybody else no score is his
    assert np.isfinite(scored.parts[:, personal]).all()
    assert (scored.score != scored.parts[:, newcomer]).all()


def test_a_shard_has_the_scores_of_the_whole(result: TrainingResult, lake: Lake, scored: ScoredCandidates) -> None:
    whole = scored
    shard = score(result.bundle, lake, shoppers=SHOPPERS[10:20], coupons=RUNNING, as_of=day_of(NOW))
    same = np.isin(whole.shopper, SHOPPERS[10:20])
    np.testing.assert_array_equal(whole.coupon[same], shard.coupon)
    np.testing.assert_allclose(whole.score[same], shard.score, rtol=1e-5)


def test_an_unknown_shopper_and_no_coupon_are_no_error(result: TrainingResult, lake: Lake) -> None:
    stranger = score(result.bundle, lake, shoppers=np.array([777]), coupons=RUNNING, as_of=day_of(NOW))
    assert np.isfinite(stranger.score).all()
    assert len(stranger.score) == len(RUNNING)
    assert len(score(result.bundle, lake, shoppers=SHOPPERS, coupons=RUNNING[:0], as_of=day_of(NOW)).score) == 0


def test_a_saved_model_gives_the_report_of_its_training(result: TrainingResult, lake: Lake, tmp_path: Path) -> None:
    """The judged artefact, loaded again, scores the test campaigns as it did in training: nothing else went in."""
    save_bundle(result.judged, tmp_path / "model", {"metrics": {}})
    bundle = load_bundle(tmp_path / "model")
    report, test = evaluate_bundle(bundle, lake, make_split(lake, SMALL.split).test)
    np.testing.assert_allclose(test.scores["stack"], result.test.scores["stack"], rtol=1e-4)
    assert report["systems"]["stack"]["ndcg"] == pytest.approx(
        result.report["test"]["systems"]["stack"]["ndcg"], abs=1e-6
    )


def test_the_run_ends_when_a_callback_says_so(folder: Path) -> None:
    class CancelledError(Exception):
        pass

    def cancel(report: StageReport) -> None:
        if report.stage == "features":
            raise CancelledError

    with pytest.raises(CancelledError):
        train(read_lake(folder), SMALL, on_progress=cancel)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingResult, TrainingResult]:
    """Two runs of one seed, parts off, on the shop with its redemptions given to anybody for anything."""
    rows = shop_tables()
    rng = np.random.default_rng(2)
    for row in rows["redemptions"]:
        row["coupon_id"] = 1000 * row["campaign_id"] + int(rng.integers(COUPONS_EACH))
        row["shopper_id"] = int(rng.integers(1, 61))
    folder = build(tmp_path_factory.mktemp("noise") / "lake", rows)
    return train(read_lake(folder), WITHOUT), train(read_lake(folder), WITHOUT)


def test_shuffled_labels_teach_nothing(noise: tuple[TrainingResult, TrainingResult]) -> None:
    """The AUC is 0.5 within three of its standard errors where nothing is known (Hanley and McNeil 1982)."""
    test = noise[0].report["test"]
    found, others = test["positives"], test["candidates"] - test["positives"]
    error = math.sqrt((found + others + 1) / (12 * found * others))
    assert error < 0.04
    assert test["systems"]["stack"]["auc"] == pytest.approx(0.5, abs=3 * error)


def test_two_runs_of_one_seed_are_equal(noise: tuple[TrainingResult, TrainingResult]) -> None:
    one, two = (result.test.scores for result in noise)
    assert one.keys() == two.keys()
    for system in one:
        np.testing.assert_allclose(one[system], two[system], rtol=1e-6, err_msg=system)
    assert len(np.unique(one["boosting"])) > 10  # not equal for being constant


def test_parts_that_are_off_are_not_in_the_bundle(noise: tuple[TrainingResult, TrainingResult]) -> None:
    one = noise[0]
    assert one.bundle is one.judged  # no refit
    assert (one.bundle.interest, one.bundle.encoder) == (None, None)
