"""Edits that overwrite nobody: ETag out, If-Match in."""

import re

from rest_framework.request import Request

from coupons.api.problems import Fault, Problem, invalid_parameters

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def expected_version(request: Request) -> int | None:
    """The version in If-Match; None for `*`. Raises Problem 428 without it, 400 for what is no tag."""
    value = request.headers.get("If-Match", "").strip()
    if not value:
        raise Problem(
            status=428, code="if_match_missing", detail="Send If-Match with the ETag of the version you read."
        )
    if value == "*":
        return None
    found = _TAG.fullmatch(value)
    if found is None:
        shown = ascii(value[:64])
        raise invalid_parameters([Fault(field="If-Match", value=shown, reason='is not an ETag such as "3", or *')])
    return int(found[1])
