"""Budgets on real spend: what counts, how the price follows, and the stop at the limit."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coupons.enums import BudgetPeriod
from coupons.models import Channel
from recommender.enums import PolicyStatus
from recommender.models import PolicyBudget
from recommender.policies.pace import is_due, next_pace, price_now
from recommender.selectors.rules import read_rules
from recommender.services.pacing import pace_budgets
from recommender.services.policies import BudgetSpec
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon, make_shopper
from tests.recommender.made_up_policies import make_policy, use


def near(expected: Any) -> Any:
    """`pytest.approx` without its type, which no number equals."""
    return pytest.approx(expected)


MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
"""NOW is the Sunday of that week, at noon: 13 of its 14 halves of a day are gone."""


def test_the_factor_follows_the_spend() -> None:
    """exp(8 x the change of the error + the error), at most doubled or halved, within its bounds."""
    pace, error = next_pace(pace=1.0, error=0.0, spent=52, limit=100, elapsed=0.5)
    assert (pace, error) == (near(math.exp(8 * 0.02 + 0.02)), near(0.02))
    assert next_pace(pace=1.0, error=0.0, spent=50, limit=100, elapsed=0.5) == (1.0, 0.0)
    assert next_pace(pace=3.0, error=0.02, spent=52, limit=100, elapsed=0.5)[0] == near(3 * math.exp(0.02))
    assert next_pace(pace=1.0, error=0.0, spent=0, limit=100, elapsed=1.0) == (near(0.5), -1.0)
    assert next_pace(pace=0.25, error=0.0, spent=0, limit=100, elapsed=1.0)[0] == 0.25
    assert next_pace(pace=15.0, error=0.0, spent=300, limit=100, elapsed=0.0)[0] == 20.0


def test_the_price_of_now() -> None:
    assert price_now(0.4, 1.0) == near(0.4)
    assert price_now(0.4, 2.0) == near(0.85)
    assert price_now(0.0, 2.0) == near(0.05)
    assert price_now(0.0, 0.25) == 0.0


def test_a_step_is_due_a_hundred_times_a_period() -> None:
    assert [is_due(elapsed=elapsed, last=0.101) for elapsed in (0.101, 0.109, 0.111, 0.5)] == [
        False, False, True, True,
    ]  # fmt: skip


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


def budget(
    channel: Channel, limit_minor: int, period: BudgetPeriod = BudgetPeriod.WEEK, **fields: object
) -> PolicyBudget:
    spec = BudgetSpec("Made up", period, limit_minor, **fields)  # type: ignore[arg-type]
    return make_policy(channel, PolicyStatus.LIVE, budgets=[spec]).budgets.get()


def test_what_counts_is_used_or_held_in_the_period_by_whoever(channel: Channel) -> None:
    coupon = make_coupon(make_campaign(channel))
    row = budget(channel, 10_000)
    shopper = make_shopper(channel)
    use(shopper, coupon, 1_000, MONDAY)
    use(shopper, coupon, 700, MONDAY - timedelta(seconds=1))
    use(shopper, coupon, 500, NOW, status="held", redeemed_at=None, hold_expires_at=NOW + timedelta(hours=1))
    use(shopper, coupon, 400, NOW, rolled_back_minor=100, status="partially_rolled_back")
    use(shopper, coupon, 300, NOW, status="rolled_back", rolled_back_minor=300)
    other = make_channel("other")
    use(make_shopper(other), make_coupon(make_campaign(other)), 9_000, NOW)
    assert pace_budgets(now=NOW) == 0
    row.refresh_from_db()
    assert (row.spent_minor, row.stopped, row.checked_at) == (1_800, False, NOW)
    expected = next_pace(pace=1.0, error=0.0, spent=1_800, limit=10_000, elapsed=13 / 14)
    assert ((row.pace, row.pace_error), row.paced_at) == (near(expected), NOW)


def test_a_budget_of_some_campaigns_counts_those(channel: Channel) -> None:
    mine, others = make_campaign(channel, "A"), make_campaign(channel, "B")
    row = budget(channel, 10_000, campaigns=(mine.pk,))
    for campaign, amount in ((mine, 200), (others, 5_000)):
        use(make_shopper(channel, str(amount)), make_coupon(campaign), amount, NOW)
    pace_budgets(now=NOW)
    row.refresh_from_db()
    assert row.spent_minor == 200


def test_a_spent_budget_stops_and_starts_with_its_next_period(channel: Channel) -> None:
    coupon = make_coupon(make_campaign(channel))
    row = budget(channel, 1_000)
    use(make_shopper(channel), coupon, 600, NOW)
    assert pace_budgets(now=NOW) == 1
    live = read_rules(channel.pk).live
    assert live is not None
    assert [each.stopped for each in live.budgets] == [True]
    assert pace_budgets(now=NOW + timedelta(days=1)) == 0
    row.refresh_from_db()
    assert (row.spent_minor, row.stopped) == (0, False)


@pytest.mark.parametrize(("spent", "stopped"), [(800, False), (1_000, False), (1_002, True)])
def test_it_stops_where_one_more_use_of_the_usual_size_would_go_over(
    channel: Channel, spent: int, stopped: bool
) -> None:
    """Two uses of the same size against 15.00."""
    coupon = make_coupon(make_campaign(channel))
    row = budget(channel, 1_500)
    for _use in range(2):
        use(make_shopper(channel, str(_use)), coupon, spent // 2, NOW)
    assert pace_budgets(now=NOW) == stopped
    row.refresh_from_db()
    assert (row.spent_minor, row.stopped) == (spent, stopped)


def test_between_two_steps_the_price_stays_and_a_period_begins_anew(channel: Channel) -> None:
    """A week has a step each 100.8 minutes."""
    coupon = make_coupon(make_campaign(channel))
    row = budget(channel, 10_000)
    use(make_shopper(channel), coupon, 9_000, MONDAY)
    seen = []
    for hours in (24, 25, 26, 24 * 7):
        pace_budgets(now=MONDAY + timedelta(hours=hours))
        row.refresh_from_db()
        seen.append((row.pace, row.paced_at))
    assert seen[0] == (near(2.0), MONDAY + timedelta(hours=24))
    assert seen[1] == seen[0]
    assert seen[2][0] == near(2.0 * math.exp(8 * -(2 / 168) + 0.9 - 26 / 168))
    assert seen[3] == (1.0, MONDAY + timedelta(days=7))


def test_a_budget_in_all_has_no_pace_and_drafts_are_left_alone(channel: Channel) -> None:
    row = budget(channel, 100_000, BudgetPeriod.TOTAL)
    draft = make_policy(channel, budgets=[BudgetSpec("Draft", BudgetPeriod.DAY, 100)]).budgets.get()
    use(make_shopper(channel), make_coupon(make_campaign(channel)), 900, NOW)
    pace_budgets(now=NOW)
    row.refresh_from_db()
    draft.refresh_from_db()
    assert (row.spent_minor, row.pace) == (900, 1.0)
    assert draft.checked_at is None
