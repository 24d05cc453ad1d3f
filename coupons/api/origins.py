"""Cross-origin calls: a page may use a browser's key from the origins that the key names, and from the site's own.

The key that answers is at hand in the view, so this is a few headers; a middleware would have to look it up again.
"""

from collections.abc import Sequence

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request

from coupons.api.authentication import SHOPPER_TOKEN
from coupons.enums import KeyKind
from coupons.models import ApiKey

_ALLOWED_HEADERS = f"Authorization, X-Api-Key, {SHOPPER_TOKEN}, Content-Type, Idempotency-Key, Accept-Language"
_EXPOSED_HEADERS = "Idempotent-Replayed, Retry-After"
_REMEMBERED_S = "7200"  # Chromium keeps a preflight no longer


def origin_of(request: Request) -> str:
    """The page's origin; empty where the caller is no page, or one of this very site."""
    origin = request.headers.get("Origin", "")
    return "" if origin == f"{request.scheme}://{request.get_host()}" else origin


def is_preflight(request: Request) -> bool:
    """A browser asking whether a page may call: without a key, as the standard has it."""
    return (
        request.method == "OPTIONS"
        and "Origin" in request.headers
        and "Access-Control-Request-Method" in request.headers
    )


def answer_preflight(request: Request, methods: Sequence[str]) -> HttpResponse:
    """204, with leave for an origin that some browser's key names; which key it is shows at the call itself."""
    response = HttpResponse(status=204)
    if _some_key_names(origin_of(request)):
        response["Access-Control-Allow-Methods"] = ", ".join(methods)
        response["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response["Access-Control-Max-Age"] = _REMEMBERED_S
    return response


def let_page_read(request: Request, response: HttpResponseBase, key: ApiKey | None) -> None:
    """Let the page of an allowed origin read the answer; refusals too, or it could not tell an expired token."""
    origin = origin_of(request)
    if not origin:
        return
    patch_vary_headers(response, ["Origin"])
    if may_call_from(origin, key) if key is not None else _some_key_names(origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS


def may_call_from(origin: str, key: ApiKey) -> bool:
    """Server keys never: one that is in a page has leaked."""
    return key.kind == KeyKind.BROWSER and origin in key.allowed_origins


def _some_key_names(origin: str) -> bool:
    if not origin or "\x00" in origin or len(origin) > 200:
        return False
    keys = ApiKey.objects.filter(kind=KeyKind.BROWSER, revoked_at=None, allowed_origins__contains=[origin])
    return keys.exists()
