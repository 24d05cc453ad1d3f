"""Stacking: the four modes, exclusive coupons, priority, and properties over made-up carts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coupons.enums import Allocation, BenefitType, StackingMode
from coupons.evaluation import (
    BenefitTerms,
    Candidate,
    Cart,
    CartLine,
    Evaluation,
    ReasonCode,
    ShopperFacts,
    Targets,
    Tier,
    evaluate,
)
from tests.coupons.evaluation.builders import FREE_SHIPPING, NOW, amount, cart, coupon, group, percent

FACTS = ShopperFacts(shopper_id=1)


def applied(found: Evaluation) -> list[tuple[int, int]]:
    return [(d.candidate.coupon_id, d.discount_minor) for d in found.applied]


def in_group(
    mode: StackingMode, *benefits: BenefitTerms, priorities: tuple[int, ...] = (), **fields: object
) -> list[Candidate]:
    ranks = priorities or (0,) * len(benefits)
    return [
        coupon(i, benefit, campaign_number=i, campaign_group=group(mode, **fields), campaign_priority=rank)
        for i, (benefit, rank) in enumerate(zip(benefits, ranks, strict=True), start=1)
    ]


def test_stackable_applies_all_in_order_of_priority() -> None:
    found = evaluate(
        cart(1_000), FACTS, in_group(StackingMode.STACKABLE, percent(1_000), amount(100), priorities=(0, 5)), NOW
    )
    assert applied(found) == [(2, 100), (1, 90)]


def test_tc_23_the_order_is_fixed_whatever_the_order_of_the_input() -> None:
    coupons = in_group(StackingMode.STACKABLE, percent(1_000), amount(100), percent(2_000), priorities=(1, 5, 1))
    answers = {tuple(applied(evaluate(cart(1_000), FACTS, order, NOW))) for order in (coupons, coupons[::-1])}
    assert answers == {((2, 100), (1, 90), (3, 162))}


def test_at_most_so_many_of_a_group() -> None:
    found = evaluate(
        cart(1_000), FACTS, in_group(StackingMode.STACKABLE, amount(10), amount(20), amount(30), max_coupons=2), NOW
    )
    assert applied(found) == [(1, 10), (2, 20)]


def test_list_order_takes_the_first_and_says_so() -> None:
    coupons = in_group(StackingMode.LIST_ORDER, amount(500), amount(100), priorities=(0, 5))
    found = evaluate(cart(1_000), FACTS, coupons, NOW)
    assert applied(found) == [(2, 100)]
    [reason] = found.decisions[0].reasons
    assert (reason.code, reason.by) == (ReasonCode.NOT_COMBINABLE, (2,))
    assert reason.text == "Applied instead: the first by priority that takes something off"
    assert [(g.group.name, g.considered, g.chosen) for g in found.groups] == [("Group", (1, 2), (2,))]


def test_best_for_shopper_takes_the_best_pair() -> None:
    coupons = in_group(StackingMode.BEST_FOR_SHOPPER, amount(300), percent(5_000), amount(250), max_coupons=2)
    found = evaluate(cart(1_000), FACTS, coupons, NOW)
    # half of 1,000, then 250: 750. The first with the second is 300 and half of 700: 650
    assert applied(found) == [(2, 500), (3, 250)]


def test_best_for_shopper_spends_no_use_for_nothing() -> None:
    coupons = in_group(StackingMode.BEST_FOR_SHOPPER, amount(1_000), amount(900), amount(50))
    assert applied(evaluate(cart(1_000), FACTS, coupons, NOW)) == [(1, 1_000)]


def test_best_for_shop_takes_the_cheapest_after_its_margin() -> None:
    coupons = in_group(StackingMode.BEST_FOR_SHOP, amount(100), amount(300), amount(200))
    assert applied(evaluate(cart(1_000), FACTS, coupons, NOW)) == [(1, 100)]
    rich = [
        *coupons[:1],
        coupon(2, amount(300), campaign_number=2, campaign_group=coupons[0].campaign.group, margin_minor=250),
    ]
    assert applied(evaluate(cart(1_000), FACTS, rich, NOW)) == [(2, 300)]


def test_groups_settle_in_their_order_and_combine() -> None:
    first = group(StackingMode.LIST_ORDER, id=1, position=1)
    second = group(StackingMode.BEST_FOR_SHOPPER, id=2, position=2, max_coupons=1)
    coupons = [
        coupon(1, amount(100), campaign_number=1, campaign_group=first),
        coupon(2, percent(1_000), campaign_number=2, campaign_group=second),
        coupon(3, amount(80), campaign_number=3, campaign_group=second),
    ]
    assert applied(evaluate(cart(1_000), FACTS, coupons, NOW)) == [(1, 100), (2, 90)]


def test_exclusive_stands_alone_only_when_it_is_worth_more() -> None:
    others = in_group(StackingMode.STACKABLE, amount(100), amount(100))
    strong = coupon(9, amount(201), campaign_number=9, campaign_exclusive=True)
    found = evaluate(cart(1_000), FACTS, [*others, strong], NOW)
    assert applied(found) == [(9, 201)]
    assert found.decisions[0].reasons[0].by == (9,)
    weak = coupon(9, amount(200), campaign_number=9, campaign_exclusive=True)
    found = evaluate(cart(1_000), FACTS, [*others, weak], NOW)
    assert applied(found) == [(1, 100), (2, 100)]
    assert (found.decisions[2].reasons[0].code, found.decisions[2].reasons[0].by) == (ReasonCode.NOT_COMBINABLE, (1, 2))


# --- properties ---------------------------------------------------------------------------------------------------

_lines = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5_000)), min_size=1, max_size=6)
_carts = st.builds(
    lambda pairs, shipping: Cart(
        tuple(
            CartLine(str(i), q, p, product_id=i, brand_id=i % 2, category_ids=frozenset({i % 3}))
            for i, (q, p) in enumerate(pairs)
        ),
        shipping,
    ),
    _lines,
    st.integers(0, 900),
)
_caps = st.none() | st.integers(1, 3_000)
_benefits = st.one_of(
    st.builds(percent, st.integers(1, 10_000), max_discount_minor=_caps),
    st.builds(amount, st.integers(1, 6_000), allocation=st.sampled_from(Allocation), max_discount_minor=_caps),
    st.just(FREE_SHIPPING),
    st.builds(
        BenefitTerms,
        st.just(BenefitType.BUY_X_GET_Y),
        buy_quantity=st.integers(1, 3),
        get_quantity=st.integers(1, 2),
        percent_bp=st.none() | st.integers(1, 10_000),
    ),
    st.builds(
        BenefitTerms,
        st.just(BenefitType.TIERS),
        tiers=st.lists(
            st.builds(Tier, st.integers(1, 9_000), amount_minor=st.integers(1, 900)), min_size=1, max_size=3
        ).map(tuple),
    ),
    st.builds(BenefitTerms, st.just(BenefitType.GIFT), gift_product_id=st.integers(0, 6)),
)
_targets = st.one_of(
    st.just(Targets()),
    st.builds(Targets, brands=st.frozensets(st.integers(0, 1), max_size=1)),
    st.builds(Targets, categories=st.frozensets(st.integers(0, 2), max_size=2)),
)


@st.composite
def _candidates(draw: st.DrawFn, modes: tuple[StackingMode, ...], most: int = 7) -> list[Candidate]:
    groups = [group(draw(st.sampled_from(modes)), id=i, position=i) for i in (1, 2)]
    return [
        coupon(
            number,
            draw(_benefits),
            include=draw(_targets),
            min_spend_minor=draw(st.integers(0, 4_000)),
            campaign_number=number,
            campaign_priority=draw(st.integers(0, 2)),
            campaign_exclusive=draw(st.booleans()) and draw(st.booleans()),
            campaign_group=draw(st.sampled_from(groups)),
        )
        for number in range(1, draw(st.integers(1, most)) + 1)
    ]


@settings(max_examples=300, deadline=None)
@given(_carts, _candidates(tuple(StackingMode)))
def test_tc_18_never_below_zero_and_the_lines_sum_to_the_discount(goods: Cart, candidates: list[Candidate]) -> None:
    found = evaluate(goods, FACTS, candidates, NOW)
    off = {line.ref: 0 for line in goods.lines}
    shipping = 0
    for decision in found.decisions:
        assert decision.discount_minor == sum(share for _, share in decision.lines) + decision.shipping_minor
        assert decision.applied or (decision.discount_minor == 0 and decision.reasons)
        assert not decision.applied or decision.discount_minor > 0 or decision.gift_product_id is not None
        assert 0 <= decision.discount_minor <= max(decision.alone_minor, 0) or not decision.applied
        shipping += decision.shipping_minor
        for ref, share in decision.lines:
            assert share > 0
            off[ref] += share
    assert all(off[line.ref] <= line.spend_minor for line in goods.lines)
    assert 0 <= shipping <= goods.shipping_minor
    assert found.discount_minor == sum(off.values()) + shipping
    assert found.payable_minor >= 0


@settings(max_examples=300, deadline=None)
@given(_carts, _candidates((StackingMode.BEST_FOR_SHOPPER,)))
def test_tc_24_the_combination_is_never_worse_than_the_best_single_coupon(
    goods: Cart, candidates: list[Candidate]
) -> None:
    together = evaluate(goods, FACTS, candidates, NOW).discount_minor
    singles = [evaluate(goods, FACTS, [candidate], NOW).discount_minor for candidate in candidates]
    assert together >= max(singles)


@settings(max_examples=40, deadline=None)
@given(_carts, st.lists(_benefits, min_size=13, max_size=18), st.none() | st.integers(1, 4))
def test_tc_24_holds_beyond_the_exhaustive_search(goods: Cart, benefits: list[BenefitTerms], most: int | None) -> None:
    candidates = in_group(StackingMode.BEST_FOR_SHOPPER, *benefits, max_coupons=most)
    together = evaluate(goods, FACTS, candidates, NOW)
    singles = [evaluate(goods, FACTS, [candidate], NOW).discount_minor for candidate in candidates]
    assert together.discount_minor >= max(singles)
    assert most is None or len(together.applied) <= most


@settings(max_examples=60, deadline=None)
@given(_carts, _candidates((StackingMode.BEST_FOR_SHOPPER,), most=5))
def test_exhaustive_search_finds_what_trying_every_subset_finds(goods: Cart, candidates: list[Candidate]) -> None:
    one = group(StackingMode.BEST_FOR_SHOPPER)
    candidates = [
        coupon(c.coupon_id, c.benefit, include=c.include, campaign_number=c.coupon_id, campaign_group=one)
        for c in candidates
    ]
    stack = group(StackingMode.STACKABLE)
    best = 0
    for mask in range(1, 1 << len(candidates)):
        subset = [
            coupon(c.coupon_id, c.benefit, include=c.include, campaign_number=c.coupon_id, campaign_group=stack)
            for i, c in enumerate(candidates)
            if mask >> i & 1
        ]
        best = max(best, evaluate(goods, FACTS, subset, NOW).discount_minor)
    assert evaluate(goods, FACTS, candidates, NOW).discount_minor == best
