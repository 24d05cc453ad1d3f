"""Campaigns and coupons for machines: versions, partial changes, the steps of the approval, outsiders."""

from typing import Any

import pytest
from django.db import connection

from coupons.enums import CouponTrigger, Scope
from coupons.models import AuditEntry, Campaign, Coupon
from tests.coupons.api.client import Shop, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_channel, make_coupon

pytestmark = pytest.mark.django_db

CAMPAIGN = {
    "external_id": "evenings",
    "name": "Evenings",
    "starts_at": "2026-03-01",
    "ends_at": "2026-03-29",
    "timezone": "Europe/Berlin",
    "weekly_windows": [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}],
}
COUPON = {
    "campaign": "evenings",
    "external_id": "tiers",
    "title": "30 off 200, 80 off 400",
    "trigger": "automatic",
    "usage_limit": 10_000,
    "per_shopper_limit": 3,
    "benefit": {
        "type": "tiers",
        "tiers": [
            {"threshold_minor": 20_000, "amount_minor": 3_000},
            {"threshold_minor": 40_000, "amount_minor": 8_000},
        ],
    },
}


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def stored(table: str, column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column}::text FROM {table}")  # noqa: S608  names from this file
        [[text]] = cursor.fetchall()
    return str(text).encode()


def test_a_campaign_is_made_as_a_draft_with_its_etag_and_days_in_its_own_zone(shop: Shop) -> None:
    answer = shop.post("campaigns", CAMPAIGN)
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    body = answer.json()
    # the 29th of March 2026 has 23 hours in Berlin
    assert (body["starts_at"], body["ends_at"]) == ("2026-02-28T23:00:00Z", "2026-03-29T22:00:00Z")
    assert (body["status"], body["phase"], body["weekly_windows"]) == ("draft", "draft", CAMPAIGN["weekly_windows"])
    assert shop.get("campaigns/evenings").json() == body
    assert refused(shop.post("campaigns", CAMPAIGN)) == (409, "already_exists")
    [entry] = AuditEntry.objects.all()
    assert (entry.actor, entry.action) == (f"key:{shop.key.prefix}", "create")


def test_tc_26_what_a_patch_leaves_out_stays_byte_identical(shop: Shop) -> None:
    assert shop.post("campaigns", {**CAMPAIGN, "ends_at": "2026-03-29T21:59:59.123456Z"}).status_code == 201
    before = {column: stored("coupons_campaign", column) for column in ("starts_at", "ends_at", "weekly_windows")}
    expiry = shop.get("campaigns/evenings").json()["ends_at"]
    answer = shop.patch("campaigns/evenings", {"name": "Late evenings"}, if_match='"1"')
    assert (answer.status_code, answer["ETag"], answer.json()["name"]) == (200, '"2"', "Late evenings")
    assert answer.json()["ends_at"] == expiry == "2026-03-29T21:59:59.123456Z"
    assert {column: stored("coupons_campaign", column) for column in before} == before


def test_an_edit_needs_the_version_that_was_read(shop: Shop) -> None:
    shop.post("campaigns", CAMPAIGN)
    shop.post("coupons", COUPON)
    uid = Coupon.objects.get().uid
    for path, change in (("campaigns/evenings", {"name": "A"}), (f"coupons/{uid}", {"title": "A"})):
        assert refused(shop.patch(path, change, if_match=None)) == (428, "if_match_missing")
        assert refused(shop.patch(path, change, if_match='"7"')) == (412, "version_conflict")
        assert refused(shop.patch(path, change, if_match="seven")) == (400, "invalid_parameter")
        assert shop.get(path)["ETag"] == '"1"'
        assert shop.patch(path, change, if_match='"1"').status_code == 200
        assert refused(shop.patch(path, change, if_match='"1"')) == (412, "version_conflict")
    assert (Campaign.objects.get().name, Coupon.objects.get().title) == ("A", "A")


def test_the_steps_of_the_approval_need_two_keys(shop: Shop) -> None:
    second = open_shop(shop.channel)
    shop.post("campaigns", CAMPAIGN)
    assert refused(shop.post("campaigns/evenings/submit")) == (400, "malformed")  # it has no coupon
    shop.post("coupons", COUPON)
    assert refused(shop.post("campaigns/evenings/approve")) == (409, "state_conflict")
    assert shop.post("campaigns/evenings/submit").json()["status"] == "in_review"
    assert refused(shop.post("campaigns/evenings/approve")) == (403, "self_approval")
    approved = second.post("campaigns/evenings/approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["approved_by"] == f"key:{second.key.prefix}"
    assert refused(shop.patch("campaigns/evenings", {"priority": 5})) == (409, "state_conflict")
    assert refused(shop.patch(f"coupons/{Coupon.objects.get().uid}", {"benefit": COUPON["benefit"]})) == (
        409,
        "state_conflict",
    )
    steps = [shop.post(f"campaigns/evenings/{step}").json()["status"] for step in ("pause", "resume", "archive")]
    assert steps == ["paused", "approved", "archived"]
    assert refused(shop.post("campaigns/evenings/resume")) == (409, "state_conflict")


def test_a_coupon_is_made_changed_and_deleted_whole(shop: Shop) -> None:
    shop.post("campaigns", CAMPAIGN)
    answer = shop.post("coupons", COUPON)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    path = f"coupons/{body['coupon']}"
    assert [tier["amount_minor"] for tier in body["benefit"]["tiers"]] == [3_000, 8_000]
    changed = shop.patch(path, {"benefit": {"type": "percent", "percent_bp": 1_000}}, if_match=answer["ETag"]).json()
    assert (changed["benefit"]["type"], changed["benefit"]["percent_bp"], changed["benefit"]["tiers"]) == (
        *("percent", 1_000),
        [],
    )
    left = {name: value for name, value in body.items() if name not in {"benefit", "version"}}
    assert {name: changed[name] for name in left} == left
    assert refused(shop.delete("campaigns/evenings")) == (409, "state_conflict")
    assert (shop.delete(path).status_code, shop.delete("campaigns/evenings").status_code) == (204, 204)
    assert Coupon.objects.count() == Campaign.objects.count() == 0


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"benefit": {"type": "percent"}}, "benefit.percent_bp"),
        ({"benefit": {"type": "amount", "amount_minor": 5, "percent_bp": 5}}, "benefit.percent_bp"),
        ({"benefit": {"type": "tiers", "tiers": [{"threshold_minor": 5}]}}, "benefit.tiers.0"),
        ({"benefit": {}}, "benefit.type"),
        ({"usage_limit": 0}, "usage_limit"),
        ({"usage_limit": 2**31}, "usage_limit"),
        ({"hold_ttl_s": 0}, "hold_ttl_s"),
        ({"segments": ["a\x00"]}, "segments.0"),
        ({"version": 3}, "version"),
    ],
)
def test_a_wrong_coupon_is_named_and_not_kept(shop: Shop, members: dict[str, Any], field: str) -> None:
    shop.post("campaigns", CAMPAIGN)
    answer = shop.post("coupons", {**COUPON, **members})
    assert refused(answer) == (400, "invalid_parameter")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert Coupon.objects.count() == 0


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"ends_at": "2026-02-01"}, "ends_at"),
        ({"ends_at": "9999-12-31"}, "ends_at"),
        ({"ends_at": "2026-03-29T10:00:00"}, "ends_at"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"external_id": "a/b"}, "external_id"),
        ({"holdout_percent": 101}, "holdout_percent"),
        ({"stacking_group": "nowhere"}, "stacking_group"),
        ({"weekly_windows": [{"days": [1], "from": "22:00", "to": "18:00"}]}, "weekly_windows"),
        ({"status": "approved"}, "status"),
    ],
)
def test_a_wrong_campaign_is_named_and_not_kept(shop: Shop, members: dict[str, Any], field: str) -> None:
    answer = shop.post("campaigns", {**CAMPAIGN, **members})
    assert refused(answer) == (400, "invalid_parameter")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert Campaign.objects.count() == 0


def test_lists_take_the_same_queries_for_one_and_three(shop: Shop, django_assert_num_queries: Any) -> None:
    campaign = running_campaign(shop.channel)
    make_coupon(campaign)
    for number in (1, 3):
        with django_assert_num_queries(2):
            assert len(shop.get("campaigns").json()["items"]) == number
        with django_assert_num_queries(4):
            assert len(shop.get("coupons").json()["items"]) == number
        for _ in range(2):
            make_coupon(running_campaign(shop.channel))
    page = shop.get("coupons?limit=2").json()
    rest = shop.get(f"coupons?limit=2&cursor={page['next_cursor']}").json()
    assert (len(page["items"]), len(rest["items"]), bool(rest["next_cursor"])) == (2, 2, True)


def test_outsiders_see_nothing_and_change_nothing(shop: Shop) -> None:
    shop.post("campaigns", CAMPAIGN)
    coupon = shop.post("coupons", COUPON).json()["coupon"]
    other = open_shop(make_channel())
    for path in ("campaigns/evenings", f"coupons/{coupon}"):
        assert refused(other.get(path)) == (404, "not_found")
        assert refused(other.patch(path, {"active": True} if "coupons" in path else {"name": "x"})) == (
            404,
            "not_found",
        )
        assert refused(other.delete(path)) == (404, "not_found")
    assert refused(other.post("campaigns/evenings/submit")) == (404, "not_found")
    assert refused(other.post("coupons", COUPON)) == (404, "not_found")
    assert other.get("coupons").json()["items"] == other.get("campaigns").json()["items"] == []
    reader = open_shop(shop.channel, Scope.READ_COUPONS)
    assert refused(reader.patch("campaigns/evenings", {"name": "x"})) == (403, "scope_missing")
    assert refused(reader.post("coupons", COUPON)) == (403, "scope_missing")
    writer = open_shop(shop.channel, Scope.WRITE_CAMPAIGNS)
    assert refused(writer.post("campaigns/evenings/approve")) == (403, "scope_missing")
    browser = open_browser(shop, "ann", *Scope)
    assert refused(browser.get("campaigns")) == (403, "server_key_required")
    assert (Campaign.objects.get().version, Coupon.objects.get().trigger) == (1, CouponTrigger.AUTOMATIC)
