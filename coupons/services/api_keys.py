"""Making and revoking API keys."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from coupons.enums import KeyKind, Scope
from coupons.key_cache import forget_keys, hash_key
from coupons.models import ApiKey, Channel

BROWSER_SCOPES = (
    Scope.READ_RECOMMENDATIONS,
    Scope.WRITE_EVENTS,
    Scope.READ_EVALUATIONS,
    Scope.READ_WALLET,
    Scope.WRITE_WALLET,
    Scope.WRITE_REDEMPTIONS,
)
"""What a coupon strip does; a browser's key that is made without naming scopes has these."""

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


def create_api_key(
    *,
    name: str,
    channel: Channel,
    scopes: Sequence[str],
    kind: str = KeyKind.SERVER,
    allowed_origins: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key and return it with its plaintext, which is shown once and never stored.

    `allowed_origins` are the pages, as `https://shop.example`, that may use a browser's key. Raises ValueError
    naming a scope that does not exist or an origin that is none.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        raise ValueError(f"scopes: {', '.join(unknown)} unknown; known are {', '.join(Scope.values)}")
    check_origins(allowed_origins, kind=kind)
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    plaintext = f"{prefix}.{secret}"
    key = ApiKey.objects.create(
        name=name,
        channel=channel,
        scopes=list(scopes),
        kind=kind,
        allowed_origins=list(allowed_origins),
        prefix=prefix,
        secret_hash=hash_key(plaintext),
    )
    return key, plaintext


def check_origins(origins: Sequence[str], *, kind: str) -> None:
    """Raises ValueError naming what is no origin, or any for a key that no page may hold."""
    for origin in origins:
        if kind != KeyKind.BROWSER:
            raise ValueError(f"allowed_origins: {origin!r} is of no use to a {kind} key, which no page may hold")
        if len(origin) > 200 or not _ORIGIN.fullmatch(origin):
            raise ValueError(f"allowed_origins: {origin!r} is not an origin such as https://shop.example")


def revoke_api_key(*, key: ApiKey, now: datetime) -> None:
    """Refuse the key from `now` on; revoking twice keeps the first instant.

    This process refuses it once the change is committed, others within `key_cache.KEPT_SECONDS`.
    """
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    transaction.on_commit(forget_keys)
