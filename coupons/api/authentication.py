"""Who calls: `Authorization: Api-Key <key>` or `X-Api-Key: <key>`."""

import hmac

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from coupons.models import ApiKey
from coupons.services.api_keys import hash_key

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """`request.auth` becomes the ApiKey with its channel. One query; unknown and revoked keys look the same."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        plaintext = presented_key(request)
        if plaintext is None:
            return None
        prefix = plaintext.partition(".")[0]
        key = ApiKey.objects.select_related("channel").filter(prefix=prefix).first() if _storable(prefix) else None
        if key is None or key.revoked_at is not None:
            raise AuthenticationFailed("The API key is unknown or revoked.", code="invalid_api_key")
        if not hmac.compare_digest(key.secret_hash, hash_key(plaintext)):
            raise AuthenticationFailed("The API key is unknown or revoked.", code="invalid_api_key")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def presented_key(request: Request) -> str | None:
    """The key in the request's headers, None where there is none. Other schemes are none of ours."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == SCHEME.lower() and value.strip():
        return str(value.strip())
    return request.headers.get("X-Api-Key") or None


def _storable(prefix: str) -> bool:
    return prefix.isascii() and prefix.isalnum()
