"""Members of a request, strictly typed: a text is a text and a number is a number, and what is unknown is refused."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import ReturnDict

from coupons.api.plain_body import NOT_PLAIN, Check, Kinds, check_of, of_choice, of_number, of_text, of_uuid
from coupons.api.problems import Fault, invalid_parameters

MAX_INT = 2**31 - 1
MAX_MONEY_MINOR = 10**11
"""A billion dollars in cents: the sum over a cart stays within 64 bits."""

MAX_ID_LENGTH = 64
_SHOWN_CHARACTERS = 200
_YEARS = range(2000, 2200)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class StrictSerializer(serializers.Serializer[Any]):
    """A body or a part of one; a member that it does not have is a fault, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({str(name): "is not known here" for name in unknown})
        return super().to_internal_value(data)


class NothingSerializer(StrictSerializer):
    """An empty object; the body may be left out."""


class Text(serializers.CharField):
    """A JSON string without NUL; blanks around it belong to it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("is not a text")
        return super().to_internal_value(data)


class ExternalId(Text):
    """An id in the shop's own system."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_ID_LENGTH, **kwargs)


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; neither a text nor a boolean."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("is not a whole number")
        return data


class Money(WholeNumber):
    """Minor units of the channel's currency."""

    def __init__(self, *, min_value: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=MAX_MONEY_MINOR, **kwargs)


class YesNo(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("is neither true nor false")
        return data


class Choice(serializers.ChoiceField):
    """One of a few texts."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError("is not a text")
        return super().to_internal_value(data)


class PublicId(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError("is not a UUID")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[Any, Any, Any, Any]):
    """An RFC 3339 instant with its zone, or a date alone: that day in the campaign's own time zone.

    Gives a datetime in UTC, or the date.
    """

    def to_internal_value(self, data: Any) -> datetime | date:
        if not isinstance(data, str) or len(data) > 40:
            raise serializers.ValidationError("is not a date and time such as 2026-05-01T00:00:00Z")
        try:
            value = date.fromisoformat(data) if _DAY.fullmatch(data) else datetime.fromisoformat(data)
            if value.year not in _YEARS:
                raise serializers.ValidationError(f"is not in the years {_YEARS[0]} to {_YEARS[-1]}")
            if not isinstance(value, datetime):
                return value
            if value.tzinfo is None:
                raise serializers.ValidationError("has no time zone")
            return value.astimezone(UTC)
        except (ValueError, OverflowError):
            raise serializers.ValidationError("is not a date and time such as 2026-05-01T00:00:00Z") from None

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


def read_body(serializer: type[StrictSerializer], body: Any, *, partial: bool = False) -> dict[str, Any]:
    """The checked members of a request's body. Raises Problem 400 naming each wrong member with its value."""
    plain = _plain_check(serializer, partial)
    if plain is not None and (made := plain(body)) is not NOT_PLAIN:
        return dict(made)
    try:
        return dict(_form(serializer, partial).run_validation(body))
    except serializers.ValidationError as error:
        raise invalid_parameters(list(_faults(error.detail, body, ""))) from None


@cache
def _form(serializer: type[StrictSerializer], partial: bool) -> StrictSerializer:
    """One for all requests: a check reads the form and writes nothing to it, and to copy its fields costs more."""
    form = serializer()
    if partial:  # of the body alone: the framework's own switch would let parts of a nested object go missing too
        for field in form.fields.values():
            field.required = False
    return form


_PLAIN: Kinds = {
    Text: of_text,
    ExternalId: of_text,
    WholeNumber: of_number,
    Money: of_number,
    Choice: of_choice,
    PublicId: of_uuid,
}


@cache
def _plain_check(serializer: type[StrictSerializer], partial: bool) -> Check | None:
    """None where members are read by other rules than StrictSerializer's."""
    form = _form(serializer, partial)
    if any(type(part).to_internal_value is not StrictSerializer.to_internal_value for part in _parts(form)):
        return None
    return check_of(form, _PLAIN)


def _parts(form: Any) -> Iterator[serializers.Serializer[Any]]:
    """The form and all forms within it."""
    if isinstance(form, serializers.Serializer):
        yield form
        for field in form.fields.values():
            yield from _parts(field)
    elif isinstance(form, serializers.ListField):
        yield from _parts(form.child)


def _faults(errors: Any, body: Any, field: str) -> Iterator[Fault]:
    """The serializer's nested errors as flat faults, each with the value that came at that place."""
    if isinstance(errors, dict | ReturnDict):
        for name, inner in errors.items():
            if name == "non_field_errors":
                yield from _faults(inner, body, field)
            else:
                yield from _faults(inner, _at(body, name), f"{field}.{name}" if field else str(name))
    elif isinstance(errors, list | tuple):
        for place, inner in enumerate(errors):
            if isinstance(inner, dict | list):
                yield from _faults(inner, _at(body, place), f"{field}.{place}")
            else:
                yield from _faults(inner, body, field)
    else:
        yield Fault(field=_shown(field) or "body", value=_shown(body), reason=str(errors).rstrip("."))


def _at(body: Any, place: Any) -> Any:
    if isinstance(body, Mapping):
        return body.get(place)
    if isinstance(body, list) and isinstance(place, int) and place < len(body):
        return body[place]
    return None


def _shown(value: Any) -> Any:
    """A value that is safe to send back: short, finite and without halves of surrogate pairs."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(2**53) <= value <= 2**53:
        return value
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[:_SHOWN_CHARACTERS]}…"
    return text.encode("utf-8", "replace").decode()
