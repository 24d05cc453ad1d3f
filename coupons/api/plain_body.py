"""Bodies with nothing wrong in them, read the short way: the framework's checks cost more than most answers.

A form is turned into one check per member. The checks say no to whatever is out of the ordinary, and the framework then
reads the body as ever and says what is wrong: this module accepts what the form accepts, or less, and gives the same.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
)
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.validators import ProhibitSurrogateCharactersValidator

Check = Callable[[Any], Any]
"""The value that a form makes of what came; NOT_PLAIN for what it has to see itself."""

NOT_PLAIN: Final = object()


def check_of(form: serializers.Serializer[Any], kinds: "Kinds") -> Check | None:
    """The check of a whole form; None for one with rules of its own or a required member of a kind not listed."""
    if form.validators or type(form).validate is not serializers.Serializer.validate:
        return None
    members: dict[str, tuple[Check | None, bool]] = {}
    for name, field in form.fields.items():
        check = _check_of_field(field, kinds)
        if field.default is not empty or field.source != name or hasattr(form, f"validate_{name}"):
            return None
        if check is None and field.required:
            return None
        members[name] = (check, bool(field.allow_null))
    required = frozenset(name for name, field in form.fields.items() if field.required)

    def plain(data: Any) -> Any:
        if type(data) is not dict or not required <= data.keys():
            return NOT_PLAIN
        found: dict[str, Any] = {}
        for name, value in data.items():
            check, may_be_null = members.get(name, _UNKNOWN)
            if value is None and may_be_null:
                found[name] = None
            elif check is None or (made := check(value)) is NOT_PLAIN:
                return NOT_PLAIN
            else:
                found[name] = made
        return found

    return plain


_BOUNDS = {
    MaxLengthValidator,
    MinLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    ProhibitSurrogateCharactersValidator,
}
"""What the checks look at themselves."""

_UNKNOWN: tuple[None, bool] = (None, False)
Kinds = dict[type[serializers.Field[Any, Any, Any, Any]], Callable[[Any], Check | None]]
"""By the very class of a field, how its check is made."""


def _check_of_field(field: Any, kinds: Kinds) -> Check | None:
    if isinstance(field, serializers.Serializer):
        return check_of(field, kinds)
    if type(field) is serializers.ListField:
        return _of_list(field, _check_of_field(field.child, kinds))
    make = kinds.get(type(field))
    if make is None or not all(type(rule) in _BOUNDS for rule in field.validators):
        return None
    return make(field)


def _of_list(field: Any, check: Check | None) -> Check | None:
    if check is None or field.child.allow_null:
        return None
    least, most = field.min_length or 0, field.max_length
    if not field.allow_empty:
        least = max(least, 1)

    def plain(data: Any) -> Any:
        if type(data) is not list or len(data) < least or (most is not None and len(data) > most):
            return NOT_PLAIN
        found = [check(value) for value in data]
        return NOT_PLAIN if NOT_PLAIN in found else found

    return plain


def of_text(field: Any) -> Check:
    """A text of visible ASCII characters and blanks, not blank, and no longer than it may be."""
    most, least = field.max_length, field.min_length or 1

    def plain(value: Any) -> Any:
        fits = type(value) is str and least <= len(value) and (most is None or len(value) <= most)
        return value if fits and value.isascii() and value.isprintable() and not value.isspace() else NOT_PLAIN

    return plain


def of_number(field: Any) -> Check:
    """An integer within its bounds."""
    least = float("-inf") if field.min_value is None else field.min_value
    most = float("inf") if field.max_value is None else field.max_value
    return lambda value: value if type(value) is int and least <= value <= most else NOT_PLAIN


def of_choice(field: Any) -> Check:
    """One of a few texts."""
    known = {key: value for key, value in field.choice_strings_to_values.items() if type(value) is str}
    return lambda value: known.get(value, NOT_PLAIN) if type(value) is str else NOT_PLAIN


def of_uuid(_field: Any) -> Check:
    """A UUID as most write it: hexadecimal, with dashes."""

    def plain(value: Any) -> Any:
        if type(value) is not str or len(value) != 36:
            return NOT_PLAIN
        try:
            return UUID(value)
        except ValueError:
            return NOT_PLAIN

    return plain
