"""Terms kept in the process: every change of what a coupon gives is seen at the next cart, whoever made it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from coupons.carts import Item, make_cart
from coupons.enums import BenefitType, BudgetKind, BudgetPeriod, CampaignStatus, CouponTrigger, StackingMode, TargetKind
from coupons.evaluation import Evaluation
from coupons.kept_terms import forget_terms
from coupons.models import (
    Benefit,
    BenefitTier,
    Budget,
    BudgetCounter,
    Campaign,
    Coupon,
    CouponCode,
    CouponTarget,
    Product,
    Shopper,
    StackingGroup,
)
from coupons.schedule import period_start
from coupons.services import evaluate_cart
from tests.coupons.factories import NOW, make_campaign, make_channel, make_code, make_coupon, make_shopper

pytestmark = pytest.mark.django_db
TIERS = {"type": BenefitType.TIERS}


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    forget_terms()
    yield
    forget_terms()


def look(coupon: Coupon, shopper: Shopper | None = None) -> Evaluation:
    """Everything that may be used on 10.00 of product "p" and 5.00 of product "q"."""
    goods = make_cart(items=[Item("1", 1, 1_000, "p"), Item("2", 1, 500, "q")])
    return evaluate_cart(channel=coupon.campaign.channel, shopper=shopper, cart=goods, now=NOW)


def off(coupon: Coupon) -> int:
    return look(coupon).discount_minor


def target(coupon: Coupon, product: str = "p") -> CouponTarget:
    covered, _ = Product.objects.get_or_create(external_id=product, title=product)
    return CouponTarget.objects.create(coupon=coupon, kind=TargetKind.PRODUCT, product=covered)


def budget(limit: int, **of: Any) -> Budget:
    return Budget.objects.create(kind=BudgetKind.MONEY, period=BudgetPeriod.DAY, limit_n=limit, **of)


def tiered() -> Coupon:
    coupon = make_coupon(benefit=TIERS)
    BenefitTier.objects.create(benefit=coupon.benefit, threshold_minor=1_000, amount_minor=100)
    return coupon


def covering(*products: str) -> Coupon:
    coupon = make_coupon(benefit={"type": BenefitType.PERCENT, "percent_bp": 1_000})
    for product in products:
        target(coupon, product)
    return coupon


def grouped() -> Coupon:
    """One of two coupons of 1.00, of a group that applies one alone."""
    channel = make_channel()
    group = StackingGroup.objects.create(channel=channel, name="g", mode=StackingMode.LIST_ORDER)
    make_coupon(make_campaign(channel, stacking_group=group))
    return make_coupon(make_campaign(channel, stacking_group=group))


def budgeted(limit: int, *, of_campaign: bool) -> Coupon:
    coupon = make_coupon()
    budget(limit, **({"campaign": coupon.campaign} if of_campaign else {"coupon": coupon}))
    return coupon


def of_coupon(coupon: Coupon) -> Any:
    return Coupon.objects.filter(pk=coupon.pk)


def of_campaign(coupon: Coupon) -> Any:
    return Campaign.objects.filter(pk=coupon.campaign_id)


Change = Callable[[Coupon], object]
CHANGES: dict[str, tuple[Callable[[], Coupon], int, Change, int]] = {
    "coupon": (make_coupon, 100, lambda c: of_coupon(c).update(min_spend_minor=9_000), 0),
    "campaign": (make_coupon, 100, lambda c: of_campaign(c).update(status=CampaignStatus.PAUSED), 0),
    "benefit": (make_coupon, 100, lambda c: Benefit.objects.filter(coupon=c).update(amount_minor=70), 70),
    "benefit gone": (make_coupon, 100, lambda c: Benefit.objects.filter(coupon=c).delete(), 0),
    "step": (tiered, 100, lambda c: BenefitTier.objects.filter(benefit__coupon=c).update(amount_minor=30), 30),
    "step added": (
        tiered,
        100,
        lambda c: BenefitTier.objects.create(benefit=c.benefit, threshold_minor=1_500, percent_bp=5_000),
        750,
    ),
    "step gone": (tiered, 100, lambda c: BenefitTier.objects.filter(benefit__coupon=c).delete(), 0),
    "target added": (lambda: covering("q"), 50, lambda c: target(c, "p"), 150),
    "first target": (covering, 150, lambda c: target(c, "p"), 100),
    "target gone": (
        lambda: covering("p", "q"),
        150,
        lambda c: c.targets.filter(product__external_id="q").delete(),
        100,
    ),
    "target turned round": (lambda: covering("p"), 100, lambda c: c.targets.update(mode="exclude"), 50),
    "group": (grouped, 100, lambda _: StackingGroup.objects.update(mode=StackingMode.STACKABLE), 200),
    "budget of the coupon": (make_coupon, 100, lambda c: budget(70, coupon=c), 0),
    "budget of the campaign": (make_coupon, 100, lambda c: budget(70, campaign=c.campaign), 0),
    "budget raised": (lambda: budgeted(70, of_campaign=False), 0, lambda _: Budget.objects.update(limit_n=900), 100),
    "budget gone": (lambda: budgeted(70, of_campaign=True), 0, lambda _: Budget.objects.all().delete(), 100),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_by_the_next_cart(name: str) -> None:
    made, before, change, after = CHANGES[name]
    coupon = made()
    assert off(coupon) == before
    change(coupon)
    assert off(coupon) == after
    forget_terms()
    assert off(coupon) == after


@pytest.mark.parametrize("name", [name for name in CHANGES if name.startswith(("benefit", "step", "target", "budget"))])
def test_without_its_trigger_a_change_would_not_be_seen(name: str) -> None:
    made, before, change, after = CHANGES[name]
    coupon = made()
    assert off(coupon) == before
    with connection.cursor() as cursor:  # rolled back with the test
        cursor.execute(
            "CREATE OR REPLACE FUNCTION coupons_change_with_terms() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END'"
        )
    change(coupon)
    assert off(coupon) == before
    forget_terms()
    assert off(coupon) == after


def test_what_is_spent_of_a_budget_is_read_with_every_cart() -> None:
    coupon = budgeted(250, of_campaign=True)
    assert off(coupon) == 100
    today = period_start(BudgetPeriod.DAY, coupon.campaign.timezone, NOW)
    spent = BudgetCounter.objects.create(
        budget=Budget.objects.get(), period_start=today, limit_n=250, held_n=100, spent_n=50
    )
    assert off(coupon) == 100
    BudgetCounter.objects.filter(pk=spent.pk).update(held_n=151, spent_n=0)
    assert off(coupon) == 0


def test_a_code_that_is_made_for_a_coupon_is_asked_for_from_then_on() -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    assert off(coupon) == 100
    code = make_code(coupon)
    [decision] = look(coupon).decisions
    assert [reason.code for reason in decision.reasons] == ["code_required"]
    CouponCode.objects.filter(pk=code.pk).delete()
    assert off(coupon) == 100


def test_of_many_targets_those_are_read_that_the_cart_matches(django_assert_num_queries: Any) -> None:
    coupon = covering("p")
    Product.objects.bulk_create(Product(external_id=f"other-{i}", title="Other") for i in range(100))
    assert off(coupon) == 100
    others = Product.objects.filter(external_id__startswith="other-")
    CouponTarget.objects.bulk_create(
        CouponTarget(coupon=coupon, kind=TargetKind.PRODUCT, product=product) for product in others
    )
    assert off(coupon) == 100
    with django_assert_num_queries(3):  # the cart's products; which coupons; this one with what the cart matches
        assert off(coupon) == 100
    coupon.targets.filter(product__external_id="p").delete()
    assert off(coupon) == 0
    with django_assert_num_queries(2):
        off(coupon)


@pytest.mark.parametrize("coupons", [1, 3])
def test_a_known_cart_asks_which_coupons_and_nothing_else(coupons: int, django_assert_num_queries: Any) -> None:
    campaign = make_campaign()
    made = [make_coupon(campaign, usage_limit=5, per_shopper_limit=2, first_order_only=True) for _ in range(coupons)]
    shopper = make_shopper(campaign.channel)
    look(made[0], shopper)
    with django_assert_num_queries(2):  # the cart's products, too
        assert len(look(made[0], shopper).applied) == coupons
    budget(10_000, campaign=campaign)
    assert len(look(made[0], shopper).applied) == coupons
    with django_assert_num_queries(3):  # and what is spent
        assert len(look(made[0], shopper).applied) == coupons


@pytest.mark.django_db(transaction=True)
def test_what_another_process_writes_counts_from_its_commit_on() -> None:
    coupon = make_coupon()
    assert off(coupon) == 100
    keys = connection.get_connection_params()
    login = {name: keys[name] for name in ("dbname", "user", "password", "host", "port") if keys.get(name)}
    with psycopg.connect(**login) as other:
        other.execute("UPDATE coupons_benefit SET amount_minor = 70 WHERE coupon_id = %s", [coupon.pk])
        assert off(coupon) == 100  # and is kept as such
        other.commit()
        assert off(coupon) == 70
        other.execute("UPDATE coupons_benefit SET amount_minor = 30 WHERE coupon_id = %s", [coupon.pk])
        other.rollback()
        assert off(coupon) == 70
