"""The quick way of GET recommendations: the same answer, and whatever is wrong goes to the view."""

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coupons import key_cache
from coupons.enums import KeyKind
from coupons.models import ApiKey
from coupons.services import revoke_api_key
from recommender.api import quick, recommendations
from recommender.models import Impression
from tests.coupons.api.client import Shop, open_shop, refused
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupons,
    make_popular,
    make_shopper,
    make_version,
    recommend,
)

pytestmark = pytest.mark.django_db
PATH = "recommendations?shopper=ann&limit=3"


@pytest.fixture
def shop() -> Shop:
    made = open_shop(make_channel())
    coupons = make_coupons(make_campaign(made.channel, now=timezone.now()), 3)
    version = make_version()
    recommend(version, make_shopper(made.channel, "ann"), coupons[2], coupons[0])
    make_popular(version, made.channel, *coupons)
    return made


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"slate_id", "generated_at"}}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_ways_give_the_same_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    short = shop.get(PATH, **{"Accept-Language": language})
    monkeypatch.setattr(recommendations, "quick_answer", lambda _request: None)
    long = shop.get(PATH, **{"Accept-Language": language})
    assert without_ids(short.json()) == without_ids(long.json())
    assert [list(item) for item in short.json()["items"]] == [list(item) for item in long.json()["items"]]
    for header in ("Content-Type", "Cache-Control", "Content-Language"):
        assert short.headers[header] == long.headers[header]
    assert Impression.objects.count() == 6


def test_a_known_key_is_not_looked_up_again_within_the_second(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    second = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: second)
    shop.get(PATH)
    # the channel's rules and what is shown were kept too: context, eligibility, impressions
    with django_assert_num_queries(3):
        assert len(shop.get(PATH).json()["items"]) == 3


def test_who_revokes_a_key_refuses_it_at_once(shop: Shop, django_capture_on_commit_callbacks: Any) -> None:
    assert shop.get(PATH).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        revoke_api_key(key=shop.key, now=timezone.now())
    assert refused(shop.get(PATH)) == (401, "invalid_api_key")


def test_a_key_revoked_elsewhere_is_refused_a_second_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.get(PATH).status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert shop.get(PATH).status_code == 200
    later = time.monotonic() + key_cache.KEPT_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert refused(shop.get(PATH)) == (401, "invalid_api_key")


def test_what_is_wrong_is_said_by_the_view(shop: Shop) -> None:
    assert refused(shop.get("recommendations?shopper=ann&limit=0")) == (400, "invalid_parameter")
    assert refused(Client().get("/api/v1/recommendations?shopper=ann")) == (401, "api_key_missing")
    ApiKey.objects.update(kind=KeyKind.BROWSER)
    key_cache.forget_keys()
    assert refused(shop.get(PATH)) == (401, "shopper_token_missing")


def test_what_is_kept_of_a_coupon_ends_with_its_reading(shop: Shop) -> None:
    shop.get(PATH)
    coupon = list(quick._texts.values())[-1][0]
    again = type(coupon).objects.select_related("campaign", "benefit").get(pk=coupon.pk)
    again.title = "Another"
    assert b'"title":"Another"' in quick._coupon_json(again, shop.channel)
