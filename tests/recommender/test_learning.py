"""Policies that learn while they serve: each showing and use counts once, by the minute and by the night alike."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from coupons.models import Coupon, Shopper
from recommender.decisions.exploration import LinearStatistics
from recommender.enums import ExplorationKind, PolicyStatus, VersionStatus
from recommender.models import ModelVersion, Policy, PolicyLearning, SlateLog
from recommender.policies.learning import ShownSums
from recommender.policies.removals import Removal
from recommender.policies.terms import PolicyTerms
from recommender.selectors import recommend_for
from recommender.selectors.learned import forget_learned, learned_posterior, statistics_of
from recommender.services import record_impressions
from recommender.services.learning import _read_sums, _Window, _write, rebuild_learned, update_learned
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend
from tests.racing import Gathering, race
from tests.recommender.made_up_policies import log_slate, make_policy, use

SHOWN, LOWER = int(Removal.SHOWN), int(Removal.RANKED_LOWER)


class Shop:
    """Three coupons; answers that show the first two, at 0.3 and 0.2."""

    def __init__(self) -> None:
        forget_learned()
        self.channel = make_channel()
        self.coupons: list[Coupon] = make_coupons(make_campaign(self.channel), 3)
        self.version: ModelVersion = make_version(1)
        self.ann: Shopper = make_shopper(self.channel, "ann")
        self.policy: Policy = make_policy(
            self.channel,
            PolicyStatus.LIVE,
            exploration_percent=50,
            exploration_kind=ExplorationKind.THOMPSON,
        )

    def answer(self, at: datetime, **fields: Any) -> SlateLog:
        values: dict[str, Any] = {
            "policy": self.policy,
            "model_version": self.version,
            "candidates": [coupon.pk for coupon in self.coupons],
            "scores": [0.3, 0.2, 0.1],
            "removed": [SHOWN, SHOWN, LOWER],
        }
        return log_slate(self.ann, at, **{**values, **fields})

    def use(self, answer: SlateLog, at: datetime, coupon: int = 0) -> None:
        use(self.ann, self.coupons[coupon], 100, at, slate_id=answer.slate_id)

    def row(self) -> PolicyLearning:
        return PolicyLearning.objects.get()

    def sums(self, shown: int, used_first: int, used_second: int = 0) -> LinearStatistics:
        """Of answers that showed both, and of how many uses came of the first and of the second."""
        n, used = float(shown), np.array([used_first, used_second], float)
        scores = np.array([0.3, 0.2])
        return ShownSums(
            coupon=np.array([coupon.pk for coupon in self.coupons[:2]]),
            personal=np.array([1, 1]),
            shown=np.array([n, n]),
            score=n * scores,
            score_square=n * scores**2,
            used=used,
            used_score=used * scores,
        ).statistics()


@pytest.fixture
def shop() -> Shop:
    return Shop()


def assert_sums(row: PolicyLearning, expected: LinearStatistics) -> None:
    known = statistics_of(row)
    assert known is not None
    for name in ("gram", "moment", "square", "count"):
        assert np.allclose(getattr(known, name), getattr(expected, name)), name


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.django_db
def test_minutes_add_up_to_the_night_and_each_counts_once(shop: Shop) -> None:
    first = shop.answer(at(0))
    assert update_learned(now=at(2)) == 2
    assert_sums(shop.row(), shop.sums(1, 0))
    shop.use(first, at(5))
    shop.use(first, at(6))  # a second use of the same showing adds nothing
    second = shop.answer(at(7))
    shop.use(second, at(7.5), coupon=1)
    assert update_learned(now=at(9)) == 2
    assert_sums(shop.row(), shop.sums(2, 1, 1))
    assert update_learned(now=at(9)) == 0
    assert update_learned(now=at(8)) == 0
    by_minutes = shop.row()
    assert rebuild_learned(now=at(9)) == 4
    assert_sums(shop.row(), shop.sums(2, 1, 1))
    assert (by_minutes.learned_until, shop.row().learned_until) == (at(8), at(8))


@pytest.mark.django_db
def test_what_is_not_settled_waits_for_the_next_minute(shop: Shop) -> None:
    shop.answer(at(0))
    assert update_learned(now=at(0.5)) == 0
    assert update_learned(now=at(1.5)) == 2


@pytest.mark.django_db
def test_the_hold_out_other_policies_and_what_is_long_gone_teach_nothing(shop: Shop) -> None:
    other = make_policy(shop.channel)
    shop.answer(at(0), held_out=True)
    shop.answer(at(0), policy=other)
    shop.answer(at(0), model_version=make_version(2, VersionStatus.RETIRED))
    SlateLog.objects.filter(pk=shop.answer(at(0)).pk).update(shopper=None)
    shop.answer(NOW - timedelta(days=30))
    lately = shop.answer(at(0))
    shop.use(lately, NOW + timedelta(days=15))
    assert update_learned(now=NOW + timedelta(days=16)) == 2
    assert_sums(shop.row(), shop.sums(1, 0))


@pytest.mark.django_db
def test_a_policy_that_draws_evenly_learns_nothing(shop: Shop) -> None:
    Policy.objects.update(exploration_kind=ExplorationKind.UNIFORM)
    shop.answer(at(0))
    assert update_learned(now=at(2)) == 0
    assert not PolicyLearning.objects.exists()
    assert learned_posterior(PolicyTerms(policy_id=shop.policy.pk, exploration=0.5), shop.version.pk) is None


@pytest.mark.django_db
def test_what_was_learned_decides_the_next_draw_and_the_whole_candidate_set_is_logged(shop: Shop) -> None:
    """Of three coupons two places: the third has sold 60 of 60, so Thompson sampling draws it."""
    recommend(shop.version, make_shopper(shop.channel, "bob"), *shop.coupons)
    for number in range(60):
        answer = shop.answer(at(number / 10), removed=[SHOWN, LOWER, SHOWN], scores=[0.9, 0.8, 0.1])
        shop.use(answer, at(number / 10), coupon=2)
    update_learned(now=at(10))
    drawn = set()
    for hour in range(12):
        slate = recommend_for(channel=shop.channel, shopper_external_id="bob", now=NOW + timedelta(hours=hour), limit=2)
        record_impressions(slate=slate)
        log = SlateLog.objects.get(slate_id=slate.slate_id)
        assert log.candidates == [coupon.pk for coupon in shop.coupons]
        winner = 0.5 * 0.75 + 0.5 * 0.25 / 2
        assert log.propensities == pytest.approx([1.0, 1 - winner, winner])
        shown = {item.coupon.pk: item.propensity for item in slate.items}
        logged = dict(zip(log.candidates, log.propensities, strict=True))
        assert shown == {pk: logged[pk] for pk in shown}
        drawn.add(slate.items[1].coupon.pk)
    assert drawn == {shop.coupons[1].pk, shop.coupons[2].pk}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_add_a_window_once() -> None:
    shop = Shop()
    for number in range(20):
        shop.answer(at(number / 10))
    update_learned(now=at(1.05))
    outcomes = race(*[lambda: update_learned(now=at(10))] * 6)
    assert sorted(outcomes) == [0, 0, 0, 0, 0, 38]  # type: ignore[type-var]
    assert_sums(shop.row(), shop.sums(20, 0))


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_window_is_added_twice() -> None:
    """The twin that proves the race is real: read the sums, read the window, write, with nothing held."""
    shop = Shop()
    for number in range(20):
        shop.answer(at(number / 10))
    update_learned(now=at(1.05))

    looked = Gathering(6)

    def naive() -> int:
        row = PolicyLearning.objects.get()
        known, start, since = statistics_of(row), row.learned_from, row.learned_until
        assert known is not None
        assert start is not None
        assert since is not None
        new = _read_sums(shop.policy, shop.version.pk, _Window(start, since, at(9)))
        looked.wait()
        _write(row, known + new, start, at(9))
        return round(new.count)

    outcomes = race(*[naive] * 6)
    assert sum(outcomes) > 38  # type: ignore[arg-type]


def test_a_row_of_other_features_is_not_read() -> None:
    assert statistics_of(PolicyLearning(gram=[1.0], moment=[1.0])) is None
