"""The base of the coupon engine's endpoints: scopes by method, refusals, requests that may be sent twice."""

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from coupons.api.problems import Fault, invalid_parameters
from coupons.api.refusals import problem_document, refusal_body, refusal_response
from coupons.api.views import KeyedView
from coupons.errors import CouponError, IdempotencyKeyMissing
from coupons.services import Answer, fingerprint_of, run_idempotent

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_MAX_KEY_LENGTH = 255


class EngineView(KeyedView):
    """`scopes` by method."""

    scopes: ClassVar[dict[str, str]]

    @property
    def required_scope(self) -> str:  # type: ignore[override]  # the base names one for all methods
        """A method that is not offered asks for the first scope, and is refused as such right after."""
        return self.scopes.get(str(self.request.method), next(iter(self.scopes.values())))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_address(kwargs)

    @property
    def actor(self) -> str:
        """Who acts, as the audit log and the two-person rule know it."""
        return f"key:{self.key.prefix}"

    @property
    def client(self) -> str:
        """Whose Idempotency-Keys these are: a browser's key is shared by all shoppers, who must not meet in them."""
        if self.shopper is None:
            return self.actor
        return f"{self.actor}:{hashlib.sha256(self.shopper.encode()).hexdigest()[:24]}"

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # not only DRF's Response
        if isinstance(exc, CouponError):
            return refusal_response(self.told(exc))
        return super().handle_exception(exc)

    def told(self, error: CouponError) -> CouponError:
        """The refusal as this caller may know it."""
        return error

    def once(
        self, effect: Callable[[], tuple[int, Any]], *, location: Callable[[Any], str] | None = None
    ) -> HttpResponse:
        """Run `effect`, which gives a status and a body, once for the request's Idempotency-Key.

        `location` reads the Location header out of the body, which is what a replay has.
        """
        request = self.request

        def act() -> Answer:
            status, body = effect()
            return Answer(status, plain(body))

        def refuse(error: CouponError) -> Answer:
            told = self.told(error)
            return Answer(told.status, plain(refusal_body(told)))

        answer = run_idempotent(
            client=self.client,
            key=idempotency_key(request),
            fingerprint=fingerprint_of(str(request.method), request.path, request.data),
            now=timezone.now(),
            effect=act,
            refusal=refuse,
        )
        response = _response(answer)
        if location is not None and answer.status < 400:
            response["Location"] = location(answer.body)
        return response


def plain(body: Any) -> Any:
    """A body as JSON will give it back, instants to the microsecond as every other answer has them."""
    return orjson.loads(orjson.dumps(body, option=orjson.OPT_UTC_Z))


def idempotency_key(request: Request) -> str:
    """Raises IdempotencyKeyMissing; Problem 400 for one that cannot be stored."""
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    if not key.strip():
        raise IdempotencyKeyMissing
    if len(key) > _MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        reason = f"is not a printable ASCII text of at most {_MAX_KEY_LENGTH} characters"
        raise invalid_parameters([Fault(field=IDEMPOTENCY_KEY, value=ascii(key[:64]), reason=reason)])
    return key


def check_address(parts: dict[str, Any]) -> None:
    """A part of the path that no stored id can equal is refused before the database sees it."""
    for name, value in parts.items():
        if not isinstance(value, str):
            continue
        try:
            value.encode()
        except UnicodeEncodeError:
            reason = "is not UTF-8"
        else:
            if value.strip() and len(value) <= 64 and "\x00" not in value:
                continue
            reason = "is empty, longer than 64 characters or contains a NUL character"
        raise invalid_parameters([Fault(field=name, value=ascii(value[:64]), reason=reason)])


def _response(answer: Answer) -> HttpResponse:
    headers = {REPLAYED: "true"} if answer.replayed else {}
    if answer.status >= 400:
        return problem_document(answer.body, answer.status, headers)
    content = orjson.dumps(answer.body, option=orjson.OPT_SORT_KEYS)
    return HttpResponse(content, status=answer.status, content_type="application/json", headers=headers)
