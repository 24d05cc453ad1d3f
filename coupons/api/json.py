"""JSON in and out of the API: orjson both ways, bounded bodies, and a 400 for what is not JSON."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from coupons.api.problems import Problem

MAX_BODY_BYTES = 5_000_000


class OrjsonRenderer(BaseRenderer):
    """Plain dicts and lists to UTF-8 JSON; UUIDs and aware datetimes are written as RFC 4122 and RFC 3339 texts."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data, option=orjson.OPT_UTC_Z)


class OrjsonParser(BaseParser):
    """A JSON body of at most `MAX_BODY_BYTES`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Problem(
                status=413,
                code="body_too_large",
                detail=f"The body is larger than {MAX_BODY_BYTES} bytes; send it in parts.",
            )
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """The body as Python values.

    What orjson does not take, the standard library may: NaN, numbers without bounds, halves of surrogate pairs.
    They are let through here so that the one element that holds them is refused, and not the whole batch.
    Raises Problem 400 `malformed`.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
        raise Problem(status=400, code="malformed", detail=f"The body is not JSON: {error}") from None
