"""POST and GET /api/v1/redemptions and what follows them: statuses, bodies, replays, refusals, outsiders."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coupons.api import guessing
from coupons.enums import BenefitType, BudgetKind, BudgetPeriod, CouponTrigger, Scope, StackingMode
from coupons.models import (
    Budget,
    Campaign,
    CouponCode,
    CouponGrant,
    IdempotencyKey,
    Redemption,
    Rollback,
    Shopper,
    StackingGroup,
)
from coupons.services import expire_holds
from tests.coupons.api.client import Shop, cart, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import NOW, make_channel, make_code, make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def order(coupon: Any = None, order_ref: str = "order-1", **members: Any) -> dict[str, Any]:
    coupons = [] if coupon is None else [str(coupon.uid)]
    body = {"order_ref": order_ref, "shopper": "ann", "mode": "redeem", "cart": cart(1_000), "coupons": coupons}
    return {**body, **members}


def test_redeeming_is_201_with_the_use_its_lines_and_applied(shop: Shop) -> None:
    coupon = make_coupon(
        running_campaign(shop.channel), usage_limit=2, benefit={"type": BenefitType.PERCENT, "percent_bp": 1_000}
    )
    answer = shop.post("redemptions", order(coupon, cart=cart(1_000, 505), expected_discount_minor=151))
    assert answer.status_code == 201, answer.content
    assert "Idempotent-Replayed" not in answer
    row = Redemption.objects.get()
    body = answer.json()
    assert {name: body[name] for name in ("order_ref", "shopper", "discount_minor", "currency")} == {
        "order_ref": "order-1",
        "shopper": "ann",
        "discount_minor": 151,
        "currency": "USD",
    }
    [use] = body["redemptions"]
    assert (use["redemption"], use["coupon"], use["status"]) == (str(row.uid), str(coupon.uid), "redeemed")
    assert (use["applied"], use["amount_minor"], use["hold_expires_at"]) == (True, 151, None)
    assert [(line["line_ref"], line["spend_minor"], line["amount_minor"]) for line in use["lines"]] == [
        ("1", 1_000, 100),
        ("2", 505, 51),
    ]
    assert_balanced()


def test_tc_02_the_same_request_again_is_the_same_answer_to_the_byte_and_one_use(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), usage_limit=1, per_shopper_limit=1)
    first = shop.post("redemptions", order(coupon), key="once")
    Campaign.objects.update(status="paused")
    again = shop.post("redemptions", order(coupon), key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (first.get("Idempotent-Replayed"), again.get("Idempotent-Replayed")) == (None, "true")
    assert Redemption.objects.count() == 1
    assert_balanced()


def test_tc_02_the_same_order_under_another_key_gets_the_use_it_has(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), usage_limit=1, per_shopper_limit=1)
    first, again = (shop.post("redemptions", order(coupon)) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Redemption.objects.count() == 1
    assert refused(shop.post("redemptions", order(coupon, "order-2", shopper="bob"))) == (422, "usage_limit_reached")
    assert_balanced()


def test_a_key_that_comes_with_another_request_is_refused(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    assert shop.post("redemptions", order(coupon), key="once").status_code == 201
    other = shop.post("redemptions", order(coupon, "order-2"), key="once")
    assert refused(other) == (422, "idempotency_key_reused")
    assert Redemption.objects.count() == 1


def test_keys_of_two_clients_do_not_meet(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    other = open_shop(shop.channel)
    assert shop.post("redemptions", order(coupon), key="once").status_code == 201
    assert other.post("redemptions", order(coupon, "order-2"), key="once").status_code == 201


def test_a_refusal_is_replayed_too(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), min_spend_minor=1_800)
    first, again = (shop.post("redemptions", order(coupon), key="once") for _ in range(2))
    assert refused(first) == refused(again) == (422, "not_eligible")
    assert (first.get("Idempotent-Replayed"), again.get("Idempotent-Replayed")) == (None, "true")
    assert again.content == first.content
    assert Shopper.objects.count() == 0  # nothing but the answer was kept


@pytest.mark.parametrize("path", ["redemptions", "redemptions/{uid}/confirm", "redemptions/{uid}/rollbacks"])
def test_without_an_idempotency_key_nothing_is_done(shop: Shop, path: str) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    uid = shop.post("redemptions", order(coupon, mode="hold")).json()["redemptions"][0]["redemption"]
    body = {"redemptions": order(coupon, "order-2"), "redemptions/{uid}/rollbacks": {"kind": "cancel"}}.get(path)
    for key in (None, "  "):
        assert refused(shop.post(path.format(uid=uid), body, key=key)) == (400, "idempotency_key_missing")
    assert list(Redemption.objects.values_list("status", flat=True)) == ["held"]
    assert refused(shop.post(path.format(uid=uid), body, key="k" * 256)) == (400, "invalid_parameter")


def test_tc_34_a_refusal_says_how_far_away_it_is(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), min_spend_minor=1_800)
    answer = shop.post("redemptions", order(coupon))
    assert refused(answer) == (422, "not_eligible")
    [reason] = answer.json()["reasons"]
    assert (reason["code"], reason["distance"], reason["unit"], reason["by"]) == ("min_spend", 800, "minor", [])
    assert answer.json()["coupons"] == [str(coupon.uid)]
    assert Redemption.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "members", "code"),
    [
        ({"usage_limit": 1}, {"order_ref": "order-9", "shopper": "zoe"}, (422, "usage_limit_reached")),
        ({"per_shopper_limit": 1}, {"order_ref": "order-9"}, (422, "shopper_limit_reached")),
        ({}, {"order_ref": "order-9", "expected_discount_minor": 99}, (422, "amount_mismatch")),
        ({}, {"shopper": "zoe"}, (409, "already_redeemed")),
    ],
)
def test_tc_34_each_limit_has_a_code_of_its_own(
    shop: Shop, fields: dict[str, Any], members: dict[str, Any], code: tuple[int, str]
) -> None:
    coupon = make_coupon(running_campaign(shop.channel), **fields)
    assert shop.post("redemptions", order(coupon)).status_code == 201
    assert refused(shop.post("redemptions", order(coupon, **members))) == code
    assert Redemption.objects.count() == 1
    assert_balanced()


@pytest.mark.parametrize("mode", ["hold", "redeem"])
def test_tc_33_an_order_gets_all_its_coupons_or_none(shop: Shop, mode: str) -> None:
    campaign = running_campaign(shop.channel)
    near, far = make_coupon(campaign, usage_limit=1), make_coupon(campaign, min_spend_minor=1_800)
    both = [str(near.uid), str(far.uid)]
    answer = shop.post("redemptions", order(coupons=both, mode=mode))
    assert refused(answer) == (422, "not_eligible")
    assert answer.json()["coupons"] == [str(far.uid)]
    assert Redemption.objects.count() == 0
    taken = shop.post("redemptions", order(coupons=both, mode=mode, cart=cart(1_800))).json()["redemptions"]
    assert sorted((use["coupon"], use["applied"]) for use in taken) == sorted((uid, True) for uid in both)
    assert_balanced()


def test_an_ended_campaign_is_410_for_orders_and_claims(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    Campaign.objects.update(ends_at=timezone.now())
    assert refused(shop.post("redemptions", order(coupon))) == (410, "campaign_ended")
    assert refused(shop.post("shoppers/ann/coupons", {"coupon": str(coupon.uid)})) == (410, "campaign_ended")
    assert (Redemption.objects.count(), CouponGrant.objects.count()) == (0, 0)


def test_a_hold_that_was_swept_is_409_when_it_is_confirmed(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), usage_limit=1)
    [held] = shop.post("redemptions", order(coupon, mode="hold")).json()["redemptions"]
    assert expire_holds(now=timezone.now() + timedelta(seconds=coupon.hold_ttl_s)) == 1
    assert refused(shop.post(f"redemptions/{held['redemption']}/confirm")) == (409, "hold_expired")
    assert_balanced()


def test_a_budget_that_does_not_cover_it_is_422(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    Budget.objects.create(campaign=coupon.campaign, kind=BudgetKind.MONEY, period=BudgetPeriod.TOTAL, limit_n=150)
    assert shop.post("redemptions", order(coupon)).status_code == 201
    assert refused(shop.post("redemptions", order(coupon, "order-2"))) == (422, "budget_exhausted")
    assert Redemption.objects.count() == 1
    assert_balanced()


def test_coupons_that_do_not_go_together_are_409_and_named(shop: Shop) -> None:
    group = StackingGroup.objects.create(channel=shop.channel, name="One", mode=StackingMode.LIST_ORDER)
    one, two = (make_coupon(running_campaign(shop.channel, stacking_group=group)) for _ in range(2))
    answer = shop.post("redemptions", order(coupons=[str(one.uid), str(two.uid)]))
    assert refused(answer) == (409, "not_combinable")
    assert answer.json()["coupons"] == [str(two.uid)]
    assert [reason["by"] for reason in answer.json()["reasons"]] == [[str(one.uid)]]
    assert Redemption.objects.count() == 0


def test_hold_confirm_and_confirm_again(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), usage_limit=1)
    [held] = shop.post("redemptions", order(coupon, mode="hold")).json()["redemptions"]
    assert (held["status"], held["applied"], held["redeemed_at"]) == ("held", True, None)
    assert held["hold_expires_at"] is not None
    path = f"redemptions/{held['redemption']}/confirm"
    first, again = shop.post(path), shop.post(path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (first.json()["status"], first.json()["hold_expires_at"]) == ("redeemed", None)
    assert refused(shop.post(f"redemptions/{held['redemption']}/release")) == (409, "state_conflict")
    assert shop.get(f"redemptions/{held['redemption']}").json() == first.json()
    assert_balanced()


def test_release_gives_the_use_back(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), usage_limit=1)
    [held] = shop.post("redemptions", order(coupon, mode="hold")).json()["redemptions"]
    released = shop.post(f"redemptions/{held['redemption']}/release")
    assert (released.status_code, released.json()["status"], released.json()["applied"]) == (200, "released", False)
    assert shop.post("redemptions", order(coupon, "order-2", shopper="bob")).status_code == 201
    assert refused(shop.post(f"redemptions/{held['redemption']}/confirm")) == (409, "state_conflict")
    assert_balanced()


def test_rolling_back_lines_then_the_rest(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), benefit={"type": BenefitType.PERCENT, "percent_bp": 1_000})
    [use] = shop.post("redemptions", order(coupon, cart=cart(1_000, 505))).json()["redemptions"]
    path = f"redemptions/{use['redemption']}/rollbacks"
    part = shop.post(path, {"kind": "refund", "lines": [{"line_ref": "2", "quantity": 1}], "reason": "torn"}, key="a")
    assert (part.status_code, part.json()["amount_minor"], part.json()["reason"]) == (201, 51, "torn")
    assert part.json()["redemption"]["status"] == "partially_rolled_back"
    replay = shop.post(path, {"kind": "refund", "lines": [{"line_ref": "2", "quantity": 1}], "reason": "torn"}, key="a")
    assert (replay.content, replay["Idempotent-Replayed"]) == (part.content, "true")
    rest = shop.post(path, {"kind": "cancel"})
    assert (rest.json()["amount_minor"], rest.json()["redemption"]["status"]) == (100, "rolled_back")
    assert rest.json()["redemption"]["applied"] is False
    assert Rollback.objects.count() == 2
    assert set(Rollback.objects.values_list("actor", flat=True)) == {f"key:{shop.key.prefix}"}
    too_much = shop.post(path, {"kind": "refund", "lines": [{"line_ref": "1", "quantity": 1}]})
    assert refused(too_much) == (409, "state_conflict")
    assert_balanced()


def _unusable(shop: Shop) -> list[str]:
    """Codes that cannot be used, each for another cause; the last one never was."""
    running = running_campaign(shop.channel)
    coupon = make_coupon(running, trigger=CouponTrigger.CODE)
    make_code(coupon, "USED", usage_limit=1, redeemed_n=1)
    make_code(coupon, "0FF", active=False)
    ended = running_campaign(shop.channel)
    Campaign.objects.filter(pk=ended.pk).update(ends_at=ended.starts_at + (ended.ends_at - ended.starts_at) / 4)
    make_code(make_coupon(ended, trigger=CouponTrigger.CODE), "ENDED")
    make_code(make_coupon(running, trigger=CouponTrigger.CODE, segments=["vip"]), "V1P")
    return ["USED", "OFF", "ENDED", "VIP", "NEVER-WAS"]


@pytest.mark.usefixtures("redis_clean")
@pytest.mark.parametrize("path", ["redemptions", "evaluations"])
def test_tc_31_a_browser_sees_one_answer_for_every_code_it_cannot_use(shop: Shop, path: str) -> None:
    codes = _unusable(shop)
    browser = open_browser(shop, "ann", *Scope)

    def ask(client: Shop, code: str) -> Any:
        body: dict[str, Any] = {"shopper": "ann", "cart": cart(1_000), "codes": [code]}
        return client.post(path, order(**body, mode="hold") if path == "redemptions" else body)

    answers = [ask(browser, code) for code in codes]
    assert {refused(answer) for answer in answers} == {(404, "code_unusable")}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert Redemption.objects.count() == 0
    if path == "redemptions":
        true_reasons = [refused(ask(shop, code))[1] for code in codes]
        assert true_reasons == [
            *("usage_limit_reached", "not_eligible", "campaign_ended", "not_eligible", "code_unusable"),
        ]


@pytest.mark.usefixtures("redis_clean")
def test_tc_31_guessing_is_throttled_for_browsers_by_address(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # within one minute of the clock, however slow the machine is
    monkeypatch.setattr(guessing, "time", SimpleNamespace(time=NOW.timestamp))
    coupon = make_coupon(running_campaign(shop.channel), trigger=CouponTrigger.CODE)
    make_code(coupon, "G00D")
    browser = open_browser(shop, "ann", *Scope)
    guesses = [browser.post("evaluations", {"cart": cart(1_000), "codes": [f"GUESS{n}"]}) for n in range(10)]
    assert {refused(guess) for guess in guesses} == {(404, "code_unusable")}
    good = {"cart": cart(1_000), "codes": ["good"]}
    for path, body in (("evaluations", good), ("redemptions", order(codes=["good"], mode="hold"))):
        late = browser.post(path, body)
        assert refused(late) == (429, "rate_limited")
        assert 1 <= int(late["Retry-After"]) <= 60
    assert Redemption.objects.count() == 0
    assert browser.post("evaluations", {"cart": cart(1_000)}).status_code == 200  # without codes nothing is guessed
    server = shop.post("evaluations", good)
    assert [coupon["applied"] for coupon in server.json()["coupons"]] == [True]


def test_a_good_code_is_redeemed_however_it_is_typed(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), trigger=CouponTrigger.CODE)
    make_code(coupon, "SAVE10", usage_limit=1)
    assert shop.post("redemptions", order(codes=[" save-lo "])).status_code == 201
    assert CouponCode.objects.get().redeemed_n == 1
    assert_balanced()


def test_the_list_pages_by_cursor_filters_and_takes_the_same_queries_for_one_and_three(
    shop: Shop, django_assert_num_queries: Any
) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    shop.post("redemptions", order(coupon, "order-1"))
    with django_assert_num_queries(3):
        [only] = shop.get("redemptions").json()["items"]
    shop.post("redemptions", order(coupon, "order-2"))
    shop.post("redemptions", order(coupon, "order-3", shopper="bob"))
    with django_assert_num_queries(3):
        page = shop.get("redemptions").json()
    assert [item["order_ref"] for item in page["items"]] == ["order-3", "order-2", "order-1"]
    assert (page["items"][2], page["next_cursor"]) == (only, None)
    first = shop.get("redemptions?limit=2").json()
    shop.post("redemptions", order(coupon, "order-4"))
    second = shop.get(f"redemptions?limit=2&cursor={first['next_cursor']}").json()
    assert [item["order_ref"] for item in (*first["items"], *second["items"])] == ["order-3", "order-2", "order-1"]
    assert second["next_cursor"] is None
    assert [row["order_ref"] for row in shop.get("redemptions?shopper=bob").json()["items"]] == ["order-3"]
    assert [row["order_ref"] for row in shop.get("redemptions?order_ref=order-2").json()["items"]] == ["order-2"]
    assert shop.get("redemptions?status=held").json()["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=9999999999999999999999", "limit"),
        ("limit=%C2%B2", "limit"),
        ("cursor=xyz", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=djE6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor"),
        ("status=parked", "status"),
        ("coupon=5", "coupon"),
        ("shopper=%00", "shopper"),
        ("order_ref=", "order_ref"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value(shop: Shop, query: str, field: str) -> None:
    answer = shop.get(f"redemptions?{query}")
    assert refused(answer) == (400, "invalid_parameter")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"order_ref": 5}, "order_ref"),
        ({"order_ref": "a\x00b"}, "order_ref"),
        ({"order_ref": "x" * 65}, "order_ref"),
        ({"mode": "park"}, "mode"),
        ({"mode": ["hold"]}, "mode"),
        ({"cart": {"items": []}}, "cart.items"),
        ({"cart": 7}, "cart"),
        (
            {"cart": {"items": [{"ref": "1", "quantity": 1, "unit_price_minor": 10**30}]}},
            "cart.items.0.unit_price_minor",
        ),
        ({"cart": {"items": [{"ref": "1", "quantity": "2", "unit_price_minor": 1}]}}, "cart.items.0.quantity"),
        ({"cart": {"items": [{"ref": "1", "quantity": True, "unit_price_minor": 1}]}}, "cart.items.0.quantity"),
        ({"cart": {"items": [{"ref": "shipping", "quantity": 1, "unit_price_minor": 1}]}}, "cart.items.0.ref"),
        ({"cart": {**cart(1), "colour": "red"}}, "cart.colour"),
        ({"coupons": ["5"]}, "coupons.0"),
        ({"coupons": []}, "coupons"),
        ({"codes": ["a" * 65]}, "codes.0"),
        ({"shopper": " "}, "shopper"),
        ({"colour": "red"}, "colour"),
        ({"expected_discount_minor": -1}, "expected_discount_minor"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_kept(shop: Shop, members: dict[str, Any], field: str) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    answer = shop.post("redemptions", order(coupon, **members))
    assert refused(answer) == (400, "invalid_parameter")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert Redemption.objects.count() == Shopper.objects.count() == IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b"null", b'{"order_ref": NaN}', b'{"order_ref": "\\ud800"}'])
def test_a_body_that_is_no_order_is_400(shop: Shop, body: bytes) -> None:
    assert refused(shop.post("redemptions", body))[0] == 400


def test_outsiders_see_nothing_and_change_nothing(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel))
    [use] = shop.post("redemptions", order(coupon, mode="hold")).json()["redemptions"]
    path = f"redemptions/{use['redemption']}"
    other = open_shop(make_channel())
    assert refused(other.get(path)) == (404, "not_found")
    assert refused(other.post(f"{path}/confirm")) == (404, "not_found")
    assert refused(other.post(f"{path}/release")) == (404, "not_found")
    assert refused(other.post(f"{path}/rollbacks", {"kind": "cancel"})) == (404, "not_found")
    assert refused(other.post("redemptions", order(coupon))) == (404, "not_found")
    assert other.get("redemptions").json() == {"items": [], "next_cursor": None}
    reader = open_shop(shop.channel, Scope.READ_REDEMPTIONS)
    assert refused(reader.post(f"{path}/confirm")) == (403, "scope_missing")
    assert refused(reader.post("redemptions", order(coupon, "order-2"))) == (403, "scope_missing")
    writer = open_shop(shop.channel, Scope.WRITE_REDEMPTIONS)
    assert refused(writer.get("redemptions")) == (403, "scope_missing")
    browser = open_browser(shop, "ann", *Scope)
    for answer in (browser.get("redemptions"), browser.get(path), browser.post(f"{path}/confirm")):
        assert refused(answer) == (403, "server_key_required")
    assert list(Redemption.objects.values_list("status", flat=True)) == ["held"]


def test_a_guest_is_one_person_in_every_spelling(shop: Shop) -> None:
    coupon = make_coupon(running_campaign(shop.channel), per_shopper_limit=1)
    body = order(coupon, email="Ann+shop@example.org")
    del body["shopper"]
    assert shop.post("redemptions", body).status_code == 201
    again = shop.post("redemptions", {**body, "order_ref": "order-2", "email": "ann@EXAMPLE.org"})
    assert refused(again) == (422, "shopper_limit_reached")
    assert refused(shop.post("redemptions", {**body, "email": "nobody"})) == (400, "malformed")


def test_redeeming_takes_a_fixed_number_of_queries(shop: Shop) -> None:
    make_shopper(shop.channel, external_id="ann")
    counts = []
    for number in range(2):
        coupon = make_coupon(running_campaign(shop.channel), usage_limit=5)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert shop.post("redemptions", order(coupon, f"order-{number}")).status_code == 201
        counts.append(len(queries))
    assert counts[0] == counts[1]
