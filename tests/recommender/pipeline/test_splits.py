"""Stage 3: campaigns go whole into a part by their start; labels stop at the part's cut."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import protocol
from benchmarks.complete_journey_lake import COUPON_ID_BASE, build_lake
from recommender.config import SplitConfig
from recommender.pipeline.lake import Lake, read_lake
from recommender.pipeline.splits import Part, SplitError, candidates, day_from_date, make_split
from tests.recommender.pipeline.made_up_lake import CAMPAIGN_DAYS, START, build, day, shop_tables


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return read_lake(build(tmp_path / "lake", shop_tables(shoppers=6)))


def test_defaults_take_the_last_campaigns(lake: Lake) -> None:
    split = make_split(lake, SplitConfig())
    assert split.test.campaigns == (7, 8, 9)
    assert split.validation.campaigns == (6,)
    assert split.train.campaigns == (1, 2, 3, 4, 5)
    assert split.train_all.campaigns == (1, 2, 3, 4, 5, 6)
    assert split.test_from == day_from_date((START + timedelta(days=CAMPAIGN_DAYS[6])).date())


def test_dates_decide_and_the_day_itself_belongs_to_the_later_part(lake: Lake) -> None:
    split = make_split(
        lake,
        SplitConfig(validation_from=day(CAMPAIGN_DAYS[2]).date(), test_from=day(CAMPAIGN_DAYS[4]).date()),
    )
    assert split.train.campaigns == (1, 2)
    assert split.validation.campaigns == (3, 4)
    assert split.test.campaigns == (5, 6, 7, 8, 9)
    assert split.train.label_before == split.validation_from
    assert split.validation.label_before == split.test_from
    assert split.test.label_before is None


def test_a_campaign_of_the_future_is_in_no_part(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=6)
    folder = build(tmp_path / "lake", rows, now=day(CAMPAIGN_DAYS[7] + 1))
    assert 9 not in make_split(read_lake(folder), SplitConfig()).everything.campaigns


def test_labels_stop_at_the_cut(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=6)
    key = {"shopper_id": 1, "campaign_id": 1, "coupon_id": 1000}
    rows["redemptions"] = [
        {**key, "redeemed_at": day(70)},
        {**key, "redeemed_at": day(90)},  # a second one changes nothing
        {**key, "shopper_id": 2, "redeemed_at": day(80)},
    ]
    lake = read_lake(build(tmp_path / "lake", rows))
    first = day_from_date(day(80).date())
    before = candidates(lake, Part((1,), first)).to_pandas()
    assert len(before) == 6 * 6
    assert before[before.label == 1].shopper_id.tolist() == [1]
    every = candidates(lake, Part((1,), None)).to_pandas()
    assert sorted(every[every.label == 1].shopper_id) == [1, 2]


def test_too_few_campaigns_are_refused_with_the_number(tmp_path: Path) -> None:
    rows = shop_tables(shoppers=2)
    rows["campaigns"] = rows["campaigns"][:2]
    with pytest.raises(SplitError, match="2 campaigns"):
        make_split(read_lake(build(tmp_path / "lake", rows)), SplitConfig())


def test_an_empty_part_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(SplitError, match="validation part"):
        make_split(
            lake,
            SplitConfig(validation_from=day(CAMPAIGN_DAYS[3] + 1).date(), test_from=day(CAMPAIGN_DAYS[4]).date()),
        )


@pytest.mark.slow
def test_the_real_split_is_the_protocols(tmp_path: Path) -> None:
    """Candidates and labels of every part are equal to benchmarks/protocol.py on Complete Journey."""
    lake = read_lake(build_lake(tmp_path / "complete-journey"))
    split = make_split(lake, SplitConfig(validation_from=date(2017, 8, 8), test_from=date(2017, 10, 1)))
    data = protocol.load()
    expected = {
        "test": (protocol.truth(data, "test"), split.test),
        "validation": (protocol.truth(data, "val"), split.validation),
        "train_all": (protocol.make_fold(data, "test").train, split.train_all),
        "train": (protocol.make_fold(data, "val").train, split.train),
    }
    for name, (truth, part) in expected.items():
        ours = candidates(lake, part).to_pandas()
        ours = pd.DataFrame(
            {
                "household_id": ours.shopper_id,
                "campaign_id": ours.campaign_id,
                "coupon_upc": ours.coupon_id % COUPON_ID_BASE,
                "label": ours.label,
            }
        ).sort_values(["campaign_id", "household_id", "coupon_upc"], ignore_index=True)
        pd.testing.assert_frame_equal(ours, truth, check_dtype=False, obj=name)
    assert (len(expected["test"][0]), int(expected["test"][0].label.sum())) == (260_495, 837)
    # The default split finds the same campaigns by itself.
    assert make_split(lake, SplitConfig()).test.campaigns == split.test.campaigns
    assert make_split(lake, SplitConfig()).validation.campaigns == split.validation.campaigns
