"""A refusal as RFC 9457 says it: a stable code for programs, one sentence for people, and the place of the fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import APIException


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One wrong parameter or member: its name, the value that came, and what is wrong with it."""

    field: str
    value: Any
    reason: str


class Problem(APIException):
    """Raise it in a view; couponsite.errors turns it into `application/problem+json`.

    `code` is part of the API and never changes; `detail` is for people and may.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.sentence = detail
        self.faults = tuple(faults)
        self.headers = headers or {}


def invalid_parameters(faults: Sequence[Fault]) -> Problem:
    """400 that names each wrong parameter with the value that came."""
    first = faults[0]
    return Problem(status=400, code="invalid_parameter", detail=f"{first.field}: {first.reason}", faults=faults)
