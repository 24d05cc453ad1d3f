"""Shopper tokens: what a browser shows beside its key to be let at one shopper's coupons, and nobody else's.

A token is a JWT (RFC 7519) signed with HMAC-SHA256. `kid` names the server key on whose behalf it was signed, `aud` is
that key's channel, `sub` the shopper's id in the shop's own system, `iat` and `exp` bound its life. The site issues
them, and a shop's backend may sign its own: both use `signing_secret`, which is derived, never stored.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils.encoding import force_bytes

from coupons.models import ApiKey

ALGORITHM = "HS256"
DEFAULT_LIFETIME = timedelta(minutes=15)
MAX_LIFETIME = timedelta(hours=1)
CLOCK_SKEW = timedelta(seconds=30)
"""How far a shop's clock may be ahead of ours."""

MAX_SHOPPER_LENGTH = 64
_MAX_TOKEN_LENGTH = 1024
_CLAIMS = ["sub", "aud", "iat", "exp"]


class ShopperTokenError(Exception):
    """A token that lets nobody in; `code` is part of the API."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_at: datetime


def signing_secret(prefix: str, *, site_key: str | bytes = "") -> str:
    """The secret, 64 hexadecimal characters, that signs tokens on behalf of the key of this prefix.

    Whoever reads the database cannot work it out, and it ends with its key. `site_key` is SECRET_KEY if left out.
    """
    site = hashlib.sha256(b"shopper token:" + force_bytes(site_key or settings.SECRET_KEY)).digest()
    return hmac.new(site, prefix.encode(), hashlib.sha256).hexdigest()


def issue_shopper_token(
    *, key: ApiKey, shopper: str, now: datetime, lifetime: timedelta = DEFAULT_LIFETIME
) -> IssuedToken:
    """A token for this shopper of the key's channel. Raises ValueError for a lifetime of none or above MAX_LIFETIME."""
    if not timedelta(0) < lifetime <= MAX_LIFETIME:
        raise ValueError(f"lifetime: {lifetime} is not within {MAX_LIFETIME}")
    issued_at = now.replace(microsecond=0)
    expires_at = issued_at + lifetime
    claims = {
        "sub": shopper,
        "aud": key.channel.slug,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    token = jwt.encode(claims, signing_secret(key.prefix), algorithm=ALGORITHM, headers={"kid": key.prefix})
    return IssuedToken(token, expires_at)


def signing_prefix(token: str) -> str:
    """The prefix of the key that the token says it was signed for; nothing is verified yet."""
    if len(token) > _MAX_TOKEN_LENGTH:
        raise _invalid()
    try:
        prefix = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        raise _invalid() from None
    if not isinstance(prefix, str) or not prefix.isascii() or not prefix.isalnum():
        raise _invalid()
    return prefix


def read_shopper_token(token: str, *, signed_by: ApiKey | None, channel_id: int, now: datetime) -> str:
    """The shopper's external id. `signed_by` is the key of `signing_prefix`, None where there is none in use.

    Raises ShopperTokenError: `shopper_token_expired`, and `invalid_shopper_token` for all else that is wrong.
    """
    if signed_by is None or signed_by.revoked_at is not None or signed_by.channel_id != channel_id:
        raise _invalid()
    claims = _verified(token, signed_by)
    issued_at, expires_at = claims["iat"], claims["exp"]
    shopper = claims["sub"]
    if not _is_instant(issued_at) or not _is_instant(expires_at):
        raise _invalid()
    lifetime = expires_at - issued_at
    if not 0 < lifetime <= MAX_LIFETIME.total_seconds():
        raise _invalid(f"The shopper token's life is not within {MAX_LIFETIME.total_seconds():.0f} seconds.")
    if issued_at > (now + CLOCK_SKEW).timestamp():
        raise _invalid("The shopper token was issued in the future.")
    if expires_at <= now.timestamp():
        raise ShopperTokenError("shopper_token_expired", "The shopper token has expired: get a new one.")
    if not shopper.strip() or len(shopper) > MAX_SHOPPER_LENGTH or "\x00" in shopper:
        raise _invalid()
    return str(shopper)


def _verified(token: str, signed_by: ApiKey) -> dict[str, Any]:
    """The claims, whose signature and audience hold. The times are ours to judge: they take `now`."""
    ours: dict[str, bool | list[str]] = {
        "require": _CLAIMS,
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "strict_aud": True,
    }
    for site_key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return jwt.decode(
                token,
                signing_secret(signed_by.prefix, site_key=site_key),
                algorithms=[ALGORITHM],
                audience=signed_by.channel.slug,
                options=ours,  # type: ignore[arg-type]  # the library's own TypedDict, which has these
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError:
            break
    raise _invalid()


def _is_instant(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _invalid(detail: str = "The shopper token is not valid for this key.") -> ShopperTokenError:
    return ShopperTokenError("invalid_shopper_token", detail)
