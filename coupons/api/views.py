"""The base of every endpoint that is called with a key."""

from rest_framework.views import APIView

from coupons.api.authentication import ApiKeyAuthentication
from coupons.api.json import OrjsonParser, OrjsonRenderer
from coupons.api.permissions import HasScope
from coupons.api.throttling import KeyThrottle
from coupons.models import ApiKey


class KeyedView(APIView):
    """JSON in, JSON out, for API keys with `required_scope`, each limited on its own."""

    required_scope: str
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
