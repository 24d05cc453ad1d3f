"""Evaluate, then consume: a cart's coupons taken for what the evaluation found."""

from datetime import timedelta
from typing import Any

import pytest

from coupons.carts import Item, make_cart
from coupons.enums import (
    BenefitType,
    BudgetKind,
    BudgetPeriod,
    CouponTrigger,
    RedemptionStatus,
    StackingMode,
    TargetKind,
)
from coupons.errors import (
    AmountMismatch,
    CampaignEnded,
    CodeUnusable,
    CouponError,
    NotCombinable,
    NotEligible,
    NotFound,
    UsageLimitReached,
)
from coupons.evaluation import Cart, ReasonCode
from coupons.models import (
    Brand,
    Budget,
    Campaign,
    Category,
    Coupon,
    CouponTarget,
    Product,
    Redemption,
    RedemptionLine,
    Shopper,
    StackingGroup,
)
from coupons.services import Checkout, evaluate_cart, hide_code_state, use_on_cart
from tests.coupons.factories import NOW, make_campaign, make_channel, make_code, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced

pytestmark = pytest.mark.django_db


def cart(*prices: int) -> Cart:
    return make_cart(items=[Item(str(i), 1, price) for i, price in enumerate(prices, start=1)])


def checkout(shopper: Shopper, order_ref: str, goods: Cart, *coupons: Coupon, **fields: Any) -> Checkout:
    return use_on_cart(
        channel=shopper.channel,
        shopper=shopper,
        order_ref=order_ref,
        cart=goods,
        coupons=[coupon.uid for coupon in coupons],
        **{"mode": RedemptionStatus.REDEEMED, "now": NOW, **fields},
    )


def test_a_cart_finds_products_brands_and_all_categories_above() -> None:
    food = Category.objects.create(external_id="food", name="Food", level=1)
    dairy = Category.objects.create(external_id="food/dairy", name="Dairy", level=2, parent=food)
    milk = Category.objects.create(external_id="food/dairy/milk", name="Milk", level=3, parent=dairy)
    brand = Brand.objects.create(external_id="b", name="B")
    product = Product.objects.create(external_id="p", title="P", category=milk, brand=brand)
    [known, unknown] = make_cart(items=[Item("1", 2, 300, "p"), Item("2", 1, 100, "nowhere")]).lines
    assert (known.product_id, known.brand_id) == (product.pk, brand.pk)
    assert known.category_ids == {food.pk, dairy.pk, milk.pk}
    assert (unknown.product_id, unknown.category_ids) == (None, frozenset())


def test_redeem_a_cart_for_what_was_evaluated_with_its_lines() -> None:
    coupon = make_coupon(usage_limit=3, benefit={"type": BenefitType.PERCENT, "percent_bp": 1_000})
    shopper = make_shopper(coupon.campaign.channel)
    done = checkout(shopper, "order-1", cart(1_000, 505), coupon, expected_minor=151)
    assert done.evaluation is not None
    assert (done.evaluation.discount_minor, [use.amount_minor for use in done.uses]) == (151, [151])
    lines = RedemptionLine.objects.order_by("line_ref").values_list("line_ref", "spend_minor", "amount_minor")
    assert list(lines) == [("1", 1_000, 100), ("2", 505, 51)]
    assert_balanced()


def test_tc_02_a_replay_answers_the_same_after_the_campaign_has_ended() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper = make_shopper(coupon.campaign.channel)
    first = checkout(shopper, "order-1", cart(1_000), coupon)
    Campaign.objects.update(ends_at=NOW - timedelta(seconds=1))
    again = checkout(shopper, "order-1", cart(1_000), coupon)
    assert [(use.uid, use.replayed) for use in again.uses] == [(first.uses[0].uid, True)]
    with pytest.raises(CampaignEnded):
        checkout(shopper, "order-2", cart(1_000), coupon)


@pytest.mark.parametrize("kind", [BudgetKind.MONEY, BudgetKind.USES])
def test_tc_15_what_an_order_holds_of_a_budget_is_there_for_it_again(kind: BudgetKind) -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper, other = (make_shopper(coupon.campaign.channel) for _ in range(2))
    limit = 100 if kind == BudgetKind.MONEY else 1
    Budget.objects.create(campaign=coupon.campaign, kind=kind, period=BudgetPeriod.TOTAL, limit_n=limit)
    for prices, mode in (((1_000,), "held"), ((1_000,), "held"), ((1_000, 50), "held"), ((1_000, 50), "redeemed")):
        done = checkout(shopper, "order-1", cart(*prices), coupon, mode=RedemptionStatus(mode))
        assert [(use.status, use.amount_minor) for use in done.uses] == [(mode, 100)]
    with pytest.raises(NotEligible):
        checkout(other, "order-2", cart(1_000), coupon)
    assert list(Redemption.objects.order_by("pk").values_list("status", flat=True)) == ["released", "redeemed"]
    assert_balanced()


def test_tc_15_the_order_that_holds_the_last_use_may_redeem_it_after_the_end() -> None:
    coupon = make_coupon(usage_limit=1, per_shopper_limit=1)
    shopper = make_shopper(coupon.campaign.channel)
    checkout(shopper, "order-1", cart(1_000), coupon, mode=RedemptionStatus.HELD)
    other = make_shopper(coupon.campaign.channel)
    with pytest.raises(UsageLimitReached):
        checkout(other, "order-2", cart(1_000), coupon)
    Campaign.objects.update(ends_at=NOW)
    done = checkout(shopper, "order-1", cart(1_000), coupon)
    assert [use.status for use in done.uses] == ["redeemed"]
    assert_balanced()


def test_an_expired_hold_gives_way_to_the_next_cart() -> None:
    coupon = make_coupon(usage_limit=1)
    first, second = (make_shopper(coupon.campaign.channel) for _ in range(2))
    checkout(first, "order-1", cart(1_000), coupon, mode=RedemptionStatus.HELD)
    with pytest.raises(UsageLimitReached):
        checkout(second, "order-2", cart(1_000), coupon, now=NOW + timedelta(seconds=899))
    checkout(second, "order-2", cart(1_000), coupon, now=NOW + timedelta(seconds=900))
    assert list(Redemption.objects.order_by("pk").values_list("status", flat=True)) == ["expired", "redeemed"]
    assert_balanced()


def test_expected_amount_is_checked_and_nothing_kept() -> None:
    coupon = make_coupon()
    with pytest.raises(AmountMismatch) as refusal:
        checkout(make_shopper(coupon.campaign.channel), "order-1", cart(1_000), coupon, expected_minor=99)
    assert refusal.value.extra == {"discount_minor": 100}
    assert Redemption.objects.count() == 0


def test_tc_34_a_refusal_carries_reasons_with_distances() -> None:
    coupon = make_coupon(min_spend_minor=1_800)
    with pytest.raises(NotEligible) as refusal:
        checkout(make_shopper(coupon.campaign.channel), "order-1", cart(1_000), coupon)
    assert [(r.code, r.distance) for r in refusal.value.reasons] == [(ReasonCode.MIN_SPEND, 800)]


def test_coupons_that_do_not_go_together_are_all_refused() -> None:
    channel = make_channel()
    group = StackingGroup.objects.create(channel=channel, name="One of these", mode=StackingMode.LIST_ORDER)
    one, two = (make_coupon(make_campaign(channel, stacking_group=group)) for _ in range(2))
    with pytest.raises(NotCombinable) as refusal:
        checkout(make_shopper(channel), "order-1", cart(1_000), one, two)
    assert refusal.value.extra == {"coupons": [str(two.uid)]}
    assert Redemption.objects.count() == 0


def test_tc_33_every_decision_says_applied_or_not() -> None:
    """The service's half; the response's shape is the API's."""
    coupon = make_coupon()
    far = make_coupon(coupon.campaign, min_spend_minor=9_999)
    shopper = make_shopper(coupon.campaign.channel)
    found = evaluate_cart(channel=shopper.channel, shopper=shopper, cart=cart(1_000), now=NOW)
    assert [(d.candidate.coupon_id, d.applied, bool(d.reasons)) for d in found.decisions] == [
        (coupon.pk, True, False),
        (far.pk, False, True),
    ]


@pytest.mark.parametrize("typed", ["save10", " SAVE-1O ", "ｓａｖｅ１０", "SAVE–lO"])
def test_tc_27_one_normaliser_on_every_path(typed: str) -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    make_code(coupon, "Save-10", usage_limit=5)
    shopper = make_shopper(coupon.campaign.channel)
    done = checkout(shopper, "order-1", cart(1_000), codes=[typed])
    assert [use.coupon_id for use in done.uses] == [coupon.pk]


def test_tc_31_a_browser_cannot_tell_an_unknown_code_from_an_unusable_one() -> None:
    """The service's half: one answer. Throttling is the API's."""
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    make_code(coupon, "USED", usage_limit=1, redeemed_n=1)
    make_code(coupon, "OFF", active=False)
    ended = make_coupon(make_campaign(coupon.campaign.channel, ends_at=NOW), trigger=CouponTrigger.CODE)
    make_code(ended, "ENDED")
    shopper = make_shopper(coupon.campaign.channel)
    answers = set()
    for code in ("USED", "OFF", "ENDED", "NEVER"):
        with pytest.raises(CouponError) as refusal:
            checkout(shopper, "order-1", cart(1_000), codes=[code])
        hidden = hide_code_state(refusal.value)
        answers.add((hidden.status, hidden.code, hidden.detail, hidden.reasons, str(hidden.extra)))
    assert answers == {(404, "code_unusable", "This code cannot be used.", (), "{}")}


def test_unknown_coupons_and_codes_are_said_so() -> None:
    shopper, elsewhere = make_shopper(make_channel()), make_coupon()
    with pytest.raises(NotFound):
        checkout(shopper, "order-1", cart(1_000), elsewhere)
    with pytest.raises(CodeUnusable):
        checkout(shopper, "order-1", cart(1_000), codes=["NOPE"])


def test_evaluating_many_coupons_takes_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    from coupons.candidates import load_candidates

    campaign = make_campaign()
    shopper = make_shopper(campaign.channel)
    coupons = [make_coupon(campaign, usage_limit=5) for _ in range(3)]
    product = Product.objects.create(external_id="p", title="P")
    other = Product.objects.create(external_id="other", title="Other")
    for coupon in coupons:
        for covered in (product, other):
            CouponTarget.objects.create(coupon=coupon, kind=TargetKind.PRODUCT, product=covered)
    asked: dict[str, Any] = {"channel": campaign.channel, "shopper": shopper, "now": NOW}
    goods = make_cart(items=[Item("1", 1, 100, "p")])
    load_candidates(coupon_ids=[1], **asked), load_candidates(coupon_ids=[1], cart=goods, **asked)  # prepared by now
    for among in (coupons[:1], coupons):
        for in_cart, products in ((None, {product.pk, other.pk}), (goods, {product.pk})):
            with django_assert_num_queries(1):
                found = load_candidates(coupon_ids=[c.pk for c in among], cart=in_cart, **asked)
            assert [(c.coupon_id, set(c.include.products)) for c in found] == [(c.pk, products) for c in among]


def test_evaluating_named_coupons_takes_two_round_trips(django_assert_num_queries: Any) -> None:
    campaign = make_campaign()
    shopper = make_shopper(campaign.channel)
    coupons = [make_coupon(campaign, first_order_only=True) for _ in range(3)]
    asked: dict[str, Any] = {"channel": campaign.channel, "shopper": shopper, "cart": cart(1_000), "now": NOW}
    evaluate_cart(coupons=[coupons[0].uid], **asked)  # prepared by now
    for named in (coupons[:1], coupons):
        with django_assert_num_queries(2):  # their ids; the coupons with their standing, and whether there was an order
            found = evaluate_cart(coupons=[coupon.uid for coupon in named], **asked)
        assert [decision.applied for decision in found.decisions] == [True] * len(named)


def test_targets_that_nothing_in_the_cart_matches_are_targets_all_the_same() -> None:
    coupon = make_coupon()
    CouponTarget.objects.create(
        coupon=coupon, kind=TargetKind.PRODUCT, product=Product.objects.create(external_id="p", title="P")
    )
    Product.objects.create(external_id="q", title="Q")
    found = evaluate_cart(
        channel=coupon.campaign.channel,
        shopper=None,
        cart=make_cart(items=[Item("1", 1, 100, "q")]),
        coupons=[coupon.uid],
        now=NOW,
    )
    assert [reason.code for reason in found.decisions[0].reasons] == ["no_matching_items"]
