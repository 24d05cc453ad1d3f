"""What each kind of benefit takes off, to the minor unit."""

import pytest

from coupons.enums import Allocation, BenefitType
from coupons.evaluation import (
    BenefitTerms,
    Candidate,
    Cart,
    Evaluation,
    ReasonCode,
    ShopperFacts,
    Targets,
    Tier,
    evaluate,
)
from coupons.evaluation.rounding import percent_of, split
from tests.coupons.evaluation.builders import FREE_SHIPPING, NOW, amount, buy_get, cart, coupon, percent, tiers


def run(goods: Cart, *candidates: Candidate) -> Evaluation:
    return evaluate(goods, ShopperFacts(shopper_id=1), candidates, NOW)


def lines(goods: Cart, *candidates: Candidate) -> dict[str, int]:
    """What came off each line, all coupons together, and off shipping."""
    off: dict[str, int] = {}
    for decision in run(goods, *candidates).decisions:
        for ref, share in decision.lines:
            off[ref] = off.get(ref, 0) + share
        if decision.shipping_minor:
            off["shipping"] = off.get("shipping", 0) + decision.shipping_minor
    return off


@pytest.mark.parametrize(
    ("base", "bp", "expected"), [(999, 1_000, 100), (995, 1_000, 100), (994, 1_000, 99), (1, 1, 0)]
)
def test_tc_19_one_rounding_half_up_in_integers(base: int, bp: int, expected: int) -> None:
    assert percent_of(base, bp) == expected


def test_tc_19_the_sum_is_rounded_once_and_not_each_line() -> None:
    # three lines of 0.05 at 10 %: each alone rounds to 0.01, together they are 0.015, which is 0.02
    assert lines(cart(5, 5, 5), coupon(1, percent(1_000))) == {"1": 1, "2": 1}
    assert run(cart(5, 5, 5), coupon(1, percent(1_000))).discount_minor == 2


def test_tc_18_largest_remainder_ties_go_to_the_earlier_line() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [3, 3, 4]) == [3, 3, 4]
    assert split(1, [0, 5, 5]) == [0, 1, 0]
    assert split(0, [0, 0]) == [0, 0]


def test_percent_with_a_cap() -> None:
    assert lines(cart(10_000, 30_000), coupon(1, percent(2_000, max_discount_minor=5_000))) == {"1": 1_250, "2": 3_750}


def test_amount_is_split_over_the_order_and_never_more_than_it() -> None:
    assert lines(cart(300, 700), coupon(1, amount(500))) == {"1": 150, "2": 350}
    assert lines(cart(300, 700), coupon(1, amount(5_000))) == {"1": 300, "2": 700}


def test_amount_off_each_item() -> None:
    off = lines(cart((3, 200), 50), coupon(1, amount(80, allocation=Allocation.EACH)))
    assert off == {"1": 240, "2": 50}


def test_free_shipping_takes_shipping_only() -> None:
    assert lines(cart(1_000, shipping=450), coupon(1, FREE_SHIPPING)) == {"shipping": 450}
    no_shipping = run(cart(1_000), coupon(1, FREE_SHIPPING)).decisions[0]
    assert [r.code for r in no_shipping.reasons] == [ReasonCode.NO_EFFECT]


def test_buy_two_get_one_takes_the_cheapest_items() -> None:
    goods = cart((2, 500), (3, 300), 900)  # six items, two free: both of 300
    assert lines(goods, coupon(1, buy_get(2, 1))) == {"2": 600}
    assert lines(goods, coupon(1, buy_get(2, 1, percent_bp=5_000))) == {"2": 300}
    short = run(cart((2, 500)), coupon(1, buy_get(2, 1))).decisions[0].reasons
    assert [(r.code, r.distance) for r in short] == [(ReasonCode.BUY_MORE, 1)]


def test_gift_in_the_cart_is_free_and_else_is_named() -> None:
    benefit = BenefitTerms(BenefitType.GIFT, gift_product_id=2)
    assert lines(cart(1_000, (2, 300)), coupon(1, benefit)) == {"2": 300}
    absent = run(cart(1_000), coupon(1, benefit)).decisions[0]
    assert (absent.applied, absent.discount_minor, absent.gift_product_id) == (True, 0, 2)


@pytest.mark.parametrize(("spend", "expected"), [(19_999, 0), (20_000, 3_000), (39_999, 3_000), (40_000, 8_000)])
def test_spend_thresholds_30_off_200_80_off_400(spend: int, expected: int) -> None:
    assert run(cart(spend), coupon(1, tiers((20_000, 3_000), (40_000, 8_000)))).discount_minor == expected


def test_tier_in_percent() -> None:
    benefit = BenefitTerms(BenefitType.TIERS, tiers=(Tier(1_000, percent_bp=500), Tier(2_000, percent_bp=1_500)))
    assert run(cart(2_000), coupon(1, benefit)).discount_minor == 300


def test_targets_include_and_exclude() -> None:
    goods = Cart(
        tuple(
            line
            for line in (
                *cart(1_000, 1_000, 1_000).lines[:1],
                *(
                    type(cart(1).lines[0])(ref, 1, 1_000, product_id=pid, brand_id=brand, category_ids=frozenset(cats))
                    for ref, pid, brand, cats in [("2", 2, 7, (70, 71)), ("3", 3, 8, (71,)), ("4", 4, 9, (72,))]
                ),
            )
        )
    )
    ten = percent(1_000)
    assert lines(goods, coupon(1, ten, include=Targets(products=frozenset({1})))) == {"1": 100}
    assert lines(goods, coupon(1, ten, include=Targets(brands=frozenset({8})))) == {"3": 100}
    in_71 = Targets(categories=frozenset({71}))
    assert lines(goods, coupon(1, ten, include=in_71)) == {"2": 100, "3": 100}
    assert lines(goods, coupon(1, ten, include=in_71, exclude=Targets(brands=frozenset({7})))) == {"3": 100}
    assert lines(goods, coupon(1, ten, exclude=in_71)) == {"1": 100, "4": 100}


def test_minimums_count_what_the_coupon_covers() -> None:
    only_first = Targets(products=frozenset({1}))
    decision = run(
        cart((2, 600), 9_000), coupon(1, percent(1_000), include=only_first, min_spend_minor=2_000, min_quantity=3)
    ).decisions[0]
    assert not decision.applied
    assert [(r.code, r.distance, r.unit) for r in decision.reasons] == [
        (ReasonCode.MIN_SPEND, 800, "minor"),
        (ReasonCode.MIN_QUANTITY, 1, "items"),
    ]


def test_tc_20_stacking_never_makes_a_negative_base() -> None:
    goods = cart(1_000, 500, shipping=200)
    coupons = [coupon(i, amount(900)) for i in range(1, 4)] + [coupon(9, percent(9_000)), coupon(10, FREE_SHIPPING)]
    found = run(goods, *coupons)
    assert (found.discount_minor, found.payable_minor) == (1_700, 0)
    assert all(d.discount_minor >= 0 and all(share > 0 for _, share in d.lines) for d in found.decisions)


def test_items_then_order_then_shipping() -> None:
    goods = cart(1_000, 1_000, shipping=300)
    on_items = coupon(3, amount(500), include=Targets(products=frozenset({1})))
    found = run(goods, coupon(1, FREE_SHIPPING), coupon(2, percent(1_000)), on_items)
    assert [(d.candidate.coupon_id, d.step, d.discount_minor) for d in found.applied] == [
        (3, "items", 500),
        (2, "order", 150),
        (1, "shipping", 300),
    ]
    assert [d.position for d in found.applied] == [1, 2, 3]
