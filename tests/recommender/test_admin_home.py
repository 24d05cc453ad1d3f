"""The home page and the shopper's page: real figures, few queries, and one broken card leaves the others."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from coupons.models import Redemption
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, ShopperInterest
from recommender.partitions import ensure_partitions
from tests.made_up_rows import make_row, make_superuser
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    cache.clear()
    client.force_login(make_superuser())
    return client


def _shop() -> dict[str, Any]:
    """A made-up running campaign with three coupons, one shopper, two of the coupons recommended."""
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=40), last=now)
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel, "A", now=now), 3)
    shopper = make_shopper(channel)
    version = make_version()
    recommend(version, shopper, *coupons[:2])
    return {"channel": channel, "coupons": coupons, "shopper": shopper, "version": version, "now": now}


def test_an_empty_home_page_stands(staff: Client) -> None:
    page = staff.get("/admin/")
    assert page.status_code == 200
    assert [need.title for need in page.context["home"]["needs"]] == ["No model is live"]


def test_home_shows_what_is(staff: Client) -> None:
    shop = _shop()
    make_row(
        Redemption, channel=shop["channel"], coupon=shop["coupons"][0], shopper=shop["shopper"], amount_minor=128435,
        redeemed_at=shop["now"] - timedelta(hours=1),
    )  # fmt: skip
    page = staff.get("/admin/")
    values = [(figure.name, figure.value) for figure in page.context["home"]["figures"]]
    assert values[:3] == [
        ("Redeemed, last 28 days", "1"),
        ("Discount given, last 28 days", "$1,284.35"),
        ("Shoppers covered", "100.0%"),
    ]
    (row,) = page.context["home"]["campaigns"]
    assert (row["name"], row["coupons_n"], row["used_n"], row["given_text"]) == ("Campaign A", 3, 1, "$1,284.35")


def test_home_asks_at_most_twelve_times(staff: Client) -> None:
    _shop()
    with CaptureQueriesContext(connection) as seen:
        staff.get("/admin/")
    assert len(seen) <= 12, "\n".join(query["sql"] for query in seen.captured_queries)
    with CaptureQueriesContext(connection) as again:
        staff.get("/admin/")
    assert len(again) == 2  # session and user: the facts are a minute old at most


def test_a_broken_card_leaves_the_others(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_now: object) -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr("recommender.dashboard.facts._read_campaigns", broken)
    page = staff.get("/admin/")
    assert page.status_code == 200
    assert page.context["home"]["campaigns"].what == "campaigns"
    assert len(page.context["home"]["figures"]) == 4
    assert "This part cannot be read now." in page.content.decode()


def test_a_shoppers_page_shows_the_slate_and_why_the_rest_is_not_in_it(staff: Client) -> None:
    shop = _shop()
    used = shop["coupons"][2]
    make_row(
        Redemption, channel=shop["channel"], coupon=used, shopper=shop["shopper"], redeemed_at=shop["now"],
        amount_minor=100,
    )  # fmt: skip
    ShopperInterest.objects.create(
        shopper=shop["shopper"], model_version=shop["version"], interests=[0.2, 0.9], hidden_state=[], as_of=shop["now"]
    )
    page = staff.get(reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])).context["page"]
    assert [(item.coupon.pk, item.value, item.score) for item in page["shown"]] == [
        (shop["coupons"][0].pk, "$1.00 off", "0.90"),
        (shop["coupons"][1].pk, "$1.00 off", "0.80"),
    ]
    assert page["shown"][0].reason == "Because you often shop for yogurt"
    assert [(hidden.coupon.pk, hidden.why) for hidden in page["hidden"]] == [(used.pk, "Already used, 1 per shopper")]
    assert [round(interest.score, 1) for interest in page["interests"]] == [0.9, 0.2]


def test_the_timeline_counts_by_week(staff: Client) -> None:
    shop = _shop()
    for days, minor in ((1, 500), (2, 250), (30, 1000)):
        make_row(
            BehaviorEvent, channel=shop["channel"], shopper=shop["shopper"], kind=EventKind.PURCHASE,
            occurred_at=shop["now"] - timedelta(days=days), value_minor=minor,
        )  # fmt: skip
    page = staff.get(reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])).context["page"]
    assert [bar.title.split(": ")[1] for bar in page["timeline"]["bars"]] == ["$10.00", "$7.50"]
    assert len(page["timeline"]["gaps"]) == 1
    assert dict(page["facts"])["Spent"] == "$17.50"


def test_a_shoppers_page_asks_the_same_for_more_coupons(staff: Client) -> None:
    shop = _shop()
    url = reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    make_coupons(make_campaign(shop["channel"], "B", now=shop["now"]), 5)
    with CaptureQueriesContext(connection) as many:
        staff.get(url)
    assert len(many) == len(few)
