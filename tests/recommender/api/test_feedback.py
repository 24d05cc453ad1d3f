"""POST /api/v1/feedback: reactions come back to the answer, count once, and a dismissal holds for good."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from coupons.enums import KeyKind, Scope
from coupons.models import Coupon, Shopper
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Dismissal
from tests.coupons.api.client import Shop, open_shop, refused
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop(make_channel())


@pytest.fixture
def coupons(shop: Shop) -> list[Coupon]:
    return make_coupons(make_campaign(shop.channel, now=timezone.now()), 3)


def ask(shop: Shop, shopper: str) -> dict[str, Any]:
    body: dict[str, Any] = shop.get(f"recommendations?shopper={shopper}").json()
    return body


def tell(shop: Shop, slate: str, *items: dict[str, Any], **members: Any) -> Any:
    return shop.post("feedback", {"slate_id": slate, "feedback": list(items), **members}, key=None)


def stored() -> list[tuple[int, int | None, str, int | None]]:
    rows = BehaviorEvent.objects.order_by("kind", "rating")
    return list(rows.values_list("kind", "coupon", "shopper__external_id", "rating"))


def test_each_reaction_is_an_event_of_the_answer_and_counts_once(shop: Shop, coupons: list[Coupon]) -> None:
    make_shopper(shop.channel, "ann")
    slate = ask(shop, "ann")["slate_id"]
    first = str(coupons[0].uid)
    items: list[dict[str, Any]] = [
        {"kind": "seen", "coupon": first},
        {"kind": "click", "coupon": first},
        {"kind": "claim", "coupon": first},
        {"kind": "redemption", "coupon": first, "order_ref": "1001"},
        {"kind": "rating", "coupon": first, "rating": 4},
    ]
    answer = tell(shop, slate, *items)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 5)
    again = tell(shop, slate, *items).json()
    assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, 5, 0)
    kinds = (EventKind.CLICK, EventKind.IMPRESSION, EventKind.CLAIM, EventKind.REDEMPTION)
    assert stored() == [
        *((kind, coupons[0].pk, "ann", None) for kind in kinds),
        (EventKind.RATING, coupons[0].pk, "ann", 4),
    ]
    assert set(BehaviorEvent.objects.values_list("slate_id", flat=True)) == {uuid.UUID(slate)}


def test_a_dismissed_coupon_is_never_shown_again_on_any_account_of_the_person(
    shop: Shop, coupons: list[Coupon]
) -> None:
    ann = make_shopper(shop.channel, "ann")
    make_shopper(shop.channel, "ann-app", same_person_as=ann)
    version = make_version()
    for account in Shopper.objects.all():
        recommend(version, account, *coupons)
    answer = ask(shop, "ann")
    assert tell(shop, answer["slate_id"], {"kind": "dismiss", "coupon": str(coupons[0].uid)}).status_code == 200
    for name in ("ann", "ann-app"):
        assert [item["external_id"] for item in ask(shop, name)["items"]] == ["2", "3"]
    make_shopper(shop.channel, "bob")
    assert [item["external_id"] for item in ask(shop, "bob")["items"]] == ["1", "2", "3"]
    assert tell(shop, answer["slate_id"], {"kind": "dismiss", "coupon": str(coupons[0].uid)}).json()["duplicate"] == 1
    assert Dismissal.objects.count() == 1


def test_a_dismissal_sent_as_an_event_holds_as_well(shop: Shop, coupons: list[Coupon]) -> None:
    event = {"event_id": "1", "shopper": "ann", "kind": "dismissal", "coupon": str(coupons[1].uid)}
    assert shop.post("events", [event], key=None).json()["accepted"] == 1
    assert [item["external_id"] for item in ask(shop, "ann")["items"]] == ["1", "3"]


def test_a_coupon_that_was_not_in_the_answer_is_rejected_alone(shop: Shop, coupons: list[Coupon]) -> None:
    make_shopper(shop.channel, "ann")
    slate = shop.get("recommendations?shopper=ann&limit=1").json()["slate_id"]
    items = [{"kind": "seen", "coupon": str(coupon.uid)} for coupon in coupons[:2]]
    body = tell(shop, slate, *items).json()
    assert (body["accepted"], body["rejected"]) == (1, 1)
    assert body["results"][1] == {
        "index": 1,
        "event_id": None,
        "status": "rejected",
        "field": "coupon",
        "reason": "was not in this answer",
        "value": str(coupons[1].uid),
    }
    assert stored() == [(EventKind.IMPRESSION, coupons[0].pk, "ann", None)]


def test_an_answer_to_somebody_unknown_needs_the_shopper_named(shop: Shop, coupons: list[Coupon]) -> None:
    slate = ask(shop, "newcomer")["slate_id"]
    item = {"kind": "click", "coupon": str(coupons[0].uid)}
    assert refused(tell(shop, slate, item)) == (400, "invalid_parameter")
    assert tell(shop, slate, item, shopper="newcomer").json()["accepted"] == 1
    assert stored() == [(EventKind.CLICK, coupons[0].pk, "newcomer", None)]


def test_another_shoppers_or_channels_answer_is_not_found(shop: Shop, coupons: list[Coupon]) -> None:
    make_shopper(shop.channel, "ann")
    slate = ask(shop, "ann")["slate_id"]
    item = {"kind": "click", "coupon": str(coupons[0].uid)}
    assert refused(tell(shop, slate, item, shopper="bob")) == (404, "not_found")
    assert refused(tell(open_shop(make_channel("elsewhere")), slate, item)) == (404, "not_found")
    assert refused(tell(shop, str(uuid.uuid4()), item)) == (404, "not_found")
    assert stored() == []


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"kind": "rating", "rating": 6}, "feedback.0.rating"),
        ({"kind": "liked"}, "feedback.0.kind"),
        ({"kind": "seen", "coupon": "x"}, "feedback.0.coupon"),
    ],
)
def test_a_wrong_member_is_named(shop: Shop, coupons: list[Coupon], item: dict[str, Any], field: str) -> None:
    make_shopper(shop.channel, "ann")
    slate = ask(shop, "ann")["slate_id"]
    answer = tell(shop, slate, {"coupon": str(coupons[0].uid), **item})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert stored() == []


def test_a_rating_needs_its_number(shop: Shop, coupons: list[Coupon]) -> None:
    make_shopper(shop.channel, "ann")
    slate = ask(shop, "ann")["slate_id"]
    body = tell(shop, slate, {"kind": "rating", "coupon": str(coupons[0].uid)}).json()
    assert (body["results"][0]["field"], body["results"][0]["reason"]) == ("rating", "is missing: a rating needs one")


def test_a_key_without_the_scope_or_of_a_browser_is_refused(shop: Shop, coupons: list[Coupon]) -> None:
    make_shopper(shop.channel, "ann")
    slate = ask(shop, "ann")["slate_id"]
    item = {"kind": "click", "coupon": str(coupons[0].uid)}
    outsider = open_shop(shop.channel, Scope.READ_RECOMMENDATIONS)
    assert refused(tell(outsider, slate, item)) == (403, "scope_missing")
    browser = open_shop(shop.channel, kind=KeyKind.BROWSER)
    assert refused(tell(browser, slate, item)) == (401, "shopper_token_missing")
    assert stored() == []
