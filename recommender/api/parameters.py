"""Query parameters, each checked; all the faults of a request are told at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coupons.api.problems import Fault, invalid_parameters
from coupons.nearby import DEFAULT_RADIUS_M, MAX_RADIUS_M
from recommender.selectors.slate import DEFAULT_LIMIT, MAX_LIMIT

MAX_MONEY = 10**15
MAX_SHOPPER_LENGTH = 64
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecommendationQuery:
    """What GET recommendations was asked."""

    shopper: str
    limit: int
    cart_total_minor: int | None
    latitude: float | None = None
    longitude: float | None = None
    radius_m: int = DEFAULT_RADIUS_M
    place: str | None = None


def read_recommendation_query(parameters: Mapping[str, str], *, channel: str) -> RecommendationQuery:
    """Raises Problem 400 `invalid_parameter` with every parameter that is wrong."""
    faults: list[Fault] = []
    shopper = _shopper(parameters.get("shopper"), faults)
    limit = _whole_number(parameters, "limit", range(1, MAX_LIMIT + 1), faults)
    cart_total = _whole_number(parameters, "cart_total", range(MAX_MONEY + 1), faults)
    latitude, longitude = _degrees(parameters, "lat", 90, faults), _degrees(parameters, "lon", 180, faults)
    if (latitude is None) != (longitude is None) and not faults:
        name = "lat" if latitude is None else "lon"
        faults.append(Fault(field=name, value=None, reason="is missing: lat and lon go together"))
    radius = _whole_number(parameters, "radius_m", range(1, MAX_RADIUS_M + 1), faults)
    place = parameters.get("place")
    if place is not None and (not place.strip() or len(place) > MAX_SHOPPER_LENGTH or "\x00" in place):
        faults.append(Fault(field="place", value=place, reason="is no place of this channel"))
    asked = parameters.get("channel")
    if asked is not None and asked != channel:
        faults.append(Fault(field="channel", value=asked, reason=f"this API key is of the channel {channel}"))
    if faults:
        raise invalid_parameters(faults)
    return RecommendationQuery(
        shopper=shopper,
        limit=limit or DEFAULT_LIMIT,
        cart_total_minor=cart_total,
        latitude=latitude,
        longitude=longitude,
        radius_m=radius or DEFAULT_RADIUS_M,
        place=place,
    )


def _degrees(parameters: Mapping[str, str], name: str, most: int, faults: list[Fault]) -> float | None:
    value = parameters.get(name)
    if value is None:
        return None
    if _DEGREES.fullmatch(value) and abs(float(value)) <= most:
        return float(value)
    faults.append(Fault(field=name, value=value, reason=f"is not a number of degrees from -{most} to {most}"))
    return None


def read_limit(parameters: Mapping[str, str]) -> int:
    """How many coupons; raises Problem 400 `invalid_parameter`."""
    faults: list[Fault] = []
    limit = _whole_number(parameters, "limit", range(1, MAX_LIMIT + 1), faults)
    if faults:
        raise invalid_parameters(faults)
    return limit or DEFAULT_LIMIT


def _shopper(value: str | None, faults: list[Fault]) -> str:
    reason = None
    if not value or not value.strip():
        reason = "is missing: the shopper's id in the shop's own system"
    elif len(value) > MAX_SHOPPER_LENGTH:
        reason = f"is longer than {MAX_SHOPPER_LENGTH} characters"
    elif "\x00" in value:
        reason = "contains a NUL character"
    if reason:
        faults.append(Fault(field="shopper", value=value, reason=reason))
    return value or ""


def _whole_number(parameters: Mapping[str, str], name: str, allowed: range, faults: list[Fault]) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) <= len(str(allowed[-1])) and int(value) in allowed:
        return int(value)
    faults.append(Fault(field=name, value=value, reason=f"is not a whole number from {allowed[0]} to {allowed[-1]}"))
    return None


def read_limit_of(parameters: Mapping[str, str], *, most: int, default: int) -> int:
    """How many of a list. Raises Problem 400 `invalid_parameter`."""
    faults: list[Fault] = []
    limit = _whole_number(parameters, "limit", range(1, most + 1), faults)
    if faults:
        raise invalid_parameters(faults)
    return limit or default
