"""Filters of lists out of query parameters; one that cannot match anything stored is a fault, not an empty list."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from coupons.api.fields import MAX_ID_LENGTH
from coupons.api.problems import Fault, invalid_parameters


def text_filter(given: Mapping[str, str], name: str, lookup: str) -> dict[str, Any]:
    """{} where the parameter was not given. Raises Problem 400."""
    value = given.get(name)
    if value is None:
        return {}
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _fault(name, value, "is not UTF-8") from None
    if not value or len(value) > MAX_ID_LENGTH or "\x00" in value:
        raise _fault(name, value, f"is empty, longer than {MAX_ID_LENGTH} characters or contains a NUL character")
    return {lookup: value}


def uuid_filter(given: Mapping[str, str], name: str, lookup: str) -> dict[str, Any]:
    """As text_filter, for public ids."""
    value = given.get(name)
    if value is None:
        return {}
    try:
        return {lookup: UUID(value)}
    except ValueError:
        raise _fault(name, value, "is not a UUID") from None


def choice_filter(given: Mapping[str, str], name: str, lookup: str, choices: Sequence[str]) -> dict[str, Any]:
    """As text_filter, for one of a few texts."""
    value = given.get(name)
    if value is None:
        return {}
    if value not in choices:
        raise _fault(name, value, f"is none of {', '.join(choices)}")
    return {lookup: value}


def _fault(name: str, value: str, reason: str) -> Exception:
    return invalid_parameters([Fault(field=name, value=value[:200].encode("utf-8", "replace").decode(), reason=reason)])
