"""Taking back: what returns to the shopper, the budgets and the limits, by policy."""

from datetime import timedelta
from typing import Any

import pytest

from coupons.enums import (
    BelowMinimumPolicy,
    BenefitType,
    BudgetKind,
    BudgetPeriod,
    CounterScope,
    RestorePolicy,
    RollbackKind,
)
from coupons.errors import Malformed, StateConflict
from coupons.models import (
    Benefit,
    BenefitTier,
    Budget,
    BudgetCounter,
    Coupon,
    Redemption,
    RedemptionLine,
    Rollback,
    Shopper,
    UsageCounter,
)
from coupons.services import ReturnedLine, hold_coupons, release_redemption, roll_back_redemption
from tests.coupons.factories import NOW, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, hold, redeem, use, use_with_lines

pytestmark = pytest.mark.django_db
CANCEL, REFUND = RollbackKind.CANCEL, RollbackKind.REFUND


def redeemed_n(coupon: Coupon) -> int:
    return UsageCounter.objects.get(scope=CounterScope.COUPON, scope_id=coupon.pk).redeemed_n


def roll_back(row: Redemption, kind: RollbackKind = REFUND, *lines: tuple[str, int], **fields: Any) -> Rollback:
    returned = [ReturnedLine(*line) for line in lines]
    return roll_back_redemption(channel=row.channel, uid=row.uid, kind=kind, lines=returned, now=NOW, **fields)


def redeemed(coupon: Coupon, *lines: tuple[str, int, int, int]) -> Redemption:
    shopper = make_shopper(coupon.campaign.channel)
    [taken] = redeem(shopper, f"order-{shopper.pk}", use_with_lines(coupon, *lines) if lines else use(coupon))
    return Redemption.objects.get(pk=taken.id)


@pytest.mark.parametrize(
    ("policy", "kind", "restored"),
    [
        (RestorePolicy.NEVER, CANCEL, False),
        (RestorePolicy.NEVER, REFUND, False),
        (RestorePolicy.ON_CANCEL, CANCEL, True),
        (RestorePolicy.ON_CANCEL, REFUND, False),
        (RestorePolicy.ON_FULL_REFUND, CANCEL, True),
        (RestorePolicy.ON_FULL_REFUND, REFUND, True),
    ],
)
def test_tc_17_the_use_returns_by_policy(policy: str, kind: RollbackKind, restored: bool) -> None:
    coupon = make_coupon(usage_limit=5, per_shopper_limit=1, restore_policy=policy)
    row = redeemed(coupon, ("1", 1, 500, 100))
    rollback = roll_back(row, kind, reason="changed my mind", actor="user:1")
    row.refresh_from_db()
    assert (row.status, row.rolled_back_minor, row.kept_use) == ("rolled_back", 100, not restored)
    assert (rollback.amount_minor, rollback.use_restored, redeemed_n(coupon)) == (100, restored, 0 if restored else 1)
    assert_balanced()
    again = roll_back(row, kind)
    assert (again.pk, Rollback.objects.count()) == (rollback.pk, 1)


def test_tc_17_released_and_expired_always_restore_and_a_cancelled_order_can_come_again() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1, restore_policy=RestorePolicy.NEVER)
    shopper = make_shopper(coupon.campaign.channel)
    [held] = hold(shopper, "order-1", use(coupon))
    release_redemption(channel=shopper.channel, uid=held.uid)
    hold_coupons(channel=shopper.channel, shopper=shopper, order_ref="order-2", uses=[use(coupon)], now=NOW)
    late = NOW + timedelta(hours=1)
    redeem(shopper, "order-3", use(coupon), now=late)
    assert list(Redemption.objects.order_by("pk").values_list("status", flat=True)) == [
        "released",
        "expired",
        "redeemed",
    ]
    assert_balanced()


def test_a_restored_order_may_be_redeemed_again() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    row = redeemed(coupon)
    roll_back(row, CANCEL)
    redeem(row.shopper, row.order_ref, use(coupon))
    assert redeemed_n(coupon) == 1
    assert_balanced()


def test_tc_21_a_partial_return_uses_the_stored_lines_to_the_last_minor_unit() -> None:
    coupon = make_coupon(usage_limit=5, restore_policy=RestorePolicy.ON_FULL_REFUND)
    row = redeemed(coupon, ("a", 3, 900, 100), ("b", 1, 500, 55))
    Benefit.objects.filter(coupon=coupon).update(amount_minor=9_999)  # what the coupon gives today does not matter
    given = [roll_back(row, REFUND, ("a", 1)).amount_minor for _ in range(3)]
    assert given == [33, 33, 34]
    row.refresh_from_db()
    assert (row.status, row.rolled_back_minor, redeemed_n(coupon)) == ("partially_rolled_back", 100, 1)
    assert_balanced()
    last = roll_back(row, REFUND, ("b", 1))
    row.refresh_from_db()
    assert (last.amount_minor, last.use_restored, row.status, redeemed_n(coupon)) == (55, True, "rolled_back", 0)
    assert_balanced()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([("x", 1)], "not part"),
        ([("a", 4)], "3 can still"),
        ([("a", 0)], "3 can still"),
        ([("a", 2), ("a", 2)], "1 can still"),
    ],
)
def test_impossible_returns_are_refused_and_change_nothing(lines: list[tuple[str, int]], message: str) -> None:
    row = redeemed(make_coupon(), ("a", 3, 900, 100))
    with pytest.raises(Malformed, match=message):
        roll_back(row, REFUND, *lines)
    assert Rollback.objects.count() == 0
    assert RedemptionLine.objects.get().returned_quantity == 0


def test_what_is_not_redeemed_is_not_rolled_back() -> None:
    coupon = make_coupon()
    shopper = make_shopper(coupon.campaign.channel)
    [held] = hold(shopper, "order-1", use(coupon))
    with pytest.raises(StateConflict):
        roll_back(Redemption.objects.get(pk=held.id), CANCEL)
    with pytest.raises(Malformed):
        roll_back(Redemption.objects.get(pk=held.id), CANCEL, ("a", 1))


def test_without_lines_an_amount_can_be_rolled_back() -> None:
    row = redeemed(make_coupon())
    assert roll_back(row, REFUND, amount_minor=40).amount_minor == 40
    with pytest.raises(Malformed, match="from 1 to 60"):
        roll_back(row, REFUND, amount_minor=61)
    roll_back(row, REFUND, amount_minor=60)
    row.refresh_from_db()
    assert row.status == "rolled_back"
    assert_balanced()


@pytest.mark.parametrize(
    ("policy", "amount", "clawback", "status"),
    [(BelowMinimumPolicy.KEEP, 30, 0, "partially_rolled_back"), (BelowMinimumPolicy.REVOKE, 100, 70, "rolled_back")],
)
def test_tc_22_a_return_below_the_minimum_spend(policy: str, amount: int, clawback: int, status: str) -> None:
    coupon = make_coupon(usage_limit=5, min_spend_minor=1_000, below_minimum_policy=policy)
    row = redeemed(coupon, ("a", 1, 300, 30), ("b", 1, 700, 70))
    rollback = roll_back(row, REFUND, ("a", 1))
    row.refresh_from_db()
    assert (rollback.amount_minor, rollback.clawback_minor, row.status) == (amount, clawback, status)
    assert (rollback.use_restored, redeemed_n(coupon)) == (False, 1)
    assert_balanced()


def test_tc_22_thresholds_fall_back_to_the_step_that_the_kept_items_reach() -> None:
    coupon = make_coupon(benefit={"type": BenefitType.TIERS}, below_minimum_policy=BelowMinimumPolicy.REVOKE)
    for threshold, off in ((20_000, 3_000), (40_000, 8_000)):
        BenefitTier.objects.create(benefit=coupon.benefit, threshold_minor=threshold, amount_minor=off)
    row = redeemed(coupon, ("a", 1, 15_000, 3_000), ("b", 1, 25_000, 5_000))
    rollback = roll_back(row, REFUND, ("a", 1))
    assert (rollback.amount_minor, rollback.clawback_minor) == (5_000, 2_000)
    assert rollback.lines == [
        {"line_ref": "a", "quantity": 1, "amount_minor": 3_000},
        {"line_ref": "b", "quantity": 0, "amount_minor": 2_000},
    ]
    rest = roll_back(row, REFUND, ("b", 1))
    assert rest.amount_minor == 3_000
    assert_balanced()


def budget_of(coupon: Coupon, kind: str, limit: int) -> Budget:
    return Budget.objects.create(campaign=coupon.campaign, kind=kind, period=BudgetPeriod.DAY, limit_n=limit)


def test_money_and_uses_return_to_the_period_they_came_from() -> None:
    coupon = make_coupon(restore_policy=RestorePolicy.ON_FULL_REFUND)
    money, uses = budget_of(coupon, BudgetKind.MONEY, 1_000), budget_of(coupon, BudgetKind.USES, 10)
    shopper: Shopper = make_shopper(coupon.campaign.channel)
    [held] = hold(shopper, "order-1", use_with_lines(coupon, ("a", 2, 900, 100)))
    assert BudgetCounter.objects.get(budget=money).held_n == 100
    tomorrow = NOW + timedelta(days=1)
    redeem(shopper, "order-2", use(coupon, 300), now=tomorrow)
    redeem(shopper, "order-1", use_with_lines(coupon, ("a", 2, 900, 100)), now=tomorrow)
    counters = BudgetCounter.objects.order_by("budget", "period_start").values_list("budget", "held_n", "spent_n")
    assert list(counters) == [(money.pk, 0, 100), (money.pk, 0, 300), (uses.pk, 0, 1), (uses.pk, 0, 1)]
    roll_back(Redemption.objects.get(pk=held.id), REFUND, ("a", 1))
    assert list(counters.all()) == [(money.pk, 0, 50), (money.pk, 0, 300), (uses.pk, 0, 1), (uses.pk, 0, 1)]
    roll_back(Redemption.objects.get(pk=held.id), REFUND, ("a", 1))
    assert list(counters.all()) == [(money.pk, 0, 0), (money.pk, 0, 300), (uses.pk, 0, 0), (uses.pk, 0, 1)]
    assert_balanced()
