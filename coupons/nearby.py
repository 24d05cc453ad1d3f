"""Store coupons near a shopper: which of their places is nearest, open now and within reach.

The location comes with the question and is used for its answer alone: it is stored nowhere and logged nowhere.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from coupons.evaluation.terms import Nearest
from coupons.models import Channel, Place
from coupons.schedule import in_weekly_window

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth (IUGG)."""
DEFAULT_RADIUS_M = 25_000
MAX_RADIUS_M = 1_000_000
AT_THE_PLACE_M = 100
"""How near somebody is who names the place that they are in."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the shopper is, in degrees, and how far they would go."""

    latitude: float
    longitude: float
    radius_m: int = DEFAULT_RADIUS_M


def location_of_place(*, channel: Channel, external_id: str) -> Location | None:
    """Where somebody is who is in this place; None where the channel has no such place in use."""
    found = Place.objects.filter(channel=channel, external_id=external_id, active=True)
    degrees = found.values_list("latitude", "longitude").first()
    return Location(*degrees, radius_m=AT_THE_PLACE_M) if degrees is not None else None


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres along the great circle between two points in degrees, by the haversine formula."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    half_phi = math.sin((other_phi - phi) / 2) ** 2
    half_lambda = math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half_phi + math.cos(phi) * math.cos(other_phi) * half_lambda))


def nearest_places(*, coupon_ids: Collection[int], location: Location, now: datetime) -> dict[int, Nearest]:
    """By coupon id, for coupons that are for certain places; one query. Those without places are of use everywhere."""
    found: dict[int, Nearest] = {}
    rows = Place.objects.filter(coupons__in=list(coupon_ids), active=True).values_list(
        "coupons", "external_id", "name", "latitude", "longitude", "timezone", "opening_hours"
    )
    for coupon, external_id, name, latitude, longitude, timezone, hours in rows:
        away = distance_m(location.latitude, location.longitude, latitude, longitude)
        place = Nearest(
            external_id=external_id,
            name=name,
            distance_m=round(away),
            open=in_weekly_window(hours, timezone, now),
            near=away <= location.radius_m,
        )
        best = found.get(coupon)
        if best is None or (not place.reachable, place.distance_m) < (not best.reachable, best.distance_m):
            found[coupon] = place
    return found
