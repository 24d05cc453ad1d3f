"""The search over settings: folds in the order of time, nothing of the test part, the same again from one seed."""

import numpy as np
import pytest

from benchmarks.quality import folds, search
from recommender.config import TrainingConfig
from recommender.pipeline.lake import read_lake
from recommender.pipeline.preparation import Prepared, clean_and_teach, read_features
from tests.recommender.pipeline.made_up_lake import build, shop_tables

pytestmark = pytest.mark.slow
CONFIG = TrainingConfig().with_overrides("classic.boosting_bags=1", "classic.boosting_negatives=20")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = build(tmp_path_factory.mktemp("shop") / "lake", shop_tables(shoppers=30))
    return read_features(CONFIG, *clean_and_teach(read_lake(folder), CONFIG))


def _folds(prepared: Prepared) -> list[search.Fold]:
    frame = prepared.inputs.frame
    starts = sorted({int(day) for day in frame.as_of[frame.rows(prepared.split.train)]})
    return search.time_folds(prepared, starts[-2])


def test_folds_follow_time_and_leave_the_test_part_alone(prepared: Prepared) -> None:
    frame, test = prepared.inputs.frame, set(prepared.split.test.campaigns)
    for fold in _folds(prepared):
        assert not test & {*fold.train.campaigns, *fold.score.campaigns}
        scored_from = int(frame.as_of[frame.rows(fold.score)].min())
        assert int(frame.as_of[frame.rows(fold.train)].max()) < scored_from
        assert fold.train.label_before is not None
        assert fold.train.label_before <= scored_from
        assert fold.score.label_before is not None
        assert fold.score.label_before <= prepared.split.test_from


def test_one_seed_finds_the_same_settings_again(prepared: Prepared) -> None:
    one, two = (search.search(prepared, CONFIG, _folds(prepared), trials=2, seed=3) for _ in range(2))
    assert one == two
    assert one["trials"] == len(one["all"]) == 2
    assert one["all"][0]["settings"] == one["defaults"]
    assert one["ndcg_of_the_best"] >= one["ndcg_of_the_defaults"] > 0.3


def test_every_fold_is_scored_by_what_learnt_from_the_others_and_no_test_row_is_read(prepared: Prepared) -> None:
    frame = prepared.inputs.frame
    starts = sorted({int(day) for day in frame.as_of[frame.rows(prepared.split.train_all)]})
    found = folds.period_folds(prepared, [starts[1]])
    before = np.flatnonzero(frame.as_of < prepared.split.test_from)

    assert len(found) == 2
    scored = np.concatenate([fold.scored for fold in found])
    assert np.array_equal(np.sort(scored), before)
    for fold in found:
        assert not set(fold.train) & set(fold.scored)
        assert set(fold.train) | set(fold.scored) == set(before)
        assert fold.y[frame.redeemed_day >= prepared.split.test_from].sum() == 0


def test_an_order_is_compared_with_another_on_the_same_lists(prepared: Prepared) -> None:
    frame = prepared.inputs.frame
    starts = sorted({int(day) for day in frame.as_of[frame.rows(prepared.split.train_all)]})
    periods = folds.period_folds(prepared, [starts[1]])
    best = folds.judge(prepared, periods, [fold.y[fold.scored].astype(float) for fold in periods])
    worst = folds.judge(prepared, periods, [-fold.y[fold.scored].astype(float) for fold in periods])

    assert best.metric("ndcg") == best.metric("auc") == 1
    gain, low, high = best.ndcg_above(worst)
    assert 0 < low <= gain <= high
    assert gain == pytest.approx(1 - worst.metric("ndcg"))
    assert best.ndcg_above(best) == (0, 0, 0)
