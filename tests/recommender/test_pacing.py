"""Budgets on real spend: what counts, how the price follows, and the stop at the limit."""

from datetime import UTC, datetime, timedelta

import pytest

from coupons.enums import BudgetPeriod
from coupons.models import Channel
from recommender.enums import PolicyStatus
from recommender.models import PolicyBudget
from recommender.policies.pace import is_spent_up, pace_of, price_now
from recommender.selectors.rules import read_rules
from recommender.services.pacing import pace_budgets
from recommender.services.policies import BudgetSpec
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon, make_shopper
from tests.recommender.made_up_policies import make_policy, use

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
"""NOW is the Sunday of that week, at noon: 13 of its 14 halves of a day are gone."""


def test_the_price_follows_the_spend() -> None:
    assert pace_of(spent=50, limit=100, elapsed=0.5) == 1.0
    assert pace_of(spent=60, limit=100, elapsed=0.5) == pytest.approx(1.8221, abs=1e-4)
    assert pace_of(spent=0, limit=100, elapsed=1.0) == 0.25
    assert pace_of(spent=300, limit=100, elapsed=0.0) == 20.0
    assert price_now(0.4, 1.0) == pytest.approx(0.4)
    assert price_now(0.4, 2.0) == pytest.approx(0.85)
    assert price_now(0.0, 2.0) == pytest.approx(0.05)
    assert price_now(0.0, 0.25) == 0.0
    with pytest.raises(ValueError, match="limit must be above 0, not 0"):
        pace_of(spent=1, limit=0, elapsed=0.5)


def test_a_budget_is_spent_up_where_one_more_use_would_go_over() -> None:
    assert [is_spent_up(spent=spent, limit=100, next_use=10) for spent in (89, 90, 91, 100)] == [
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
    assert row.pace == pytest.approx(pace_of(spent=1_800, limit=10_000, elapsed=13 / 14))


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


def test_a_budget_in_all_has_no_pace_and_drafts_are_left_alone(channel: Channel) -> None:
    row = budget(channel, 100_000, BudgetPeriod.TOTAL)
    draft = make_policy(channel, budgets=[BudgetSpec("Draft", BudgetPeriod.DAY, 100)]).budgets.get()
    use(make_shopper(channel), make_coupon(make_campaign(channel)), 900, NOW)
    pace_budgets(now=NOW)
    row.refresh_from_db()
    draft.refresh_from_db()
    assert (row.spent_minor, row.pace) == (900, 1.0)
    assert draft.checked_at is None
