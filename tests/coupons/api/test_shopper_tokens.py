"""Browser keys open one shopper's coupons: outsiders of every kind are refused, and nothing changes."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coupons.enums import KeyKind, Scope
from coupons.models import ApiKey, CouponGrant, Redemption, Shopper, ShopperIdentity
from coupons.services import create_api_key, revoke_api_key
from coupons.shopper_tokens import MAX_LIFETIME, issue_shopper_token, signing_secret
from recommender.models import BehaviorEvent, RejectedEvent
from tests.coupons.api.client import Shop, cart, open_browser, open_shop, refused, running_campaign
from tests.coupons.factories import make_coupon, make_shopper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

ORIGIN = "https://shop.example"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def page(shop: Shop) -> Shop:
    make_shopper(shop.channel, external_id="ann")
    make_shopper(shop.channel, external_id="bob")
    return open_browser(shop, "ann", *Scope, origins=[ORIGIN])


def signed(secret: str, claims: dict[str, Any], **header: Any) -> str:
    """A token made without our code, as any backend may."""

    def part(content: Any) -> str:
        return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    body = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(claims)}"
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def claims_of(shop: Shop, **fields: Any) -> dict[str, Any]:
    now = int(timezone.now().timestamp())
    return {"sub": "ann", "aud": shop.channel.slug, "iat": now, "exp": now + 300, **fields}


def every_call(shop: Shop, coupon: str) -> dict[str, Callable[[Shop, str], Any]]:
    """Each endpoint open to browsers, asked about a shopper by name."""
    event = {"event_id": "e1", "kind": "view", "coupon": coupon}
    return {
        "recommendations": lambda page, who: page.get(f"recommendations?shopper={who}"),
        "wallet": lambda page, who: page.get(f"shoppers/{who}/coupons"),
        "claim": lambda page, who: page.post(f"shoppers/{who}/coupons", {"coupon": coupon}),
        "evaluate": lambda page, who: page.post("evaluations", {"shopper": who, "cart": cart(1_000)}),
        "hold": lambda page, who: page.post(
            "redemptions",
            {"order_ref": "1", "shopper": who, "mode": "hold", "cart": cart(1_000), "coupons": [coupon]},
        ),
        "events": lambda page, who: page.post("events", {"events": [{**event, "shopper": who}]}),
    }


CALLS = ["recommendations", "wallet", "claim", "evaluate", "hold", "events"]


@pytest.mark.parametrize("name", CALLS)
def test_a_browser_gets_at_its_own_shopper_and_at_nobody_else(name: str, shop: Shop, page: Shop) -> None:
    coupon = str(make_coupon(running_campaign(shop.channel)).uid)
    call = every_call(shop, coupon)[name]
    assert refused(call(page, "bob")) == (403, "other_shopper")
    assert (CouponGrant.objects.count(), Redemption.objects.count()) == (0, 0)
    assert (BehaviorEvent.objects.count(), RejectedEvent.objects.count()) == (0, 0)
    assert call(page, "ann").status_code in {200, 201}


@pytest.mark.parametrize("name", CALLS)
def test_a_browsers_key_alone_opens_nothing(name: str, shop: Shop, page: Shop) -> None:
    coupon = str(make_coupon(running_campaign(shop.channel)).uid)
    bare = Shop(page.channel, page.key, page.plaintext)
    assert refused(every_call(shop, coupon)[name](bare, "ann")) == (401, "shopper_token_missing")
    assert (CouponGrant.objects.count(), Redemption.objects.count(), BehaviorEvent.objects.count()) == (0, 0, 0)


def test_a_servers_key_speaks_for_everybody_without_a_token(shop: Shop, page: Shop) -> None:
    assert [shop.get(f"shoppers/{who}/coupons").status_code for who in ("ann", "bob")] == [200, 200]


def test_where_no_shopper_is_named_it_is_the_tokens(shop: Shop, page: Shop) -> None:
    coupon = str(make_coupon(running_campaign(shop.channel)).uid)
    assert page.get("recommendations").json()["shopper"] == "ann"
    assert page.post("events", [{"event_id": "e1", "kind": "view", "coupon": coupon}]).status_code == 200
    assert BehaviorEvent.objects.values_list("shopper__external_id", flat=True).get() == "ann"
    held = page.post("redemptions", {"order_ref": "1", "mode": "hold", "cart": cart(1_000), "coupons": [coupon]})
    assert (held.status_code, held.json()["shopper"]) == (201, "ann")


def outsiders(shop: Shop) -> dict[str, tuple[str, str]]:
    """Tokens that must open nothing, each with its code."""
    now = timezone.now()
    secret, kid = signing_secret(shop.key.prefix), shop.key.prefix
    other = open_shop()
    good = signed(secret, claims_of(shop), kid=kid)
    head, _, mark = good.rpartition(".")
    past = int(now.timestamp()) - 600
    no_right, _ = create_api_key(name="events only", channel=shop.channel, scopes=[Scope.WRITE_EVENTS])
    browser, _ = create_api_key(name="page", channel=shop.channel, scopes=Scope.values, kind=KeyKind.BROWSER)
    revoked, _ = create_api_key(name="old", channel=shop.channel, scopes=Scope.values)
    revoke_api_key(key=revoked, now=now)
    stolen = {**claims_of(shop), "sub": "bob"}
    payload = urlsafe_b64encode(json.dumps(stolen).encode()).rstrip(b"=").decode()
    invalid = {
        "signature": f"{head}.{'A' if mark[0] != 'A' else 'B'}{mark[1:]}",
        "another subject under the same signature": f"{head.partition('.')[0]}.{payload}.{mark}",
        "unsigned": signed(secret, claims_of(shop), kid=kid, alg="none").rpartition(".")[0] + ".",
        "another algorithm": signed(secret, claims_of(shop), kid=kid, alg="HS512"),
        "no text": "....",
        "far too long": good + "A" * 2_000,
        "no key id": signed(secret, claims_of(shop)),
        "unknown key id": signed(secret, claims_of(shop), kid="0badc0de"),
        "another shop's token": issue_shopper_token(key=other.key, shopper="ann", now=now).token,
        "another shop's key for our channel": signed(
            signing_secret(other.key.prefix), claims_of(shop), kid=other.key.prefix
        ),
        "our key for another channel": signed(secret, claims_of(shop, aud=other.channel.slug), kid=kid),
        "our key for several channels": signed(secret, claims_of(shop, aud=[shop.channel.slug]), kid=kid),
        "a key that may not issue": signed(signing_secret(no_right.prefix), claims_of(shop), kid=no_right.prefix),
        "a browser's key": signed(signing_secret(browser.prefix), claims_of(shop), kid=browser.prefix),
        "a revoked key": signed(signing_secret(revoked.prefix), claims_of(shop), kid=revoked.prefix),
        "issued in the future": signed(
            secret, claims_of(shop, iat=int(now.timestamp()) + 120, exp=int(now.timestamp()) + 180), kid=kid
        ),
        "a life of more than an hour": signed(
            secret, claims_of(shop, exp=claims_of(shop)["iat"] + int(MAX_LIFETIME.total_seconds()) + 1), kid=kid
        ),
        "no end": signed(secret, {k: v for k, v in claims_of(shop).items() if k != "exp"}, kid=kid),
        "an end that is no number": signed(secret, claims_of(shop, exp=True, iat=False), kid=kid),
        "nobody": signed(secret, claims_of(shop, sub=" "), kid=kid),
        "a number for a shopper": signed(secret, claims_of(shop, sub=7), kid=kid),
        "a NUL": signed(secret, claims_of(shop, sub="ann\x00"), kid=kid),
        "an id too long": signed(secret, claims_of(shop, sub="a" * 65), kid=kid),
    }
    tokens = {name: (token, "invalid_shopper_token") for name, token in invalid.items()}
    tokens["expired"] = (signed(secret, claims_of(shop, iat=past, exp=past + 300), kid=kid), "shopper_token_expired")
    return tokens


def test_no_outsider_gets_in(shop: Shop, page: Shop) -> None:
    answers = {}
    for name, (token, _code) in outsiders(shop).items():
        answers[name] = refused(Shop(page.channel, page.key, page.plaintext, token).get("shoppers/ann/coupons"))
    assert answers == {name: (401, code) for name, (_token, code) in outsiders(shop).items()}


def test_a_token_that_the_shop_signed_itself_is_as_good(shop: Shop, page: Shop) -> None:
    told = shop.get("shopper-tokens/signing-secret")
    assert "no-store" in told["Cache-Control"]
    secret = told.json()
    assert (secret["algorithm"], secret["audience"], secret["max_lifetime"]) == ("HS256", shop.channel.slug, 3600)
    token = signed(secret["secret"], claims_of(shop, sub="bob"), kid=secret["key_id"])
    theirs = Shop(page.channel, page.key, page.plaintext, token)
    assert theirs.get("shoppers/bob/coupons").status_code == 200
    assert refused(theirs.get("shoppers/ann/coupons")) == (403, "other_shopper")


def test_the_secret_is_another_for_each_key_and_not_in_the_database(shop: Shop) -> None:
    secret = shop.get("shopper-tokens/signing-secret").json()["secret"]
    other = open_shop(shop.channel).get("shopper-tokens/signing-secret").json()["secret"]
    assert secret != other
    assert secret not in str(list(ApiKey.objects.values()))
    assert secret != hashlib.sha256(shop.plaintext.encode()).hexdigest()


def test_revoking_the_issuing_key_ends_its_tokens(shop: Shop, page: Shop) -> None:
    assert page.get("shoppers/ann/coupons").status_code == 200
    revoke_api_key(key=shop.key, now=timezone.now())
    assert refused(page.get("shoppers/ann/coupons")) == (401, "invalid_shopper_token")


def test_a_new_site_key_keeps_tokens_while_the_old_one_is_a_fallback(shop: Shop, page: Shop, settings: Any) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "made-up-and-new"
    assert refused(page.get("shoppers/ann/coupons")) == (401, "invalid_shopper_token")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert page.get("shoppers/ann/coupons").status_code == 200


def test_a_token_is_issued_to_a_server_and_lives_as_long_as_asked(shop: Shop, page: Shop) -> None:
    before = timezone.now()
    issued = shop.post("shopper-tokens", {"shopper": "ann", "expires_in": 60}, key=None)
    assert (issued.status_code, issued.json()["shopper"]) == (201, "ann")
    assert "no-store" in issued["Cache-Control"]
    expires_at = datetime.fromisoformat(issued.json()["expires_at"])
    assert timedelta(seconds=58) < expires_at - before <= timedelta(seconds=61)
    theirs = Shop(page.channel, page.key, page.plaintext, issued.json()["token"])
    assert theirs.get("shoppers/ann/coupons").status_code == 200
    assert refused(page.post("shopper-tokens", {"shopper": "bob"}, key=None)) == (403, "server_key_required")
    assert refused(page.get("shopper-tokens/signing-secret")) == (403, "server_key_required")
    lacking = open_shop(shop.channel, Scope.READ_WALLET)
    assert refused(lacking.post("shopper-tokens", {"shopper": "ann"}, key=None)) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "shopper"), ({"shopper": " "}, "shopper"), ({"shopper": "a", "expires_in": 3601}, "expires_in")],
)
def test_a_wrong_request_names_its_member(shop: Shop, body: Any, field: str) -> None:
    answer = shop.post("shopper-tokens", body, key=None)
    assert refused(answer) == (400, "invalid_parameter")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_a_browser_cannot_redeem_nor_say_whose_address_it_is(shop: Shop, page: Shop) -> None:
    coupon = str(make_coupon(running_campaign(shop.channel)).uid)
    order = {"order_ref": "1", "mode": "hold", "cart": cart(1_000), "coupons": [coupon]}
    for more in ({"mode": "redeem"}, {"email": "bob@example.org"}, {"phone": "0123456"}):
        assert refused(page.post("redemptions", {**order, **more})) == (403, "server_key_required")
    assert (Redemption.objects.count(), ShopperIdentity.objects.count()) == (0, 0)


@pytest.mark.parametrize("kind", ["purchase", "redemption"])
def test_a_browser_cannot_claim_to_have_bought(page: Shop, kind: str) -> None:
    assert refused(page.post("events", [{"event_id": "e1", "kind": kind}])) == (403, "server_key_required")
    assert refused(page.post("events", [{"event_id": "e1", "kind": "view", "shopper": ["bob"]}])) == (
        403,
        "other_shopper",
    )
    assert (BehaviorEvent.objects.count(), RejectedEvent.objects.count()) == (0, 0)


def test_two_shoppers_of_one_browser_key_do_not_meet_in_their_idempotency_keys(shop: Shop, page: Shop) -> None:
    coupon = str(make_coupon(running_campaign(shop.channel)).uid)
    bob = Shop(
        page.channel,
        page.key,
        page.plaintext,
        issue_shopper_token(key=shop.key, shopper="bob", now=timezone.now()).token,
    )
    for client, who in ((page, "ann"), (bob, "bob")):
        assert client.post(f"shoppers/{who}/coupons", {"coupon": coupon}, key="same").status_code == 201
    assert CouponGrant.objects.count() == 2


def test_one_shopper_who_calls_too_often_does_not_shut_out_the_others(shop: Shop, page: Shop) -> None:
    ApiKey.objects.filter(pk=page.key.pk).update(requests_per_minute=1)
    bob = issue_shopper_token(key=shop.key, shopper="bob", now=timezone.now()).token
    mine = [page.get("shoppers/ann/coupons").status_code for _ in range(4)]
    assert mine.count(429) >= 2  # a minute may end in between
    assert Shop(page.channel, page.key, page.plaintext, bob).get("shoppers/bob/coupons").status_code == 200


def test_the_key_and_the_token_cost_one_query(shop: Shop, page: Shop, django_assert_num_queries: Any) -> None:
    Shopper.objects.all().delete()
    with django_assert_num_queries(2):  # keys; the shopper's row, which is not there
        assert refused(page.get("shoppers/ann/coupons")) == (404, "not_found")


def test_a_page_of_an_allowed_origin_may_read_the_answer_and_no_other_page_may_call(page: Shop) -> None:
    allowed = page.get("shoppers/ann/coupons", Origin=ORIGIN)
    assert (allowed.status_code, allowed["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert "Origin" in allowed["Vary"]
    foreign = page.get("shoppers/ann/coupons", Origin="https://evil.example")
    assert refused(foreign) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in foreign
    own = page.get("shoppers/ann/coupons", Origin="http://testserver")
    assert own.status_code == 200
    assert "Access-Control-Allow-Origin" not in own


def test_a_page_can_tell_that_its_token_has_expired(shop: Shop, page: Shop) -> None:
    expired = Shop(page.channel, page.key, page.plaintext, outsiders(shop)["expired"][0])
    answer = expired.get("shoppers/ann/coupons", Origin=ORIGIN)
    assert refused(answer) == (401, "shopper_token_expired")
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    elsewhere = expired.get("shoppers/ann/coupons", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in elsewhere


def test_a_servers_key_in_a_page_is_not_readable(shop: Shop, page: Shop) -> None:
    answer = shop.get("shoppers/ann/coupons", Origin=ORIGIN)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, True), ("https://evil.example", False)])
def test_a_preflight_needs_no_key(page: Shop, origin: str, allowed: bool) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = Client().options("/api/v1/shoppers/ann/coupons", headers=asked)
    assert answer.status_code == 204
    assert answer.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    if allowed:
        assert {"GET", "POST"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
        assert "Shopper-Token" in answer["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ("*", "browser"),
        ("https://shop.example/", "browser"),
        ("https://Shop.example", "browser"),
        ("ftp://shop.example", "browser"),
        ("null", "browser"),
        (ORIGIN, "server"),
    ],
)
def test_what_is_no_origin_of_a_page_makes_no_key(shop: Shop, origin: str, kind: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        create_api_key(name="page", channel=shop.channel, scopes=[], kind=kind, allowed_origins=[origin])
    assert ApiKey.objects.count() == 1
