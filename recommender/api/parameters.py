"""Query parameters, each checked; all the faults of a request are told at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from coupons.api.problems import Fault, invalid_parameters
from recommender.selectors.slates import DEFAULT_LIMIT, MAX_LIMIT

MAX_MONEY = 10**15
MAX_SHOPPER_LENGTH = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class RecommendationQuery:
    """What GET recommendations was asked."""

    shopper: str
    limit: int
    cart_total_minor: int | None


def read_recommendation_query(parameters: Mapping[str, str], *, channel: str) -> RecommendationQuery:
    """Raises Problem 400 `invalid_parameter` with every parameter that is wrong."""
    faults: list[Fault] = []
    shopper = _shopper(parameters.get("shopper"), faults)
    limit = _whole_number(parameters, "limit", range(1, MAX_LIMIT + 1), faults)
    cart_total = _whole_number(parameters, "cart_total", range(MAX_MONEY + 1), faults)
    asked = parameters.get("channel")
    if asked is not None and asked != channel:
        faults.append(Fault(field="channel", value=asked, reason=f"this API key is of the channel {channel}"))
    if faults:
        raise invalid_parameters(faults)
    return RecommendationQuery(shopper=shopper, limit=limit or DEFAULT_LIMIT, cart_total_minor=cart_total)


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
