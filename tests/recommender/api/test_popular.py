"""What stands in for a personal answer: the same for everybody, kept a minute, and there without Redis."""

from typing import Any

import pytest
import redis
from django.core.cache import cache

from coupons.models import Campaign
from recommender.models import Impression
from tests.coupons.api.client import Shop, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_coupon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def shop() -> Shop:
    made = open_shop()
    for priority in (1, 3, 2):
        make_coupon(running_campaign(made.channel, priority=priority), title=f"priority {priority}")
    return made


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [item["title"] for item in answer.json()["items"]]


def test_everybody_gets_the_same_and_nothing_is_written(shop: Shop) -> None:
    expected = ["priority 3", "priority 2"]
    assert titles(shop.get("recommendations/popular?limit=2")) == expected
    assert titles(open_browser(shop, "ann").get("recommendations/popular?limit=2")) == expected
    assert Impression.objects.count() == 0
    assert titles(open_shop().get("recommendations/popular")) == []
    assert refused(shop.get("recommendations/popular?limit=0")) == (400, "invalid_parameter")


def test_it_is_kept_for_a_while_and_costs_no_more_than_the_key(shop: Shop, django_assert_num_queries: Any) -> None:
    first = titles(shop.get("recommendations/popular"))
    Campaign.objects.update(priority=0)
    with django_assert_num_queries(1):
        assert titles(shop.get("recommendations/popular")) == first


def test_it_is_worked_out_anew_where_redis_does_not_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_name: str) -> None:
        raise redis.ConnectionError("made up")

    monkeypatch.setattr(cache, "get", down)
    assert len(titles(shop.get("recommendations/popular"))) == 3
