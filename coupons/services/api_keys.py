"""Making and revoking API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from coupons.enums import KeyKind, Scope
from coupons.models import ApiKey, Channel


def create_api_key(
    *, name: str, channel: Channel, scopes: Sequence[str], kind: str = KeyKind.SERVER
) -> tuple[ApiKey, str]:
    """Make a key and return it with its plaintext, which is shown once and never stored.

    Raises ValueError naming a scope that does not exist.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        raise ValueError(f"scopes: {', '.join(unknown)} unknown; known are {', '.join(Scope.values)}")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    plaintext = f"{prefix}.{secret}"
    key = ApiKey.objects.create(
        name=name,
        channel=channel,
        scopes=list(scopes),
        kind=kind,
        prefix=prefix,
        secret_hash=hash_key(plaintext),
    )
    return key, plaintext


def revoke_api_key(*, key: ApiKey, now: datetime) -> None:
    """Refuse the key from `now` on; revoking twice keeps the first instant."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)


def hash_key(plaintext: str) -> str:
    """SHA-256, hexadecimal. The secret has 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(plaintext.encode()).hexdigest()
