"""Many buyers at once, on real threads and a real Postgres. Each race has a twin without its guard, which oversells."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from coupons.enums import BudgetKind, BudgetPeriod, CouponTrigger, RedemptionStatus
from coupons.models import Budget, BudgetCounter, CodeBatch, Coupon, Redemption, Shopper, UsageCounter
from coupons.reconcile import find_drift
from coupons.services import counters
from tests.coupons.factories import NOW, make_code, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, hold, race, redeem, use
from tests.coupons.races import naive

pytestmark = pytest.mark.django_db(transaction=True)


def shoppers(coupon: Coupon, number: int) -> list[Shopper]:
    return [make_shopper(coupon.campaign.channel) for _ in range(number)]


def buyers_race(coupon: Coupon, attempts: int) -> Counter[str]:
    people = shoppers(coupon, attempts)
    return race(lambda i: redeem(people[i], f"order-{i}", use(coupon)), attempts=attempts)


def redeemed(coupon: Coupon) -> int:
    return Redemption.objects.filter(coupon=coupon, status=RedemptionStatus.REDEEMED).count()


@pytest.mark.parametrize("slots", [1, 4])
def test_tc_01_exactly_as_many_succeed_as_the_limit_allows(slots: int) -> None:
    coupon = make_coupon(usage_limit=20, per_shopper_limit=1, counter_slots=slots)
    assert buyers_race(coupon, 80) == {"ok": 20, "usage_limit_reached": 60}
    assert redeemed(coupon) == 20
    assert_balanced()


@pytest.mark.parametrize("slots", [1, 4])
def test_tc_04_tc_01_without_the_conditional_update_oversells(monkeypatch: pytest.MonkeyPatch, slots: int) -> None:
    monkeypatch.setattr(counters, "take_use", naive.take_use)
    coupon = make_coupon(usage_limit=20, per_shopper_limit=1, counter_slots=slots)
    assert buyers_race(coupon, 80)["ok"] > 20
    assert redeemed(coupon) > 20
    assert {drift.what for drift in find_drift()} == {"coupon"}


def test_tc_03_after_a_storm_the_counter_is_the_number_of_rows() -> None:
    coupon = make_coupon(usage_limit=30, per_shopper_limit=2)
    people = shoppers(coupon, 10)

    def buy(number: int) -> None:
        person = people[number % 10]
        order = f"order-{number // 2}"  # two requests an order
        if number % 3:
            redeem(person, order, use(coupon))
        else:
            hold(person, order, use(coupon))

    outcomes = race(buy, attempts=120)
    assert set(outcomes) <= {"ok", "usage_limit_reached", "shopper_limit_reached", "already_redeemed"}
    counter = UsageCounter.objects.get(scope_id=coupon.pk)
    rows = Redemption.objects.filter(coupon=coupon)
    assert counter.redeemed_n == rows.filter(status=RedemptionStatus.REDEEMED).count()
    assert counter.held_n == rows.filter(status=RedemptionStatus.HELD).count()
    assert counter.redeemed_n + counter.held_n == 20  # ten people, two each
    assert_balanced()


def one_shopper_race(coupon: Coupon) -> Counter[str]:
    person = make_shopper(coupon.campaign.channel)
    return race(lambda i: redeem(person, f"order-{i}", use(coupon)), attempts=40)


def test_tc_01_limit_per_shopper() -> None:
    coupon = make_coupon(per_shopper_limit=3)
    assert one_shopper_race(coupon) == {"ok": 3, "shopper_limit_reached": 37}
    assert_balanced()


def test_tc_04_limit_per_shopper_without_its_guard_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "take_shopper_use", naive.take_shopper_use)
    coupon = make_coupon(per_shopper_limit=3)
    assert one_shopper_race(coupon)["ok"] > 3
    assert redeemed(coupon) > 3


def code_race(coupon: Coupon) -> Counter[str]:
    people = shoppers(coupon, 40)
    code = make_code(coupon, usage_limit=3)
    return race(lambda i: redeem(people[i], f"order-{i}", use(coupon, code=code)), attempts=40)


def test_tc_01_limit_per_code() -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    assert code_race(coupon) == {"ok": 3, "usage_limit_reached": 37}
    assert_balanced()


def test_tc_04_limit_per_code_without_its_guard_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "take_code_use", naive.take_code_use)
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    assert code_race(coupon)["ok"] > 3


def batch_race(coupon: Coupon) -> Counter[str]:
    people = shoppers(coupon, 40)
    batch = CodeBatch.objects.create(coupon=coupon, name="Batch", size=40, usage_limit=5)
    codes = [make_code(coupon, batch=batch, usage_limit=1) for _ in people]
    return race(lambda i: redeem(people[i], f"order-{i}", use(coupon, code=codes[i])), attempts=40)


def test_tc_10_limit_across_a_batch_of_codes() -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    assert batch_race(coupon) == {"ok": 5, "usage_limit_reached": 35}
    assert_balanced()


def test_tc_04_tc_10_without_its_guard_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "take_use", naive.take_use)
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    assert batch_race(coupon)["ok"] > 5


AMOUNTS = [700, 1_300, 400, 2_900, 90]


def budget_race(coupon: Coupon) -> Counter[str]:
    people = shoppers(coupon, 60)
    return race(lambda i: redeem(people[i], f"order-{i}", use(coupon, AMOUNTS[i % 5])), attempts=60)


def money_budget(coupon: Coupon) -> Budget:
    return Budget.objects.create(
        campaign=coupon.campaign, kind=BudgetKind.MONEY, period=BudgetPeriod.DAY, limit_n=20_000
    )


def spent(coupon: Coupon) -> int:
    return Redemption.objects.filter(coupon=coupon).aggregate(total=Sum("amount_minor"))["total"] or 0


def test_tc_06_a_money_budget_is_never_exceeded_by_mixed_amounts() -> None:
    coupon = make_coupon()
    budget = money_budget(coupon)
    outcomes = budget_race(coupon)
    assert set(outcomes) == {"ok", "budget_exhausted"}
    assert 20_000 - 2_900 < spent(coupon) <= 20_000
    assert BudgetCounter.objects.get(budget=budget).spent_n == spent(coupon)
    assert_balanced()


def test_tc_04_tc_06_without_its_guard_overspends(monkeypatch: pytest.MonkeyPatch) -> None:
    coupon = make_coupon()
    money_budget(coupon)
    redeem(make_shopper(coupon.campaign.channel), "first", use(coupon))  # the day's counter is there
    monkeypatch.setattr(counters, "take_budget", naive.take_budget)
    budget_race(coupon)
    assert spent(coupon) > 20_000


def same_order_race(coupon: Coupon) -> Counter[str]:
    person = make_shopper(coupon.campaign.channel)
    return race(lambda _: redeem(person, "order-1", use(coupon)), attempts=24)


def test_tc_02_the_same_order_from_many_threads_is_one_use() -> None:
    coupon = make_coupon(usage_limit=10)
    assert same_order_race(coupon) == {"ok": 24}
    assert redeemed(coupon) == 1
    assert_balanced()


def test_tc_04_tc_02_without_the_unique_index_is_many_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin looks whether the order has the coupon, then inserts."""
    from coupons.services import orders

    real = orders._INSERT
    guard = real.sql[real.sql.index("ON CONFLICT") : real.sql.index("RETURNING")]
    look = (
        "CROSS JOIN pg_sleep(0.2)"
        " WHERE NOT EXISTS (SELECT 1 FROM coupons_redemption r WHERE r.order_ref = %(order)s) ORDER BY"
    )
    sql = real.sql.replace(guard, "").replace("ORDER BY", look, 1)
    monkeypatch.setattr(orders, "_INSERT", replace(real, name="look_then_insert", sql=sql))
    coupon = make_coupon(usage_limit=10)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX redemption_once_per_order")
    try:
        same_order_race(coupon)
        assert redeemed(coupon) > 1
    finally:
        Redemption.objects.all().delete()
        with connection.schema_editor() as editor:
            [constraint] = [c for c in Redemption._meta.constraints if c.name == "redemption_once_per_order"]
            editor.add_constraint(Redemption, constraint)


def test_tc_16_expired_holds_give_way_but_never_more_than_the_limit() -> None:
    coupon = make_coupon(usage_limit=10)
    people = shoppers(coupon, 50)
    for i in range(10):
        hold(people[i], f"held-{i}", use(coupon))
    later = NOW + timedelta(minutes=16)
    outcomes = race(lambda i: redeem(people[i + 10], f"order-{i}", use(coupon), now=later), attempts=40)
    assert outcomes == {"ok": 10, "usage_limit_reached": 30}
    assert redeemed(coupon) == 10
    assert_balanced()


def test_first_order_of_a_person_is_one_of_many_at_once() -> None:
    coupon = make_coupon(first_order_only=True)
    person = make_shopper(coupon.campaign.channel)
    outcomes = race(lambda i: redeem(person, f"order-{i}", use(coupon)), attempts=24)
    assert outcomes == {"ok": 1, "not_eligible": 23}


def test_several_coupons_in_any_order_never_lose_an_order_to_a_deadlock() -> None:
    one = make_coupon(usage_limit=1_000, per_shopper_limit=2)
    two = make_coupon(one.campaign, usage_limit=1_000, per_shopper_limit=2)
    people = shoppers(one, 80)

    def buy(i: int) -> None:
        pair = (use(one), use(two)) if i % 2 else (use(two), use(one))
        redeem(people[i], f"order-{i}", *pair)

    assert race(buy, attempts=80) == {"ok": 80}
    assert_balanced()


def test_a_limit_set_in_the_middle_of_a_storm_counts_every_use() -> None:
    """The change waits for the uses in flight, so it comes late in the storm; from then on every use is counted."""
    coupon = make_coupon()
    people = shoppers(coupon, 130)

    def buy(i: int) -> None:
        if i == 40:
            Coupon.objects.filter(pk=coupon.pk).update(usage_limit=125)
        redeem(people[i], f"order-{i}", use(coupon))

    assert race(buy, attempts=120) == {"ok": 120}
    assert_balanced()
    late = race(lambda i: redeem(people[120 + i], f"late-{i}", use(coupon)), attempts=10)
    assert late == {"ok": 5, "usage_limit_reached": 5}
    assert_balanced()
