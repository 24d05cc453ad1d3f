"""The home page and the shopper's page: real figures, few queries, and one broken card leaves the others."""

import json
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from coupons.api.throttling import redis_client
from coupons.models import (
    Budget,
    BudgetCounter,
    Campaign,
    Category,
    Coupon,
    CouponGrant,
    Product,
    Redemption,
    UsageCounter,
)
from coupons.services import check_ledger
from recommender import tasks
from recommender.answer_times import AnswerClock
from recommender.dashboard.facts import CACHE_KEY
from recommender.dashboard.period import read_period
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, ShopperInterest
from recommender.partitions import ensure_partitions
from tests.made_up_rows import make_row, make_superuser
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupon,
    make_coupons,
    make_shopper,
    make_version,
    recommend,
)


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


def _use(shop: dict[str, Any], **fields: Any) -> Redemption:
    defaults = {
        "channel": shop["channel"], "coupon": shop["coupons"][0], "shopper": shop["shopper"], "amount_minor": 100,
        "redeemed_at": shop["now"] - timedelta(hours=1),
    }  # fmt: skip
    row = make_row(Redemption, **{**defaults, **fields})
    assert isinstance(row, Redemption)
    return row


def test_home_shows_what_is(staff: Client) -> None:
    shop = _shop()
    _use(shop, amount_minor=128435)
    page = staff.get("/admin/")
    values = [(figure.name, figure.value, figure.change) for figure in page.context["home"]["figures"]]
    assert values == [
        ("Redeemed, 28 days", "1", ""),
        ("Discount given, 28 days", "$1,284.35", ""),
        ("Claimed coupons that are used", "–", ""),
        ("Budget left, running campaigns", "–", ""),
    ]
    (row,) = page.context["home"]["campaigns"]
    assert (row["name"], row["coupons_n"], row["used_n"], row["given_text"]) == ("Campaign A", 3, 1, "$1,284.35")
    assert (row["budgeted"], row["status"][:2]) == (False, ("warn", "hourglass_bottom"))
    assert dict(_facts(page, "recommender"))["Shoppers covered"] == "100.0%"
    assert [(step["name"], step["n"]) for step in page.context["home"]["funnel"]] == [
        ("Opted in", "1"),
        ("Shown a coupon", "0"),
        ("Claimed one", "0"),
        ("Used one", "1"),
    ]


def test_the_time_that_answers_take(staff: Client, redis_clean: None) -> None:
    _shop()
    row = "Answer time, p95, last hour"
    assert dict(_facts(staff.get("/admin/"), "recommender"))[row] == "no answers yet"
    cache.clear()
    AnswerClock(redis_client).note(0.064)
    assert dict(_facts(staff.get("/admin/"), "recommender"))[row] == "65 ms"


def _facts(page: Any, card: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value, _url in page.context["home"][card]["rows"]]


def test_figures_are_compared_with_as_many_days_before(staff: Client) -> None:
    shop = _shop()
    for days, order in ((1, "a"), (2, "b"), (3, "c"), (8, "d"), (9, "e")):
        _use(shop, redeemed_at=shop["now"] - timedelta(days=days), order_ref=order, amount_minor=100 * days)
    for source, status in (("claim", "redeemed"), ("claim", "issued"), ("operator", "redeemed")):
        make_row(CouponGrant, source=source, status=status, code=None)
    page = staff.get("/admin/?period=7")
    used, given, claimed, _left = page.context["home"]["figures"]
    assert (used.value, used.change, used.note) == ("3", "+50.0%", "vs the 7 days before")
    assert (given.value, given.change) == ("$6.00", "−64.7%")
    assert (claimed.value, claimed.note) == ("50.0%", "of 2 claimed")
    chart = page.context["home"]["daily"]
    assert [sum(series["data"]) for series in chart["config"]["series"]] == [2, 3, 2]
    assert staff.get(used.url).context["cl"].result_list.count() == 3
    assert staff.get(claimed.url).context["cl"].result_list.count() == 2


def test_money_given_back_is_not_counted_as_given(staff: Client) -> None:
    _use(_shop(), amount_minor=500, rolled_back_minor=200, status="partially_rolled_back")
    assert staff.get("/admin/").context["home"]["figures"][1].value == "$3.00"


def test_a_budget_is_held_against_time(staff: Client) -> None:
    """A made-up campaign half over, with 95 of 100 dollars spent, ten of them a day."""
    shop = _shop()
    campaign = Campaign.objects.get()
    Campaign.objects.update(
        starts_at=shop["now"] - timedelta(days=10), ends_at=shop["now"] + timedelta(days=10), name="Pantry"
    )
    budget = Budget.objects.create(campaign=campaign, kind="money", limit_n=10000)
    BudgetCounter.objects.create(budget=budget, period_start=date(1970, 1, 1), limit_n=10000, spent_n=9500)
    for days in range(7):
        _use(shop, redeemed_at=shop["now"] - timedelta(days=days), order_ref=str(days), amount_minor=1000)
    page = staff.get("/admin/")
    (row,) = page.context["home"]["campaigns"]
    assert (row["bar"], row["mark"], row["given_text"], row["left_text"]) == ("95.0", "50.0", "$95.00", "$5.00")
    assert row["status"] == ("bad", "hourglass_bottom", "Runs out today")
    need = page.context["home"]["needs"][0]
    assert (need.title, need.text) == ("Pantry: Runs out today", "$5.00 left, about $10.00 a day.")
    assert page.context["home"]["figures"][3].value == "$5.00"
    assert page.context["home"]["spend"]["label"].startswith("Discount against budget: $95.00 of $100.00 given;")


def test_a_campaign_far_behind_is_said_to_be(staff: Client) -> None:
    shop = _shop()
    campaign = Campaign.objects.get()
    Campaign.objects.update(starts_at=shop["now"] - timedelta(days=6), ends_at=shop["now"] + timedelta(days=4))
    Budget.objects.create(campaign=campaign, kind="money", limit_n=10000)
    (row,) = staff.get("/admin/").context["home"]["campaigns"]
    assert row["status"] == ("warn", "trending_down", "Behind pace")


def test_home_asks_at_most_twelve_times(staff: Client) -> None:
    shop = _shop()
    Budget.objects.create(campaign=Campaign.objects.get(), kind="money", limit_n=10000)
    _use(shop)
    with CaptureQueriesContext(connection) as seen:
        staff.get("/admin/")
    assert len(seen) <= 12, "\n".join(query["sql"] for query in seen.captured_queries)
    with CaptureQueriesContext(connection) as again:
        staff.get("/admin/")
    assert len(again) == 2  # session and user: the snapshot is young enough
    make_coupons(make_campaign(shop["channel"], "B", now=shop["now"]), 5)
    cache.clear()
    with CaptureQueriesContext(connection) as more:
        staff.get("/admin/")
    assert len(more) == len(seen)


def test_the_task_takes_the_snapshot_and_its_age_is_told(staff: Client) -> None:
    _shop()
    tasks.refresh_home()
    known = cache.get(CACHE_KEY)
    cache.set(CACHE_KEY, replace(known, at=known.at - timedelta(seconds=40)))
    page = staff.get("/admin/")
    assert page.context["updated"] in {"Updated 40 s ago", "Updated 41 s ago", "Updated 42 s ago"}
    assert page.context["home"]["queues"]["pill"][2] == "No worker"  # asked, and nobody answered
    assert "No worker takes tasks from “train”" in [need.title for need in page.context["home"]["needs"]]


def test_home_stands_while_redis_is_down(staff: Client, settings: Any) -> None:
    _shop()
    gone = "unix:///made-up/redis.sock?db=0"
    settings.CELERY_BROKER_URL = gone
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": gone}}
    page = staff.get("/admin/")
    assert page.status_code == 200
    home = page.context["home"]
    assert home["needs"][0].title == "The task queue does not answer"
    assert home["queues"]["pill"][2] == "No answer"
    assert home["recommender"]["pill"][2] == "Healthy"


def test_a_broken_card_leaves_the_others(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_now: object) -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr("recommender.dashboard.reading_promotions.read_campaigns", broken)
    page = staff.get("/admin/")
    assert page.status_code == 200
    assert page.context["home"]["campaigns"].what == "campaigns"
    assert len(page.context["home"]["figures"]) == 4
    assert "This part cannot be read now" in page.content.decode()


def test_who_may_not_see_amounts_is_told_who_may(client: Client, db: None) -> None:
    cache.clear()
    _use(_shop(), amount_minor=128435)
    make_superuser("made-up-owner")
    client.force_login(User.objects.create(username="made-up-outsider", password="!", is_staff=True))
    page = client.get("/admin/")
    assert page.context["home"]["figures"].who == "made-up-owner"
    text = page.content.decode()
    assert "$1,284.35" not in text
    assert "These people can see it: made-up-owner." in text
    assert page.context["home"]["needs"] == []


@pytest.mark.parametrize(
    ("query", "first", "error"),
    [
        ({}, date(2026, 4, 13), ""),
        ({"period": "90"}, date(2026, 2, 10), ""),
        ({"period": "8"}, date(2026, 4, 13), "There is no period “8”."),
        ({"from": "2026-05-01", "to": "2026-05-03"}, date(2026, 5, 1), ""),
        ({"from": "2026-05-01"}, date(2026, 4, 13), "“2026-05-01” to “”: two days are needed."),
        (
            {"from": "2026-05-03", "to": "2026-05-01"},
            date(2026, 4, 13),
            "The first day, 2026-05-03, is after the last.",
        ),
        ({"from": "2020-05-03", "to": "2026-05-01"}, date(2026, 4, 13), "At most 366 days can be shown at once."),
    ],
)
def test_a_period_is_read_or_refused_with_its_value(query: dict[str, str], first: date, error: str) -> None:
    period = read_period(query, date(2026, 5, 10))
    assert (period.first, period.error) == (first, error)


def test_picked_days_are_counted_alone(staff: Client) -> None:
    shop = _shop()
    old = shop["now"] - timedelta(days=300)
    _use(shop, redeemed_at=old)
    day = old.date().isoformat()
    figure = staff.get("/admin/", {"from": day, "to": day}).context["home"]["figures"][0]
    assert (figure.name, figure.value) == ("Redeemed, 1 day", "1")


def test_the_ledger_card_says_what_the_last_check_found(staff: Client) -> None:
    shop = _shop()
    Coupon.objects.filter(pk=shop["coupons"][0].pk).update(usage_limit=5)
    assert staff.get("/admin/").context["home"]["ledger"]["pill"][2] == "Not checked yet"
    check_ledger(now=shop["now"])
    cache.clear()
    assert staff.get("/admin/").context["home"]["ledger"]["pill"][2] == "Balanced"
    UsageCounter.objects.update(redeemed_n=2)
    check = check_ledger(now=shop["now"] + timedelta(seconds=1))
    assert (check.difference_count, check.differences[0]["stored"], check.differences[0]["ledger"]) == (1, 2, 0)
    cache.clear()
    page = staff.get("/admin/")
    assert page.context["home"]["ledger"]["alarm"]
    assert page.context["home"]["needs"][0].title == "The ledger does not balance"
    assert staff.get(page.context["home"]["needs"][0].url).status_code == 200


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
    assert [(use.coupon_id, amount) for use, amount in page["redemptions"]] == [(used.pk, "$1.00")]
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


def test_a_shoppers_page_asks_the_same_for_more_coupons(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    second = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: second)  # the rules of a channel are kept for a second
    shop = _shop()
    make_coupons(make_campaign(shop["channel"], "A0", now=shop["now"]), 1)
    url = reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    make_coupons(make_campaign(shop["channel"], "B", now=shop["now"]), 5)
    staff.get(url)  # a process reads what is shown of a coupon once
    with CaptureQueriesContext(connection) as many:
        staff.get(url)
    assert len(many) == len(few)


def test_each_rule_that_removes_a_coupon_is_named(staff: Client) -> None:
    shop = _shop()
    now, channel = shop["now"], shop["channel"]
    make_coupon(make_campaign(channel, "M", now=now, audience="members"), "sent")
    make_coupon(make_campaign(channel, "H", now=now, holdout_percent=100), "held")
    make_coupon(make_campaign(channel, "S", now=now), "segment", segments=["vip", "new"])
    make_coupon(make_campaign(channel, "G", now=now), "wallet", trigger="granted")
    page = staff.get(reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])).context["page"]
    assert {hidden.coupon.external_id: hidden.why for hidden in page["hidden"]} == {
        "sent": "Campaign M was not sent to this shopper",
        "held": "In the control group of Campaign H, so never shown",
        "segment": "Only for vip, new; the shopper is in none of these",
        "wallet": "Only for shoppers who hold it in their wallet",
    }


def test_interests_are_shown_beside_those_of_eight_weeks_ago(staff: Client, settings: Any, tmp_path: Any) -> None:
    """Made-up purchases: yogurt in the last weeks, frozen meals before them."""
    shop = _shop()
    ensure_partitions(first=shop["now"] - timedelta(days=120), last=shop["now"])
    settings.MODEL_DIR = tmp_path
    (tmp_path / shop["version"].path).mkdir()
    names = ["Grocery > Yogurt", "Grocery > Frozen meals", "Produce"]
    (tmp_path / shop["version"].path / "vocabulary.json").write_text(json.dumps({"categories": names}))
    root = Category.objects.create(external_id="Grocery", name="Grocery", level=1)
    products = [
        Product.objects.create(external_id=name, title=name, category=Category.objects.create(
            external_id=name, name=name, level=2, parent=root))
        for name in ("Yogurt", "Frozen meals")
    ]  # fmt: skip
    for product, days in ((products[0], 2), (products[0], 9), (products[1], 70)):
        make_row(
            BehaviorEvent, channel=shop["channel"], shopper=shop["shopper"], kind=EventKind.PURCHASE, product=product,
            occurred_at=shop["now"] - timedelta(days=days), order_ref=str(days),
        )  # fmt: skip
    ShopperInterest.objects.create(
        shopper=shop["shopper"], model_version=shop["version"], interests=[0.82, 0.22, 0.5], before=[0.58, 0.46, 0.51],
        hidden_state=[], as_of=shop["now"],
    )  # fmt: skip
    page = staff.get(reverse("admin:coupons_shopper_change", args=[shop["shopper"].pk])).context["page"]
    assert [(bar.name, bar.percent, bar.mark, bar.change_text) for bar in page["interests"]] == [
        ("Yogurt", "82.0", "58.0", "▲ +24"),
        ("Produce", "50.0", "51.0", "≈ −1"),
        ("Frozen meals", "22.0", "46.0", "▼ −24"),
    ]
    assert page["changes"] == [
        ("Yogurt +24", "in 2 baskets of 8 weeks, after 0 in the 8 weeks before"),
        ("Frozen meals −24", "in 1 baskets of the 8 weeks before, in none since"),
    ]
