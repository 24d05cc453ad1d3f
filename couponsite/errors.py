"""The one place where a failure under /api/ becomes an answer: `application/problem+json` (RFC 9457)."""

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.views import set_rollback

from coupons.api.problems import Fault, Problem
from coupons.errors import CouponError
from coupons.evaluation.reasons import Reason

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed",
    exceptions.NotAuthenticated: "api_key_missing",
    exceptions.AuthenticationFailed: "invalid_api_key",
    exceptions.PermissionDenied: "permission_denied",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
    exceptions.ValidationError: "invalid_parameter",
}


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    reasons: Sequence[Reason] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A problem document. `type` stays about:blank, so `title` is the status in words, as the RFC asks."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if faults:
        body["errors"] = [{"field": fault.field, "value": fault.value, "reason": fault.reason} for fault in faults]
    if reasons:
        body["reasons"] = [
            {"code": reason.code, "text": reason.text, "distance": reason.distance, "unit": reason.unit}
            for reason in reasons
        ]
    content = orjson.dumps(body, default=str)
    return HttpResponse(content, status=status, content_type=MEDIA_TYPE, headers=headers)


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """Django REST framework's EXCEPTION_HANDLER: what a view raised, as a problem; never an HTML page."""
    set_rollback()
    if isinstance(exc, Problem):
        return problem(
            status=exc.status_code, code=exc.code, detail=exc.sentence, faults=exc.faults, headers=exc.headers
        )
    if isinstance(exc, CouponError):
        wait = {"Retry-After": "1"} if exc.status == 503 else None
        return problem(status=exc.status, code=exc.code, detail=exc.detail, reasons=exc.reasons, headers=wait)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, DjangoPermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        return problem(status=413, code="body_too_large", detail="The body is too large; send it in parts.")
    if isinstance(exc, exceptions.APIException):
        return _framework_problem(exc)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.exception("The database did not answer %s", _path(context))
        return problem(
            status=503,
            code="unavailable",
            detail="The database does not answer. Try again in a moment.",
            headers={"Retry-After": "5"},
        )
    logger.exception("Unexpected failure of %s", _path(context))
    return _internal_error()


def _path(context: dict[str, Any]) -> str:
    request = context.get("request")
    return "a request" if request is None else f"{request.method} {request.path}"


def _framework_problem(exc: exceptions.APIException) -> HttpResponse:
    headers: dict[str, str] = {}
    faults: list[Fault] = []
    detail = str(exc.detail)
    if isinstance(exc, exceptions.Throttled):
        seconds = math.ceil(getattr(exc, "wait", None) or 1)
        headers["Retry-After"] = str(seconds)
        detail = f"Too many requests: try again in {seconds} seconds."
    if isinstance(exc, exceptions.ValidationError):
        faults = _faults(exc.detail)
        detail = f"{faults[0].field}: {faults[0].reason}" if faults else "The request is not valid."
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = str(exc.auth_header)  # type: ignore[attr-defined]
    return problem(status=exc.status_code, code=_code(exc), detail=detail, faults=faults, headers=headers)


def _code(exc: exceptions.APIException) -> str:
    """A view's own code where it gave one, otherwise the code of the kind of refusal."""
    given = exc.get_codes()
    if isinstance(given, str) and given != exc.default_code:
        return given
    return next((code for kind, code in _CODES.items() if isinstance(exc, kind)), "error")


def _faults(detail: Any, field: str = "") -> list[Fault]:
    """A serializer's nested errors, flattened to dotted names."""
    if isinstance(detail, dict):
        return [
            fault
            for name, inner in detail.items()
            for fault in _faults(inner, f"{field}.{name}" if field else str(name))
        ]
    if isinstance(detail, list):
        return [fault for inner in detail for fault in _faults(inner, field)]
    return [Fault(field=field or "body", value=None, reason=str(detail))]


def _internal_error() -> HttpResponse:
    return problem(status=500, code="internal_error", detail="Something failed on our side; it was logged.")


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


@csrf_exempt  # a POST to a wrong address is told that it is wrong, not asked for a browser's token
def api_not_found(request: HttpRequest) -> HttpResponse:
    """The last route below /api/, so that a wrong address is a problem document in DEBUG too."""
    return problem(status=404, code="not_found", detail=f"Nothing is at {request.path}.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem(status=400, code="malformed", detail="The request could not be read.")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem(status=403, code="permission_denied", detail="Not allowed.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return api_not_found(request) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _internal_error() if _is_api(request) else defaults.server_error(request)
