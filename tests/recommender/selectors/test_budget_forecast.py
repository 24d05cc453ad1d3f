"""What budgets would earn: exact on a made-up shop, never over a limit, and alike for coupons on the same budgets."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from coupons.models import Benefit, Channel, Coupon
from recommender.enums import VersionStatus
from recommender.models import ModelVersion
from recommender.policies.terms import PolicyTerms
from recommender.selectors.budget_forecast import BudgetAsked, Forecast, forecast_budgets
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend

pytestmark = pytest.mark.django_db

TERMS = PolicyTerms(maximise_profit=True, margin=0.4, basket_minor=2_500)
"""A use earns 10.00 before the discount."""


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def coupons(channel: Channel) -> tuple[Coupon, Coupon]:
    """1.00 off in one campaign and 2.00 off in another, recommended to four shoppers at 0.9 and 0.8."""
    (first,), (second,) = (make_coupons(make_campaign(channel, name, now=timezone.now()), 1) for name in ("A", "B"))
    Benefit.objects.filter(coupon=first).update(amount_minor=100)
    Benefit.objects.filter(coupon=second).update(amount_minor=200)
    version = make_version()
    for number in range(4):
        recommend(version, make_shopper(channel, str(number)), first, second)
    return first, second


def ask(channel: Channel, *budgets: BudgetAsked, **fields: object) -> Forecast:
    return forecast_budgets(terms=TERMS, channel_id=channel.pk, budgets=budgets, **fields)  # type: ignore[arg-type]


def test_without_a_budget_everything_that_earns_is_shown(channel: Channel, coupons: tuple[Coupon, Coupon]) -> None:
    """0.9 x (10.00 - 1.00) and 0.8 x (10.00 - 2.00), four times."""
    told = ask(channel)
    assert (told.spend_minor, told.profit_minor) == pytest.approx((1_000, 5_800))
    assert (told.free_spend_minor, told.free_profit_minor) == (told.spend_minor, told.profit_minor)
    assert (list(told.budgets), list(told.curve), told.sampled, told.shoppers) == ([], [], 4, 4)


def test_two_budgets_over_the_same_coupons(channel: Channel, coupons: tuple[Coupon, Coupon]) -> None:
    """Campaign A may cost 2.00: two uses at 0.90. All may cost 5.20: two of B at 1.60 beside them, and no third.

    One more unit of all buys B, which earns four times its cost; of A it earns nine, less the four of all.
    """
    told = ask(channel, BudgetAsked("All", 520), BudgetAsked("A", 200, [coupons[0].campaign_id]))
    assert [each.spend_minor for each in told.budgets] == [pytest.approx(500), pytest.approx(180)]
    assert (told.spend_minor, told.profit_minor) == pytest.approx((500, 2 * 810 + 2 * 640))
    assert [each.price for each in told.budgets] == [pytest.approx(4, abs=0.1), pytest.approx(5, abs=0.1)]
    assert 0 <= told.gap < 0.1


def test_the_curve_rises_and_never_spends_more_than_its_share(channel: Channel, coupons: tuple[Coupon, Coupon]) -> None:
    told = ask(channel, BudgetAsked("All", 500))
    assert [share for share, _spend, _profit in told.curve] == [0.25, 0.5, 0.75, 1.0, 1.5, 2.0]
    assert all(spend <= share * 500 for share, spend, _profit in told.curve)
    profits = [profit for _share, _spend, profit in told.curve]
    assert profits == sorted(profits)
    assert told.curve[3][1:] == (told.spend_minor, told.profit_minor)
    assert told.curve[5][1:] == pytest.approx((1_000, 5_800))
    assert ask(channel, BudgetAsked("All", 5_000)).budgets[0].price == 0


def test_a_sample_speaks_for_the_whole_channel(channel: Channel, coupons: tuple[Coupon, Coupon]) -> None:
    told = ask(channel, BudgetAsked("All", 400), sample=2)
    assert (told.sampled, told.shoppers) == (2, 4)
    assert told.spend_minor == pytest.approx(360)
    assert told.free_profit_minor == pytest.approx(5_800)


def test_another_channels_slates_and_another_versions_do_not_count(
    channel: Channel, coupons: tuple[Coupon, Coupon]
) -> None:
    version, elsewhere = ModelVersion.objects.get(), make_channel("elsewhere")
    recommend(version, make_shopper(elsewhere, "theirs"), *make_coupons(make_campaign(elsewhere, "C"), 2))
    recommend(make_version(2, VersionStatus.RETIRED), make_shopper(channel, "before"), *coupons)
    told = ask(channel)
    assert (told.sampled, told.shoppers) == (4, 4)


def test_old_statistics_cannot_make_it_compare_all_slates_with_all_shoppers(
    channel: Channel, coupons: tuple[Coupon, Coupon], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Tables that were empty when the planner looked are joined row by row: 7,200 slates took more than ten minutes."""
    with django_assert_max_num_queries(20) as asked:
        ask(channel)
    tables = ('"recommender_recommendation"', '"coupons_shopper"')
    read = [sum(f"{word} {table}" in each["sql"] for table in tables for word in ("FROM", "JOIN")) for each in asked]
    assert max(read) == 1


def test_what_the_policy_excludes_is_not_reckoned_with(channel: Channel, coupons: tuple[Coupon, Coupon]) -> None:
    terms = PolicyTerms(
        maximise_profit=True, margin=0.4, basket_minor=2_500, excluded=frozenset(coupon.pk for coupon in coupons)
    )
    told = forecast_budgets(terms=terms, channel_id=channel.pk, budgets=[BudgetAsked("All", 100)])
    assert told.possible
    assert (told.spend_minor, told.profit_minor, told.budgets[0].price) == (0, 0, 0)


def test_without_slates_there_is_nothing_to_forecast_from(channel: Channel) -> None:
    told = ask(channel, BudgetAsked("All", 100))
    assert (told.possible, told.sampled, told.profit_minor) == (False, 0, 0)
