"""Store coupons: the nearest place that is open, in its own time zone, and nothing kept of where the shopper is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from coupons.evaluation import Nearest
from coupons.models import Place
from coupons.nearby import Location, distance_m, nearest_places
from tests.made_up_shop import make_campaign, make_channel, make_coupons

BERLIN, HAMBURG = (52.520008, 13.404954), (53.551086, 9.993682)
MONDAY_NOON = datetime(2026, 5, 11, 10, 0, tzinfo=UTC)  # 12:00 in Berlin


def test_distances_are_the_great_circles() -> None:
    assert distance_m(*BERLIN, *BERLIN) == 0
    assert distance_m(*BERLIN, *HAMBURG) == pytest.approx(255_250, abs=500)
    assert distance_m(0, 179.5, 0, -179.5) == pytest.approx(111_195, abs=1)
    assert distance_m(90, 0, -90, 0) == pytest.approx(20_015_115, abs=1)


@pytest.mark.django_db
def test_an_open_place_within_reach_goes_before_a_nearer_one_that_is_closed() -> None:
    channel = make_channel()
    coupon, everywhere = make_coupons(make_campaign(channel), 2)
    evenings = [{"days": [1], "from": "18:00", "to": "22:00"}]
    noons = [{"days": [1], "from": "11:30", "to": "13:00"}]

    def place(name: str, latitude: float, hours: Any) -> None:
        made = Place.objects.create(
            channel=channel,
            external_id=name,
            name=name,
            latitude=latitude,
            longitude=BERLIN[1],
            timezone="Europe/Berlin",
            opening_hours=hours,
        )
        made.coupons.add(coupon)

    place("closed", BERLIN[0], evenings)
    place("open", BERLIN[0] + 0.01, noons)
    here = Location(*BERLIN)
    found = nearest_places(coupon_ids=[coupon.pk, everywhere.pk], location=here, now=MONDAY_NOON)
    assert set(found) == {coupon.pk}
    assert found[coupon.pk] == Nearest("open", "open", 1112, open=True, near=True)
    evening = datetime(2026, 5, 11, 16, 0, tzinfo=UTC)
    found = nearest_places(coupon_ids=[coupon.pk], location=here, now=evening)
    assert found[coupon.pk].external_id == "closed"
    night = datetime(2026, 5, 11, 22, 0, tzinfo=UTC)
    found = nearest_places(coupon_ids=[coupon.pk], location=here, now=night)
    assert found[coupon.pk] == Nearest("closed", "closed", 0, open=False, near=True)
    far = Location(*HAMBURG, radius_m=10_000)
    found = nearest_places(coupon_ids=[coupon.pk], location=far, now=MONDAY_NOON)
    assert (found[coupon.pk].open, found[coupon.pk].near) == (True, False)
