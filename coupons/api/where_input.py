"""Where the shopper is, as clients send it: the place that they are in, or degrees."""

import math
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from coupons.api.fields import ExternalId, StrictSerializer, WholeNumber
from coupons.api.problems import Fault, invalid_parameters
from coupons.models import Channel
from coupons.nearby import DEFAULT_RADIUS_M, MAX_RADIUS_M, Location, location_of_place


class Degrees(serializers.FloatField):
    """A JSON number of degrees, finite."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(min_value=-most, max_value=most, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        if not isinstance(data, int | float) or isinstance(data, bool) or not math.isfinite(data):
            raise serializers.ValidationError("is not a number")
        return float(data)


class LocationSerializer(StrictSerializer):
    """A point on earth. Used for the answer and kept nowhere."""

    lat = Degrees(90, help_text="Degrees, north positive.")
    lon = Degrees(180, help_text="Degrees, east positive.")
    radius_m = WholeNumber(
        min_value=1,
        max_value=MAX_RADIUS_M,
        required=False,
        help_text=f"How far the shopper would go, in metres; {DEFAULT_RADIUS_M} if left out.",
    )


def place_field() -> ExternalId:
    return ExternalId(
        required=False,
        allow_null=True,
        help_text="External id of the place that the shopper is in, as a till sends it. Store coupons of other places "
        "are `too_far`, and those of a place that is closed `closed_now`.",
    )


def location_field() -> LocationSerializer:
    return LocationSerializer(required=False, allow_null=True, help_text="In place of `place`: where the shopper is.")


def location_from(data: Mapping[str, Any], channel: Channel) -> Location | None:
    """Where the request says that the shopper is. Raises Problem 400 for a place that is not the channel's."""
    place, point = data.get("place"), data.get("location")
    if place is not None and point is not None:
        reason = "comes with place: one of them is enough"
        raise invalid_parameters([Fault(field="location", value=None, reason=reason)])
    if point is not None:
        return Location(point["lat"], point["lon"], point.get("radius_m", DEFAULT_RADIUS_M))
    return None if place is None else location_in(place, channel)


def location_in(place: str, channel: Channel) -> Location:
    """The location of a place by its external id. Raises Problem 400 for one that is not the channel's."""
    found = location_of_place(channel=channel, external_id=place)
    if found is None:
        raise invalid_parameters([Fault(field="place", value=place, reason="is no place of this channel")])
    return found
