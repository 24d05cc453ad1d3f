"""API keys by their prefix, and those that this process has checked within the last second.

A busy shop's key is not looked up at every read of its recommendations.

A key that is revoked is refused at once by the process that revokes it, and a second later by every other; a scope
that is taken away goes within the second everywhere. Only hashes of keys are held.
"""

import hashlib
import hmac
import time
from collections.abc import Collection
from threading import Lock

from django.db import connection

from coupons.models import ApiKey, Channel
from coupons.statements import Statement

KEPT_SECONDS = 1.0
_MOST = 1_000

_KEY_NAMES = [field.attname for field in ApiKey._meta.concrete_fields]
_CHANNEL_NAMES = [field.attname for field in Channel._meta.concrete_fields]
_BY_PREFIX = Statement(
    "api_keys_by_prefix",
    # the models' own column names
    f"SELECT {', '.join(f'k.{name}' for name in _KEY_NAMES)}, {', '.join(f'c.{name}' for name in _CHANNEL_NAMES)}"  # noqa: S608
    " FROM coupons_apikey k JOIN coupons_channel c ON c.id = k.channel_id WHERE k.prefix = ANY(%(prefixes)s)",
    {"prefixes": "text[]"},
)

_kept: dict[str, tuple[ApiKey, float]] = {}
_lock = Lock()


def hash_key(plaintext: str) -> str:
    """SHA-256, hexadecimal. The secret has 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def keys_by_prefix(prefixes: Collection[str]) -> dict[str, ApiKey]:
    """Keys with their channels, the revoked among them too, in one prepared statement."""
    with connection.cursor() as cursor:
        _BY_PREFIX.execute(cursor, {"prefixes": list(prefixes)})
        rows = cursor.fetchall()
    found = {}
    for row in rows:
        key = ApiKey.from_db(connection.alias, _KEY_NAMES, row[: len(_KEY_NAMES)])
        key.channel = Channel.from_db(connection.alias, _CHANNEL_NAMES, row[len(_KEY_NAMES) :])
        found[key.prefix] = key
    return found


def checked_key(plaintext: str) -> ApiKey | None:
    """The key with its channel, None where it is unknown or revoked. No query where it was asked for just now."""
    digest = hash_key(plaintext)
    kept = _kept.get(digest)
    if kept is not None and time.monotonic() < kept[1]:
        return kept[0]
    prefix = plaintext.partition(".")[0]
    if not (prefix.isascii() and prefix.isalnum()):
        return None
    key = keys_by_prefix([prefix]).get(prefix)
    if key is None or key.revoked_at is not None or not hmac.compare_digest(key.secret_hash, digest):
        return None
    with _lock:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[digest] = (key, time.monotonic() + KEPT_SECONDS)
    return key


def forget_keys() -> None:
    """Ask the database again at the next call."""
    with _lock:
        _kept.clear()
