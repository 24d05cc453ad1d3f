"""Who calls: `Authorization: Api-Key <key>` or `X-Api-Key: <key>`, and from a browser also `Shopper-Token: <token>`."""

import hmac
from contextlib import suppress

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from coupons.enums import KeyKind, Scope
from coupons.key_cache import checked_key, hash_key, keys_by_prefix
from coupons.models import ApiKey
from coupons.shopper_tokens import ShopperTokenError, read_shopper_token, signing_prefix

SCHEME = "Api-Key"
SHOPPER_TOKEN = "Shopper-Token"  # noqa: S105  the header's name


class TokenShopper(AnonymousUser):
    """The one shopper whom a browser's key speaks for; nobody of the site's own users."""

    def __init__(self, external_id: str) -> None:
        super().__init__()
        self.external_id = external_id


class ApiKeyAuthentication(BaseAuthentication):
    """`request.auth` becomes the ApiKey with its channel, `request.user` a TokenShopper where the key is a browser's.

    One query, the token's signing key included; unknown and revoked keys look the same.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        plaintext = presented_key(request)
        if plaintext is None:
            return None
        prefix = plaintext.partition(".")[0]
        token = request.headers.get(SHOPPER_TOKEN, "").strip()
        keys = _keys_of(prefix, token)
        key = keys.get(prefix)
        if key is None or key.revoked_at is not None:
            raise AuthenticationFailed("The API key is unknown or revoked.", code="invalid_api_key")
        if not hmac.compare_digest(key.secret_hash, hash_key(plaintext)):
            raise AuthenticationFailed("The API key is unknown or revoked.", code="invalid_api_key")
        if key.kind != KeyKind.BROWSER:
            return AnonymousUser(), key
        return _shopper_of(token, key, keys), key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class KeptKeyAuthentication(ApiKeyAuthentication):
    """The same, and a server's key that was checked within the last second is not looked up: see coupons.key_cache.

    For what is asked often and changes nothing.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        plaintext = presented_key(request)
        key = checked_key(plaintext) if plaintext else None
        if key is None or key.kind != KeyKind.SERVER:
            return super().authenticate(request)
        return AnonymousUser(), key


def presented_key(request: Request | HttpRequest) -> str | None:
    """The key in the request's headers, None where there is none. Other schemes are none of ours."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == SCHEME.lower() and value.strip():
        return str(value.strip())
    return request.headers.get("X-Api-Key") or None


def _keys_of(prefix: str, token: str) -> dict[str, ApiKey]:
    """The key itself and the one that signed the token, by prefix."""
    wanted = {prefix} if _storable(prefix) else set()
    with suppress(ShopperTokenError):  # told once the key is known to need a token at all
        wanted |= {signing_prefix(token)} if token else set()
    if not wanted:
        return {}
    return keys_by_prefix(wanted)


def _shopper_of(token: str, key: ApiKey, keys: dict[str, ApiKey]) -> TokenShopper:
    if not token:
        detail = f"A key that lives in a browser needs a {SHOPPER_TOKEN} header: the shop's backend gets one for it."
        raise AuthenticationFailed(detail, code="shopper_token_missing")
    try:
        signer = keys.get(signing_prefix(token))
        if signer is not None and (signer.kind != KeyKind.SERVER or Scope.ISSUE_SHOPPER_TOKENS not in signer.scopes):
            signer = None
        return TokenShopper(read_shopper_token(token, signed_by=signer, channel_id=key.channel_id, now=timezone.now()))
    except ShopperTokenError as error:
        raise AuthenticationFailed(error.detail, code=error.code) from None


def _storable(prefix: str) -> bool:
    return prefix.isascii() and prefix.isalnum()
