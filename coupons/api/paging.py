"""Lists by keyset: newest first, each page begins where the last one ended, whatever was added meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from coupons.api.problems import Fault, invalid_parameters

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_M = TypeVar("_M", bound=Model)

PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT}; {DEFAULT_LIMIT} if left out."),
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before; the first page if left out."),
]


def page_of(
    rows: "QuerySet[_M]", parameters: Mapping[str, str], body: Callable[[_M], dict[str, Any]]
) -> dict[str, Any]:
    """One page, by descending id. Raises Problem 400 for a limit or cursor that is none."""
    limit = _limit(parameters.get("limit"))
    before = _position(parameters.get("cursor"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    page = found[:limit]
    return {"items": [body(row) for row in page], "next_cursor": _cursor(page[-1].pk) if more else None}


def page_serializer(name: str, item: type[serializers.Serializer[Any]]) -> Any:
    """The page's form for the OpenAPI document."""
    return inline_serializer(
        name,
        {
            "items": item(many=True),
            "next_cursor": serializers.CharField(allow_null=True, help_text="null on the last page."),
        },
    )


def page_example(item: dict[str, Any]) -> dict[str, Any]:
    return {"items": [item], "next_cursor": None}


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if value.isascii() and value.isdigit() and len(value) <= 3 and 1 <= int(value) <= MAX_LIMIT:
        return int(value)
    reason = f"is not a whole number from 1 to {MAX_LIMIT}"
    raise invalid_parameters([Fault(field="limit", value=_plain(value), reason=reason)])


def _cursor(pk: int) -> str:
    return urlsafe_b64encode(f"v1:{pk}".encode()).decode().rstrip("=")


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(f"{cursor}{'=' * (-len(cursor) % 4)}").decode("ascii")
    except ValueError:
        text = ""
    version, _, number = text.partition(":")
    if version == "v1" and number.isdigit() and len(number) <= 18:
        return int(number)
    raise invalid_parameters([Fault(field="cursor", value=_plain(cursor), reason="is not a cursor of this list")])


def _plain(value: str) -> str:
    return value[:200].encode("utf-8", "replace").decode()
