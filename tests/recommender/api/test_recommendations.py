"""GET /api/v1/recommendations: the answer whole, its fallbacks, its refusals, and what it costs."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coupons.models import Campaign, CampaignMember, Channel, Coupon, Place
from recommender.answer_times import clock, read_answer_time
from recommender.models import Impression, ModelVersion, Recommendation
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupon,
    make_coupons,
    make_key,
    make_popular,
    make_shopper,
    make_version,
    recommend,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/recommendations"


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    return make_campaign(channel, now=timezone.now())


@pytest.fixture
def headers(channel: Channel) -> dict[str, str]:
    return {"Authorization": f"Api-Key {make_key(channel)[1]}"}


def get(client: Client, headers: dict[str, str], **parameters: Any) -> Any:
    return client.get(URL, parameters, headers=headers)


def ask_elsewhere(client: Client, version: ModelVersion) -> None:
    """An answer of another channel."""
    channel = make_channel("elsewhere")
    recommend(version, make_shopper(channel, "ann"), *make_coupons(make_campaign(channel, now=timezone.now()), 1))
    get(client, {"Authorization": f"Api-Key {make_key(channel)[1]}"}, shopper="ann")


def ids(body: dict[str, Any]) -> list[str]:
    return [item["external_id"] for item in body["items"]]


def test_the_answer_is_what_was_published_for_this_shopper(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    coupons = make_coupons(campaign, 3)
    version, shopper = make_version(7), make_shopper(channel, "ann")
    recommend(version, shopper, coupons[1])
    make_popular(version, channel, coupons[0], coupons[1])
    answer = get(client, headers, shopper="ann", limit=2)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    generated_at, slate_id = body.pop("generated_at"), body.pop("slate_id")
    assert generated_at.endswith("Z")
    assert body == {
        "shopper": "ann",
        "model_version": 7,
        "fallback": None,
        "freshness": "published",
        "items": [
            {
                "coupon": str(coupons[1].uid),
                "external_id": "2",
                "title": "Coupon 2",
                "benefit": {
                    "type": "amount",
                    "amount_minor": 100,
                    "percent_bp": None,
                    "currency": "USD",
                    "text": "$1.00 off",
                },
                "campaign": {"external_id": "A", "name": "Campaign A"},
                "valid_from": campaign.starts_at.isoformat().replace("+00:00", "Z"),
                "valid_until": campaign.ends_at.isoformat().replace("+00:00", "Z"),
                "min_spend_minor": 0,
                "min_quantity": 0,
                "score": 0.9,
                "position": 1,
                "reason": {"code": "interest", "text": "Because you often shop for yogurt"},
                "source": "personal",
            },
            {
                "coupon": str(coupons[0].uid),
                "external_id": "1",
                "title": "Coupon 1",
                "benefit": {
                    "type": "amount",
                    "amount_minor": 100,
                    "percent_bp": None,
                    "currency": "USD",
                    "text": "$1.00 off",
                },
                "campaign": {"external_id": "A", "name": "Campaign A"},
                "valid_from": campaign.starts_at.isoformat().replace("+00:00", "Z"),
                "valid_until": campaign.ends_at.isoformat().replace("+00:00", "Z"),
                "min_spend_minor": 0,
                "min_quantity": 0,
                "score": 0.1,
                "position": 2,
                "reason": {"code": "popular", "text": "Popular with other shoppers"},
                "source": "popular",
            },
        ],
    }
    shown = Impression.objects.filter(slate_id=uuid.UUID(slate_id)).order_by("position")
    assert list(shown.values_list("position", "coupon_id", "shopper_id", "model_version_id", "propensity")) == [
        (1, coupons[1].pk, shopper.pk, version.pk, 1.0),
        (2, coupons[0].pk, shopper.pk, version.pk, 1.0),
    ]
    assert {impression.shown_at.isoformat().replace("+00:00", "Z") for impression in shown} == {generated_at}


def test_two_shoppers_get_different_coupons(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    coupons, version = make_coupons(campaign, 2), make_version()
    recommend(version, make_shopper(channel, "ann"), *coupons)
    recommend(version, make_shopper(channel, "bob"), *reversed(coupons))
    assert ids(get(client, headers, shopper="ann").json()) == ["1", "2"]
    assert ids(get(client, headers, shopper="bob").json()) == ["2", "1"]


def test_an_unknown_shopper_gets_the_popular_list_and_is_told_why(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    coupons = make_coupons(campaign, 2)
    make_popular(make_version(), channel, coupons[1], coupons[0])
    body = get(client, headers, shopper="nobody").json()
    assert (body["fallback"], ids(body)) == ("unknown_shopper", ["2", "1"])
    assert {item["source"] for item in body["items"]} == {"popular"}
    assert Impression.objects.filter(shopper=None, fallback="unknown_shopper").count() == 2


def test_without_a_model_running_coupons_are_shown(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    make_coupons(campaign, 2)
    make_shopper(channel, "ann")
    body = get(client, headers, shopper="ann").json()
    assert (body["fallback"], body["model_version"], ids(body)) == ("no_model", None, ["1", "2"])
    assert body["items"][0]["reason"] == {"code": "running", "text": "Available now"}
    assert body["items"][0]["score"] is None
    assert Impression.objects.filter(model_version=None, fallback="no_model").count() == 2


def test_where_nothing_is_eligible_the_answer_is_empty_and_nothing_is_logged(
    client: Client, channel: Channel, headers: dict[str, str]
) -> None:
    body = get(client, headers, shopper="ann").json()
    assert (body["items"], body["fallback"]) == ([], "unknown_shopper")
    assert Impression.objects.count() == 0


def test_the_key_decides_the_channel(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    make_coupon(campaign, "ours")
    elsewhere = make_channel("elsewhere")
    make_coupon(make_campaign(elsewhere, now=timezone.now()), "theirs")
    make_shopper(elsewhere, "ann")
    body = get(client, headers, shopper="ann", channel="made-up").json()
    assert (ids(body), body["fallback"]) == (["ours"], "unknown_shopper")
    refused = get(client, headers, shopper="ann", channel="elsewhere")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "channel")


def test_a_larger_purchase_than_the_cart_is_not_asked_for(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    make_coupon(campaign, "any"), make_coupon(campaign, "from 20", min_spend_minor=2000)
    assert ids(get(client, headers, shopper="ann").json()) == ["any", "from 20"]
    assert ids(get(client, headers, shopper="ann", cart_total=1999).json()) == ["any"]
    assert ids(get(client, headers, shopper="ann", cart_total=2000).json()) == ["any", "from 20"]


def test_an_item_says_what_its_coupon_asks_for(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    make_coupon(campaign, "two", min_quantity=2, min_spend_minor=500)
    [item] = get(client, headers, shopper="ann").json()["items"]
    assert (item["min_quantity"], item["min_spend_minor"]) == (2, 500)


@pytest.mark.parametrize(
    ("parameters", "field", "value"),
    [
        ({}, "shopper", None),
        ({"shopper": " "}, "shopper", " "),
        ({"shopper": "x" * 65}, "shopper", "x" * 65),
        ({"shopper": "a\x00b"}, "shopper", "a\x00b"),
        ({"shopper": "a", "limit": "0"}, "limit", "0"),
        ({"shopper": "a", "limit": "51"}, "limit", "51"),
        ({"shopper": "a", "limit": "ten"}, "limit", "ten"),
        ({"shopper": "a", "limit": "-1"}, "limit", "-1"),
        ({"shopper": "a", "limit": "٣"}, "limit", "٣"),
        ({"shopper": "a", "limit": "9" * 5000}, "limit", "9" * 5000),
        ({"shopper": "a", "limit": ""}, "limit", ""),
        ({"shopper": "a", "lat": "91", "lon": "0"}, "lat", "91"),
        ({"shopper": "a", "lat": "nan", "lon": "0"}, "lat", "nan"),
        ({"shopper": "a", "lat": "1"}, "lon", None),
        ({"shopper": "a", "place": "nowhere"}, "place", "nowhere"),
        ({"shopper": "a", "cart_total": "-5"}, "cart_total", "-5"),
        ({"shopper": "a", "cart_total": "1.5"}, "cart_total", "1.5"),
        ({"shopper": "a", "cart_total": "1" + "0" * 16}, "cart_total", "1" + "0" * 16),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value(
    client: Client, headers: dict[str, str], parameters: dict[str, str], field: str, value: str | None
) -> None:
    answer = get(client, headers, **parameters)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "invalid_parameter")
    assert [(fault["field"], fault["value"]) for fault in body["errors"]] == [(field, value)]


def test_all_wrong_parameters_are_told_at_once(client: Client, headers: dict[str, str]) -> None:
    body = get(client, headers, limit="x", cart_total="y", channel="z").json()
    assert [fault["field"] for fault in body["errors"]] == ["shopper", "limit", "cart_total", "channel"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_coupons(
    client: Client, campaign: Campaign, headers: dict[str, str], count: int, django_assert_num_queries: Any
) -> None:
    coupons, version, shopper = make_coupons(campaign, count), make_version(), make_shopper(campaign.channel, "ann")
    recommend(version, shopper, *coupons)
    make_popular(version, campaign.channel, *coupons)
    ask_elsewhere(client, version)  # which prepares the connection's statements
    # key, rules (once a second), shopper with version and personal rows, popular rows, eligibility, coupons, log
    with django_assert_num_queries(7):
        assert len(get(client, headers, shopper="ann", limit=count).json()["items"]) == count


def test_what_became_ineligible_since_it_was_published_is_not_shown(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    coupons, version, shopper = make_coupons(campaign, 3), make_version(), make_shopper(channel, "ann")
    recommend(version, shopper, *coupons)
    Coupon.objects.filter(pk=coupons[0].pk).update(active=False)
    body = get(client, headers, shopper="ann").json()
    assert (ids(body), body["fallback"]) == (["2", "3"], None)
    assert [item["position"] for item in body["items"]] == [1, 2]
    Campaign.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert get(client, headers, shopper="ann").json()["items"] == []


def test_a_coupon_for_members_is_never_shown_to_an_outsider(
    client: Client, channel: Channel, headers: dict[str, str]
) -> None:
    closed = make_campaign(channel, now=timezone.now(), audience="members")
    coupon, version = make_coupon(closed, "members only"), make_version()
    member, outsider = make_shopper(channel, "member"), make_shopper(channel, "outsider")
    CampaignMember.objects.create(campaign=closed, shopper=member)
    recommend(version, member, coupon)
    recommend(version, outsider, coupon)
    make_popular(version, channel, coupon)
    assert ids(get(client, headers, shopper="member").json()) == ["members only"]
    body = get(client, headers, shopper="outsider").json()
    assert (body["items"], body["fallback"]) == ([], "none_eligible")
    assert get(client, headers, shopper="nobody").json()["items"] == []
    assert Recommendation.objects.count() == 2


def test_store_coupons_follow_the_shopper_and_the_location_is_kept_nowhere(
    client: Client, channel: Channel, campaign: Campaign, headers: dict[str, str]
) -> None:
    coupons, version, shopper = make_coupons(campaign, 4), make_version(), make_shopper(channel, "ann")
    recommend(version, shopper, *coupons)
    never = [{"days": [1], "from": "00:00", "to": "00:01"}, {"days": [2], "from": "00:00", "to": "00:01"}]
    for name, latitude, hours, coupon in (
        ("far", 60.0, [], coupons[0]),
        ("shut", 52.5, never[: 1 + (timezone.now().isoweekday() == 1)][-1:], coupons[1]),
        ("a way off", 52.6, [], coupons[2]),
    ):
        place = Place.objects.create(
            channel=channel, external_id=name, name=name, latitude=latitude, longitude=13.4, opening_hours=hours
        )
        place.coupons.add(coupon)
    assert ids(get(client, headers, shopper="ann").json()) == ["1", "2", "3", "4"]
    body = get(client, headers, shopper="ann", lat=52.5, lon=13.4).json()
    assert ids(body) == ["4", "3"]  # 0.6 everywhere stands before 0.7 a way off
    assert [item.get("place") for item in body["items"]] == [
        None,
        {"external_id": "a way off", "name": "a way off", "distance_m": 11120},
    ]
    assert ids(get(client, headers, shopper="ann", lat=52.5, lon=13.4, radius_m=1000).json()) == ["4"]
    assert ids(get(client, headers, shopper="ann", place="a way off").json()) == ["3", "4"]
    assert not any(field.name in {"latitude", "longitude", "location"} for field in Impression._meta.get_fields())


def test_an_answer_and_a_refusal_are_timed(
    client: Client, channel: Channel, headers: dict[str, str], redis_clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shopper(channel, "ann")
    monkeypatch.setattr(clock, "_counts", Counter())
    for answered, (given, status) in enumerate(((headers, 200), ({}, 401)), start=1):
        monkeypatch.setattr(clock, "_next", 0.0)  # it is due
        assert client.get(URL, {"shopper": "ann"}, headers=given).status_code == status
        found = read_answer_time()
        assert found is not None
        assert found.answers == answered
