"""The base of every endpoint that is called with a key."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coupons.api.authentication import ApiKeyAuthentication, TokenShopper
from coupons.api.json import OrjsonParser, OrjsonRenderer
from coupons.api.origins import answer_preflight, is_preflight, let_page_read, may_call_from, origin_of
from coupons.api.permissions import HasScope
from coupons.api.problems import Problem
from coupons.api.throttling import KeyThrottle
from coupons.enums import KeyKind
from coupons.models import ApiKey


class KeyedView(APIView):
    """JSON in, JSON out, for API keys with `required_scope`, each limited on its own.

    Keys that live in browsers are refused unless a view sets `open_to_browsers`; such a view asks `own` for every
    shopper that a request names, so that a browser gets at its own shopper alone.
    """

    required_scope: str
    open_to_browsers: ClassVar[bool] = False
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [KeyThrottle]
    parser_classes = [OrjsonParser]
    renderer_classes = [OrjsonRenderer]

    @property
    def key(self) -> ApiKey:
        """The key that called; HasScope has made sure of it."""
        key = self.request.auth
        assert isinstance(key, ApiKey)  # noqa: S101 - for the type checker
        return key

    @property
    def from_browser(self) -> bool:
        return self.key.kind == KeyKind.BROWSER

    @property
    def shopper(self) -> str | None:
        """The external id of the shopper whom a browser speaks for; None for a server, which speaks for everybody."""
        user = self.request.user
        return user.external_id if isinstance(user, TokenShopper) else None

    def own(self, asked: str | None) -> str | None:
        """The shopper that a request is about: the one it names, a browser's own where it names none.

        Raises Problem 403 `other_shopper` where a browser names somebody else.
        """
        if not self.from_browser:
            return asked
        mine = self.shopper
        if mine is None or asked not in (None, "", mine):
            raise Problem(status=403, code="other_shopper", detail="The shopper token is another shopper's.")
        return mine

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if is_preflight(request):
            return
        super().initial(request, *args, **kwargs)
        if not self.from_browser:
            return
        if not self.open_to_browsers:
            raise Problem(
                status=403, code="server_key_required", detail="This is not offered to keys that live in browsers."
            )
        origin = origin_of(request)
        if origin and not may_call_from(origin, self.key):
            raise Problem(status=403, code="origin_not_allowed", detail="This key is not for pages of that origin.")

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # DRF's own
        if is_preflight(request):
            return answer_preflight(request, self.allowed_methods)
        return super().options(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        done = super().finalize_response(request, response, *args, **kwargs)
        # a request that failed to authenticate would do so again when asked for its key
        key = getattr(request, "_auth", None)
        let_page_read(request, done, key if isinstance(key, ApiKey) else None)
        return done
