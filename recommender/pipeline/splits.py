"""Stage 3: candidates, labels and the split by time.

A candidate is a shopper that a campaign was sent to x one coupon of that campaign; its label is whether the
shopper redeemed it, known only for redemptions before the part's label cut. Campaigns go whole into train,
validation or test by the day they start, so nothing later than a part's cut reaches what is learnt for it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir

from recommender.columns import CANDIDATE_KEY
from recommender.columns import Columns as C
from recommender.config import SplitConfig
from recommender.pipeline.lake import Lake, day_number, day_of

TEST_SHARE = 0.3
"""Of the campaigns that have begun, when `split.test_from` is not given."""
VALIDATION_SHARE = 1 / 6
"""Of the campaigns before the test part, when `split.validation_from` is not given."""


class SplitError(Exception):
    """Too few campaigns, or dates that leave a part empty."""


@dataclass(frozen=True)
class Part:
    """Campaigns that are learnt from or scored together, and up to when their labels are known."""

    campaigns: tuple[int, ...]
    label_before: int | None
    """Day number; redemptions on it or later are not seen. None: all of the snapshot."""


@dataclass(frozen=True)
class Split:
    """The parts of one run: models are tuned on train and validation, then fitted on `train_all`."""

    validation_from: int
    """Day number of the first validation campaign's start, or before."""
    test_from: int
    train: Part
    validation: Part
    train_all: Part
    """Train and validation campaigns with every label before `test_from`."""
    test: Part
    everything: Part
    """All campaigns with every label: what the live model is fitted on."""

    def to_dict(self) -> dict[str, Any]:
        """Dates and campaign ids of each part, JSON-able, for manifest and report."""
        return {
            "validation_from": day_to_date(self.validation_from).isoformat(),
            "test_from": day_to_date(self.test_from).isoformat(),
            "train": list(self.train.campaigns),
            "validation": list(self.validation.campaigns),
            "test": list(self.test.campaigns),
        }


def day_to_date(day: int) -> date:
    """The date of a day number."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()


def day_from_date(day: date) -> int:
    """The day number of a date."""
    return (day - date(1970, 1, 1)).days


def make_split(lake: Lake, config: SplitConfig) -> Split:
    """Campaigns that have begun and were sent to someone, split by their start; SplitError when too few."""
    starts = _starts(lake)
    if len(starts) < 3:
        raise SplitError(f"{len(starts)} campaigns with members and coupons have begun; a split needs 3")
    days = sorted(starts.values())
    test_from = day_from_date(config.test_from) if config.test_from else _share_from_end(days, TEST_SHARE)
    before = [day for day in days if day < test_from]
    if not before:
        raise SplitError(f"split.test_from {day_to_date(test_from)}: no campaign starts before it")
    validation_from = (
        day_from_date(config.validation_from) if config.validation_from else _share_from_end(before, VALIDATION_SHARE)
    )
    split = Split(
        validation_from=validation_from,
        test_from=test_from,
        train=Part(_between(starts, None, validation_from), validation_from),
        validation=Part(_between(starts, validation_from, test_from), test_from),
        train_all=Part(_between(starts, None, test_from), test_from),
        test=Part(_between(starts, test_from, None), None),
        everything=Part(_between(starts, None, None), None),
    )
    for name in ("train", "validation", "test"):
        if not getattr(split, name).campaigns:
            raise SplitError(
                f"no campaign in the {name} part (validation from "
                f"{day_to_date(validation_from)}, test from {day_to_date(test_from)})"
            )
    return split


def offers(lake: Lake, campaigns: tuple[int, ...]) -> ir.Table:
    """One row a member: campaign_id, shopper_id, as_of (day number of the campaign's start)."""
    days = lake.campaigns.select(C.CAMPAIGN, **{C.AS_OF: day_number(lake.campaigns[C.STARTS_AT])})
    members = lake.members.filter(lake.members[C.CAMPAIGN].isin(campaigns)).distinct()
    return members.join(days, C.CAMPAIGN).select(C.CAMPAIGN, C.SHOPPER, C.AS_OF)


def candidates(lake: Lake, part: Part) -> ir.Table:
    """campaign_id, shopper_id, coupon_id, as_of, label (0 or 1, int8) of a part."""
    rows = offers(lake, part.campaigns).join(lake.coupons.select(C.CAMPAIGN, C.COUPON).distinct(), C.CAMPAIGN)
    redeemed = first_redemptions(lake)
    if part.label_before is not None:
        redeemed = redeemed.filter(redeemed["redeemed_day"] < part.label_before)
    labelled = rows.left_join(redeemed, CANDIDATE_KEY)
    label = labelled["redeemed_day"].notnull().cast("int8")
    return labelled.select(*CANDIDATE_KEY, C.AS_OF, **{C.LABEL: label})


def first_redemptions(lake: Lake) -> ir.Table:
    """shopper_id, campaign_id, coupon_id, redeemed_day: the first redemption of each candidate."""
    redeemed = lake.redemptions.mutate(redeemed_day=day_number(lake.redemptions[C.REDEEMED_AT]))
    return redeemed.group_by(CANDIDATE_KEY).agg(redeemed_day=redeemed["redeemed_day"].min())


def _starts(lake: Lake) -> dict[int, int]:
    """Campaign id -> day number of its start, of the campaigns that can have candidates."""
    days = lake.campaigns.select(C.CAMPAIGN, day=day_number(lake.campaigns[C.STARTS_AT]))
    days = days.semi_join(lake.members, C.CAMPAIGN).semi_join(lake.coupons, C.CAMPAIGN)
    rows = days.to_pyarrow().to_pylist()
    today = day_of(lake.now)
    return {row[C.CAMPAIGN]: row["day"] for row in rows if row["day"] <= today}


def _share_from_end(days: list[int], share: float) -> int:
    """The day from which about `share` of the sorted days lie, at least one and not all of them."""
    count = min(max(round(share * len(days)), 1), max(len(days) - 1, 1))
    return days[-count]


def _between(starts: dict[int, int], low: int | None, high: int | None) -> tuple[int, ...]:
    """Ids of the campaigns that start on `low` or later and before `high`, by id."""
    return tuple(
        sorted(
            campaign for campaign, day in starts.items() if (low is None or day >= low) and (high is None or day < high)
        )
    )
