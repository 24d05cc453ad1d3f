"""Store coupons in evaluations and redemptions: of use at one of their places, while it is open, and nowhere else."""

from typing import Any

import pytest

from coupons.models import Coupon, Place, Redemption
from tests.coupons.api.client import Shop, cart, open_shop, refused, running_campaign
from tests.coupons.factories import make_channel, make_coupon

pytestmark = pytest.mark.django_db

BERLIN = {"lat": 52.520008, "lon": 13.404954}


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def coupon(shop: Shop) -> Coupon:
    """Of use at Main Street in Berlin and at no other place; Harbour is 1.1 km north of it."""
    coupon = make_coupon(running_campaign(shop.channel))
    main = _place(shop, "main", "Main Street", 52.520008)
    main.coupons.add(coupon)
    _place(shop, "harbour", "Harbour", 52.530008)
    return coupon


def _place(shop: Shop, external_id: str, name: str, latitude: float) -> Place:
    fields = {"channel": shop.channel, "external_id": external_id, "name": name, "timezone": "Europe/Berlin"}
    return Place.objects.create(**fields, latitude=latitude, longitude=BERLIN["lon"])


def _decision(shop: Shop, **where: Any) -> dict[str, Any]:
    answer = shop.post("evaluations", {"shopper": "ann", "cart": cart(1_000), **where}, key=None)
    assert answer.status_code == 200, answer.content
    [decision] = answer.json()["coupons"]
    return dict(decision)


def _redeem(shop: Shop, coupon: Coupon, order_ref: str = "order-1", **more: Any) -> Any:
    order = {"order_ref": order_ref, "shopper": "ann", "mode": "redeem", "cart": cart(1_000)}
    return shop.post("redemptions", {**order, "coupons": [str(coupon.uid)], **more})


@pytest.mark.parametrize("where", [{}, {"place": None}, {"place": "main"}, {"location": BERLIN}])
def test_it_applies_at_its_place_and_where_nobody_says_where(shop: Shop, coupon: Coupon, where: dict[str, Any]) -> None:
    assert _decision(shop, **where)["applied"] is True
    assert _redeem(shop, coupon, **where).status_code == 201


@pytest.mark.parametrize("where", [{"place": "harbour"}, {"location": {**BERLIN, "lat": 52.530008, "radius_m": 1_111}}])
def test_at_another_place_it_is_too_far_by_so_many_metres(shop: Shop, coupon: Coupon, where: dict[str, Any]) -> None:
    reason = {
        "code": "too_far",
        "text": "Main Street, the nearest place that takes the coupon, is too far away",
        "distance": 1112,
        "unit": "metres",
        "by": [],
    }
    decision = _decision(shop, **where)
    assert (decision["applied"], decision["discount_minor"], decision["reasons"]) == (False, 0, [reason])
    answer = _redeem(shop, coupon, **where)
    assert refused(answer) == (422, "too_far")
    assert answer.json()["reasons"] == [reason]
    assert Redemption.objects.count() == 0


def test_while_its_place_is_closed_it_is_closed_now(shop: Shop, coupon: Coupon) -> None:
    held = _redeem(shop, coupon, "held", mode="hold", place="main")
    assert held.status_code == 201
    Place.objects.update(opening_hours=[{"days": [1], "from": "00:00", "to": "00:00"}])  # an hour that never comes
    said: dict[str, Any] = {"distance": None, "unit": None, "by": []}
    reason = {"code": "closed_now", "text": "Main Street is closed now", **said}
    assert _decision(shop, place="main")["reasons"] == [reason]
    assert refused(_redeem(shop, coupon, place="main")) == (422, "closed_now")
    assert list(Redemption.objects.values_list("status", flat=True)) == ["held"]
    confirmed = shop.post(f"redemptions/{held.json()['redemptions'][0]['redemption']}/confirm")
    assert confirmed.status_code == 200  # who was let in pays after the doors are shut


def test_a_coupon_of_no_place_is_of_use_in_each(shop: Shop, coupon: Coupon) -> None:
    everywhere = make_coupon(coupon.campaign)
    assert _redeem(shop, everywhere, place="harbour").status_code == 201


@pytest.mark.parametrize(
    ("where", "field", "reason"),
    [
        ({"place": "nowhere"}, "place", "is no place of this channel"),
        ({"place": "theirs"}, "place", "is no place of this channel"),
        ({"place": "main", "location": BERLIN}, "location", "comes with place: one of them is enough"),
        ({"location": {"lat": 91, "lon": 0}}, "location.lat", "Ensure this value is less than or equal to 90"),
        ({"location": {"lat": "nan", "lon": 0}}, "location.lat", "is not a number"),
        ({"location": {"lat": 1}}, "location.lon", "This field is required"),
        ({"location": {**BERLIN, "radius_m": 0.5}}, "location.radius_m", "is not a whole number"),
    ],
)
def test_what_is_wrong_is_named(shop: Shop, coupon: Coupon, where: dict[str, Any], field: str, reason: str) -> None:
    _place(open_shop(make_channel()), "theirs", "Another shop's", 0)
    for answer in (
        shop.post("evaluations", {"cart": cart(1_000), **where}, key=None),
        _redeem(shop, coupon, **where),
    ):
        assert refused(answer) == (400, "invalid_parameter")
        assert [(error["field"], error["reason"]) for error in answer.json()["errors"]] == [(field, reason)]
    assert Redemption.objects.count() == 0
