"""Every refusal of the evaluation: its stable code and, where there is one, the distance."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coupons.enums import Audience, BudgetKind, CampaignStatus, CouponTrigger
from coupons.evaluation import BudgetLeft, Candidate, Nearest, ReasonCode, ShopperFacts, Standing, Targets, evaluate
from coupons.evaluation.eligibility import is_held_out
from tests.coupons.evaluation.builders import FREE_SHIPPING, NOW, amount, buy_get, cart, coupon, tiers

PLAIN = coupon(1, amount(100))


def campaign(**fields: Any) -> Candidate:
    return replace(PLAIN, campaign=replace(PLAIN.campaign, **fields))


def standing(**fields: Any) -> Candidate:
    return replace(PLAIN, standing=Standing(**fields))


REFUSALS: list[tuple[Candidate, str, int | None, str | None]] = [
    (campaign(status=CampaignStatus.DRAFT), "campaign_not_approved", None, None),
    (campaign(status=CampaignStatus.PAUSED), "campaign_paused", None, None),
    (campaign(starts_at=NOW + timedelta(hours=1)), "campaign_not_started", 3_600, "seconds"),
    (campaign(ends_at=NOW), "campaign_ended", None, None),
    (campaign(weekly_windows=({"days": [4], "from": "00:00", "to": "24:00"},)), "outside_hours", None, None),
    (replace(PLAIN, active=False), "coupon_inactive", None, None),
    (
        replace(campaign(audience=Audience.MEMBERS), standing=Standing(member=False)),
        "not_in_audience",
        None,
        None,
    ),
    (campaign(holdout_percent=100), "held_out", None, None),
    (replace(PLAIN, segments=frozenset({"vip"})), "not_in_segment", None, None),
    (replace(PLAIN, first_order_only=True), "not_first_order", None, None),
    (replace(PLAIN, trigger=CouponTrigger.GRANTED), "not_granted", None, None),
    (standing(code_missing=True), "code_required", None, None),
    (standing(nearest=Nearest("p", "Pier", 1_200, open=True, near=False)), "too_far", 1_200, "metres"),
    (standing(nearest=Nearest("p", "Pier", 90, open=False, near=True)), "closed_now", None, None),
    (standing(used_up=True), "usage_limit_reached", None, None),
    (standing(used_by_shopper=True), "shopper_limit_reached", None, None),
    (standing(budgets=(BudgetLeft(1, BudgetKind.USES, 0),)), "budget_exhausted", None, None),
    (standing(budgets=(BudgetLeft(1, BudgetKind.MONEY, 0),)), "budget_exhausted", None, None),
    (standing(budgets=(BudgetLeft(1, BudgetKind.MONEY, 99),)), "budget_exhausted", None, None),
    (replace(PLAIN, include=Targets(products=frozenset({99}))), "no_matching_items", None, None),
    (replace(PLAIN, min_spend_minor=1_800), "min_spend", 800, "minor"),
    (replace(PLAIN, min_quantity=3), "min_quantity", 2, "items"),
    (coupon(1, buy_get(2, 1)), "buy_more", 2, "items"),
    (coupon(1, tiers((1_500, 100))), "tier_not_reached", 500, "minor"),
    (coupon(1, FREE_SHIPPING), "no_effect", None, None),
]


@pytest.mark.parametrize(("candidate", "code", "distance", "unit"), REFUSALS)
def test_tc_34_each_refusal_has_its_code_and_distance(
    candidate: Candidate, code: str, distance: int | None, unit: str | None
) -> None:
    facts = ShopperFacts(shopper_id=1, has_ordered=True)
    [decision] = evaluate(cart(1_000), facts, [candidate], NOW).decisions
    assert [(r.code, r.distance, r.unit) for r in decision.reasons] == [(code, distance, unit)]
    assert (decision.applied, decision.discount_minor, decision.lines) == (False, 0, ())


def test_every_code_but_not_combinable_is_in_the_table_above() -> None:
    assert {code for _, code, _, _ in REFUSALS} | {"not_combinable"} == set(ReasonCode)


def test_unknown_shopper_gets_only_what_is_for_everyone() -> None:
    unknown = ShopperFacts()
    candidates = [PLAIN, replace(campaign(audience=Audience.MEMBERS), coupon_id=2)]
    found = evaluate(cart(1_000), unknown, candidates, NOW)
    assert [d.applied for d in found.decisions] == [True, False]


def test_all_reasons_are_told_at_once() -> None:
    candidate = replace(standing(used_up=True, used_by_shopper=True), min_spend_minor=5_000)
    [decision] = evaluate(cart(1_000), ShopperFacts(shopper_id=1), [candidate], NOW).decisions
    assert [r.code for r in decision.reasons] == ["usage_limit_reached", "shopper_limit_reached", "min_spend"]


def test_holdout_is_a_fixed_share_that_differs_by_campaign() -> None:
    held = {shopper for shopper in range(10_000) if is_held_out(7, shopper, 10)}
    assert 900 < len(held) < 1_100
    assert held == {shopper for shopper in range(10_000) if is_held_out(7, shopper, 10)}
    assert held < {shopper for shopper in range(10_000) if is_held_out(7, shopper, 20)}
    other = {shopper for shopper in range(10_000) if is_held_out(8, shopper, 10)}
    assert len(held & other) < 200
