"""What is shown of coupons is kept for as long as their rows stand, and asked about once a second."""

from typing import Any

import pytest
from django.utils import timezone

from coupons.models import Benefit, Campaign, Coupon
from recommender.selectors import shown
from recommender.selectors.shown import shown_coupons
from tests.made_up_shop import make_campaign, make_channel, make_coupons

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    shown._coupons.clear()
    shown._checks.forget()


@pytest.fixture
def coupons() -> list[Coupon]:
    return make_coupons(make_campaign(make_channel(), now=timezone.now()), 3)


def a_second_passes() -> None:
    shown._checks.forget()


@pytest.mark.parametrize("several", [1, 3])
def test_coupons_are_read_once_and_asked_about_once_a_second(
    coupons: list[Coupon], django_assert_num_queries: Any, several: int
) -> None:
    ids = [coupon.pk for coupon in coupons[:several]]
    with django_assert_num_queries(1):
        first = shown_coupons(ids)
        assert {coupon.campaign.name for coupon in first.values()} == {coupons[0].campaign.name}
    with django_assert_num_queries(0):
        shown_coupons(ids)
    a_second_passes()
    with django_assert_num_queries(1):
        again = shown_coupons(ids)
    assert all(again[pk] is first[pk] for pk in ids)


@pytest.mark.parametrize("changed", ["coupon", "campaign", "benefit"])
def test_a_change_of_any_of_its_rows_is_shown_a_second_later(coupons: list[Coupon], changed: str) -> None:
    coupon, other = coupons[0], coupons[1]
    before = shown_coupons([coupon.pk])[coupon.pk]
    rows: Any = {
        "coupon": lambda: Coupon.objects.filter(pk=coupon.pk).update(title="Another title"),
        "campaign": lambda: Campaign.objects.filter(pk=coupon.campaign_id).update(name="Another name"),
        "benefit": lambda: Benefit.objects.filter(coupon=coupon).update(amount_minor=777),
    }
    assert rows[changed]() == 1
    assert shown_coupons([coupon.pk])[coupon.pk] is before
    shown_coupons([other.pk])  # what is read meanwhile puts the question off for nobody
    a_second_passes()
    after = shown_coupons([coupon.pk])[coupon.pk]
    told = {"coupon": after.title, "campaign": after.campaign.name, "benefit": after.benefit.amount_minor}
    assert told[changed] == {"coupon": "Another title", "campaign": "Another name", "benefit": 777}[changed]


def test_a_coupon_that_is_gone_is_forgotten(coupons: list[Coupon]) -> None:
    pk = coupons[0].pk
    shown_coupons([pk, coupons[1].pk])
    Benefit.objects.filter(coupon=pk).delete()
    Coupon.objects.filter(pk=pk).delete()
    a_second_passes()
    assert shown_coupons([pk, coupons[1].pk]).keys() == {coupons[1].pk}


def test_no_more_are_kept_than_the_process_has_room_for(coupons: list[Coupon], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_MOST_COUPONS", 2)
    for coupon in coupons:
        shown_coupons([coupon.pk])
    assert list(shown._coupons) == [coupons[1].pk, coupons[2].pk]
