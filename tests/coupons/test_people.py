"""Accounts of one person: joined, taken apart, and every limit counted for who they are."""

import pytest

from coupons.enums import RedemptionStatus, Scope
from coupons.errors import StateConflict
from coupons.models import AuditEntry, Coupon, Redemption, Shopper, ShopperUsage
from coupons.persons import owner_id
from coupons.reconcile import find_drift
from coupons.services import identify_shopper, merge_shoppers, resolve_shopper, split_shopper
from tests.coupons.api.client import Shop, cart, open_shop, refused, running_campaign
from tests.coupons.factories import make_channel, make_coupon
from tests.made_up_shop import make_shopper

pytestmark = pytest.mark.django_db
ACTOR = "key:made-up"


@pytest.fixture
def shop() -> Shop:
    return open_shop(make_channel())


@pytest.fixture
def coupon(shop: Shop) -> Coupon:
    return make_coupon(running_campaign(shop.channel), per_shopper_limit=2)


def redeem(shop: Shop, coupon: Coupon, shopper: str, order: str) -> int:
    body = {"order_ref": order, "shopper": shopper, "mode": "redeem", "cart": cart(1_000), "coupons": [str(coupon.uid)]}
    return int(shop.post("redemptions", body).status_code)


def usage() -> list[tuple[str, int]]:
    rows = ShopperUsage.objects.order_by("shopper__external_id")
    return list(rows.values_list("shopper__external_id", "redeemed_n"))


def audit() -> list[tuple[str, str, dict[str, object], dict[str, object]]]:
    rows = AuditEntry.objects.filter(object_type="shopper").order_by("pk")
    return list(rows.values_list("actor", "action", "before", "after"))


def test_accounts_of_two_channels_become_one_person_who_shares_limits(shop: Shop, coupon: Coupon) -> None:
    web, app = make_shopper(shop.channel, "web"), make_shopper(make_channel(slug="app"), "u-55")
    assert redeem(shop, coupon, "web", "1") == 201
    merge_shoppers(keep=web, other=app, actor=ACTOR, reason="same card")
    app.refresh_from_db()
    assert owner_id(app) == web.pk
    assert audit() == [(ACTOR, "merge_shoppers", {"person": app.pk}, {"person": web.pk, "reason": "same card"})]
    merge_shoppers(keep=app, other=web, actor=ACTOR)
    assert AuditEntry.objects.filter(action="merge_shoppers").count() == 1


def test_uses_of_both_count_for_the_person(shop: Shop, coupon: Coupon) -> None:
    for name in ("ann", "ann2"):
        assert redeem(shop, coupon, name, f"of {name}") == 201
    ann, other = (Shopper.objects.get(external_id=name) for name in ("ann", "ann2"))
    merge_shoppers(keep=ann, other=other, actor=ACTOR)
    assert usage() == [("ann", 2)]
    assert redeem(shop, coupon, "ann2", "third") == 422
    assert find_drift() == []


def test_split_gives_each_account_its_own_uses_back(shop: Shop, coupon: Coupon) -> None:
    for name in ("ann", "ann2"):
        assert redeem(shop, coupon, name, f"of {name}") == 201
    ann, other = (Shopper.objects.get(external_id=name) for name in ("ann", "ann2"))
    merge_shoppers(keep=ann, other=other, actor=ACTOR)
    split_shopper(shopper=ann, actor=ACTOR, reason="two sisters")
    assert usage() == [("ann", 1), ("ann2", 1)]
    assert find_drift() == []
    assert redeem(shop, coupon, "ann2", "second") == 201
    assert redeem(shop, coupon, "ann2", "third") == 422
    assert audit()[-1] == (
        ACTOR,
        "split_shopper",
        {"person": other.pk},
        {"person": ann.pk, "reason": "two sisters"},
    )
    with pytest.raises(StateConflict):
        split_shopper(shopper=ann, actor=ACTOR)


def test_the_others_stay_together_when_the_standing_account_leaves(shop: Shop) -> None:
    first, second, third = (make_shopper(shop.channel, name) for name in "abc")
    for other in (second, third):
        merge_shoppers(keep=first, other=other, actor=ACTOR)
    split_shopper(shopper=first, actor=ACTOR)
    owners = {row.external_id: owner_id(row) for row in Shopper.objects.all()}
    assert owners == {"a": first.pk, "b": second.pk, "c": second.pk}


def test_what_was_taken_apart_is_not_joined_again_by_an_address(shop: Shop) -> None:
    ann = resolve_shopper(channel=shop.channel, external_id="ann", email="a@made-up.example")
    ben = resolve_shopper(channel=shop.channel, external_id="ben", email="a@made-up.example")
    assert owner_id(ben) == ann.pk
    split_shopper(shopper=ben, actor=ACTOR)
    again = resolve_shopper(channel=shop.channel, external_id="ben", email="a@made-up.example")
    assert owner_id(again) == ben.pk


def test_an_anonymous_session_folds_into_the_shopper_once(shop: Shop, coupon: Coupon) -> None:
    assert redeem(shop, coupon, "anon-1", "guest order") == 201
    answer = shop.post("shoppers/ann/identify", {"anonymous": "anon-1"}, key=None)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "shopper": "ann",
            "personalised": True,
            "accounts": [
                {"channel": shop.channel.slug, "shopper": "ann", "personalised": True},
                {"channel": shop.channel.slug, "shopper": "anon-1", "personalised": True},
            ],
        },
    )
    assert shop.post("shoppers/ann/identify", {"anonymous": "anon-1"}, key=None).status_code == 200
    assert [action for _, action, _, _ in audit()] == ["merge_shoppers"]
    assert usage() == [("ann", 1)]


def test_a_session_of_somebody_else_is_not_taken_over(shop: Shop) -> None:
    make_shopper(shop.channel, "anon-1")
    identify_shopper(channel=shop.channel, external_id="ann", anonymous_id="anon-1", actor=ACTOR)
    assert refused(shop.post("shoppers/ben/identify", {"anonymous": "anon-1"}, key=None)) == (409, "state_conflict")
    assert refused(shop.post("shoppers/ben/identify", {"anonymous": "nobody"}, key=None)) == (404, "not_found")
    known = resolve_shopper(channel=shop.channel, external_id="carl", email="c@made-up.example")
    assert refused(shop.post("shoppers/ben/identify", {"anonymous": "carl"}, key=None)) == (409, "state_conflict")
    assert owner_id(Shopper.objects.get(pk=known.pk)) == known.pk


def test_consent_is_each_channels_own(shop: Shop) -> None:
    web, app = make_shopper(shop.channel, "ann"), make_shopper(make_channel(slug="app"), "ann")
    merge_shoppers(keep=web, other=app, actor=ACTOR)
    assert shop.send("put", "shoppers/ann/personalisation", {"personalised": False}).status_code == 200
    accounts = shop.get("shoppers/ann/accounts").json()["accounts"]
    assert [(account["channel"], account["personalised"]) for account in accounts] == [
        ("app", True),
        (shop.channel.slug, False),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "shoppers/ann/merge", {"shopper": "ben"}),
        ("post", "shoppers/ann/split", {}),
        ("post", "shoppers/ann/identify", {"anonymous": "ben"}),
        ("put", "shoppers/ann/personalisation", {"personalised": False}),
    ],
)
def test_a_key_without_the_scope_changes_nothing(shop: Shop, method: str, path: str, body: dict[str, object]) -> None:
    for name in ("ann", "ben"):
        make_shopper(shop.channel, name)
    outsider = open_shop(shop.channel, Scope.READ_SHOPPERS)
    assert refused(outsider.send(method, path, body)) == (403, "scope_missing")
    assert Shopper.objects.filter(same_person_as=None, personalised=True).count() == 2
    assert AuditEntry.objects.count() == 0


def test_redeemed_rows_stay_with_the_account_that_made_them(shop: Shop, coupon: Coupon) -> None:
    assert redeem(shop, coupon, "ann", "1") == 201
    merge_shoppers(keep=make_shopper(shop.channel, "ben"), other=Shopper.objects.get(external_id="ann"), actor=ACTOR)
    assert list(Redemption.objects.values_list("shopper__external_id", "status")) == [
        ("ann", RedemptionStatus.REDEEMED)
    ]
